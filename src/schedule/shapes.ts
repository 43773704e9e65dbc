import type { Arrivals, ReplayRow } from '../model/scenario.ts';
import { drawGamma, gammaSampler } from '../stats/distributions.ts';
import { ln } from '../stats/elementary.ts';
import type { Random } from '../stats/random.ts';
import { microsecondsOf } from './microseconds.ts';

/** Arrival instants of one open phase, in whole microseconds after its start, ascending. Holds no list. */
export interface Offsets {
  /** The next offset; Infinity when there are no more. */
  next(): number;
}

/** A shape of open traffic: how long it lasts, how many arrivals it has, and a fresh walk over them. */
export interface Shape {
  readonly durationUs: number;
  readonly count: number;
  /** Highest nominal rate; null when there is no traffic in it. */
  readonly peakPerSecond: number | null;
  readonly offsets: () => Offsets;
}

const NONE: Offsets = { next: () => Number.POSITIVE_INFINITY };

/** Steps that may be needed to find a count; a closed form is off by rounding only, never by more. */
const COUNT_SLACK = 1_000_000;

/** How many arrivals k = 0, 1, ... have an offset before the end, starting from a good guess. */
function countBefore(offsetOf: (k: number) => number, durationUs: number, guess: number): number {
  let count = guess;
  for (let step = 0; count > 0 && offsetOf(count - 1) >= durationUs && step < COUNT_SLACK; step++) count--;
  for (let step = 0; offsetOf(count) < durationUs && step < COUNT_SLACK; step++) count++;
  return count;
}

function indexed(offsetOf: (k: number) => number, count: number): () => Offsets {
  return () => {
    let k = 0;
    return { next: () => (k < count ? offsetOf(k++) : Number.POSITIVE_INFINITY) };
  };
}

/** No arrivals for a while. */
export function pauseShape(durationMs: number): Shape {
  return { durationUs: microsecondsOf(durationMs), count: 0, peakPerSecond: null, offsets: () => NONE };
}

/** n at one instant, or n spread evenly: the first at 0, then every over / n. */
export function burstShape(burst: { readonly requests: number; readonly overMs: number }): Shape {
  const { requests } = burst;
  const durationUs = microsecondsOf(burst.overMs);
  return {
    durationUs,
    count: requests,
    peakPerSecond: requests === 0 ? null : requests / Math.max(1, burst.overMs / 1000),
    offsets: indexed((k) => Math.floor((k * durationUs) / requests), requests),
  };
}

/** Arrival k at k / rate: the first at the start, none at the end. */
export function uniformShape(hold: { readonly ratePerSecond: number; readonly durationMs: number }): Shape {
  const { ratePerSecond } = hold;
  const durationUs = microsecondsOf(hold.durationMs);
  if (ratePerSecond === 0) return pauseShape(hold.durationMs);
  const offsetOf = (k: number) => Math.round((k * 1e6) / ratePerSecond);
  const count = countBefore(offsetOf, durationUs, Math.ceil((ratePerSecond * durationUs) / 1e6));
  return { durationUs, count, peakPerSecond: ratePerSecond, offsets: indexed(offsetOf, count) };
}

/**
 * Rate rising or falling linearly from a to b per second over D. The integral of the rate up to t is
 * N(t) = a t + c t^2 / 2 with c = (b - a) / D; arrival k (from 0) is due where N(t) = k, so
 * t = 2k / (a + sqrt(a^2 + 2 c k)), the form of the root that cancels nothing. A ramp with a = b is the uniform hold.
 */
export function rampShape(ramp: {
  readonly fromPerSecond: number;
  readonly toPerSecond: number;
  readonly durationMs: number;
}): Shape {
  const { fromPerSecond: from, toPerSecond: to } = ramp;
  const durationUs = microsecondsOf(ramp.durationMs);
  if (from === 0 && to === 0) return pauseShape(ramp.durationMs);
  const seconds = durationUs / 1e6;
  const slope = seconds === 0 ? 0 : (to - from) / seconds;
  const offsetOf = (k: number) => {
    if (k === 0) return 0;
    const square = from * from + 2 * slope * k;
    // A falling ramp never reaches this many arrivals.
    if (square < 0) return Number.POSITIVE_INFINITY;
    return Math.round((2e6 * k) / (from + Math.sqrt(square)));
  };
  const total = ((from + to) / 2) * seconds;
  // The integral bounds the count on falling ramps, where the root close to the end is decided by rounding alone.
  const bounded = (k: number) =>
    k > 0 && k >= total - 1e-9 * Math.max(1, total) ? Number.POSITIVE_INFINITY : offsetOf(k);
  const count = durationUs === 0 ? 0 : countBefore(bounded, durationUs, Math.ceil(total));
  return { durationUs, count, peakPerSecond: Math.max(from, to), offsets: indexed(offsetOf, count) };
}

