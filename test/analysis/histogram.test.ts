import fc from 'fast-check';
import { build, decodeFromCompressedBase64 } from 'hdr-histogram-js';
import { describe, expect, test } from 'vitest';
import { DurationHistogram, recordGaps } from '../../src/analysis/histogram.ts';

function of(values: readonly number[], precision: 'fine' | 'coarse' = 'fine'): DurationHistogram {
  const histogram = new DurationHistogram(precision);
  for (const value of values) histogram.record(value);
  return histogram;
}

describe('percentiles', () => {
  test('are the values themselves to the microsecond below 2 ms', () => {
    const { p50, min, max, mean, count } = of([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1]).percentiles();
    expect({ p50, min, max, count }).toEqual({ p50: 0.5, min: 0.1, max: 1, count: 10 });
    expect(mean).toBeCloseTo(0.55, 12);
  });

  test.each([
    [9, 0.5, false],
    [10, 0.5, true],
    [99, 0.95, false],
    [100, 0.95, true],
    [499, 0.99, false],
    [500, 0.99, true],
    [4999, 0.999, false],
    [5000, 0.999, true],
  ])('%i samples for a share of %d: enough is %s', (count, p, enough) => {
    const values = Array.from({ length: count }, () => 1);
    const { p50, p95, p99, p999 } = of(values).percentiles();
    const found = { 0.5: p50, 0.95: p95, 0.99: p99, 0.999: p999 }[p];
    expect(found).toBe(enough ? 1 : null);
  });

  test('are null without samples', () => {
    expect(of([]).percentiles()).toEqual({
      count: 0,
      min: null,
      mean: null,
      p50: null,
      p90: null,
      p95: null,
      p99: null,
      p999: null,
      max: null,
    });
    expect(of([]).curve()).toEqual([]);
  });

  test('lie within 0.1 % of the sample at that rank, coarse ones within 0.8 %', () => {
    const samples = fc.array(fc.double({ min: 0, max: 4e6, noNaN: true }), { minLength: 1, maxLength: 300 });
    fc.assert(
      fc.property(samples, fc.double({ min: 0.01, max: 1, noNaN: true }), (values, p) => {
        const sorted = [...values].sort((a, b) => a - b);
        const exact = sorted[Math.max(1, Math.ceil(p * values.length - 1e-9)) - 1] as number;
        const close = (share: number, found: number | null) =>
          Math.abs((found ?? Number.NaN) - exact) <= Math.max(0.001, exact * share);
        expect(close(0.001, of(values).quantileMs(p))).toBe(true);
        expect(close(0.008, of(values, 'coarse').quantileMs(p))).toBe(true);
      }),
    );
  });
});

test('the exchange format holds what the library would have recorded itself', () => {
  const samples = fc.array(fc.double({ min: 0.001, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(samples, (values) => {
      const theirs = build({ numberOfSignificantValueDigits: 3, bitBucketSize: 64 });
      for (const value of values) theirs.recordValue(Math.round(value * 1000));
      const ours = decodeFromCompressedBase64(of(values).toHdr());
      expect(ours.totalCount).toBe(values.length);
      for (const percentile of [1, 50, 90, 99, 100]) {
        expect(ours.getValueAtPercentile(percentile)).toBe(theirs.getValueAtPercentile(percentile));
      }
    }),
    { numRuns: 40 },
  );
});

test('merging is recording both, sum and extremes included', () => {
  const samples = fc.array(fc.integer({ min: 0, max: 1_000_000 }), { maxLength: 60 });
  fc.assert(
    fc.property(samples, samples, (one, two) => {
      const merged = of(one);
      merged.merge(of(two));
      expect(merged.percentiles()).toEqual(of([...one, ...two]).percentiles());
    }),
  );
});

test('times beyond 71 minutes stay in count, mean and maximum', () => {
  const { max, mean, count } = of([5_000_000, 7_000_000]).percentiles();
  expect({ max, mean, count }).toEqual({ max: 7_000_000, mean: 6_000_000, count: 2 });
});

test('the curve rises, ends at the maximum and has at most 60 points', () => {
  const curve = of(Array.from({ length: 100_000 }, (_, index) => index / 10)).curve();
  expect(curve.length).toBeLessThanOrEqual(60);
  expect(curve.at(-1)).toEqual({ share: 1, valueMs: 9999.9 });
  for (const [index, point] of curve.entries()) {
    const before = curve[index - 1];
    if (before === undefined) continue;
    expect(point.share).toBeGreaterThan(before.share);
    expect(point.valueMs).toBeGreaterThanOrEqual(before.valueMs);
  }
});

test('the curve shows nothing rarer than one sample', () => {
  const shares = of(Array.from({ length: 20 }, (_, index) => index))
    .curve()
    .map(({ share }) => share);
  expect(shares.filter((share) => share > 0.95 && share < 1)).toEqual([]);
});

test('chunk gaps keep their exact mean and maximum, and their buckets give the percentiles', () => {
  const histogram = new DurationHistogram();
  // Bucket 16 is a gap of 1 ms, bucket 64 one of 15 ms.
  recordGaps(histogram, { count: 12, totalMs: 40, maxMs: 14.9, buckets: [16, 10, 64, 2] });
  const { count, mean, p50, max } = histogram.percentiles();
  expect({ count, p50, max }).toEqual({ count: 12, p50: 1, max: 14.9 });
  expect(mean).toBeCloseTo(40 / 12, 12);
});
