import { expect, test } from 'vitest';
import { planText } from '../../src/cli/plan-text.ts';
import { bytesText } from '../../src/cli/units-text.ts';
import { planOf } from '../../src/commands/plan.ts';
import { parseScenario } from '../../src/scenario/parse.ts';

function textOf(more: string): string {
  const text = `name: plan\nmodel: qwen3-max\nworkload: { promptTokens: 20, maxTokens: 8 }\ntraffic: [{ burst: 3 }]\n${more}`;
  const parsed = parseScenario(text, { file: 'plan.yaml' });
  if (!parsed.ok) throw new Error(parsed.problems.map(({ message }) => message).join('; '));
  return planText(planOf(parsed.value), parsed.value);
}

test('every cap that is set stands in the plan, and no other', () => {
  expect(textOf('safety: { maxRequests: 9, maxJournalBytes: 1.5MB }\n')).toMatch(
    /caps {6}9 requests · 1\.5 MB of journal · 200 in flight/,
  );
  expect(textOf('')).not.toContain('journal');
});

test('retries that the SDK makes by itself are announced', () => {
  expect(textOf('driver: openai\nsdkRetries: 2\n')).toContain('through openai with up to 2 retries of its own');
  expect(textOf('driver: openai\nsdkRetries: 1\n')).toContain('up to 1 retry of its own');
  expect(textOf('driver: openai\n')).not.toContain('retries');
});

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1 kB'],
  [64_000, '64 kB'],
  [1_536_000, '1.54 MB'],
  [2e12, '2 TB'],
  [5e15, '5000 TB'],
])('%d bytes read %s', (bytes, text) => {
  expect(bytesText(bytes)).toBe(text);
});
