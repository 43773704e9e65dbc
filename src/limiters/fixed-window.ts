import { CLOCK_NOISE_MS } from '../model/clock.ts';
import type { Limiter } from '../model/limiter.ts';
import { admit, periodText, refuse } from './decision.ts';

export interface FixedWindowOptions {
  readonly limit: number;
  readonly periodMs: number;
  /** At unit cost invisible; with tokens, a refused large call spoils the rest of the window for small ones. */
  readonly countsRefused: boolean;
  /** `clock`: windows begin at `phaseMs` + n periods. `first_request`: at the first booking after the last one ended. */
  readonly alignment: { readonly kind: 'clock'; readonly phaseMs: number } | { readonly kind: 'first_request' };
}

export interface FixedWindowState {
  /** Start of the window that `used` belongs to; -Infinity before the first. */
  startMs: number;
  used: number;
}

/** At most `limit` units per window; across a boundary up to twice as many in one period. */
export function fixedWindow(options: FixedWindowOptions): Limiter<FixedWindowState> {
  const { limit, periodMs, countsRefused, alignment } = options;
  const isClock = alignment.kind === 'clock';
  const phaseMs = isClock ? alignment.phaseMs : 0;
  const isOver = (state: FixedWindowState, nowMs: number) => state.startMs + periodMs <= nowMs + CLOCK_NOISE_MS;
  const startAt = (nowMs: number) =>
    isClock ? Math.floor((nowMs + CLOCK_NOISE_MS - phaseMs) / periodMs) * periodMs + phaseMs : nowMs;
  const book = (state: FixedWindowState, nowMs: number, cost: number) => {
    if (isOver(state, nowMs)) {
      state.startMs = startAt(nowMs);
      state.used = 0;
    }
    state.used += cost;
  };
  return {
    description: `fixed window (${isClock ? 'clock' : 'first request'}), ${limit} per ${periodText(periodMs)}`,
    init: () => ({ startMs: Number.NEGATIVE_INFINITY, used: 0 }),
    decide(state, nowMs, cost) {
      const remaining = isOver(state, nowMs) ? limit : limit - state.used;
      if (cost <= remaining) return admit(remaining - cost);
      return refuse(remaining, cost > limit ? null : state.startMs + periodMs - nowMs);
    },
    observe(state, nowMs, cost, admitted) {
      if (cost > 0 && (admitted || countsRefused)) book(state, nowMs, cost);
    },
    finish(state, nowMs, bookedCost, actualCost, bookedAtMs = nowMs) {
      if (actualCost > bookedCost) book(state, nowMs, actualCost - bookedCost);
      else if (bookedAtMs + CLOCK_NOISE_MS >= state.startMs)
        state.used = Math.max(0, state.used - (bookedCost - actualCost));
    },
  };
}
