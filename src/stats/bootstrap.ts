import { drawIndex } from './distributions.ts';
import { DEFAULT_CONFIDENCE, type Interval } from './intervals.ts';
import { quantile } from './quantiles.ts';
import type { Random } from './random.ts';

export interface BootstrapOptions {
  readonly random: Random;
  /** Default 2000: the bounds of a 95 % interval then rest on the 50 most extreme resamples each. */
  readonly resamples?: number;
  readonly confidence?: number;
}

/** Computed on a buffer that is used again: must not keep it. May sort it in place. */
export type Statistic = (sample: Float64Array) => number;

const DEFAULT_RESAMPLES = 2000;

/** Percentile bootstrap (Efron, 1979) for independent samples. Null without samples. */
export function bootstrapInterval(
  sample: ArrayLike<number>,
  statistic: Statistic,
  options: BootstrapOptions,
): Interval | null {
  const { random } = options;
  return resampledInterval(sample, statistic, options, (buffer) => {
    for (let index = 0; index < buffer.length; index++) {
      buffer[index] = sample[drawIndex(sample.length, random)] as number;
    }
  });
}

/**
 * Moving block bootstrap (Kunsch, 1989) for a series in time order whose neighbours depend on each other. Blocks longer
 * than half the series are cut to it: one block would be the series itself, and the interval a point.
 */
export function blockBootstrapInterval(
  series: ArrayLike<number>,
  statistic: Statistic,
  options: BootstrapOptions & { readonly blockLength: number },
): Interval | null {
  const { random } = options;
  if (!(options.blockLength >= 1)) throw new RangeError(`a block holds at least 1 value, got ${options.blockLength}`);
  const length = Math.min(Math.floor(options.blockLength), Math.max(1, Math.floor(series.length / 2)));
  return resampledInterval(series, statistic, options, (buffer) => {
    for (let filled = 0; filled < buffer.length; filled += length) {
      const start = drawIndex(series.length - length + 1, random);
      const end = Math.min(length, buffer.length - filled);
      for (let offset = 0; offset < end; offset++) buffer[filled + offset] = series[start + offset] as number;
    }
  });
}

function resampledInterval(
  sample: ArrayLike<number>,
  statistic: Statistic,
  options: BootstrapOptions,
  fill: (buffer: Float64Array) => void,
): Interval | null {
  if (sample.length === 0) return null;
  const { resamples = DEFAULT_RESAMPLES, confidence = DEFAULT_CONFIDENCE } = options;
  const value = statistic(Float64Array.from(sample));
  const buffer = new Float64Array(sample.length);
  const results = new Float64Array(resamples);
  for (let resample = 0; resample < resamples; resample++) {
    fill(buffer);
    results[resample] = statistic(buffer);
  }
  results.sort();
  const tail = (1 - confidence) / 2;
  return { value, low: quantile(results, tail) ?? value, high: quantile(results, 1 - tail) ?? value, confidence };
}

/**
 * Block length from how far a series remembers: n / n_eff is its integrated autocorrelation time, and a block of twice
 * that holds what belongs together; never below n^(1/3), the usual rate for independent data.
 */
export function blockLengthFor(series: { readonly length: number; readonly effectiveLength: number }): number {
  if (series.length === 0) return 1;
  const memory = (2 * series.length) / Math.max(1, series.effectiveLength);
  const block = Math.max(memory, Math.cbrt(series.length));
  return Math.max(1, Math.min(series.length, Math.round(block)));
}
