import { bucketBounds, recordBucket } from './quota-bucket.ts';
import type { Charges } from './quota-charges.ts';
import {
  type Bounds,
  type Evidence,
  fixedClockBounds,
  fixedFirstBounds,
  type Phase,
  type Scale,
  slidingCounterBounds,
  slidingLogBounds,
} from './quota-families.ts';

export type FamilyName =
  | 'sliding log'
  | 'fixed window (first request)'
  | 'bucket'
  | 'fixed window (clock)'
  | 'sliding counter';

/** One family that explains the trace, with the limits under which it does. */
export interface Member {
  readonly family: FamilyName;
  readonly charges: Charges;
  readonly phase: Phase | null;
  readonly low: number;
  readonly high: number;
}

/** Every family that explains the refusals in question. */
export interface Fit {
  readonly members: readonly Member[];
  /** Over all members. */
  readonly low: number;
  readonly high: number;
  /** Of the member that says most. */
  readonly best: Member;
  readonly countsRefused: boolean;
}

/** Of the refusals in question, the share that may be stray: a server refuses now and then for reasons of its own. */
const STRAY_SHARE = 0.005;
const EDGE_SHARE_MAX = 0.05;
const PHASES = 40;
const CELLS_MAX = 48;
const SPLIT = 4;

type Aligned = (evidence: Evidence, scale: Scale, phase: Phase) => Bounds | null;

export function straysOf(refusals: number): number {
  return Math.floor(refusals * STRAY_SHARE);
}

export interface FitOptions {
  readonly candidates: readonly Charges[];
  readonly scale: Scale;
  /** By decision: 1 = a refusal to explain. */
  readonly used: Uint8Array;
}

/** Null when no family explains these refusals together with everything that was admitted. */
export function fitLimit({ candidates, scale, used }: FitOptions): Fit | null {
  const refusals = used.reduce((count, one) => count + one, 0);
  if (refusals === 0) return null;
  const strays = straysOf(refusals);
  const members = candidates
    .flatMap((charges) => membersOf({ charges, used, strays, record: null }, scale))
    .filter((one) => !one.charges.countsRefused || agrees(one, scale, used));
  const best = members.reduce<Member | null>(
    (least, one) => (least === null || width(one) < width(least) ? one : least),
    null,
  );
  if (best === null) return null;
  return {
    members,
    low: members.reduce((low, one) => Math.min(low, one.low), Number.POSITIVE_INFINITY),
    high: members.reduce((high, one) => Math.max(high, one.high), 0),
    best,
    countsRefused: best.charges.countsRefused,
  };
}

function width({ low, high }: Member): number {
  return high - low;
}

/**
 * Of the members that say most: the simplest one, which has no free phase, else the middle of them all.
 */
export function limitValue({ members, best }: Fit): number {
  const { unit } = best.charges;
  const telling = members.filter((one) => width(one) <= width(best) + unit);
  const simple = telling.find((one) => one.phase === null);
  if (simple !== undefined) return Math.round((simple.low + simple.high) / 2);
  const middles = telling.map(({ low, high }) => (low + high) / 2).sort((a, b) => a - b);
  return Math.round(middles[Math.floor(middles.length / 2)] as number);
}

/**
 * Where refused calls count, even traffic keeps the count at one value, and the allowance for jitter then lets any
 * verdict pass. Such a member must also agree without the allowance, apart from a few edges.
 */
function agrees(one: Member, { periodMs }: Scale, used: Uint8Array): boolean {
  const phase = one.phase === null ? null : { ...one.phase, halfMs: 0 };
  const record = recordOf({ ...one, phase }, { periodMs, slackMs: 0 });
  let explained = 0;
  let wrong = 0;
  for (let n = 0; n < record.length; n += 1) {
    const isRefused = one.charges.isRefused[n] === 1;
    if (isRefused && used[n] === 0) continue;
    if (isRefused) explained += 1;
    const bound = record[n] as number;
    if (isRefused ? bound < one.low : bound > one.high) wrong += 1;
  }
  return wrong <= EDGE_SHARE_MAX * explained;
}

