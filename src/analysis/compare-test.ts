import type { EffectSize } from '../model/comparison.ts';
import { cliffsDelta, mannWhitney } from '../stats/comparison.ts';
import { blockNumbers, blockPlan, commonPlans, unitMeans, unitSums } from './compare-blocks.ts';
import {
  type Difference,
  differenceOf,
  type Figure,
  quantileFigure,
  ratioFigure,
  type Sample,
  shareFigure,
} from './compare-figures.ts';
import { flipTest } from './compare-flips.ts';
import type { Layout } from './compare-layout.ts';
import {
  differences,
  exceedances,
  localExceedances,
  pooledRanks,
  rankBiserial,
  signedRanks,
  type TwoSides,
} from './compare-scores.ts';
import type { QuestionSpec } from './compare-spec.ts';
import type { RequestTable } from './compare-table.ts';

/** One question about one pair of variants, before it is judged beside the others. */
export interface Tested {
  readonly spec: QuestionSpec;
  readonly figureA: Figure | null;
  readonly figureB: Figure | null;
  readonly difference: Difference | null;
  readonly effect: EffectSize | null;
  readonly n: number;
  readonly effectiveN: number;
  readonly blocks: number;
  /** Entries per block; a round counts as one block. */
  readonly blockLength: number;
  readonly p: number | null;
  /** Smallest p the units could have given; 1 where nothing could be tested. */
  readonly attainable: number;
  /** The way the test points: positive = B above A. */
  readonly direction: number;
}

interface Values extends TwoSides {
  /** Divisors of a ratio. */
  readonly perA: Float64Array | null;
  readonly perB: Float64Array | null;
  readonly roundsA: Int32Array | null;
  readonly roundsB: Int32Array | null;
}

export function testQuestion(spec: QuestionSpec, a: RequestTable, b: RequestTable, layout: Layout): Tested {
  const { mustAgree, ...once } = spec;
  const tested = testOnce(once, a, b, layout);
  if (mustAgree === undefined || tested.p === null) return { ...tested, spec };
  const other = testOnce({ ...once, value: mustAgree }, a, b, layout);
  return {
    ...tested,
    spec,
    p: other.p === null ? null : Math.max(tested.p, other.p),
    attainable: Math.max(tested.attainable, other.attainable),
    direction: tested.direction === other.direction ? tested.direction : 0,
  };
}

function testOnce(spec: QuestionSpec, a: RequestTable, b: RequestTable, layout: Layout): Tested {
  const values = spec.unaskable === null ? valuesOf(spec, a, b, layout) : null;
  if (values === null || values.a.length === 0 || values.b.length === 0) return untested(spec, values);
  const linked = isLinked(spec, layout);
  const scores = scored(spec, values, linked);
  const series = linked ? (scores.signed ?? differences(scores)) : null;
  const units = unitsOf(values, scores, series, layout);
  const figures = figuresOf(spec, values, units);
  const difference = figures === null ? null : differenceOf(figures.a, figures.b, linked);
  return {
    spec,
    figureA: figures?.a ?? null,
    figureB: figures?.b ?? null,
    difference,
    effect: effectOf(spec, values, scores, figures),
    n: layout.design === 'switchback' ? units.count : Math.min(values.a.length, values.b.length),
    effectiveN: units.effective,
    blocks: units.count,
    blockLength: units.blockLength,
    ...pOf(scores, series, units, layout),
  };
}

/** Whether entries stand against each other one by one. */
function isLinked({ eachSide }: QuestionSpec, { design }: Layout): boolean {
  return design === 'paired' && eachSide !== true;
}

function untested(spec: QuestionSpec, values: Values | null): Tested {
  const nothing = { figureA: null, figureB: null, difference: null, effect: null, p: null };
  const n = values === null ? 0 : Math.min(values.a.length, values.b.length);
  return { spec, ...nothing, n, effectiveN: 0, blocks: 0, blockLength: 0, attainable: 1, direction: 0 };
}

