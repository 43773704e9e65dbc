import { blockLengthFor } from '../stats/bootstrap.ts';
import { effectiveSampleSize } from '../stats/intervals.ts';

/** More blocks than this tell nothing new, and longer ones forget less of a slow swing. */
const BLOCKS_MAX = 400;

/** The memory of longer series is read from their means over this many stretches. */
const MEMORY_POINTS = 20_000;

/** Blocks reach over twice the length at which a mean's interval would do: a test at 1 in 1000 sees what is left between them. */
const SAFETY = 2;

export interface BlockPlan {
  readonly length: number;
  readonly count: number;
  /** What the series is worth in independent observations. */
  readonly effective: number;
}

/** Consecutive blocks long enough that their sums hardly know of each other. */
export function blockPlan(series: Float64Array): BlockPlan {
  const count = series.length;
  if (count === 0) return { length: 1, count: 0, effective: 0 };
  const stretch = Math.max(1, Math.ceil(count / MEMORY_POINTS));
  const points = stretch === 1 ? series : stretchMeans(series, stretch);
  const effectiveLength = isConstant(points) ? points.length : independent(points);
  const memory = SAFETY * stretch * blockLengthFor({ length: points.length, effectiveLength });
  const length = Math.max(1, Math.min(count, Math.max(memory, Math.ceil(count / BLOCKS_MAX))));
  return { length, count: Math.max(1, Math.floor(count / length)), effective: effectiveLength * stretch };
}

/** Stretches whose means show a memory that neighbours do not, because it is faint or longer than the series tells. */
const COARSE = 10;

/** The means scatter this much more than neighbours let expect, in 3 of 100 series that forget at once. */
const DISCORDANT = 2;

/** Independent observations by the correlation of neighbours, or by the scatter of long stretches where that is plainly wider. */
function independent(points: Float64Array): number {
  const byNeighbours = effectiveSampleSize(points);
  const length = Math.floor(points.length / COARSE);
  if (length < 2) return byNeighbours;
  const byStretches = (COARSE * variance(points)) / variance(stretchMeans(points, length));
  return byStretches * DISCORDANT < byNeighbours ? Math.max(1, byStretches) : byNeighbours;
}

function variance(values: Float64Array): number {
  let mean = 0;
  for (const value of values) mean += value / values.length;
  let squares = 0;
  for (const value of values) squares += (value - mean) ** 2;
  return squares / (values.length - 1);
}

/** Blocks of one length for two sides that are ranked together: longer blocks hold an event more often. */
export function commonPlans(a: Float64Array, b: Float64Array): readonly [BlockPlan, BlockPlan] {
  const own = [blockPlan(a), blockPlan(b)] as const;
  const length = Math.max(own[0].length, own[1].length);
  const cut = (plan: BlockPlan, entries: number): BlockPlan => ({
    ...plan,
    length,
    count: Math.max(1, Math.floor(entries / length)),
  });
  return [cut(own[0], a.length), cut(own[1], b.length)];
}

/** A series that moves by rounding errors alone, whose correlation means nothing. */
function isConstant(series: Float64Array): boolean {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of series) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return high - low <= 1e-9 * Math.max(Math.abs(low), Math.abs(high));
}

function stretchMeans(series: Float64Array, stretch: number): Float64Array {
  const means = new Float64Array(Math.floor(series.length / stretch));
  for (let at = 0; at < means.length; at++) {
    let sum = 0;
    for (let offset = 0; offset < stretch; offset++) sum += series[at * stretch + offset] as number;
    means[at] = sum / stretch;
  }
  return means;
}

/** Block of each entry; what is left over after the last whole block belongs to it. */
export function blockNumbers(entries: number, { length, count }: BlockPlan): Int32Array {
  const numbers = new Int32Array(entries);
  for (let at = 0; at < entries; at++) numbers[at] = Math.min(count - 1, Math.floor(at / length));
  return numbers;
}

/** Sums per unit. */
export function unitSums(values: Float64Array, units: Int32Array, count: number): Float64Array {
  const sums = new Float64Array(count);
  for (let at = 0; at < values.length; at++) {
    const unit = units[at] as number;
    sums[unit] = (sums[unit] as number) + (values[at] as number);
  }
  return sums;
}

/** Means per unit; NaN for units without a value. */
export function unitMeans(values: Float64Array, units: Int32Array, count: number): Float64Array {
  const sums = unitSums(values, units, count);
  const sizes = unitSums(new Float64Array(values.length).fill(1), units, count);
  return sums.map((sum, unit) => sum / (sizes[unit] as number));
}
