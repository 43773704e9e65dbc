import type { Charges } from './quota-charges.ts';

/**
 * Limiters replayed over what was observed: the verdicts that were seen drive the state, so one slip does not make the
 * rest diverge. Each admission says "the limit is at least", each refusal "the limit is below". All sums are taken with
 * the window stretched or shrunk by the uncertainty of arrival, so every bound holds whatever the jitter did inside it.
 */
export interface Scale {
  readonly periodMs: number;
  /** Two arrivals may have moved against each other by this much. */
  readonly slackMs: number;
}

/** Bounds on the limit under one family. `high` is infinite when no refusal was used or could be judged. */
export interface Bounds {
  readonly low: number;
  readonly high: number;
}

/** Collects the bounds; refusals outside `used` are only recorded. */
export interface Evidence {
  readonly charges: Charges;
  /** By decision: 1 = this refusal must be explained. Null = none. */
  readonly used: Uint8Array | null;
  /** Stray refusals that may stay unexplained. */
  readonly strays: number;
  /** By decision: the largest limit that refuses it, or the least that admits it; NaN where the family cannot say. */
  readonly record: Float64Array | null;
  /** Give up once the admissions alone need as much as this: another family needs less. */
  readonly lowMax?: number;
}

interface Tally {
  low: number;
  readonly ceilings: number[];
  /** Refusals refuted so far; a later admission can only refute more. */
  unexplained: number;
}

/** Counts are exact up to here; above, one part in a hundred of edge effects is not held against a family. */
const EXACT_UNITS = 50;
export const EDGE_TOLERANCE = 0.01;

/** Whether two bounds contradict each other beyond edge effects. */
export function contradict(low: number, high: number, unit: number): boolean {
  return low > high * (1 + (low >= EXACT_UNITS * unit ? EDGE_TOLERANCE : 0));
}

/** Null = refuted. `replay` calls back once per decision it can judge, in order, until told to stop. */
export function boundsOf(
  evidence: Evidence,
  replay: (judge: (decision: number, usedMin: number, usedMax: number) => boolean) => void,
): Bounds | null {
  const { charges, used, strays, record, lowMax = Number.POSITIVE_INFINITY } = evidence;
  const tally: Tally = { low: 0, ceilings: [], unexplained: 0 };
  const judge = (decision: number, usedMin: number, usedMax: number) => {
    const asked = charges.asked[decision] as number;
    const reserved = charges.inFlight[decision] as number;
    if (charges.isRefused[decision] === 0) {
      const floor = Math.ceil(usedMin + reserved + asked - 1e-6);
      if (floor > tally.low) tally.low = floor;
      if (record) record[decision] = floor;
      return tally.low < lowMax;
    }
    const ceiling = Math.ceil(usedMax + reserved + asked - 1e-6) - 1;
    if (record) record[decision] = ceiling;
    if (used === null || used[decision] === 0) return true;
    tally.ceilings.push(ceiling);
    if (contradict(tally.low, ceiling, charges.unit)) tally.unexplained += 1;
    return record !== null || tally.unexplained <= strays;
  };
  replay(judge);
  return tally.unexplained > strays ? null : boundsWithStrays(tally, { strays, unit: charges.unit });
}

/** Refusals below what was admitted are strays, as long as they are few; the others bound the limit. */
function boundsWithStrays(
  { low, ceilings }: Tally,
  { strays, unit }: { readonly strays: number; readonly unit: number },
) {
  let high = Number.POSITIVE_INFINITY;
  let unexplained = 0;
  for (const ceiling of ceilings) {
    if (contradict(low, ceiling, unit)) unexplained += 1;
    else if (ceiling < high) high = ceiling;
  }
  return unexplained > strays || (unexplained > 0 && high === Number.POSITIVE_INFINITY) ? null : { low, high };
}

/** First booking at or after `timeMs`, searching on from `from`: callers ask in order of time. */
function advance(bookedMs: Float64Array, bookings: number, from: number, timeMs: number): number {
  let next = from;
  while (next < bookings && (bookedMs[next] as number) < timeMs) next += 1;
  return next;
}