/** Values where the question applies; of a pair, only where it applies to both. */
function valuesOf(spec: QuestionSpec, a: RequestTable, b: RequestTable, layout: Layout): Values {
  const { value, measure } = spec;
  const { rowsA, rowsB, rounds } = layout;
  const linked = isLinked(spec, layout);
  const allA = Float64Array.from(rowsA, (row) => value(a, row));
  const allB = Float64Array.from(rowsB, (row) => value(b, row));
  const hasA = (at: number) => !Number.isNaN(allA[at]) && (!linked || !Number.isNaN(allB[at]));
  const hasB = (at: number) => !Number.isNaN(allB[at]) && (!linked || !Number.isNaN(allA[at]));
  const keepA = Int32Array.from(allA.keys()).filter(hasA);
  const keepB = Int32Array.from(allB.keys()).filter(hasB);
  const per = measure.kind === 'ratio' ? measure.per : null;
  const at = (all: ArrayLike<number>, keep: Int32Array) => Float64Array.from(keep, (index) => all[index] as number);
  return {
    a: at(allA, keepA),
    b: at(allB, keepB),
    perA: per === null ? null : Float64Array.from(keepA, (index) => per(a, rowsA[index] as number)),
    perB: per === null ? null : Float64Array.from(keepB, (index) => per(b, rowsB[index] as number)),
    roundsA: rounds === null ? null : keepA.map((index) => rounds.a[index] as number),
    roundsB: rounds === null ? null : keepB.map((index) => rounds.b[index] as number),
  };
}

interface Scores extends TwoSides {
  /** Of pairs, where the score is of the difference itself. */
  readonly signed: Float64Array | null;
}

/** What the test adds up. Nothing in it knows which side is which, so that "no difference" means exchangeable. */
function scored({ measure }: QuestionSpec, values: Values, linked: boolean): Scores {
  switch (measure.kind) {
    case 'share':
      return { a: values.a, b: values.b, signed: null };
    case 'quantile': {
      if (measure.share !== 0.5)
        return { ...(linked ? localExceedances : exceedances)(values, measure.share), signed: null };
      return linked
        ? { a: values.a, b: values.b, signed: signedRanks(differences(values)) }
        : { ...pooledRanks(values), signed: null };
    }
    case 'mean':
      return linked
        ? { a: values.a, b: values.b, signed: signedRanks(differences(values)) }
        : { ...pooledRanks(values), signed: null };
    case 'ratio': {
      const { a, b, perA, perB } = values;
      const total = sumOf(a) + sumOf(b);
      const divisor = sumOf(perA ?? []) + sumOf(perB ?? []);
      // Above zero where a request takes more than its part: the ratio's influence at the common ratio.
      const over = (side: Float64Array, per: Float64Array | null) =>
        divisor === 0 ? side.map(() => 0) : side.map((each, at) => each - (total / divisor) * (per?.[at] ?? 0));
      return { a: over(a, perA), b: over(b, perB), signed: null };
    }
  }
}

function sumOf(values: ArrayLike<number>): number {
  let sum = 0;
  for (let at = 0; at < values.length; at++) sum += values[at] as number;
  return sum;
}

interface Units {
  readonly a: Int32Array;
  readonly b: Int32Array;
  readonly countA: number;
  readonly countB: number;
  /** Of the smaller side. */
  readonly count: number;
  readonly effective: number;
  readonly blockLength: number;
}

function unitsOf(values: Values, scores: Scores, series: Float64Array | null, { design, rounds }: Layout): Units {
  if (design === 'switchback' && values.roundsA !== null && values.roundsB !== null) {
    const count = rounds?.count ?? 0;
    const shared = { countA: count, countB: count, count, effective: count, blockLength: 1 };
    return { a: values.roundsA, b: values.roundsB, ...shared };
  }
  if (series !== null) {
    const plan = blockPlan(series);
    const numbers = blockNumbers(series.length, plan);
    const { count, effective, length } = plan;
    return { a: numbers, b: numbers, countA: count, countB: count, count, effective, blockLength: length };
  }
  const [planA, planB] = commonPlans(scores.a, scores.b);
  return {
    a: blockNumbers(scores.a.length, planA),
    b: blockNumbers(scores.b.length, planB),
    countA: planA.count,
    countB: planB.count,
    count: Math.min(planA.count, planB.count),
    effective: Math.min(planA.effective, planB.effective),
    blockLength: Math.max(planA.length, planB.length),
  };
}

