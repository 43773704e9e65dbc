import { performance } from 'node:perf_hooks';
import type { Cancel } from '../../model/clock.ts';

/** Absolute due times: each wait is measured from now, so that lateness never adds up along a stream. */
export interface Timers {
  nowMs(): number;
  at(dueMs: number, callback: () => void): Cancel;
  /** Wall clock at time zero. */
  readonly epochOfZeroMs: number;
}

export function liveTimers(): Timers {
  const nowMs = () => performance.now();
  return {
    nowMs,
    epochOfZeroMs: performance.timeOrigin,
    at(dueMs, callback) {
      // Rounded up: a timer may be late, an answer must never be early.
      const timer = setTimeout(callback, Math.max(0, Math.ceil(dueMs - nowMs())));
      return () => clearTimeout(timer);
    },
  };
}
