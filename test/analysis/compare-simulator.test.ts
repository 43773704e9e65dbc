import { expect, test, vi } from 'vitest';
import { analysis } from '../../src/analysis/analysis.ts';
import { trafficOf } from '../../src/commands/traffic.ts';
import { runVirtually } from '../../src/commands/virtual-run.ts';
import type { Comparison, QuestionId } from '../../src/model/comparison.ts';
import { parseScenario } from '../../src/scenario/parse.ts';
import { manifest, variant } from './manifest.ts';

// Half a second of CPU each; a machine busy with other things takes several.
vi.setConfig({ testTimeout: 30_000 });

/** Ten requests per second to both, more than 14 in some seconds; the relay as given. */
const scenarioText = (relay: string, seconds: number) => `
name: direct vs relay
seed: 5
target: simulator
model: qwen3-max
workload: { promptTokens: 60, maxTokens: 16, stream: true }
traffic:
  - hold: { rate: 600/min, for: ${seconds}s, arrivals: poisson }
safety: { maxRequests: 200000, maxTokens: 100M, maxInFlight: 5000, maxDuration: 60min, maxCost: $1000 }
simulator:
  latency: { ttft: { lognormal: [6.4, 0.5] }, tokensPerSecond: 40, networkMs: 20 }
  limits: { rps: { limit: 14, window: sliding_log }, rpm: off, burst: off }
variants:
  direct: {}
  relay: { simulator: { relay: { ${relay} } } }
`;

/** The whole way in virtual time: schedule, run loop, simulator core, classifier, analysis. */
function compared(relay: string, seconds = 200): Comparison {
  const parsed = parseScenario(scenarioText(relay, seconds), {
    file: 'direct-vs-relay.yaml',
    env: {},
    files: new Map(),
    overrides: {},
  });
  if (!parsed.ok) throw new Error(parsed.problems.map(({ message }) => message).join('; '));
  const scenario = parsed.value;
  const [direct, other] = scenario.variants.map(({ name, quotaGroup }) => variant({ name, quotaGroup }));
  if (direct === undefined || other === undefined) throw new Error('a comparison has two variants');
  const { phases } = trafficOf(scenario);
  const fold = analysis({ manifest: manifest({ phases, variants: [direct, other], scenario }) });
  const sink = { write: fold.add, failed: () => null };
  runVirtually({ scenario, sink, t0WallMs: 1_795_291_200_000 });
  const { comparison } = fold.finish();
  if (comparison === null) throw new Error('two variants give a comparison');
  return comparison;
}

const verdictOf = ({ pairs }: Comparison, id: QuestionId) =>
  pairs[0]?.questions.find((question) => question.id === id)?.verdict;

test('a relay that does nothing is no worse than none', () => {
  const { pairs } = compared('channels: 1, retries: 0, rewrites: none');
  expect(pairs[0]?.paired).toBeGreaterThan(1800);
  expect(pairs[0]?.questions.filter(({ verdict }) => verdict === 'a_better' || verdict === 'b_better')).toEqual([]);
});

test('a relay that adds 60 ms is found by what it adds, and is not taken for one that retries', () => {
  const comparison = compared('channels: 1, retries: 0, rewrites: none, addsLatency: 60ms');
  expect(verdictOf(comparison, 'overhead')).toBe('a_better');
  expect(verdictOf(comparison, 'hidden_retries')).not.toBe('a_better');
  expect(verdictOf(comparison, 'availability')).not.toBe('a_better');
});

test('cut streams and swapped models are found and named apart', () => {
  const comparison = compared(
    'channels: 1, retries: 0, rewrites: none, cutsStreams: 2%, swapsModel: { to: qwen-plus, share: 10% }',
  );
  expect(verdictOf(comparison, 'truncated')).toBe('a_better');
  expect(verdictOf(comparison, 'model_identity')).toBe('a_better');
  expect(verdictOf(comparison, 'errors')).toBe('no_difference');
  // The other model has a quota of its own, so that swapping is also limited less: no reason to use it.
  expect(comparison.recommendation.headline).not.toMatch(/^Use relay/);
});

test('rewritten refusals lose their kind', () => {
  const comparison = compared('channels: 1, retries: 0, rewrites: one-api');
  expect(verdictOf(comparison, 'kinds_lost')).toBe('a_better');
  expect(verdictOf(comparison, 'overhead')).not.toBe('a_better');
});

test('a relay with three accounts behind it is limited less', () => {
  const comparison = compared('channels: 3, retries: 2, rewrites: new-api');
  expect(verdictOf(comparison, 'limited')).toBe('b_better');
  expect(verdictOf(comparison, 'availability')).toBe('b_better');
});
