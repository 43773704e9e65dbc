import { expect, test } from 'vitest';
import { falseAlarms, found, type RelayFault, study, WEATHERS } from './compare-study.ts';

/** The reduced form of the study whose figures stand in compare-study.ts. Seeds are fixed, so the counts are exact. */
const weather = (name: string) => {
  const known = WEATHERS.find((each) => each.name === name);
  if (known === undefined) throw new Error(`no weather is called ${name}`);
  return known;
};

test.each(WEATHERS.map((each) => [each.name, each] as const))(
  'raises hardly an alarm between equals: %s',
  (_, each) => {
    expect(falseAlarms({ pairs: 1000, weather: each, runs: 12 }).alarms).toBeLessThanOrEqual(1);
  },
);

const FAULTS = ['adds_60_ms', 'retries_twice', 'cuts_2_percent', 'swaps_10_percent', 'rewrites_429'] as const;

test.each(FAULTS)('finds a relay that %s in 6000 pairs under drift, bursts and autocorrelation', (fault) => {
  expect(found({ pairs: 6000, weather: weather('all at once'), runs: 2, fault })).toBe(2);
});

test.each(FAULTS)('finds a relay that %s in 2000 pairs of calm traffic', (fault) => {
  expect(found({ pairs: 2000, weather: weather('heavy tails'), runs: 4, fault })).toBeGreaterThanOrEqual(3);
});

test.each(['switchback', 'separate_runs'] as const)('raises no alarm between equals in the design %s', (design) => {
  expect(falseAlarms({ pairs: 2000, weather: weather('drift'), runs: 8, design }).alarms).toBe(0);
});

test('ranks blocks of one length where two runs had bursts of different length', () => {
  expect(falseAlarms({ pairs: 2000, weather: weather('bursts'), runs: 30, design: 'separate_runs' }).alarms).toBe(0);
});

const verdictOf = (fault: RelayFault, id: string) =>
  study({ seed: 3, pairs: 5000, weather: weather('heavy tails'), fault })
    .pairs.flatMap(({ questions }) => questions)
    .find((question) => question.id === id);

test('estimates what the relay adds, and does not blame it for anything else', () => {
  const overhead = verdictOf('adds_60_ms', 'overhead');
  expect(overhead?.verdict).toBe('a_better');
  expect(overhead?.difference?.value).toBeGreaterThan(35);
  expect(overhead?.difference?.value).toBeLessThan(85);
  expect(overhead?.detectable).toBeLessThan(60);
  expect(verdictOf('adds_60_ms', 'truncated')?.verdict).toBe('no_difference');
  expect(verdictOf('adds_60_ms', 'model_identity')?.verdict).toBe('no_difference');
});

test('states the share of cut streams with an interval that holds it', () => {
  const truncated = verdictOf('cuts_2_percent', 'truncated');
  expect(truncated?.figureA?.value).toBe(0);
  expect(truncated?.difference?.low).toBeLessThan(0.02);
  expect(truncated?.difference?.high).toBeGreaterThan(0.02);
});
