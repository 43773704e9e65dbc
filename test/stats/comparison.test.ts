import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cliffsDelta, hodgesLehmann, mannWhitney } from '../../src/stats/comparison.ts';
import { drawNormal } from '../../src/stats/distributions.ts';
import { median } from '../../src/stats/quantiles.ts';
import { randomFor } from '../../src/stats/random.ts';

const MALES = [19, 22, 16, 29, 24];
const FEMALES = [20, 11, 17, 12];

test('Mann-Whitney agrees with the worked example of scipy.stats.mannwhitneyu (method asymptotic)', () => {
  const result = mannWhitney({ first: MALES, second: FEMALES });
  expect(result?.u).toBe(17);
  expect(result?.p).toBeCloseTo(0.11134688653314041, 10);
});

test('ties shrink the variance: counted by hand for 1 1 2 against 1 2 2', () => {
  // Pairs above: 2 > 1 once; ties: 1 = 1 twice, 2 = 2 twice, so u = 1 + 4/2 = 3. Groups of 3 and 3: 48 / 30 off 7.
  const result = mannWhitney({ first: [1, 1, 2], second: [1, 2, 2] });
  expect(result?.u).toBe(3);
  expect(result?.z).toBeCloseTo(-(1.5 - 0.5) / Math.sqrt((9 / 12) * (7 - 48 / 30)), 12);
});

test('equal samples say nothing, empty ones even less', () => {
  expect(mannWhitney({ first: [5, 5, 5], second: [5, 5] })).toEqual({ u: 3, z: 0, p: 1 });
  expect(mannWhitney({ first: [], second: [1] })).toBeNull();
  expect(cliffsDelta({ first: [1], second: [] })).toBeNull();
  expect(hodgesLehmann({ first: [], second: [1] })).toBeNull();
});

test('a false alarm about once in twenty when nothing differs, none missed when something does', () => {
  let alarms = 0;
  let found = 0;
  for (let trial = 0; trial < 400; trial++) {
    const random = randomFor(trial, 'null');
    const draw = (shift: number) => Array.from({ length: 40 }, () => shift + drawNormal(random));
    const first = draw(0);
    if ((mannWhitney({ first, second: draw(0) })?.p ?? 1) < 0.05) alarms++;
    if ((mannWhitney({ first, second: draw(2) })?.p ?? 1) < 0.05) found++;
  }
  expect(alarms).toBeGreaterThan(5);
  expect(alarms).toBeLessThan(36);
  expect(found).toBe(400);
});

const sampleArbitrary = fc.array(fc.integer({ min: -20, max: 20 }), { minLength: 1, maxLength: 30 });

test('u, delta and shift agree with all pairs listed', () => {
  fc.assert(
    fc.property(sampleArbitrary, sampleArbitrary, (first, second) => {
      const differences = first.flatMap((a) => second.map((b) => a - b));
      const above = differences.filter((difference) => difference > 0).length;
      const equal = differences.filter((difference) => difference === 0).length;
      expect(mannWhitney({ first, second })?.u).toBe(above + equal / 2);
      expect(cliffsDelta({ first, second })).toBeCloseTo((2 * above + equal) / differences.length - 1, 12);
      expect(hodgesLehmann({ first, second })?.value).toBeCloseTo(median(differences) ?? Number.NaN, 12);
    }),
    { numRuns: 300 },
  );
});

test('the interval of a shift holds the truth about 95 times in 100', () => {
  let holds = 0;
  for (let trial = 0; trial < 300; trial++) {
    const random = randomFor(trial, 'shift');
    const first = Array.from({ length: 25 }, () => 3 + drawNormal(random));
    const second = Array.from({ length: 30 }, () => drawNormal(random));
    const interval = hodgesLehmann({ first, second });
    if (interval !== null && interval.low <= 3 && interval.high >= 3) holds++;
  }
  expect(holds).toBeGreaterThan(272);
  expect(holds).toBeLessThan(300);
});

test('samples too small for the confidence have infinite bounds', () => {
  const interval = hodgesLehmann({ first: [1, 2], second: [0] });
  expect(interval).toMatchObject({ value: 1.5, low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY });
});
