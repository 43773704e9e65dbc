import { mannWhitney } from '../stats/comparison.ts';
import { flipTest } from './compare-flips.ts';
import { differences, pooledRanks, type TwoSides } from './compare-scores.ts';
import { evenUnits, meansOf, soonerUnits, sumsOf, type Units } from './compare-units.ts';

/**
 * What a test rested on. `own`: blocks as long as the difference remembers. `sooner`: as long as the side remembers that
 * forgets sooner. `throughout`: every one of many equal stretches showed the same, far beyond what matters.
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
  /** The figure of a stretch of each side: B minus A, and what is far beyond what matters. */
  readonly stretch: (
    from: { readonly a: Int32Array; readonly b: Int32Array },
    unit: number,
  ) => readonly [number, number];
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

/** All of so many stretches agree once in half a million times by chance. */
const STRETCHES = 20;
const STRETCH_ENTRIES_MIN = 12;

const NOT_TESTED = { p: null, attainable: 1, direction: 0 } as const;

type Probability = Pick<Read, 'p' | 'attainable' | 'direction'>;

/** The test by the strictest reading whose blocks can decide; which one that is does not depend on who is ahead. */
export function read(given: Readable): Read {
  const own = readOwn(given);
  if (given.drawn || own.attainable <= ATTAINABLE_MAX) return own;
  const sooner = given.dense && Math.abs(given.gap) > given.far ? readSooner(given) : null;
  if (sooner !== null && sooner.attainable <= ATTAINABLE_MAX) return sooner;
  return (given.dense ? null : readThroughout(given)) ?? own;
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
  const coarse = probability(given, evenUnits(given.scores, linked, COARSE_STRETCHES));
  if (fine.p === null || coarse.p === null) return null;
  const holds = coarse.p <= COARSE_P_MAX && coarse.direction === fine.direction;
  const p = holds ? fine.p : Math.max(fine.p, coarse.p);
  return { reading: 'sooner', ...fine, p, blocks: units.count, blockLength: units.blockLength };
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
 * Where blocks that forget are too few: does every stretch of the run show a difference far beyond what matters? Then only
 * their signs are left to chance. Of pairs each stretch counts by itself; of sides that met nobody, every stretch of the
 * one has to lie beyond every stretch of the other. Null where some stretch shows less.
 */
function readThroughout({ scores, series, stretch, far }: Readable): Read | null {
  const linked = series !== null;
  if (Math.min(scores.a.length, scores.b.length) < STRETCHES * STRETCH_ENTRIES_MIN) return null;
  const units = evenUnits(scores, linked, STRETCHES);
  const sides = Array.from({ length: STRETCHES }, (_, unit) => stretch(units, unit));
  const gaps = linked ? sides.map(([a, b]) => b - a) : apart(sides);
  if (!gaps.every((gap) => Math.abs(gap) > far)) return null;
  const p = flipTest(gaps.map(Math.sign)).p;
  const attainable = 2 ** (1 - STRETCHES);
  const direction = Math.sign(gaps.reduce((sum, gap) => sum + Math.sign(gap), 0));
  return { reading: 'throughout', p, attainable, direction, blocks: STRETCHES, blockLength: units.blockLength };
}

/** For every stretch how far the nearest of one side lies from the nearest of the other; 0 where they overlap. */
function apart(sides: readonly (readonly [number, number])[]): readonly number[] {
  const ofA = sides.map(([a]) => a);
  const ofB = sides.map(([, b]) => b);
  const above = Math.min(...ofB) - Math.max(...ofA);
  const below = Math.max(...ofB) - Math.min(...ofA);
  return sides.map(() => (above > 0 ? above : Math.min(0, below)));
}
