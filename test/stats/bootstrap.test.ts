import { expect, test } from 'vitest';
import { blockBootstrapInterval, blockLengthFor, bootstrapInterval } from '../../src/stats/bootstrap.ts';
import { drawNormal } from '../../src/stats/distributions.ts';
import { mean, quantile } from '../../src/stats/quantiles.ts';
import { randomFor } from '../../src/stats/random.ts';

const meanOf = (sample: Float64Array) => mean(sample) ?? Number.NaN;
const medianOf = (sample: Float64Array) => quantile(sample.sort(), 0.5) ?? Number.NaN;

test('the interval of a mean is the textbook one', () => {
  const random = randomFor(1, 'sample');
  const sample = Array.from({ length: 400 }, () => 10 + drawNormal(random));
  const interval = bootstrapInterval(sample, meanOf, { random: randomFor(1, 'resample') });
  expect(interval?.value).toBeCloseTo(meanOf(Float64Array.from(sample)), 12);
  // 1.96 / sqrt(400) = 0.098 on each side.
  expect((interval?.high ?? 0) - (interval?.low ?? 0)).toBeGreaterThan(0.17);
  expect((interval?.high ?? 0) - (interval?.low ?? 0)).toBeLessThan(0.225);
});

test('95 % intervals of a median hold the truth about 95 times in 100', () => {
  let holds = 0;
  for (let trial = 0; trial < 200; trial++) {
    const random = randomFor(trial, 'coverage');
    const sample = Array.from({ length: 60 }, () => drawNormal(random));
    const interval = bootstrapInterval(sample, medianOf, { random: randomFor(trial, 'r'), resamples: 400 });
    if (interval !== null && interval.low <= 0 && interval.high >= 0) holds++;
  }
  expect(holds).toBeGreaterThanOrEqual(180);
  expect(holds).toBeLessThan(200);
});

test('blocks widen the interval of a series whose neighbours depend on each other', () => {
  const random = randomFor(2, 'series');
  let value = 0;
  const series = Array.from({ length: 1000 }, () => {
    value = 0.8 * value + drawNormal(random);
    return value;
  });
  const width = (interval: { low: number; high: number } | null) => (interval?.high ?? 0) - (interval?.low ?? 0);
  const single = width(bootstrapInterval(series, meanOf, { random: randomFor(1), resamples: 500 }));
  const blocks = width(
    blockBootstrapInterval(series, meanOf, { random: randomFor(1), resamples: 500, blockLength: 30 }),
  );
  // The true factor is sqrt((1 + 0.8) / (1 - 0.8)) = 3.
  expect(blocks / single).toBeGreaterThan(2);
  expect(blocks / single).toBeLessThan(3.6);
});

test('the same stream of chance gives the same interval; the sample is left alone', () => {
  const sample = [5, 1, 4, 2, 3];
  const once = bootstrapInterval(sample, medianOf, { random: randomFor(3) });
  expect(bootstrapInterval(sample, medianOf, { random: randomFor(3) })).toEqual(once);
  expect(sample).toEqual([5, 1, 4, 2, 3]);
});

test('no samples, one sample, blocks longer than the series', () => {
  expect(bootstrapInterval([], meanOf, { random: randomFor(1) })).toBeNull();
  expect(blockBootstrapInterval([], meanOf, { random: randomFor(1), blockLength: 5 })).toBeNull();
  expect(bootstrapInterval([4], meanOf, { random: randomFor(1) })).toMatchObject({ value: 4, low: 4, high: 4 });
  const long = blockBootstrapInterval([1, 2, 3, 4], meanOf, { random: randomFor(1), blockLength: 400 });
  expect(long?.low).toBeLessThan(long?.high ?? 0);
  expect(() => blockBootstrapInterval([1, 2], meanOf, { random: randomFor(1), blockLength: 0 })).toThrow(RangeError);
});

test('block length follows the memory of the series, at least the cube root of its length', () => {
  expect(blockLengthFor({ length: 1000, effectiveLength: 1000 })).toBe(10);
  expect(blockLengthFor({ length: 1000, effectiveLength: 50 })).toBe(40);
  expect(blockLengthFor({ length: 0, effectiveLength: 0 })).toBe(1);
  expect(blockLengthFor({ length: 10, effectiveLength: 1 })).toBe(10);
});
