import { limiterStack, type StackState } from '../../limiters/stack.ts';
import type { SimulatorLimits } from '../../model/simulator.ts';

/** Keys of this form belong to the account of that number; all others share one. Lets tests rotate keys meaningfully. */
const ACCOUNT_KEY = /^acct(\d+)-/;

function accountOf(key: string): string {
  return ACCOUNT_KEY.exec(key)?.[1] ?? 'default';
}

/**
 * One limiter state per account and model: limits add up over all keys of a root account, and every model has its own
 * (help.aliyun.com/zh/model-studio/rate-limit, seen 2026-11-21).
 */
export function accounts(limits: SimulatorLimits) {
  const stack = limiterStack(limits);
  const byAccount = new Map<string, Map<string, StackState>>();
  const byKey = new Map<string, Map<string, StackState>>();

  const statesOf = (key: string) => {
    const account = accountOf(key);
    const states = byAccount.get(account) ?? new Map<string, StackState>();
    byAccount.set(account, states);
    // A client that invents keys must not grow this cache without end.
    if (byKey.size < 10_000) byKey.set(key, states);
    return states;
  };

  return {
    stack,
    stateOf(key: string, model: string): StackState {
      const states = byKey.get(key) ?? statesOf(key);
      let state = states.get(model);
      if (state === undefined) {
        state = stack.init();
        states.set(model, state);
      }
      return state;
    },
  };
}
