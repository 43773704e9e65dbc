import type { EffectSize } from '../model/comparison.ts';
import type { Estimate } from '../model/finding.ts';
import { cliffsDelta } from '../stats/comparison.ts';
import { quantile } from '../stats/quantiles.ts';
import {
  type Difference,
  differenceOf,
  type Figure,
  quantileFigure,
  ratioFigure,
  type Sample,
  shareFigure,
} from './compare-figures.ts';
import type { Layout } from './compare-layout.ts';
import { type Read, type Reading, read } from './compare-readings.ts';
import {
  differences,
  exceedances,
  localExceedances,
  pooledRanks,
  rankBiserial,
  signedRanks,
  type TwoSides,
} from './compare-scores.ts';
import { marginOf, type QuestionSpec } from './compare-spec.ts';
import type { RequestTable } from './compare-table.ts';
import { forInterval, ownUnits, soonerUnits, type Units } from './compare-units.ts';

/** One question about one pair of variants, before it is judged beside the others. */
export interface Tested extends Read {
  readonly spec: QuestionSpec;
  readonly figureA: Figure | null;
  readonly figureB: Figure | null;
  /** The sides' own figures, over all their requests; left out where nobody asked for them. */
  readonly ownA?: Estimate | null;
  readonly ownB?: Estimate | null;
  readonly difference: Difference | null;
  readonly effect: EffectSize | null;
  readonly n: number;
  readonly effectiveN: number;
  /** Blocks as long as what is compared remembers; the test rests on other ones where these are too few. */
  readonly ownBlocks: number;
  /** Entries stand against each other one by one. */
  readonly linked: boolean;
  /** Half the 95 % interval of a difference as the test's blocks could tell it; null without figures. */
  readonly spread: number | null;
}

interface Values extends TwoSides {
  /** Divisors of a ratio. */
  readonly perA: Float64Array | null;
  readonly perB: Float64Array | null;
  readonly roundsA: Int32Array | null;
  readonly roundsB: Int32Array | null;
}

/** So many times what matters is far beyond it. */
const FAR = 3;

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
  const { roundsA, roundsB } = values;
  const drawn = roundsA !== null && roundsB !== null;
  const numbers = drawn ? { a: roundsA, b: roundsB } : null;
  const units = ownUnits({ scores, series, rounds: layout.rounds, numbers });
  const figures = figuresOf(spec, values, forInterval(units, scores, linked, drawn));
  const difference = figures === null ? null : differenceOf(figures.a, figures.b, linked);
  const dense = spec.measure.kind === 'quantile';
  const margin = marginOf(spec.margin, figures?.a.value ?? 0);
  const far = FAR * margin;
  const stretch = (at: Pick<Units, 'a' | 'b'>, unit: number) => stretchFigures(spec, values, at, unit);
  const gap = difference?.value ?? 0;
  const reading = read({ values, scores, series, units, drawn, dense, stretch, margin, far, gap });
  return {
    spec,
    figureA: figures?.a ?? null,
    figureB: figures?.b ?? null,
    difference: within(difference, reading.interval),
    spread: spreadOf(reading.reading, difference, () => steadySpread(spec, values, linked)),
    effect: effectOf(spec, values, scores, figures),
    n: drawn ? units.count : Math.min(values.a.length, values.b.length),
    effectiveN: units.effective,
    ownBlocks: units.count,
    linked,
    ...reading,
  };
}

/** The same difference between other bounds, which hold it. */
function within(difference: Difference | null, bounds: Read['interval']): Difference | null {
  if (difference === null || bounds === undefined) return difference;
  const { value } = difference;
  return { value, low: Math.min(value, bounds.low), high: Math.max(value, bounds.high) };
}

const halfOf = (interval: { readonly low: number; readonly high: number } | null): number | null =>
  interval === null ? null : (interval.high - interval.low) / 2;

/** Signs of stretches say nothing about how small a difference could have been. */
function spreadOf(reading: Reading, difference: Difference | null, steady: () => number | null): number | null {
  if (reading === 'throughout') return null;
  return reading === 'sooner' ? steady() : halfOf(difference);
}

/** Of two sides that both forget as the steadier one does: what equals would show. */
function steadySpread(spec: QuestionSpec, values: Values, linked: boolean): number | null {
  const figures = figuresOf(spec, values, soonerUnits(pooledRanks(values), linked));
  if (figures === null) return null;
  return Math.SQRT2 * Math.min(halfOf(figures.a) ?? 0, halfOf(figures.b) ?? 0);
}

/** Whether entries stand against each other one by one. */
function isLinked({ eachSide }: QuestionSpec, { design }: Layout): boolean {
  return design === 'paired' && eachSide !== true;
}

function untested(spec: QuestionSpec, values: Values | null): Tested {
  const nothing = { figureA: null, figureB: null, difference: null, spread: null, effect: null, p: null };
  const n = values === null ? 0 : Math.min(values.a.length, values.b.length);
  const untold = { linked: false, effectiveN: 0, ownBlocks: 0, blocks: 0, blockLength: 0, attainable: 1, direction: 0 };
  return { spec, ...nothing, n, reading: 'own', ...untold };
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

/** The figure of one stretch of each side. */
function stretchFigures(
  { measure }: QuestionSpec,
  { a, b, perA, perB }: Values,
  at: Pick<Units, 'a' | 'b'>,
  unit: number,
): readonly [number, number] {
  const of = (side: Float64Array, per: Float64Array | null, units: Int32Array): number => {
    const own = side.filter((_, index) => units[index] === unit);
    switch (measure.kind) {
      case 'share':
      case 'mean':
        return sumOf(own) / own.length;
      case 'quantile':
        return quantile(own.sort(), measure.share) ?? Number.NaN;
      case 'ratio':
        return (sumOf(own) / sumOf((per ?? own).filter((_, index) => units[index] === unit))) * measure.scale;
    }
  };
  return [of(a, perA, at.a), of(b, perB, at.b)];
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
