import type { Limiter } from '../model/limiter.ts';
import { admit, refuse } from './decision.ts';

export interface FreeQuotaState {
  used: number;
}

/** A total that is never refilled: what no longer fits, never will. */
export function freeQuota({ limit }: { readonly limit: number }): Limiter<FreeQuotaState> {
  return {
    description: `free quota, ${limit} in all`,
    init: () => ({ used: 0 }),
    decide: (state, _nowMs, cost) =>
      state.used + cost <= limit ? admit(limit - state.used - cost) : refuse(limit - state.used, null),
    observe(state, _nowMs, cost, admitted) {
      if (admitted) state.used += cost;
    },
    finish(state, _nowMs, bookedCost, actualCost) {
      state.used = Math.max(0, state.used + actualCost - bookedCost);
    },
  };
}