function membersOf(evidence: Evidence, scale: Scale): readonly Member[] {
  const { charges } = evidence;
  const single = (family: FamilyName, bounds: Bounds | null): readonly Member[] =>
    bounds === null || bounds.high === Number.POSITIVE_INFINITY
      ? []
      : [member({ family, charges, phase: null }, bounds)];
  return [
    ...single('sliding log', slidingLogBounds(evidence, scale)),
    ...single('fixed window (first request)', fixedFirstBounds(evidence, scale)),
    ...single('bucket', bucketBounds(evidence, scale)),
    ...aligned('fixed window (clock)', fixedClockBounds, evidence, scale),
    ...aligned('sliding counter', slidingCounterBounds, evidence, scale),
  ];
}

function member(of: Pick<Member, 'family' | 'charges' | 'phase'>, { low, high }: Bounds): Member {
  return { ...of, low: Math.min(low, high), high: Math.max(low, high) };
}

/** Splits the phases that explain the trace until they are as narrow as the jitter, or too many to tell apart. */
function aligned(family: FamilyName, bounds: Aligned, evidence: Evidence, scale: Scale): readonly Member[] {
  const { charges } = evidence;
  const { periodMs, slackMs } = scale;
  let halfMs = periodMs / (2 * PHASES);
  let cells = alive(
    Array.from({ length: PHASES }, (_, n) => ({ phaseMs: (n + 0.5) * 2 * halfMs, halfMs })),
    bounds,
    evidence,
    scale,
  );
  while (cells.length > 0 && cells.length * SPLIT <= CELLS_MAX && halfMs > Math.max(slackMs, periodMs / 5000)) {
    halfMs /= SPLIT;
    const split = cells.flatMap(({ phase }) =>
      Array.from({ length: SPLIT }, (_, n) => ({ phaseMs: phase.phaseMs + (2 * n + 1 - SPLIT) * halfMs, halfMs })),
    );
    cells = alive(split, bounds, evidence, scale);
  }
  // Where every refusal lies too near a boundary to be judged, the phase explains nothing.
  return cells
    .filter(({ found }) => found.high !== Number.POSITIVE_INFINITY)
    .map(({ phase, found }) => member({ family, charges, phase }, found));
}

function alive(phases: readonly Phase[], bounds: Aligned, evidence: Evidence, scale: Scale) {
  return phases.flatMap((phase) => {
    const found = bounds(evidence, scale, phase);
    return found === null ? [] : [{ phase, found }];
  });
}

/** The least any family needs to have admitted all this, whatever was refused. */
export function leastLimit(charges: Charges, scale: Scale): number {
  const evidence: Evidence = { charges, used: null, strays: 0, record: null };
  let least = Math.min(
    bucketBounds(evidence, scale)?.low ?? Number.POSITIVE_INFINITY,
    fixedFirstBounds(evidence, scale)?.low ?? Number.POSITIVE_INFINITY,
  );
  const halfMs = scale.periodMs / (2 * PHASES);
  // A sliding counter admits no more than the fixed window at its phase, a sliding log no more than either.
  for (let n = 0; n < PHASES; n += 1) {
    const phase = { phaseMs: (n + 0.5) * 2 * halfMs, halfMs };
    least = Math.min(least, fixedClockBounds({ ...evidence, lowMax: least }, scale, phase)?.low ?? least);
  }
  return least;
}

/** By decision: 1 = a refusal that no member of the fit explains. What a member cannot judge counts as explained. */
export function unexplainedBy({ members }: Fit, scale: Scale, refusals: Uint8Array): Uint8Array {
  let left = refusals;
  for (const one of members) {
    const record = recordOf(one, scale);
    left = left.map((open, n) => (open === 1 && (record[n] as number) < one.low ? 1 : 0));
  }
  return left;
}

/** By decision: the largest limit under which this member refuses; NaN where it cannot say. */
function recordOf({ charges, family, phase, low }: Member, scale: Scale): Float64Array {
  const record = new Float64Array(charges.decisions).fill(Number.NaN);
  const evidence: Evidence = { charges, used: null, strays: 0, record };
  if (family === 'bucket') recordBucket(evidence, scale, low);
  else if (family === 'sliding log') slidingLogBounds(evidence, scale);
  else if (family === 'fixed window (first request)') fixedFirstBounds(evidence, scale);
  else if (phase !== null) {
    (family === 'sliding counter' ? slidingCounterBounds : fixedClockBounds)(evidence, scale, phase);
  }
  return record;
}
