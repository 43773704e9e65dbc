import type { Clock } from '../model/clock.ts';
import { eventQueue } from './event-queue.ts';

export interface VirtualClock extends Clock {
  /** Runs every callback in time order, those added on the way included; returns how many ran. */
  run(): number;
  /** The same up to and including `untilMs`, where the clock then stands. */
  runUntil(untilMs: number): number;
}

export interface VirtualClockOptions {
  /** Wall clock at t0, epoch ms. */
  readonly t0WallMs: number;
  /** Where time starts, relative to t0: minus the rest before the traffic. Default 0. */
  readonly startMs?: number;
}

/** Time that jumps from event to event. A callback due in the past runs at the present instant: time never goes back. */
export function virtualClock(options: VirtualClockOptions): VirtualClock {
  const queue = eventQueue();
  let nowMs = options.startMs ?? 0;

  function drain(untilMs: number): number {
    let count = 0;
    for (;;) {
      const dueMs = queue.nextDueMs();
      if (dueMs > untilMs) return count;
      const callback = queue.pop();
      if (callback === null) return count;
      if (dueMs > nowMs) nowMs = dueMs;
      callback();
      count++;
    }
  }

  return {
    nowMs: () => nowMs,
    wallMs: () => options.t0WallMs + nowMs,
    at(dueMs, callback) {
      if (!Number.isFinite(dueMs)) throw new RangeError(`a callback needs a finite due time, not ${dueMs}`);
      return queue.push(dueMs, callback);
    },
    run: () => drain(Number.MAX_VALUE),
    runUntil(untilMs) {
      const count = drain(untilMs);
      if (untilMs > nowMs) nowMs = untilMs;
      return count;
    },
  };
}