/** Rates of a staircase: from, from + by, ... and never beyond `to`. `by` counts towards `to`, whatever its sign. */
export function stepRates(steps: {
  readonly fromPerSecond: number;
  readonly toPerSecond: number;
  readonly byPerSecond: number;
}): readonly number[] {
  const span = steps.toPerSecond - steps.fromPerSecond;
  if (span === 0) return [steps.fromPerSecond];
  const by = Math.abs(steps.byPerSecond);
  if (by === 0) throw new RangeError('steps between two different rates need a step above 0');
  const count = Math.floor(Math.abs(span) / by + 1e-9) + 1;
  const lowest = Math.min(steps.fromPerSecond, steps.toPerSecond);
  const highest = Math.max(steps.fromPerSecond, steps.toPerSecond);
  // The last step may pass `to` by a rounding error: below a `to` of 0 that would be a negative rate.
  const rateOf = (step: number) => steps.fromPerSecond + Math.sign(span) * by * step;
  return Array.from({ length: count }, (_, step) => Math.min(highest, Math.max(lowest, rateOf(step))));
}

/** Uniform holds one after the other with silence between them (none after the last). */
export function stepsShape(steps: {
  readonly fromPerSecond: number;
  readonly toPerSecond: number;
  readonly byPerSecond: number;
  readonly eachMs: number;
  readonly restMs: number;
}): Shape {
  const rates = stepRates(steps);
  const holds = rates.map((ratePerSecond) => uniformShape({ ratePerSecond, durationMs: steps.eachMs }));
  const strideUs = microsecondsOf(steps.eachMs) + microsecondsOf(steps.restMs);
  const peak = Math.max(...rates);
  return {
    durationUs: strideUs * rates.length - microsecondsOf(steps.restMs),
    count: holds.reduce((sum, hold) => sum + hold.count, 0),
    peakPerSecond: peak > 0 ? peak : null,
    offsets: () => {
      let step = 0;
      let walk = holds[0]?.offsets() ?? NONE;
      return {
        next: () => {
          for (;;) {
            const offset = walk.next();
            if (offset !== Number.POSITIVE_INFINITY) return strideUs * step + offset;
            const following = holds[step + 1];
            if (following === undefined) return offset;
            step++;
            walk = following.offsets();
          }
        },
      };
    },
  };
}

/** Gaps drawn one by one: an arrival whose rounded time reaches the end is the first one that no longer belongs. */
function renewal(durationUs: number, firstGapUs: () => number, gapUs: () => number): Offsets {
  let at = firstGapUs();
  return {
    next: () => {
      const offset = Math.round(at);
      if (offset >= durationUs) return Number.POSITIVE_INFINITY;
      at += gapUs();
      return offset;
    },
  };
}

/**
 * Poisson: exponential gaps. Gamma: gaps with this coefficient of variation, shape = 1 / cv^2, scale = cv^2 / rate. The
 * first gap is drawn from the equilibrium distribution (a uniform part of a length-biased gap, which is gamma with
 * shape + 1), as if the process had been running for ever: otherwise bursty traffic would start with an excess of
 * (cv^2 - 1) / 2 arrivals (Cox, Renewal Theory, 1962).
 */
export function randomShape(
  hold: { readonly ratePerSecond: number; readonly durationMs: number; readonly arrivals: Arrivals },
  streamOf: () => Random,
): Shape {
  const { ratePerSecond, durationMs, arrivals } = hold;
  if (arrivals.kind === 'uniform' || ratePerSecond === 0) return uniformShape(hold);
  const durationUs = microsecondsOf(durationMs);
  const meanGapUs = 1e6 / ratePerSecond;
  const offsets = () => {
    const random = streamOf();
    if (arrivals.kind === 'poisson') {
      const gap = () => -meanGapUs * ln(1 - random());
      return renewal(durationUs, gap, gap);
    }
    const gamma = { shape: 1 / arrivals.cv ** 2, scale: arrivals.cv ** 2 * meanGapUs };
    const biased = { shape: gamma.shape + 1, scale: gamma.scale };
    return renewal(durationUs, () => random() * drawGamma(biased, random), gammaSampler(gamma, random));
  };
  return { durationUs, count: countOf(offsets()), peakPerSecond: ratePerSecond, offsets };
}

/** Walks once through and keeps nothing: how many arrivals this seed makes. */
function countOf(offsets: Offsets): number {
  let count = 0;
  while (offsets.next() !== Number.POSITIVE_INFINITY) count++;
  return count;
}

/** A recorded trace, `speed` times as fast. Lasts until its last row. Rows must be in time order. */
export function replayShape(replay: { readonly rows: readonly ReplayRow[]; readonly speed: number }): Shape {
  const { rows, speed } = replay;
  const offsetOf = (k: number) => microsecondsOf((rows[k]?.atMs ?? 0) / speed);
  const durationUs = rows.length === 0 ? 0 : offsetOf(rows.length - 1);
  return {
    durationUs,
    count: rows.length,
    peakPerSecond: peakOf(offsetOf, rows.length),
    offsets: indexed(offsetOf, rows.length),
  };
}

/** Most arrivals in any second of a trace. */
function peakOf(offsetOf: (k: number) => number, count: number): number | null {
  let first = 0;
  let most = 0;
  for (let k = 0; k < count; k++) {
    while (offsetOf(first) <= offsetOf(k) - 1e6) first++;
    most = Math.max(most, k - first + 1);
  }
  return most === 0 ? null : most;
}