/** Fewer blocks a side, and the normal approximation of Mann-Whitney's U is not to be trusted. */
const RANKED_BLOCKS_MIN = 8;

/** Below this many independent observations the memory of a series cannot be read from it, nor a block be trusted. */
const INDEPENDENT_MIN = 30;

const NOT_TESTED = { p: null, attainable: 1, direction: 0 } as const;

function pOf(
  scores: Scores,
  series: Float64Array | null,
  units: Units,
  layout: Layout,
): Pick<Tested, 'p' | 'attainable' | 'direction'> {
  // The order of a switchback was drawn: its rounds are independent by design, however few.
  if (layout.design !== 'switchback' && units.effective < INDEPENDENT_MIN) return NOT_TESTED;
  if (series !== null) {
    const { p, attainable, sum } = flipTest(unitSums(series, units.a, units.countA));
    return { p, attainable, direction: Math.sign(sum) };
  }
  const meansA = unitMeans(scores.a, units.a, units.countA);
  const meansB = unitMeans(scores.b, units.b, units.countB);
  if (layout.design === 'switchback') {
    const rounds = differences({ a: meansA, b: meansB }).filter((each) => !Number.isNaN(each));
    const { p, attainable, sum } = flipTest(rounds);
    return { p, attainable, direction: Math.sign(sum) };
  }
  const test = mannWhitney({ first: meansB, second: meansA });
  if (test === null || Math.min(meansA.length, meansB.length) < RANKED_BLOCKS_MIN) {
    return NOT_TESTED;
  }
  return { p: test.p, attainable: test.p === 1 ? 1 : 0, direction: Math.sign(test.z) };
}

function figuresOf(
  { measure }: QuestionSpec,
  values: Values,
  units: Units,
): { readonly a: Figure; readonly b: Figure } | null {
  const of = (side: Float64Array, numbers: Int32Array, unitCount: number, per: Float64Array | null): Figure | null => {
    const sample: Sample = { values: side, units: numbers, unitCount };
    switch (measure.kind) {
      case 'share':
        return shareFigure(sample);
      case 'quantile':
        return quantileFigure(sample, measure.share);
      case 'mean':
        return ratioFigure(sample, null);
      case 'ratio':
        return scaled(ratioFigure(sample, per), measure.scale);
    }
  };
  const a = of(values.a, units.a, units.countA, values.perA);
  const b = of(values.b, units.b, units.countB, values.perB);
  return a === null || b === null ? null : { a, b };
}

function scaled(figure: Figure | null, scale: number): Figure | null {
  if (figure === null) return null;
  return { ...figure, value: figure.value * scale, low: figure.low * scale, high: figure.high * scale };
}

function effectOf(
  { measure }: QuestionSpec,
  values: Values,
  scores: Scores,
  figures: { readonly a: Figure; readonly b: Figure } | null,
): EffectSize | null {
  if (figures === null) return null;
  switch (measure.kind) {
    case 'share': {
      const arc = (share: number) => 2 * Math.asin(Math.sqrt(Math.min(1, Math.max(0, share))));
      return { name: 'cohens_h', value: arc(figures.b.value) - arc(figures.a.value) };
    }
    case 'ratio':
      return figures.a.value === 0 ? null : { name: 'relative', value: figures.b.value / figures.a.value - 1 };
    default: {
      if (scores.signed !== null) return { name: 'rank_biserial', value: rankBiserial(scores.signed) };
      const delta = cliffsDelta({ first: values.b, second: values.a });
      return delta === null ? null : { name: 'cliffs_delta', value: delta };
    }
  }
}
