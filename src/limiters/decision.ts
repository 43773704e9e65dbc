import type { Decision, Limiter } from '../model/limiter.ts';

/** Relative slack for limiters whose state is a fraction: far below one unit, far above rounding. */
export const RELATIVE_SLACK = 1e-9;

export function admit(remaining: number, delayMs = 0): Decision {
  return { admitted: true, remaining, retryAfterMs: 0, delayMs };
}

/** `retryAfterMs` null: the same cost never passes, or nobody can tell when. */
export function refuse(remaining: number, retryAfterMs: number | null): Decision {
  return { admitted: false, remaining: Math.max(0, remaining), retryAfterMs, delayMs: 0 };
}

/** Decides and books its own verdict. */
export function arrive<S>(limiter: Limiter<S>, state: S, nowMs: number, cost: number): Decision {
  const decision = limiter.decide(state, nowMs, cost);
  limiter.observe(state, nowMs, cost, decision.admitted);
  return decision;
}

/** `60 s`, `1.5 s`, `250 ms`. */
export function periodText(periodMs: number): string {
  return periodMs < 1000 ? `${periodMs} ms` : `${periodMs / 1000} s`;
}
