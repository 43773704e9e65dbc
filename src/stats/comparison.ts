import { normalCdf } from './elementary.ts';
import { DEFAULT_CONFIDENCE, type Interval, twoSidedZ } from './intervals.ts';
import { sortedCopy } from './quantiles.ts';

/** Two independent samples, in any order. */
export interface TwoSamples {
  readonly first: ArrayLike<number>;
  readonly second: ArrayLike<number>;
}

export interface MannWhitney {
  /** Pairs in which the first sample's value is larger, ties counting half. */
  readonly u: number;
  readonly z: number;
  /** Two-sided. */
  readonly p: number;
}

/**
 * Do two samples come from one distribution? Mann-Whitney U, normal approximation with tie and continuity correction
 * (good from about 8 values each). Null when a sample is empty.
 */
export function mannWhitney(samples: TwoSamples): MannWhitney | null {
  const n = samples.first.length;
  const m = samples.second.length;
  if (n === 0 || m === 0) return null;
  const { greater, equal } = comparePairs(samples);
  const u = greater + equal / 2;
  const total = n + m;
  const variance = ((n * m) / 12) * (total + 1 - tieTerm(samples) / (total * (total - 1)));
  if (!(variance > 0)) return { u, z: 0, p: 1 };
  const distance = u - (n * m) / 2;
  const z = (Math.sign(distance) * Math.max(0, Math.abs(distance) - 0.5)) / Math.sqrt(variance);
  return { u, z, p: Math.min(1, 2 * normalCdf(-Math.abs(z))) };
}

/** Cliff's delta: P(first > second) - P(first < second), in -1 .. 1. Null when a sample is empty. */
export function cliffsDelta(samples: TwoSamples): number | null {
  const pairs = samples.first.length * samples.second.length;
  if (pairs === 0) return null;
  const { greater, equal } = comparePairs(samples);
  return (greater - (pairs - greater - equal)) / pairs;
}

/** Over all pairs (first, second), in O(n log n). */
function comparePairs(samples: TwoSamples): { readonly greater: number; readonly equal: number } {
  const first = sortedCopy(samples.first);
  const second = sortedCopy(samples.second);
  let below = 0;
  let notAbove = 0;
  let greater = 0;
  let equal = 0;
  for (const value of first) {
    while (below < second.length && (second[below] as number) < value) below++;
    notAbove = Math.max(notAbove, below);
    while (notAbove < second.length && (second[notAbove] as number) <= value) notAbove++;
    greater += below;
    equal += notAbove - below;
  }
  return { greater, equal };
}

/** Sum of t^3 - t over groups of equal values. */
function tieTerm(samples: TwoSamples): number {
  const pooled = sortedCopy([...Array.from(samples.first), ...Array.from(samples.second)]);
  let sum = 0;
  let start = 0;
  for (let index = 1; index <= pooled.length; index++) {
    if (index < pooled.length && pooled[index] === pooled[start]) continue;
    const ties = index - start;
    sum += ties ** 3 - ties;
    start = index;
  }
  return sum;
}

/**
 * By how much the first sample lies above the second: the median of all pairwise differences (Hodges and Lehmann, 1963),
 * with the interval that inverts the Mann-Whitney test (Hollander and Wolfe, section 4.3, normal approximation). The
 * bounds are infinite when the samples are too small for the confidence asked. Null when a sample is empty.
 */
export function hodgesLehmann(samples: TwoSamples, options: { readonly confidence?: number } = {}): Interval | null {
  const { confidence = DEFAULT_CONFIDENCE } = options;
  const first = sortedCopy(samples.first);
  const second = sortedCopy(samples.second);
  const pairs = first.length * second.length;
  if (pairs === 0) return null;
  const differenceAt = (rank: number) => rankedDifference({ first, second }, rank);
  const lower = differenceAt(Math.floor((pairs + 1) / 2));
  const value = (lower + (pairs % 2 === 1 ? lower : differenceAt(pairs / 2 + 1))) / 2;
  const spread = Math.sqrt((pairs * (first.length + second.length + 1)) / 12);
  const rank = Math.floor(pairs / 2 - twoSidedZ(confidence) * spread);
  return {
    value,
    low: rank < 1 ? Number.NEGATIVE_INFINITY : differenceAt(rank),
    high: rank < 1 ? Number.POSITIVE_INFINITY : differenceAt(pairs + 1 - rank),
    confidence,
  };
}

interface SortedSamples {
  readonly first: Float64Array;
  readonly second: Float64Array;
}

/**
 * The rank-th smallest (from 1) of all differences first - second, without listing them: bisection on the value, down to
 * neighbouring numbers, with a linear count at each step. Fine for 100,000 values a side, where the list would not be.
 */
function rankedDifference(sorted: SortedSamples, rank: number): number {
  const { first, second } = sorted;
  let low = (first[0] as number) - (second[second.length - 1] as number);
  let high = (first[first.length - 1] as number) - (second[0] as number);
  if (differencesUpTo(sorted, low) >= rank) return low;
  for (;;) {
    const middle = low + (high - low) / 2;
    if (middle <= low || middle >= high) return high;
    if (differencesUpTo(sorted, middle) >= rank) high = middle;
    else low = middle;
  }
}

function differencesUpTo({ first, second }: SortedSamples, limit: number): number {
  let count = 0;
  let from = 0;
  for (const value of first) {
    while (from < second.length && value - (second[from] as number) > limit) from++;
    count += second.length - from;
  }
  return count;
}
