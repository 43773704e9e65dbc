/** Cancels a callback that has not run yet; calling it later does nothing. */
export type Cancel = () => void;

/**
 * The only source of time. `nowMs` counts from t0, the instant the traffic starts, and is negative while connections
 * are warmed and the account rests. Live it is monotonic; in a forecast it is virtual and jumps from event to event.
 */
export interface Clock {
  nowMs(): number;
  /** Runs `callback` once, not before `dueMs`. Callbacks due at the same instant run in the order they were given. */
  at(dueMs: number, callback: () => void): Cancel;
  /** Epoch milliseconds: recorded beside the monotonic time, never used to measure a duration. */
  wallMs(): number;
}

/**
 * One nanosecond: what two instants in milliseconds may differ by and still be the same. 1000.3 - 1000 is
 * 0.2999999999999545, 7 x (1000 / 7) is not always 1000, and times of a day carry 1e-8 of such noise. Windows are
 * half-open, so without it chance would decide whether arrivals exactly one window apart count together.
 */
export const CLOCK_NOISE_MS = 1e-6;
