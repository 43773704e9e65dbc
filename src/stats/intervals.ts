import { normalQuantile } from './elementary.ts';

/** A value with the bounds that hold it at the stated confidence. */
export interface Interval {
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly confidence: number;
}

export const DEFAULT_CONFIDENCE = 0.95;

/** z of a two-sided interval: 1.96 at 0.95. */
export function twoSidedZ(confidence: number): number {
  if (!(confidence > 0 && confidence < 1)) throw new RangeError(`confidence lies between 0 and 1, got ${confidence}`);
  return normalQuantile((1 + confidence) / 2);
}

/**
 * Wilson's score interval (1927) of a share of independent trials. `trials` may be a fraction: an effective sample size.
 * Null without trials.
 */
export function wilsonInterval(sample: {
  readonly successes: number;
  readonly trials: number;
  readonly confidence?: number;
}): Interval | null {
  const { successes, trials, confidence = DEFAULT_CONFIDENCE } = sample;
  if (!(successes >= 0 && successes <= trials)) throw new RangeError(`${successes} of ${trials} is no share`);
  if (trials === 0) return null;
  const z = twoSidedZ(confidence);
  const share = successes / trials;
  const z2 = (z * z) / trials;
  const centre = (share + z2 / 2) / (1 + z2);
  const half = Math.sqrt(share * (1 - share) * z2 + (z2 * z2) / 4) / (1 + z2);
  // At the ends the bound is exact; the formula leaves a rounding error there.
  return {
    value: share,
    low: successes === 0 ? 0 : Math.max(0, centre - half),
    high: successes === trials ? 1 : Math.min(1, centre + half),
    confidence,
  };
}

/** Autocovariances beyond this lag are not looked at: the cost is lags times samples. */
const MAX_LAG = 1000;

/**
 * How many independent samples a series is worth: n / (1 + 2 sum of autocorrelations), the sum taken over Geyer's initial
 * positive sequence (C. Geyer, Practical Markov Chain Monte Carlo, 1992). Between 1 and n; a constant series, which tells
 * nothing about its correlation, counts as n.
 */
export function effectiveSampleSize(series: ArrayLike<number>): number {
  const count = series.length;
  if (count < 4) return count;
  const centred = Float64Array.from(series);
  const mean = centred.reduce((sum, value) => sum + value, 0) / count;
  for (let index = 0; index < count; index++) centred[index] = (centred[index] as number) - mean;
  const variance = autocovariance(centred, 0);
  if (variance === 0) return count;
  let correlations = 0;
  const lastLag = Math.min(MAX_LAG, count - 2);
  for (let lag = 1; lag <= lastLag; lag += 2) {
    // Geyer sums neighbours, since one autocorrelation may be negative where the pair is not.
    const pair = (autocovariance(centred, lag - 1) + autocovariance(centred, lag)) / variance;
    if (pair <= 0) break;
    correlations += pair;
  }
  // The pairs start at lag 0, whose correlation is 1: 2 * sum - 1 = 1 + 2 * (sum from lag 1 on).
  return Math.min(count, Math.max(1, count / Math.max(2 * correlations - 1, 1e-9)));
}

function autocovariance(centred: Float64Array, lag: number): number {
  let sum = 0;
  for (let index = lag; index < centred.length; index++) {
    sum += (centred[index] as number) * (centred[index - lag] as number);
  }
  return sum / centred.length;
}

/** Share of true flags in time order, with an interval that respects their runs: Wilson at the effective sample size. */
export function shareInterval(
  flags: ArrayLike<number>,
  options: { readonly confidence?: number } = {},
): Interval | null {
  if (flags.length === 0) return null;
  let successes = 0;
  for (let index = 0; index < flags.length; index++) successes += flags[index] as number;
  const trials = effectiveSampleSize(flags);
  const scaled = Math.min(trials, (successes / flags.length) * trials);
  return wilsonInterval({ successes: scaled, trials, ...options });
}
