import { type BlockPlan, blockNumbers, blockPlan, commonPlans, unitMeans, unitSums } from './compare-blocks.ts';
import type { Layout } from './compare-layout.ts';
import type { TwoSides } from './compare-scores.ts';

/** Which block or round every entry belongs to. */
export interface Units {
  readonly a: Int32Array;
  readonly b: Int32Array;
  readonly countA: number;
  readonly countB: number;
  /** Of the smaller side. */
  readonly count: number;
  /** Independent observations, as the memory that set the blocks has it. */
  readonly effective: number;
  readonly blockLength: number;
}

/** Fewer than this, and a block's scatter says little: the interval pays with Student's t for as many. */
export const INTERVAL_BLOCKS_MIN = 8;

/** Switchback: the order was drawn, so rounds are units whatever their number. */
function roundUnits(rounds: NonNullable<Layout['rounds']>, numbers: Rounds): Units {
  const { count } = rounds;
  return { ...numbers, countA: count, countB: count, count, effective: count, blockLength: 1 };
}

interface Rounds {
  readonly a: Int32Array;
  readonly b: Int32Array;
}

function linkedUnits(entries: number, { count, effective, length }: BlockPlan): Units {
  const numbers = blockNumbers(entries, { count, effective, length });
  return { a: numbers, b: numbers, countA: count, countB: count, count, effective, blockLength: length };
}

function apartUnits({ a, b }: TwoSides, [planA, planB]: readonly [BlockPlan, BlockPlan]): Units {
  return {
    a: blockNumbers(a.length, planA),
    b: blockNumbers(b.length, planB),
    countA: planA.count,
    countB: planB.count,
    count: Math.min(planA.count, planB.count),
    effective: Math.min(planA.effective, planB.effective),
    blockLength: Math.max(planA.length, planB.length),
  };
}

/** Blocks as long as what is compared remembers: of pairs their difference, else each side. */
export function ownUnits(given: {
  readonly scores: TwoSides;
  /** Null where entries do not stand against each other one by one. */
  readonly series: Float64Array | null;
  readonly rounds: Layout['rounds'];
  readonly numbers: Rounds | null;
}): Units {
  const { scores, series, rounds, numbers } = given;
  if (rounds !== null && numbers !== null) return roundUnits(rounds, numbers);
  if (series !== null) return linkedUnits(series.length, blockPlan(series));
  return apartUnits(scores, commonPlans(scores.a, scores.b));
}

/**
 * Blocks as long as the side remembers that forgets sooner. If the two did not differ, both would forget alike, and so
 * would their difference (a swing common to both cancels): a side that remembers longer, such as a queue that fills and
 * drains, is itself what would have to be shown.
 */
export function soonerUnits({ a, b }: TwoSides, linked: boolean): Units {
  const [planA, planB] = [blockPlan(a), blockPlan(b)];
  const sooner = planA.length <= planB.length ? planA : planB;
  if (linked) return linkedUnits(a.length, sooner);
  return apartUnits({ a, b }, [cutTo(sooner, a.length), cutTo(sooner, b.length)]);
}

/** A fixed number of equal stretches, however long anything remembers. */
export function evenUnits({ a, b }: TwoSides, linked: boolean, count: number): Units {
  const plan = (entries: number): BlockPlan => ({
    length: Math.max(1, Math.floor(entries / count)),
    count: Math.min(count, Math.max(1, entries)),
    effective: count,
  });
  return linked ? linkedUnits(a.length, plan(a.length)) : apartUnits({ a, b }, [plan(a.length), plan(b.length)]);
}

function cutTo(plan: BlockPlan, entries: number): BlockPlan {
  return { ...plan, count: Math.max(1, Math.floor(entries / plan.length)) };
}

/** For intervals: shorter blocks where too few would be left to see any scatter in. */
export function forInterval(units: Units, { a, b }: TwoSides, linked: boolean, rounds: boolean): Units {
  if (rounds || units.count >= INTERVAL_BLOCKS_MIN) return units;
  return { ...evenUnits({ a, b }, linked, INTERVAL_BLOCKS_MIN), effective: units.effective };
}

export const sumsOf = (series: Float64Array, units: Units): Float64Array => unitSums(series, units.a, units.countA);

export function meansOf({ a, b }: TwoSides, units: Units): TwoSides {
  return { a: unitMeans(a, units.a, units.countA), b: unitMeans(b, units.b, units.countB) };
}
