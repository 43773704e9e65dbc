import type { Random } from './random.ts';

export interface PermutationResult {
  /** Mean of the differences. */
  readonly mean: number;
  /** Two-sided. */
  readonly p: number;
  /** Every sign pattern was tried, or a random part of them. */
  readonly exact: boolean;
}

/** Up to here all 2^n sign patterns are tried. */
const EXACT_UP_TO = 14;
const DEFAULT_PERMUTATIONS = 9999;

/**
 * Do paired differences scatter around zero? Sign-flip (Fisher's randomisation) test on their mean: exact for up to 14
 * pairs; beyond that with random flips, where p = (b + 1) / (m + 1) is never zero (Phipson and Smyth, 2010). Null without pairs.
 */
export function signFlipTest(
  differences: ArrayLike<number>,
  options: { readonly random: Random; readonly permutations?: number },
): PermutationResult | null {
  const count = differences.length;
  if (count === 0) return null;
  const values = Float64Array.from(differences);
  const sum = values.reduce((total, value) => total + value, 0);
  const size = values.reduce((total, value) => total + Math.abs(value), 0);
  // Patterns that give the same sum on paper may differ in the last digits.
  const bar = Math.abs(sum) - 1e-12 * size;
  if (count <= EXACT_UP_TO) return { mean: sum / count, p: exactShare(values, bar), exact: true };
  const { random, permutations = DEFAULT_PERMUTATIONS } = options;
  let asExtreme = 0;
  for (let permutation = 0; permutation < permutations; permutation++) {
    if (Math.abs(flippedSum(values, random)) >= bar) asExtreme++;
  }
  return { mean: sum / count, p: (asExtreme + 1) / (permutations + 1), exact: false };
}

function exactShare(values: Float64Array, bar: number): number {
  const patterns = 2 ** values.length;
  let asExtreme = 0;
  for (let pattern = 0; pattern < patterns; pattern++) {
    let sum = 0;
    for (let index = 0; index < values.length; index++) {
      sum += (pattern >> index) & 1 ? -(values[index] as number) : (values[index] as number);
    }
    if (Math.abs(sum) >= bar) asExtreme++;
  }
  return asExtreme / patterns;
}

function flippedSum(values: Float64Array, random: Random): number {
  let sum = 0;
  for (const value of values) sum += random() < 0.5 ? -value : value;
  return sum;
}
