import type { ComparedQuestion, ComparisonVerdict } from '../model/comparison.ts';
import type { Estimate } from '../model/finding.ts';
import { normalQuantile } from '../stats/elementary.ts';
import { twoSidedZ } from '../stats/intervals.ts';
import { holm } from '../stats/multiplicity.ts';
import type { Figure } from './compare-figures.ts';
import { marginOf } from './compare-spec.ts';
import type { Tested } from './compare-test.ts';
import { evidenceOf, whyOf } from './compare-words.ts';

/** Error of all verdicts of a comparison together. */
export const ALPHA = 0.01;

/** The detectable difference is the one that is found this often. */
const POWER = 0.9;

export interface TestedPair {
  readonly a: string;
  readonly b: string;
  readonly tests: readonly Tested[];
}

export interface Judgement {
  readonly familySize: number;
  /** In the order of the pairs given. */
  readonly questions: readonly (readonly ComparedQuestion[])[];
}

/**
 * Verdicts of all questions of all pairs. Holm's correction counts the questions that could have been answered at all:
 * one whose smallest attainable p is above the level can raise no alarm (Tarone, 1990).
 */
export function judge(pairs: readonly TestedPair[]): Judgement {
  const family = pairs.flatMap(({ tests }) => tests.filter(answerable));
  const adjusted = holm(family.map(({ p }) => p ?? 1));
  const adjustedOf = new Map(family.map((test, index) => [test, adjusted[index] ?? 1]));
  const questions = pairs.map(({ a, b, tests }) =>
    tests.map((test) => {
      const adjustedP = test.p === null ? null : (adjustedOf.get(test) ?? 1);
      return judged({ test, adjustedP, a, b, familySize: Math.max(1, family.length) });
    }),
  );
  return { familySize: family.length, questions };
}

function answerable({ p, attainable }: Tested): boolean {
  return p !== null && attainable <= ALPHA;
}

function judged(given: {
  readonly test: Tested;
  readonly adjustedP: number | null;
  readonly a: string;
  readonly b: string;
  readonly familySize: number;
}): ComparedQuestion {
  const { test, adjustedP, a, b, familySize } = given;
  const { spec, difference, figureA } = test;
  const margin = marginOf(spec.margin, figureA?.value ?? 0);
  const detectable = detectableOf(test, familySize);
  const said = {
    id: spec.id,
    question: spec.question,
    a,
    b,
    unit: spec.unit,
    better: spec.better,
    figureA: test.ownA ?? estimate(figureA, spec.unit),
    figureB: test.ownB ?? estimate(test.figureB, spec.unit),
    compared: comparedOf(test),
    difference: difference === null ? null : { ...difference, unit: spec.unit },
    margin,
    p: test.p,
    adjustedP,
    effect: test.effect,
    n: test.n,
    effectiveN: test.effectiveN,
    blocks: test.blocks,
    detectable,
    verdict: verdictOf(test, adjustedP, margin),
  };
  return { ...said, evidence: evidenceOf(test, said), why: whyOf(test, said) };
}

function estimate(figure: Figure | null, unit: string): Estimate | null {
  return figure === null ? null : { value: figure.value, low: figure.low, high: figure.high, unit };
}

/** What stands against each other, where that is not all that either side has. */
function comparedOf({ figureA, figureB, ownA, ownB }: Tested): ComparedQuestion['compared'] {
  if (figureA === null || figureB === null) return null;
  const same = (figure: Figure, own: Estimate | null | undefined) =>
    own == null || Math.abs(figure.value - own.value) <= 1e-9 * Math.abs(own.value);
  return same(figureA, ownA) && same(figureB, ownB) ? null : { a: figureA.value, b: figureB.value };
}

/** A difference too small to matter is none, however surely it is there. */
function verdictOf(test: Tested, adjustedP: number | null, margin: number): ComparisonVerdict {
  const { difference, direction, spec } = test;
  if (difference === null) return 'not_enough_data';
  if (difference.low > -margin && difference.high < margin) return 'no_difference';
  const shown = adjustedP !== null && adjustedP <= ALPHA && direction * difference.value >= 0 && direction !== 0;
  // Two like clients that wander apart for a while are ordered by ranks, and still within their own scatter.
  if (!shown || (difference.low <= 0 && difference.high >= 0)) return 'not_enough_data';
  const bHasLess = direction < 0;
  return bHasLess === (spec.better === 'lower') ? 'b_better' : 'a_better';
}

/**
 * What would have been found with 90 % power at the strictest step of the correction: from the width of the interval, and
 * for events that hardly occurred from the number of blocks that would have to show one.
 */
function detectableOf(test: Tested, familySize: number): number | null {
  const { spread, blocks, blockLength, spec } = test;
  if (spread === null || blocks === 0 || test.p === null) return null;
  const level = ALPHA / familySize;
  const reach = normalQuantile(1 - level / 2) + normalQuantile(POWER);
  const bySpread = (reach * spread) / twoSidedZ(0.95);
  // One-sided events in k blocks give p = 2^(1 - k).
  const blocksNeeded = Math.ceil(1 + Math.log2(1 / level));
  if (blocks < blocksNeeded) return null;
  if (spec.measure.kind !== 'share') return bySpread;
  const expected = expectedFor(blocksNeeded);
  if (expected >= blocks) return null;
  return Math.max(bySpread, 1 - (1 - expected / blocks) ** (1 / blockLength));
}

/** A Poisson count with this mean reaches `count` nine times in ten, by the square-root approximation. */
function expectedFor(count: number): number {
  const z = normalQuantile(POWER);
  return (Math.sqrt(count) + z / 2) ** 2;
}
