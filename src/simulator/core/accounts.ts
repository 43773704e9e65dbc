import { limiterStack, type StackState } from '../../limiters/stack.ts';
import type { SimulatorSettings } from '../../model/simulator.ts';

/** Keys of this form belong to the account of that number; all others share one. Lets tests rotate keys meaningfully. */
const ACCOUNT_KEY = /^acct(\d+)-/;

/** A client that invents keys must not grow the memory without end. */
const KEYS_MAX = 10_000;

function accountOf(key: string): string {
  return ACCOUNT_KEY.exec(key)?.[1] ?? 'default';
}

/**
 * One limiter state per account and model: limits add up over all keys of a root account, and every model has its own
 * (help.aliyun.com/zh/model-studio/rate-limit, seen 2026-11-21).
 */
export function accounts(settings: Pick<SimulatorSettings, 'limits' | 'accounts'>) {
  const stack = limiterStack(settings.limits);
  const byAccount = new Map<string, Map<string, StackState>>();
  const byKey = new Map<string, Map<string, StackState>>();

  const mayOwn = (key: string) => byAccount.has(key) || byAccount.size < KEYS_MAX;
  const ownerOf = settings.accounts === 'per_key' ? (key: string) => (mayOwn(key) ? key : 'default') : accountOf;
  const statesOf = (key: string) => {
    const account = ownerOf(key);
    const states = byAccount.get(account) ?? new Map<string, StackState>();
    byAccount.set(account, states);
    if (byKey.size < KEYS_MAX) byKey.set(key, states);
    return states;
  };

  /** Almost every call asks for the same one as the call before. */
  let latest: { readonly key: string; readonly model: string; readonly state: StackState } | null = null;

  return {
    stack,
    stateOf(key: string, model: string): StackState {
      if (latest !== null && latest.key === key && latest.model === model) return latest.state;
      const states = byKey.get(key) ?? statesOf(key);
      let state = states.get(model);
      if (state === undefined) {
        state = stack.init();
        states.set(model, state);
      }
      latest = { key, model, state };
      return state;
    },
  };
}
