import { CLOCK_NOISE_MS } from '../model/clock.ts';
import type { Limiter } from '../model/limiter.ts';
import { admit, periodText, RELATIVE_SLACK, refuse } from './decision.ts';

export interface TokenBucketOptions {
  /** Units of credit a full bucket holds; it starts full. */
  readonly capacity: number;
  readonly refill:
    | { readonly kind: 'continuous'; readonly perSecond: number }
    /** `amount` at `phaseMs` + n intervals. */
    | { readonly kind: 'stepped'; readonly amount: number; readonly intervalMs: number; readonly phaseMs: number };
  /** A refused call takes what credit there is, never more: whoever keeps polling faster than the refill stays out. */
  readonly countsRefused: boolean;
}

export interface TokenBucketState {
  /** At `atMs`; below 0 after a call that cost more than was booked for it. */
  credit: number;
  atMs: number;
}

/**
 * Token bucket. With continuous refill it is also GCRA (T = 1 / rate, tau = (capacity - 1) T) and the leaky bucket as a
 * meter: the same verdicts on every trace. In any D seconds at most capacity + rate x D pass.
 */
export function tokenBucket(options: TokenBucketOptions): Limiter<TokenBucketState> {
  const { capacity, refill, countsRefused } = options;
  const slack = capacity * RELATIVE_SLACK;
  const stepped = refill.kind === 'stepped' ? refill : null;
  const perMs = refill.kind === 'continuous' ? refill.perSecond / 1000 : 0;
  const credit = (state: TokenBucketState, nowMs: number) => {
    if (state.atMs === Number.NEGATIVE_INFINITY) return capacity;
    const gained = stepped
      ? stepped.amount * (stepAt(stepped, nowMs) - stepAt(stepped, state.atMs))
      : perMs * (nowMs - state.atMs);
    return Math.min(capacity, state.credit + gained);
  };
  const waitMs = (missing: number, nowMs: number) =>
    stepped
      ? (stepAt(stepped, nowMs) + Math.ceil((missing - slack) / stepped.amount)) * stepped.intervalMs +
        stepped.phaseMs -
        nowMs
      : missing / perMs;
  const settle = (state: TokenBucketState, nowMs: number, next: number) => {
    state.credit = next;
    state.atMs = nowMs;
  };
  return {
    description: describe(options),
    init: () => ({ credit: capacity, atMs: Number.NEGATIVE_INFINITY }),
    decide(state, nowMs, cost) {
      const have = credit(state, nowMs);
      if (cost <= have + slack) return admit(Math.max(0, Math.floor(have - cost + slack)));
      return refuse(Math.floor(have + slack), cost > capacity ? null : waitMs(cost - have, nowMs));
    },
    observe(state, nowMs, cost, admitted) {
      const have = credit(state, nowMs);
      if (admitted) settle(state, nowMs, have - cost);
      else if (countsRefused) settle(state, nowMs, Math.min(have, Math.max(0, have - cost)));
    },
    finish(state, nowMs, bookedCost, actualCost) {
      settle(state, nowMs, Math.min(capacity, credit(state, nowMs) + bookedCost - actualCost));
    },
  };
}

function stepAt(refill: { readonly intervalMs: number; readonly phaseMs: number }, timeMs: number): number {
  return Math.floor((timeMs + CLOCK_NOISE_MS - refill.phaseMs) / refill.intervalMs);
}

function describe({ capacity, refill }: TokenBucketOptions): string {
  return refill.kind === 'continuous'
    ? `token bucket, ${capacity} deep, ${Number(refill.perSecond.toPrecision(6))} per 1 s`
    : `token bucket, ${capacity} deep, ${refill.amount} every ${periodText(refill.intervalMs)}`;
}
