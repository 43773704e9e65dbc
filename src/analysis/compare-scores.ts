import { quantile } from '../stats/quantiles.ts';
import { firstAfter } from '../stats/windows.ts';

/** Place of a value among ascending ones, ties sharing the middle of theirs: 1 .. n. */
function midrank(sorted: Float64Array, value: number): number {
  const notAbove = firstAfter(sorted, value);
  let low = 0;
  let high = notAbove;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] as number) < value) low = middle + 1;
    else high = middle;
  }
  return (low + 1 + notAbove) / 2;
}

/**
 * Wilcoxon's signed ranks, divided by n: the rank of a difference's size with its sign, 0 for no difference. Bounded, so a
 * heavy tail cannot carry the sum, and common drift is gone because the difference is taken within the pair.
 */
export function signedRanks(differences: Float64Array): Float64Array {
  const sizes = differences.map(Math.abs);
  const sorted = sizes.slice().sort();
  const { length } = differences;
  return differences.map((difference, at) =>
    difference === 0 ? 0 : (Math.sign(difference) * midrank(sorted, sizes[at] as number)) / length,
  );
}

/** Sum of signed ranks over the sum of ranks, -1 .. 1: Kerby's matched-pairs rank-biserial correlation (2014). */
export function rankBiserial(ranks: Float64Array): number {
  let sum = 0;
  let size = 0;
  for (const rank of ranks) {
    sum += rank;
    size += Math.abs(rank);
  }
  return size === 0 ? 0 : sum / size;
}

export interface TwoSides {
  readonly a: Float64Array;
  readonly b: Float64Array;
}

/** Ranks among both sides together, divided by their number. */
export function pooledRanks({ a, b }: TwoSides): TwoSides {
  const sorted = pooled({ a, b }).sort();
  const rank = (value: number) => midrank(sorted, value) / sorted.length;
  return { a: a.map(rank), b: b.map(rank) };
}

/** Pairs that a local quantile is taken of: a tenth of them is enough for p95, and drift within them is small. */
const LOCAL_PAIRS = 200;

/** 1 where a value lies above the quantile of both sides together: blind to which side it came from. */
export function exceedances({ a, b }: TwoSides, share: number): TwoSides {
  const bar = quantile(pooled({ a, b }).sort(), share) ?? 0;
  const above = (value: number) => (value > bar ? 1 : 0);
  return { a: a.map(above), b: b.map(above) };
}

/** The same for pairs in time order, with the quantile of the pairs around: what drifts for both sides is no exceedance. */
export function localExceedances({ a, b }: TwoSides, share: number): TwoSides {
  const above = { a: new Float64Array(a.length), b: new Float64Array(b.length) };
  const stretches = Math.max(1, Math.floor(a.length / LOCAL_PAIRS));
  for (let stretch = 0; stretch < stretches; stretch++) {
    const from = stretch * LOCAL_PAIRS;
    const to = stretch === stretches - 1 ? a.length : from + LOCAL_PAIRS;
    const part = exceedances({ a: a.subarray(from, to), b: b.subarray(from, to) }, share);
    above.a.set(part.a, from);
    above.b.set(part.b, from);
  }
  return above;
}

export function pooled({ a, b }: TwoSides): Float64Array {
  const all = new Float64Array(a.length + b.length);
  all.set(a);
  all.set(b, a.length);
  return all;
}

export function differences({ a, b }: TwoSides): Float64Array {
  return b.map((value, at) => value - (a[at] as number));
}
