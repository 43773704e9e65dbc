import type { StackBooking, StackDecision } from '../../limiters/stack.ts';
import type { AccountedTokens } from '../../limiters/token-accounting.ts';
import type { SimulatorSettings } from '../../model/simulator.ts';
import { accounts } from './accounts.ts';
import type { SimulatedCall } from './plan.ts';

/**
 * Settings that differ from an endpoint's own in their limits alone, and are shown its calls. Until they decide one of
 * them differently, an endpoint with these settings would have given every answer that was given.
 */
export interface RivalSettings {
  readonly settings: SimulatorSettings;
  /** Nothing is left to find out: they may have parted at another endpoint of the same run. */
  hasParted(): boolean;
  /** Called at the first decision that differs. */
  onParted(): void;
}

export interface RivalWatch {
  /** After the endpoint's own decision on this call. */
  arrive(call: SimulatedCall, nowMs: number, decision: StackDecision): void;
  /** `booked` as the endpoint's own limits booked it. */
  finish(
    call: SimulatedCall,
    nowMs: number,
    end: { readonly booked: StackBooking; readonly actual: AccountedTokens },
  ): void;
}

/** Lets every rival that has not parted decide and book what the endpoint's own limits decide and book. */
export function watchRivals(rivals: readonly RivalSettings[]): RivalWatch {
  let left = rivals.map((own) => ({ own, book: accounts(own.settings) }));
  return {
    arrive(call, nowMs, decision) {
      let anyParted = false;
      for (const { own, book } of left) {
        if (!own.hasParted()) {
          const other = book.stack.arrive(book.stateOf(call.key, call.model), nowMs, call);
          if (isAlike(other, decision)) continue;
          own.onParted();
        }
        anyParted = true;
      }
      if (anyParted) left = left.filter(({ own }) => !own.hasParted());
    },
    finish(call, nowMs, { booked, actual }) {
      for (const { book } of left) book.stack.finish(book.stateOf(call.key, call.model), nowMs, booked, actual);
    },
  };
}

/** Alike in all that an answer shows. How long to wait shows only where the burst guard queues the call instead. */
function isAlike(one: StackDecision, other: StackDecision): boolean {
  if (one.refusedBy !== other.refusedBy || one.delayMs !== other.delayMs) return false;
  return one.refusedBy !== 'burst' || one.retryAfterMs === other.retryAfterMs;
}
