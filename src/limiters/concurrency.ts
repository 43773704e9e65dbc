import type { Limiter } from '../model/limiter.ts';
import { admit, refuse } from './decision.ts';

export interface ConcurrencyState {
  inUse: number;
}

/** At most `limit` calls at once, whatever each costs. When a slot frees is not known: `retryAfterMs` is null. */
export function concurrency({ limit }: { readonly limit: number }): Limiter<ConcurrencyState> {
  return {
    description: `concurrency, ${limit} at once`,
    init: () => ({ inUse: 0 }),
    decide: (state) => (state.inUse < limit ? admit(limit - state.inUse - 1) : refuse(0, null)),
    observe(state, _nowMs, _cost, admitted) {
      if (admitted) state.inUse += 1;
    },
    finish(state) {
      state.inUse = Math.max(0, state.inUse - 1);
    },
  };
}
