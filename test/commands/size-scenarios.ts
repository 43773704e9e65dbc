import type { LoadedScenario } from '../../src/commands/load-scenario.ts';
import { parseScenario } from '../../src/scenario/parse.ts';

/** A loaded scenario from its text, on the simulator; small requests unless said. */
export function loaded(traffic: string, rules: readonly string[], more: readonly string[] = []): LoadedScenario {
  const text = [
    'name: sized',
    'model: qwen3-max',
    ...(more.some((line) => line.startsWith('workload')) ? [] : ['workload: { promptTokens: 100, maxTokens: 8 }']),
    `traffic: [${traffic}]`,
    `thresholds: [${rules.join(', ')}]`,
    ...more,
  ].join('\n');
  const parsed = parseScenario(text, { file: 'sized.yaml' });
  if (!parsed.ok) throw new Error(parsed.problems.map(({ message }) => message).join('; '));
  return { scenario: parsed.value, file: 'sized.yaml', hash: 'f'.repeat(64), warnings: [] };
}
