import { expect, test } from 'vitest';
import { linearTicks, logTicks, timeTicks } from '../../../src/report/html/scale.ts';

test('linear steps are 1, 2 or 5 times a power of ten and stay inside', () => {
  expect(linearTicks(14.7, 5)).toEqual([0, 5, 10]);
  expect(linearTicks(10, 5)).toEqual([0, 2, 4, 6, 8, 10]);
  expect(linearTicks(0.9, 5)).toEqual([0, 0.2, 0.4, 0.6, 0.8]);
  expect(linearTicks(0, 5)).toEqual([0]);
});

test('time steps are those people read', () => {
  expect(timeTicks(0, 180, 9)).toEqual([0, 30, 60, 90, 120, 150, 180]);
  expect(timeTicks(0, 86_400, 9)).toEqual([0, 14_400, 28_800, 43_200, 57_600, 72_000, 86_400]);
  expect(timeTicks(0, 0.9, 9)).toHaveLength(10);
});

test('a span of weeks still has a handful of time steps', () => {
  expect(timeTicks(0, 30 * 86_400, 9).length).toBeLessThanOrEqual(10);
});

test('logarithmic steps are 1, 2, 5 per decade, and decades where those would be many', () => {
  expect(logTicks(45, 1100)).toEqual([50, 100, 200, 500, 1000]);
  expect(logTicks(0.5, 60_000)).toEqual([1, 10, 100, 1000, 10_000]);
  expect(logTicks(0, 10)).toEqual([]);
  expect(logTicks(Number.POSITIVE_INFINITY, 0)).toEqual([]);
});
