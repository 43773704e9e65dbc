import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { niceStep, roundedUp, searchStep } from '../../src/analysis/size-round.ts';

describe('steps of the search', () => {
  test.each([
    [0.4, 1],
    [1.99, 1],
    [2, 2],
    [4.9, 2],
    [5, 5],
    [9.9, 5],
    [10, 10],
    [638.5, 500],
  ])('%d becomes the step %d', (value, step) => {
    expect(niceStep(value)).toBe(step);
  });

  test('requests are counted one by one up to a peak of 1,999', () => {
    expect([420, 1999, 2000].map((peak) => searchStep(peak, 'requests'))).toEqual([1, 1, 2]);
  });

  test('tokens in half percents of the peak', () => {
    expect([399, 1000, 638_546].map((peak) => searchStep(peak, 'tokens'))).toEqual([1, 5, 2000]);
  });
});

describe('what one applies for', () => {
  test.each([
    [1, 10],
    [10, 10],
    [11, 20],
    [99.5, 100],
    [100, 100],
    [101, 110],
    [1404, 1500],
    [1300.0000000000002, 1300],
  ])('%d requests become %d', (value, rounded) => {
    expect(roundedUp(value, 'requests')).toBe(rounded);
  });

  test.each([
    [800, 1000],
    [812_345, 820_000],
    [2_324_400, 2_400_000],
  ])('%d tokens become %d', (value, rounded) => {
    expect(roundedUp(value, 'tokens')).toBe(rounded);
  });

  test('never down, and never up by more than a tenth above a hundred', () => {
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 50_000_000 }), (value) => {
        const rounded = roundedUp(value, 'requests');
        expect(rounded).toBeGreaterThanOrEqual(value);
        expect(rounded / value).toBeLessThanOrEqual(1.1);
      }),
    );
  });
});
