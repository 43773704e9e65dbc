/** A copy in ascending order (numeric). */
export function sortedCopy(values: ArrayLike<number>): Float64Array {
  return Float64Array.from(values).sort();
}

/**
 * Quantile of ascending values with linear interpolation between order statistics (Hyndman and Fan type 7, the default
 * of numpy, which the benchmark tools of the field use). Null without values.
 */
export function quantile(sorted: ArrayLike<number>, share: number): number | null {
  if (!(share >= 0 && share <= 1)) throw new RangeError(`a quantile's share lies in 0..1, got ${share}`);
  if (sorted.length === 0) return null;
  const position = share * (sorted.length - 1);
  const below = Math.floor(position);
  const low = sorted[below] as number;
  const high = sorted[Math.min(below + 1, sorted.length - 1)] as number;
  return low + (high - low) * (position - below);
}

/** Null without values. The input may be in any order. */
export function median(values: ArrayLike<number>): number | null {
  return quantile(sortedCopy(values), 0.5);
}

/** Null without values. */
export function mean(values: ArrayLike<number>): number | null {
  if (values.length === 0) return null;
  let sum = 0;
  for (let index = 0; index < values.length; index++) sum += values[index] as number;
  return sum / values.length;
}

/** Whether a percentile can be told from this many samples: n >= 5 / (1 - p). */
export function enoughForQuantile(samples: number, share: number): boolean {
  // One part in a million of slack, since 5 / (1 - 0.95) is 99.99999999999991.
  return share >= 1 ? samples > 0 : samples * (1 - share) >= 5 - 1e-6;
}
