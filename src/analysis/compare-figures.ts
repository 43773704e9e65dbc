import { twoSidedZ, wilsonInterval } from '../stats/intervals.ts';
import { quantile, sortedCopy } from '../stats/quantiles.ts';
import { unitSums } from './compare-blocks.ts';

/** Values of one side with the unit (block or round) each belongs to. */
export interface Sample {
  readonly values: Float64Array;
  readonly units: Int32Array;
  readonly unitCount: number;
}

/** What one side came to: its interval, what its trials are worth, and how each unit pulled. */
export interface Figure {
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly effective: number;
  /** Sum of influences per unit: two sides that swing together show it here. */
  readonly pulls: Float64Array;
}

const CONFIDENCE = 0.95;

/** Influences sum to zero; the variance of their mean from how the units scatter. */
function scatter(pulls: Float64Array, trials: number): number {
  if (pulls.length < 2) return 0;
  let squares = 0;
  for (const pull of pulls) squares += pull * pull;
  return ((squares / trials / trials) * pulls.length) / (pulls.length - 1);
}

/** Student's t for n units, by its expansion around the normal (Fisher and Cornish, 1960): within 0.1 % from 5 units on. */
function widenedZ(units: number): number {
  const z = twoSidedZ(CONFIDENCE);
  if (units < 2) return z;
  const freedom = units - 1;
  return (
    z +
    (z ** 3 + z) / (4 * freedom) +
    (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * freedom ** 2) +
    (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / (384 * freedom ** 3)
  );
}

interface ShareOfTrials {
  readonly value: number;
  readonly effective: number;
  readonly pulls: Float64Array;
}

/** A share, and the independent trials it is worth: p (1 - p) over the variance that the units show (Korn and Graubard, 1998). */
function shareOf(flags: Float64Array, { units, unitCount }: Sample): ShareOfTrials {
  const trials = flags.length;
  let ones = 0;
  for (const flag of flags) ones += flag;
  const value = ones / trials;
  const pulls = unitSums(
    flags.map((flag) => flag - value),
    units,
    unitCount,
  );
  const variance = scatter(pulls, trials);
  const shrink = (twoSidedZ(CONFIDENCE) / widenedZ(unitCount)) ** 2;
  const worth = variance === 0 ? trials : (shrink * value * (1 - value)) / variance;
  return { value, effective: Math.max(1, Math.min(trials, worth)), pulls };
}

/** Wilson's interval at the effective number of trials. Null without values. */
export function shareFigure(sample: Sample): Figure | null {
  if (sample.values.length === 0) return null;
  const { value, effective, pulls } = shareOf(sample.values, sample);
  const interval = wilsonInterval({ successes: Math.min(effective, value * effective), trials: effective });
  return interval === null ? null : { value, low: interval.low, high: interval.high, effective, pulls };
}

/** A quantile, its interval by inverting the share at or below it (Woodruff, 1952). Null without values. */
export function quantileFigure(sample: Sample, share: number): Figure | null {
  const sorted = sortedCopy(sample.values);
  const value = quantile(sorted, share);
  if (value === null) return null;
  const below = sample.values.map((each) => (each <= value ? 1 : 0));
  const { effective, pulls } = shareOf(below, sample);
  const interval = wilsonInterval({ successes: share * effective, trials: effective });
  const low = quantile(sorted, interval?.low ?? 0) ?? value;
  const high = quantile(sorted, interval?.high ?? 1) ?? value;
  // A value above its quantile pulls up: the sign is turned so that all figures pull alike.
  return {
    value,
    low: Math.min(low, value),
    high: Math.max(high, value),
    effective,
    pulls: pulls.map((pull) => -pull),
  };
}

/** Mean of the values, or total of the values over total of `per`. Null without values, or where `per` sums to 0. */
export function ratioFigure(sample: Sample, per: Float64Array | null): Figure | null {
  const trials = sample.values.length;
  let total = 0;
  let divisor = 0;
  for (let at = 0; at < trials; at++) {
    total += sample.values[at] as number;
    divisor += per === null ? 1 : (per[at] as number);
  }
  if (trials === 0 || divisor <= 0) return null;
  const value = total / divisor;
  const influences = sample.values.map(
    (each, at) => ((each - value * (per === null ? 1 : (per[at] as number))) * trials) / divisor,
  );
  const pulls = unitSums(influences, sample.units, sample.unitCount);
  const variance = scatter(pulls, trials);
  let squares = 0;
  for (const influence of influences) squares += influence * influence;
  const half = widenedZ(sample.unitCount) * Math.sqrt(variance);
  const effective = variance === 0 ? trials : Math.max(1, Math.min(trials, squares / trials / variance));
  return { value, low: value - half, high: value + half, effective, pulls };
}

export interface Difference {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/**
 * B minus A with the interval put together from both (MOVER: Zou and Donner, 2008; for shares Newcombe's method 10), less
 * what both share where they swung together.
 */
export function differenceOf(a: Figure, b: Figure, linked: boolean): Difference {
  const together = linked ? Math.max(0, correlation(a.pulls, b.pulls)) : 0;
  const value = b.value - a.value;
  const reach = (ofA: number, ofB: number) => Math.sqrt(Math.max(0, ofA * ofA + ofB * ofB - 2 * together * ofA * ofB));
  return {
    value,
    low: value - reach(a.high - a.value, b.value - b.low),
    high: value + reach(a.value - a.low, b.high - b.value),
  };
}

function correlation(a: Float64Array, b: Float64Array): number {
  let both = 0;
  let ofA = 0;
  let ofB = 0;
  for (let unit = 0; unit < a.length; unit++) {
    const x = a[unit] as number;
    const y = b[unit] as number;
    both += x * y;
    ofA += x * x;
    ofB += y * y;
  }
  return ofA > 0 && ofB > 0 ? both / Math.sqrt(ofA * ofB) : 0;
}