export function slidingLogBounds(evidence: Evidence, { periodMs, slackMs }: Scale): Bounds | null {
  const { decisions, timeMs, before, bookedMs, bookings, sure, maybe } = evidence.charges;
  return boundsOf(evidence, (judge) => {
    let wide = 0;
    let narrow = 0;
    for (let n = 0; n < decisions; n += 1) {
      const startMs = (timeMs[n] as number) - periodMs;
      wide = advance(bookedMs, bookings, wide, startMs - slackMs);
      narrow = advance(bookedMs, bookings, narrow, startMs + slackMs);
      const until = before[n] as number;
      const least = Math.max(0, (sure[until] as number) - (sure[Math.min(narrow, until)] as number));
      if (!judge(n, least, (maybe[until] as number) - (maybe[Math.min(wide, until)] as number))) return;
    }
  });
}

/** Windows beginning at `phaseMs` + n periods, the phase known to `halfMs`. */
export interface Phase {
  readonly phaseMs: number;
  readonly halfMs: number;
}

export function fixedClockBounds(evidence: Evidence, scale: Scale, phase: Phase): Bounds | null {
  return alignedBounds(evidence, scale, phase, false);
}

export function slidingCounterBounds(evidence: Evidence, scale: Scale, phase: Phase): Bounds | null {
  return alignedBounds(evidence, scale, phase, true);
}

function alignedBounds(
  evidence: Evidence,
  { periodMs, slackMs }: Scale,
  { phaseMs, halfMs }: Phase,
  weighsPrevious: boolean,
): Bounds | null {
  const { decisions, timeMs, before, bookedMs, bookings, sure, maybe } = evidence.charges;
  const edgeMs = halfMs + slackMs;
  const blur = edgeMs / periodMs;
  return boundsOf(evidence, (judge) => {
    let startMs = Number.NEGATIVE_INFINITY;
    let early = 0;
    let late = 0;
    let previousMin = 0;
    let previousMax = 0;
    for (let n = 0; n < decisions; n += 1) {
      const nowMs = timeMs[n] as number;
      if (nowMs - startMs >= periodMs) {
        startMs = phaseMs + Math.floor((nowMs - phaseMs) / periodMs) * periodMs;
        const previousEarly = advance(bookedMs, bookings, early, startMs - periodMs - edgeMs);
        const previousLate = advance(bookedMs, bookings, previousEarly, startMs - periodMs + edgeMs);
        early = advance(bookedMs, bookings, previousEarly, startMs - edgeMs);
        late = advance(bookedMs, bookings, early, startMs + edgeMs);
        previousMax = (maybe[late] as number) - (maybe[previousEarly] as number);
        previousMin = Math.max(0, (sure[early] as number) - (sure[previousLate] as number));
      }
      const sinceMs = nowMs - startMs;
      // Too near a boundary to say which window it fell into.
      if (sinceMs < edgeMs || periodMs - sinceMs < edgeMs) continue;
      const until = before[n] as number;
      let least = Math.max(0, (sure[until] as number) - (sure[late] as number));
      let most = Math.max(0, (maybe[until] as number) - (maybe[early] as number));
      if (weighsPrevious) {
        const covered = 1 - sinceMs / periodMs;
        least += previousMin * Math.max(0, covered - blur);
        most += previousMax * Math.min(1, covered + blur);
      }
      if (!judge(n, least, most)) return;
    }
  });
}

/** A window opens with the first booking after the last one ended; inside the jitter, after a full one sooner. */
export function fixedFirstBounds(evidence: Evidence, { periodMs, slackMs }: Scale): Bounds | null {
  const { decisions, timeMs, before, isRefused, bookedMs, sure, maybe } = evidence.charges;
  return boundsOf(evidence, (judge) => {
    let startMs = Number.NEGATIVE_INFINITY;
    let opened = 0;
    let refusedInside = false;
    let next = 0;
    for (let n = 0; n < decisions; n += 1) {
      const until = before[n] as number;
      for (; next < until; next += 1) {
        const endMs = startMs + periodMs - (refusedInside ? slackMs : 0);
        if ((bookedMs[next] as number) < endMs) continue;
        startMs = bookedMs[next] as number;
        opened = next;
        refusedInside = false;
      }
      const leftMs = startMs + periodMs - (timeMs[n] as number);
      if (isRefused[n] === 1 && leftMs > 0) refusedInside = true;
      if (Math.abs(leftMs) < slackMs) continue;
      const inside = leftMs > 0;
      const least = inside ? (sure[until] as number) - (sure[opened] as number) : 0;
      const most = inside ? (maybe[until] as number) - (maybe[opened] as number) : 0;
      if (!judge(n, least, most)) return;
    }
  });
}
