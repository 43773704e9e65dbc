import type { Outcome } from '../model/outcome.ts';
import type { Backoff } from '../model/scenario.ts';
import { randomFor } from '../stats/random.ts';
import type { Decider } from './layers.ts';

/** "sleep = min(cap, random_between(base, sleep * 3))": AWS Architecture Blog, Exponential Backoff And Jitter (2015). */
const DECORRELATED_GROWTH = 3;

/** How the waits of one request have gone so far. */
interface Waits {
  readonly count: number;
  readonly previousMs: number;
}

const NO_WAITS: Waits = { count: 0, previousMs: 0 };

/**
 * Waits, then tries again with the same key and model. `attempts` counts every attempt of the request, whoever decided
 * on it; the wait grows with the waits of this tactic alone.
 */
export function backoffDecider(spec: Backoff, options: { readonly seed: number }): Decider {
  const waits = new Map<string, Waits>();
  return {
    again({ request, attemptNo, sent, outcome, atMs }) {
      if (attemptNo >= spec.attempts || !isWorthWaiting(outcome, spec)) return null;
      const { requestId } = request;
      const soFar = waits.get(requestId) ?? NO_WAITS;
      const chance = randomFor(options.seed, 'backoff', requestId, attemptNo)();
      const ownMs = backoffWaitMs(spec, { retry: soFar.count, previousMs: soFar.previousMs, chance });
      waits.set(requestId, { count: soFar.count + 1, previousMs: ownMs });
      const askedMs = spec.honourRetryAfter ? (retryAfterMsOf(outcome) ?? 0) : 0;
      return { ...sent, atMs: atMs + Math.max(ownMs, askedMs) };
    },
    restart(requestId, planned) {
      waits.delete(requestId);
      return planned;
    },
    forget: (requestId) => void waits.delete(requestId),
  };
}

/**
 * One wait in milliseconds, never above `maxMs`. `retry` is 0 for the first wait, `chance` uniform on [0, 1).
 * full, equal, decorrelated: AWS Architecture Blog, Exponential Backoff And Jitter (2015). plus: the recipe that users
 * of Qwen are given, "2^attempt seconds plus uniform 0..1 s" (APIYI help site, Korean and Japanese editions, seen 2026-11-21).
 */
export function backoffWaitMs(
  spec: Backoff,
  step: { readonly retry: number; readonly previousMs: number; readonly chance: number },
): number {
  const { baseMs, maxMs } = spec;
  const grownMs = baseMs * spec.factor ** step.retry;
  const ceilingMs = Math.min(maxMs, grownMs);
  switch (spec.jitter) {
    case 'none':
      return ceilingMs;
    case 'full':
      return step.chance * ceilingMs;
    case 'equal':
      return ceilingMs / 2 + step.chance * (ceilingMs / 2);
    case 'plus':
      return Math.min(maxMs, grownMs + step.chance * baseMs);
    case 'decorrelated': {
      const highMs = Math.max(baseMs, step.previousMs) * DECORRELATED_GROWTH;
      return Math.min(maxMs, baseMs + step.chance * (highMs - baseMs));
    }
  }
}

/**
 * The time a request spends waiting before this back-off gives up, at the luckiest and at the unluckiest draw, when no
 * answer states a wait. `longestMs` below a limit's window means that it surely gives up inside the window.
 */
export function backoffSpanMs(spec: Backoff): { readonly shortestMs: number; readonly longestMs: number } {
  const total = (chance: number): number => {
    let sumMs = 0;
    let previousMs = 0;
    for (let retry = 0; retry < spec.attempts - 1; retry += 1) {
      previousMs = backoffWaitMs(spec, { retry, previousMs, chance });
      sumMs += previousMs;
    }
    return sumMs;
  };
  return { shortestMs: total(0), longestMs: total(1) };
}

function retryAfterMsOf(outcome: Outcome): number | null {
  return outcome.kind === 'limited' ? outcome.retryAfterMs : null;
}

function isWorthWaiting(outcome: Outcome, spec: Backoff): boolean {
  switch (outcome.kind) {
    case 'limited': {
      const { limit, heals, retryAfterMs } = outcome;
      // Money and free quota do not come back by waiting, whatever the status line says.
      if (limit === 'billing' || limit === 'free_quota' || heals === 'never') return false;
      // Sooner than told is a refusal more, later than `max` is more patience than was allowed.
      if (retryAfterMs !== null && retryAfterMs > spec.maxMs) return heals !== 'window' && !spec.honourRetryAfter;
      return heals !== 'window' || retryAfterMs !== null;
    }
    case 'server_error':
    case 'timeout':
    case 'connection':
      return true;
    case 'ok':
    case 'truncated':
    case 'client_error':
    case 'auth':
    case 'not_sent':
    case 'cancelled':
    case 'lost':
      return false;
  }
}
