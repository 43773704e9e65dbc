import { mannWhitney } from '../stats/comparison.ts';
import { flipTest } from './compare-flips.ts';
import { differences, pooledRanks, type TwoSides } from './compare-scores.ts';
import { evenUnits, meansOf, soonerUnits, sumsOf, type Units } from './compare-units.ts';

/**
 * What a test rested on. `own`: blocks as long as the difference remembers. `sooner`: as long as the side remembers that
 * forgets sooner. `throughout`: of many equal stretches at least half lay far beyond what matters, and hardly one said the contrary.
 */
export type Reading = 'own' | 'sooner' | 'throughout';

export interface Read {
  readonly reading: Reading;
  /** Null where nothing could be tested. */
  readonly p: number | null;
  /** Smallest p the units could have given; 1 where nothing could be tested. */
  readonly attainable: number;
  /** The way the test points: positive = B above A. */
  readonly direction: number;
  readonly blocks: number;
  /** Entries per block; a round counts as one block. */
  readonly blockLength: number;
  /** Of the difference, as the stretches of the run have it; left out where the figures' own one stands. */
  readonly interval?: { readonly low: number; readonly high: number };
}

export interface Readable {
  readonly values: TwoSides;
  readonly scores: TwoSides;
  /** Scores of pairs: B against A. Null where entries do not stand against each other one by one. */
  readonly series: Float64Array | null;
  readonly units: Units;
  /** Units are rounds whose order was drawn. */
  readonly drawn: boolean;
  /** Every entry says something about the figure, so that the memory of one side can be read from it: no rare events. */
  readonly dense: boolean;
  /** The figures of a stretch: of A, and of B. */
  readonly stretch: (
    from: { readonly a: Int32Array; readonly b: Int32Array },
    unit: number,
  ) => readonly [number, number];
  /** What matters, and what is far beyond it, in the unit of the figure. */
  readonly margin: number;
  readonly far: number;
  /** B minus A over all entries, in the unit of `far`. */
  readonly gap: number;
}

/** Fewer blocks a side, and the normal approximation of Mann-Whitney's U is not to be trusted. */
const RANKED_BLOCKS_MIN = 8;

/** Below this many independent observations the memory of a series cannot be read from it, nor a block be trusted. */
const INDEPENDENT_MIN = 30;

/** A side that is to lend its memory hardly has any: what a short series shows of a long one is too little. */
const MEMORY_MAX = 2;

/** What blocks must be able to give to decide one of a hundred questions at 1 %; 15 that point one way do. */
const ATTAINABLE_MAX = 1e-4;

/** Stretches over which a difference has to hold up when only one side's memory set the blocks, and how surely. */
const COARSE_STRETCHES = 12;
const COARSE_P_MAX = 0.01;

/** So many stretches; half of them must lie far apart before the signs of all that matter are counted. */
const STRETCHES = 20;
const FAR_STRETCHES_MIN = 10;

/** The 6th and the 15th of 20 hold their median 96 times in 100 (binomial). */
const INNER = { low: 5, high: 14 } as const;
/** A time needs longer ones: latency that remembers for a few dozen requests must not fill the half of a short run. */
const STRETCH_ENTRIES_MIN = { share: 12, time: 40 } as const;

const NOT_TESTED = { p: null, attainable: 1, direction: 0 } as const;

type Probability = Pick<Read, 'p' | 'attainable' | 'direction'>;

/** The test by the strictest reading whose blocks can decide; which one that is does not depend on who is ahead. */
export function read(given: Readable): Read {
  const own = readOwn(given);
  if (given.drawn || own.attainable <= ATTAINABLE_MAX) return own;
  const sooner = given.dense && Math.abs(given.gap) > given.far ? readSooner(given) : null;
  if (sooner !== null && sooner.attainable <= ATTAINABLE_MAX) return sooner;
  return readThroughout(given) ?? own;
}

function readOwn(given: Readable): Read {
  const { units, drawn } = given;
  const at = { reading: 'own', blocks: units.count, blockLength: units.blockLength } as const;
  // The order of a switchback was drawn: its rounds are independent by design, however few.
  if (!drawn && units.effective < INDEPENDENT_MIN) return { ...at, ...NOT_TESTED };
  return { ...at, ...probability(given, units) };
}

