/**
 * A limiter's answer. `remaining` is in units of cost after this decision; `retryAfterMs` is how long the same cost
 * would have to wait (0 when admitted, null when it can never pass or the model cannot tell).
 * `delayMs` is above 0 only for queueing limiters, which admit late instead of refusing.
 */
export interface Decision {
  readonly admitted: boolean;
  readonly remaining: number;
  readonly retryAfterMs: number | null;
  readonly delayMs: number;
}

/**
 * One limiting algorithm. No clock, no chance, no I/O: time comes in as a number and never goes back. State may be
 * mutated in place. Costs are units of what is limited: 1 for a request, n for tokens.
 */
export interface Limiter<S> {
  /** Names the algorithm and its parameters, for reports: `sliding log, 600 per 60 s`. */
  readonly description: string;
  init(): S;
  /** What would be answered at `nowMs`; counts nothing. */
  decide(state: S, nowMs: number, cost: number): Decision;
  /** Imposes a verdict: books the cost of an admission, or of a refusal where refusals count. */
  observe(state: S, nowMs: number, cost: number, admitted: boolean): void;
  /**
   * The admitted call ended and its actual cost is known: books the difference, frees a slot. A surplus is booked at
   * `nowMs`; a refund is taken off what was booked up to `bookedAtMs` (default `nowMs`), newest first, so that it
   * leaves a window together with the booking it corrects.
   */
  finish(state: S, nowMs: number, bookedCost: number, actualCost: number, bookedAtMs?: number): void;
}
