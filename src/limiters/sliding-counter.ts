import { CLOCK_NOISE_MS } from '../model/clock.ts';
import type { Limiter } from '../model/limiter.ts';
import { admit, periodText, RELATIVE_SLACK, refuse } from './decision.ts';

export interface SlidingCounterOptions {
  readonly limit: number;
  readonly periodMs: number;
  readonly countsRefused: boolean;
  /** Where the clock-aligned windows begin. */
  readonly phaseMs: number;
}

export interface SlidingCounterState {
  index: number;
  current: number;
  previous: number;
}

/**
 * Two clock-aligned counters; the one before is weighted by the share of it that the trailing period still covers
 * (Cloudflare, "How we built rate limiting capable of scaling to millions of domains", blog.cloudflare.com, 2017-06-07).
 * It takes the window before as evenly spread: up to twice the limit passes in one period when it was not.
 */
export function slidingCounter(options: SlidingCounterOptions): Limiter<SlidingCounterState> {
  const { limit, periodMs, countsRefused, phaseMs } = options;
  const slack = limit * RELATIVE_SLACK;
  const indexAt = (timeMs: number) => Math.floor((timeMs + CLOCK_NOISE_MS - phaseMs) / periodMs);
  const roll = (state: SlidingCounterState, nowMs: number) => {
    const index = indexAt(nowMs);
    if (index <= state.index) return;
    state.previous = index === state.index + 1 ? state.current : 0;
    state.current = 0;
    state.index = index;
  };
  return {
    description: `sliding counter, ${limit} per ${periodText(periodMs)}`,
    init: () => ({ index: Number.NEGATIVE_INFINITY, current: 0, previous: 0 }),
    decide(state, nowMs, cost) {
      roll(state, nowMs);
      const elapsedMs = Math.max(0, nowMs - phaseMs - state.index * periodMs);
      const remaining = limit - state.current - state.previous * (1 - elapsedMs / periodMs);
      if (cost <= remaining + slack) return admit(Math.max(0, Math.floor(remaining - cost + slack)));
      return refuse(
        Math.floor(remaining + slack),
        cost > limit ? null : waitMs(state, limit - cost, periodMs) - elapsedMs,
      );
    },
    observe(state, nowMs, cost, admitted) {
      roll(state, nowMs);
      if (admitted || countsRefused) state.current += cost;
    },
    finish(state, nowMs, bookedCost, actualCost, bookedAtMs = nowMs) {
      roll(state, nowMs);
      const difference = actualCost - bookedCost;
      const age = state.index - indexAt(bookedAtMs);
      if (difference > 0 || age <= 0) state.current = Math.max(0, state.current + difference);
      else if (age === 1) state.previous = Math.max(0, state.previous + difference);
    },
  };
}

/** Milliseconds after the current window's start at which the weighted count is down to `room`. */
function waitMs(state: SlidingCounterState, room: number, periodMs: number): number {
  if (state.current <= room) return periodMs * (1 - (room - state.current) / state.previous);
  return periodMs + periodMs * (1 - room / state.current);
}
