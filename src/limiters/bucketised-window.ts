import { CLOCK_NOISE_MS } from '../model/clock.ts';
import type { Limiter } from '../model/limiter.ts';
import { admit, periodText, refuse } from './decision.ts';

export interface BucketisedWindowOptions {
  readonly limit: number;
  readonly periodMs: number;
  readonly countsRefused: boolean;
  /** Sub-windows per period; 1 = a clock-aligned fixed window, many = a sliding log. */
  readonly subWindows: number;
  readonly phaseMs: number;
}

export interface BucketisedWindowState {
  /** Number of the current sub-window since the phase. */
  index: number;
  /** Counts by sub-window number modulo the ring's length. */
  readonly counts: Float64Array;
  total: number;
}

/**
 * Counts per sub-window; the last n of them, the running one included, hold at most `limit`. A booking is forgotten
 * between (n - 1)/n and one period later, so that up to twice the limit can fall into one period.
 */
export function bucketisedWindow(options: BucketisedWindowOptions): Limiter<BucketisedWindowState> {
  const { limit, periodMs, countsRefused, subWindows, phaseMs } = options;
  const subMs = periodMs / subWindows;
  const indexAt = (timeMs: number) => Math.floor((timeMs + CLOCK_NOISE_MS - phaseMs) / subMs);
  const slot = (index: number) => ((index % subWindows) + subWindows) % subWindows;
  const roll = (state: BucketisedWindowState, nowMs: number) => {
    const index = indexAt(nowMs);
    if (index <= state.index) return;
    for (let next = Math.max(state.index + 1, index - subWindows + 1); next <= index; next += 1) {
      state.total -= state.counts[slot(next)] as number;
      state.counts[slot(next)] = 0;
    }
    state.index = index;
  };
  const book = (state: BucketisedWindowState, index: number, cost: number) => {
    const booked = Math.max(cost, -(state.counts[slot(index)] as number));
    state.counts[slot(index)] = (state.counts[slot(index)] as number) + booked;
    state.total += booked;
  };
  const waitUntil = (state: BucketisedWindowState, excess: number) => {
    let left = excess;
    let index = state.index - subWindows + 1;
    for (; index < state.index; index += 1) {
      left -= state.counts[slot(index)] as number;
      if (left <= 0) break;
    }
    return (index + subWindows) * subMs + phaseMs;
  };
  return {
    description: `bucketised window (${subWindows} parts), ${limit} per ${periodText(periodMs)}`,
    init: () => ({ index: Number.NEGATIVE_INFINITY, counts: new Float64Array(subWindows), total: 0 }),
    decide(state, nowMs, cost) {
      roll(state, nowMs);
      const remaining = limit - state.total;
      if (cost <= remaining) return admit(remaining - cost);
      return refuse(remaining, cost > limit ? null : waitUntil(state, cost - remaining) - nowMs);
    },
    observe(state, nowMs, cost, admitted) {
      roll(state, nowMs);
      if (admitted || countsRefused) book(state, state.index, cost);
    },
    finish(state, nowMs, bookedCost, actualCost, bookedAtMs = nowMs) {
      roll(state, nowMs);
      const difference = actualCost - bookedCost;
      const index = difference > 0 ? state.index : indexAt(bookedAtMs);
      if (index > state.index - subWindows) book(state, index, difference);
    },
  };
}
