import { expect, test } from 'vitest';
import { enoughForQuantile, mean, median, quantile, sortedCopy } from '../../src/stats/quantiles.ts';

test('quantiles interpolate as numpy does by default', () => {
  const sorted = [15, 20, 35, 40, 50];
  expect(quantile(sorted, 0)).toBe(15);
  expect(quantile(sorted, 0.4)).toBeCloseTo(29, 12);
  expect(quantile(sorted, 0.5)).toBe(35);
  expect(quantile(sorted, 0.95)).toBeCloseTo(48, 12);
  expect(quantile(sorted, 1)).toBe(50);
  expect(quantile([7], 0.99)).toBe(7);
});

test('nothing has no quantile, median or mean; a share outside 0..1 throws', () => {
  expect([quantile([], 0.5), median([]), mean([])]).toEqual([null, null, null]);
  expect(() => quantile([1], 1.01)).toThrow(RangeError);
  expect(() => quantile([1], Number.NaN)).toThrow(RangeError);
});

test('median sorts numerically and leaves its input alone', () => {
  const values = [10, 9, 100, 1];
  expect(median(values)).toBe(9.5);
  expect(values).toEqual([10, 9, 100, 1]);
  expect([...sortedCopy(values)]).toEqual([1, 9, 10, 100]);
  expect(mean(values)).toBe(30);
});

test('a percentile needs 5 / (1 - p) samples', () => {
  expect(enoughForQuantile(99, 0.95)).toBe(false);
  expect(enoughForQuantile(100, 0.95)).toBe(true);
  expect(enoughForQuantile(499, 0.99)).toBe(false);
  expect(enoughForQuantile(500, 0.99)).toBe(true);
  expect(enoughForQuantile(10, 0.5)).toBe(true);
  expect(enoughForQuantile(9, 0.5)).toBe(false);
});
