import { expect, test } from 'vitest';
import { drawNormal } from '../../src/stats/distributions.ts';
import { effectiveSampleSize, shareInterval, wilsonInterval } from '../../src/stats/intervals.ts';
import { randomFor } from '../../src/stats/random.ts';

test('Wilson: 3 of 50 is 2.06 .. 16.22 %', () => {
  const interval = wilsonInterval({ successes: 3, trials: 50 });
  expect(interval?.value).toBe(0.06);
  expect(interval?.low).toBeCloseTo(0.0206, 4);
  expect(interval?.high).toBeCloseTo(0.1622, 4);
});

test('Wilson at the ends: none of 600 bounds the share at 0.64 %, all of 600 mirrors it, none of none is unknown', () => {
  const none = wilsonInterval({ successes: 0, trials: 600 });
  const all = wilsonInterval({ successes: 600, trials: 600 });
  expect(none?.low).toBe(0);
  expect(none?.high).toBeCloseTo(0.006362, 5);
  expect(all?.high).toBe(1);
  expect(all?.low).toBeCloseTo(1 - 0.006362, 5);
  expect(wilsonInterval({ successes: 0, trials: 0 })).toBeNull();
  expect(() => wilsonInterval({ successes: 3, trials: 2 })).toThrow(RangeError);
  expect(() => wilsonInterval({ successes: 1, trials: 2, confidence: 1 })).toThrow(RangeError);
});

/** AR(1) with correlation rho: n_eff = n (1 - rho) / (1 + rho). */
function autoregressive(rho: number, count: number): number[] {
  const random = randomFor(9, 'ar', rho);
  let value = 0;
  return Array.from({ length: count }, () => {
    value = rho * value + drawNormal(random);
    return value;
  });
}

test.each([0, 0.5, 0.9])('the effective size of a series with correlation %d', (rho) => {
  const count = 20_000;
  const truth = (count * (1 - rho)) / (1 + rho);
  const size = effectiveSampleSize(autoregressive(rho, count));
  expect(size / truth).toBeGreaterThan(0.8);
  expect(size / truth).toBeLessThan(1.25);
});

test('a constant or very short series counts whole, an alternating one never more than its length', () => {
  expect(effectiveSampleSize(new Array(50).fill(1))).toBe(50);
  expect(effectiveSampleSize([1, 2, 3])).toBe(3);
  expect(effectiveSampleSize(Array.from({ length: 100 }, (_, index) => index % 2))).toBe(100);
});

test('a share of refusals that come in runs has a wider interval than one of scattered refusals', () => {
  const runs = Array.from({ length: 600 }, (_, index) => (index % 100 < 20 ? 1 : 0));
  const random = randomFor(4, 'scattered');
  const scattered = Array.from({ length: 600 }, () => (random() < 0.2 ? 1 : 0));
  const width = (flags: number[]) => {
    const interval = shareInterval(flags);
    return (interval?.high ?? 0) - (interval?.low ?? 0);
  };
  expect(shareInterval(runs)?.value).toBeCloseTo(0.2, 12);
  expect(width(scattered)).toBeGreaterThan(0.05);
  expect(width(scattered)).toBeLessThan(0.075);
  expect(width(runs)).toBeGreaterThan(2 * width(scattered));
  expect(shareInterval([])).toBeNull();
  expect(shareInterval(new Array(600).fill(0))?.high).toBeCloseTo(0.006362, 5);
});