function readSooner(given: Readable): Read | null {
  const linked = given.series !== null;
  const units = soonerUnits(pooledRanks(given.values), linked);
  const entries = Math.min(given.values.a.length, given.values.b.length);
  if (units.effective < Math.max(INDEPENDENT_MIN, entries / MEMORY_MAX)) return null;
  const fine = probability(given, units);
  const even = evenUnits(given.scores, linked, COARSE_STRETCHES);
  const coarse = probability(given, even);
  if (fine.p === null || coarse.p === null) return null;
  const holds = coarse.p <= COARSE_P_MAX && coarse.direction === fine.direction;
  const p = holds ? fine.p : Math.max(fine.p, coarse.p);
  const at = { blocks: units.count, blockLength: units.blockLength };
  return { reading: 'sooner', ...fine, p, ...at, ...(linked ? { interval: ofStretches(given.stretch, even) } : {}) };
}

/** Of the 78 pairwise means of 12 values the 14th and the 65th hold their centre 95 times in 100 (Hollander and Wolfe, 3.3). */
const WALSH = { low: 13, high: 64 } as const;

/** The stretches' differences by Tukey's interval of signed ranks: of a swing that fills the run each is one observation. */
function ofStretches(stretch: Readable['stretch'], units: Units): { readonly low: number; readonly high: number } {
  const gaps = Array.from({ length: COARSE_STRETCHES }, (_, unit) => stretch(units, unit)).map(([a, b]) => b - a);
  const means = gaps.flatMap((gap, at) => gaps.slice(at).map((other) => (gap + other) / 2));
  const sorted = Float64Array.from(means).sort();
  return { low: sorted[WALSH.low] ?? 0, high: sorted[WALSH.high] ?? 0 };
}

function probability({ scores, series, drawn }: Readable, units: Units): Probability {
  if (series !== null) return flipped(sumsOf(series, units));
  const means = meansOf(scores, units);
  if (drawn) return flipped(differences(means).filter((each) => !Number.isNaN(each)));
  const test = mannWhitney({ first: means.b, second: means.a });
  if (test === null || Math.min(means.a.length, means.b.length) < RANKED_BLOCKS_MIN) return NOT_TESTED;
  return { p: test.p, attainable: test.p === 1 ? 1 : 0, direction: Math.sign(test.z) };
}

function flipped(units: Float64Array): Probability {
  const { p, attainable, sum } = flipTest(units);
  return { p, attainable, direction: Math.sign(sum) };
}

/**
 * Where blocks that forget are too few: does at least half of the run show a difference far beyond what matters (a
 * time: at least twice the other), and hardly a stretch the contrary? Then only the signs of the stretches whose difference
 * matters are left to chance. Of pairs each stretch counts by itself; of sides that met nobody, every stretch of the one has to lie beyond every one of the other.
 */
function readThroughout({ scores, series, stretch, margin, far, dense }: Readable): Read | null {
  const linked = series !== null;
  const entriesMin = STRETCHES * STRETCH_ENTRIES_MIN[dense ? 'time' : 'share'];
  if (Math.min(scores.a.length, scores.b.length) < entriesMin) return null;
  const units = evenUnits(scores, linked, STRETCHES);
  const sides = Array.from({ length: STRETCHES }, (_, unit) => stretch(units, unit));
  const gaps = linked ? sides.map(([a, b]) => b - a) : apart(sides);
  const isFar = (gap: number, at: number) => {
    const [a, b] = sides[at] ?? [0, 0];
    return Math.abs(gap) > (dense ? Math.max(far, Math.min(a, b)) : far);
  };
  if (gaps.filter(isFar).length < FAR_STRETCHES_MIN) return null;
  const voices = gaps.filter((gap) => Math.abs(gap) > margin).map(Math.sign);
  const { p, attainable, sum } = flipTest(voices);
  const sorted = Float64Array.from(gaps).sort();
  const interval = linked ? { low: sorted[INNER.low] ?? 0, high: sorted[INNER.high] ?? 0 } : null;
  const at = { blocks: STRETCHES, blockLength: units.blockLength, ...(interval === null ? {} : { interval }) };
  return { reading: 'throughout', p, attainable, direction: Math.sign(sum), ...at };
}

/** For every stretch how far the nearest of one side lies from the nearest of the other; 0 where they overlap. */
function apart(sides: readonly (readonly [number, number])[]): readonly number[] {
  const ofA = sides.map(([a]) => a);
  const ofB = sides.map(([, b]) => b);
  const above = Math.min(...ofB) - Math.max(...ofA);
  const below = Math.max(...ofB) - Math.min(...ofA);
  return sides.map(() => (above > 0 ? above : Math.min(0, below)));
}
