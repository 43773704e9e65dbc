import { expect, test } from 'vitest';
import {
  drawExponential,
  drawGamma,
  drawIndex,
  drawLognormal,
  drawNormal,
  drawNumber,
  drawPoisson,
  drawUniform,
  gammaSampler,
  maxOfNumber,
  meanOfNumber,
} from '../../src/stats/distributions.ts';
import { type Random, randomFor } from '../../src/stats/random.ts';

const DRAWS = 100_000;

function moments(draw: (random: Random) => number, key: string) {
  const random = randomFor(11, key);
  let sum = 0;
  let squares = 0;
  for (let index = 0; index < DRAWS; index++) {
    const value = draw(random);
    sum += value;
    squares += value * value;
  }
  const mean = sum / DRAWS;
  return { mean, variance: squares / DRAWS - mean * mean };
}

/** At fixed seeds; the tolerance is five standard errors of the mean, and 8 % on variances. */
test.each<readonly [string, (random: Random) => number, number, number]>([
  ['uniform 2..4', (random) => drawUniform({ low: 2, high: 4 }, random), 3, 4 / 12],
  ['index of 10', (random) => drawIndex(10, random), 4.5, 99 / 12],
  ['exponential 3', (random) => drawExponential(3, random), 3, 9],
  ['normal', (random) => drawNormal(random), 0, 1],
  ['gamma 4, 0.5', (random) => drawGamma({ shape: 4, scale: 0.5 }, random), 2, 1],
  ['gamma 1, 2', (random) => drawGamma({ shape: 1, scale: 2 }, random), 2, 4],
  ['gamma 0.2066 (cv 2.2)', (random) => drawGamma({ shape: 1 / 4.84, scale: 4.84 }, random), 1, 4.84],
  [
    'lognormal 0, 0.5',
    (random) => drawLognormal({ mu: 0, sigma: 0.5 }, random),
    Math.exp(0.125),
    Math.exp(0.25) * (Math.exp(0.25) - 1),
  ],
  ['poisson 0.5', (random) => drawPoisson(0.5, random), 0.5, 0.5],
  ['poisson 9.9', (random) => drawPoisson(9.9, random), 9.9, 9.9],
  ['poisson 10', (random) => drawPoisson(10, random), 10, 10],
  ['poisson 5000', (random) => drawPoisson(5000, random), 5000, 5000],
])('%s has its mean and variance', (name, draw, mean, variance) => {
  const seen = moments(draw, name);
  expect(Math.abs(seen.mean - mean)).toBeLessThan(5 * Math.sqrt(variance / DRAWS));
  expect(Math.abs(seen.variance / variance - 1)).toBeLessThan(0.08);
});

test('counts have the Poisson distribution, not only its moments', () => {
  const random = randomFor(3, 'poisson cells');
  const seen = new Array<number>(40).fill(0);
  for (let index = 0; index < DRAWS; index++) {
    const count = drawPoisson(12, random);
    if (count < 40) seen[count] = (seen[count] as number) + 1;
  }
  let expected = Math.exp(-12) * DRAWS;
  let statistic = 0;
  for (let count = 0; count < 30; count++) {
    if (expected > 20) statistic += ((seen[count] as number) - expected) ** 2 / expected;
    expected *= 12 / (count + 1);
  }
  // About 22 cells: the 99.9 % point of chi-square is 48.
  expect(statistic).toBeLessThan(48);
});

test('golden draws', () => {
  const random = randomFor(7, 'golden');
  expect([
    drawNormal(random),
    drawExponential(1, random),
    drawGamma({ shape: 0.25, scale: 4 }, random),
    drawGamma({ shape: 2, scale: 1 }, random),
    drawPoisson(3, random),
    drawPoisson(300, random),
  ]).toEqual([-0.22605759797724456, 0.00601143578976537, 0.006309319885574573, 0.5029617878741621, 3, 288]);
});

test('nonsense parameters throw', () => {
  const random = randomFor(1);
  expect(() => gammaSampler({ shape: 0, scale: 1 }, random)).toThrow(RangeError);
  expect(() => drawPoisson(-1, random)).toThrow(RangeError);
  expect(() => drawPoisson(Number.NaN, random)).toThrow(RangeError);
  expect(drawPoisson(0, random)).toBe(0);
});

const LOGNORMAL = { kind: 'lognormal', mu: 6.6, sigma: 1, max: 4000 } as const;

test('a fixed number takes no draw; a lognormal never exceeds its max', () => {
  const never = () => {
    throw new Error('drawn');
  };
  expect(drawNumber({ kind: 'fixed', value: 200 }, never)).toBe(200);
  const random = randomFor(2, 'max');
  const values = Array.from({ length: 20_000 }, () => drawNumber(LOGNORMAL, random));
  expect(Math.max(...values)).toBeLessThanOrEqual(4000);
  expect(Math.max(...values)).toBeGreaterThan(3900);
});

test('a max far below the distribution is itself the answer', () => {
  expect(drawNumber({ kind: 'lognormal', mu: 20, sigma: 0.1, max: 5 }, randomFor(1))).toBe(5);
  expect(meanOfNumber({ kind: 'lognormal', mu: 20, sigma: 0.1, max: 5 }, null)).toBe(5);
});

test.each([
  [LOGNORMAL, null],
  [LOGNORMAL, 1500],
  [LOGNORMAL, 9000],
  [{ ...LOGNORMAL, max: null }, null],
  [{ ...LOGNORMAL, max: null }, 700],
  [{ kind: 'lognormal', mu: 2, sigma: 0, max: null } as const, 5],
] as const)('the mean of min(draw, cap) in closed form is the mean of draws: %j cap %s', (spec, cap) => {
  const seen = moments((random) => Math.min(drawNumber(spec, random), cap ?? Number.POSITIVE_INFINITY), 'mean');
  expect(meanOfNumber(spec, cap)).toBeGreaterThan(seen.mean - 5 * Math.sqrt(Math.max(0, seen.variance) / DRAWS) - 1e-9);
  expect(meanOfNumber(spec, cap)).toBeLessThan(seen.mean + 5 * Math.sqrt(Math.max(0, seen.variance) / DRAWS) + 1e-9);
});

test('the largest value: the smaller of max and cap, null without either', () => {
  expect(maxOfNumber(LOGNORMAL, null)).toBe(4000);
  expect(maxOfNumber(LOGNORMAL, 300)).toBe(300);
  expect(maxOfNumber({ ...LOGNORMAL, max: null }, null)).toBeNull();
  expect(maxOfNumber({ ...LOGNORMAL, max: null }, 300)).toBe(300);
  expect(maxOfNumber({ kind: 'fixed', value: 200 }, 300)).toBe(200);
});
