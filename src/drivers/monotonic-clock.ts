import type { Clock } from '../model/clock.ts';
import { eventQueue } from './event-queue.ts';

/** What the clock needs from the platform; tests hand in their own. */
export interface Timebase {
  /** Monotonic milliseconds from any origin. */
  monotonicMs(): number;
  /** Epoch milliseconds. */
  wallMs(): number;
  /** Whole milliseconds; may fire up to 1 ms early. Returns the way to cancel. */
  setTimer(delayMs: number, callback: () => void): () => void;
  /** After pending input was read. Returns the way to cancel. */
  setNext(callback: () => void): () => void;
}

const NODE_TIMEBASE: Timebase = {
  monotonicMs: () => performance.now(),
  wallMs: () => Date.now(),
  setTimer(delayMs, callback) {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
  setNext(callback) {
    const immediate = setImmediate(callback);
    return () => clearImmediate(immediate);
  },
};

/** Longest sleep while anything waits: a stall of our process shows even when nothing is due for a while. */
const HEARTBEAT_MS = 10;
/** Standing still for longer than this, a twentieth of the shortest window (1 s), is a stall: what overlaps it cannot be believed. */
const STALL_MS = 50;
/** After this long in a row, sockets get their turn: stamps of answers must not wait for a burst of sends. */
const SLICE_MS = 5;

export interface MonotonicClockOptions {
  /** Our process stood still (or one callback ran) for more than `STALL_MS`. Milliseconds since t0. */
  readonly onStall?: (fromMs: number, toMs: number) => void;
  readonly timebase?: Timebase;
}

export interface MonotonicClock extends Clock {
  /** Sets t0 to `delayMs` from now. Callbacks already waiting keep their milliseconds since t0. */
  zeroIn(delayMs: number): void;
  /** Forgets everything that waits and arms nothing more. */
  stop(): void;
}

/**
 * Real time. One timer, armed for the next due callback in whole milliseconds and checked against the clock when it
 * fires: libuv rounds to its own millisecond, so a bare timer comes up to 0.4 ms early and is re-armed.
 */
export function monotonicClock(options: MonotonicClockOptions = {}): MonotonicClock {
  const timebase = options.timebase ?? NODE_TIMEBASE;
  const onStall = options.onStall;
  const queue = eventQueue();
  let zeroMs = timebase.monotonicMs();
  let disarm: (() => void) | null = null;
  /** When the armed wake-up should come; Infinity when none is armed. */
  let wakeMs = Number.POSITIVE_INFINITY;
  let draining = false;
  let stopped = false;

  const nowMs = () => timebase.monotonicMs() - zeroMs;

  function arm(): void {
    const dueMs = queue.nextDueMs();
    if (dueMs === Number.POSITIVE_INFINITY || stopped) return;
    const now = nowMs();
    const delayMs = Math.min(Math.floor(dueMs - now), HEARTBEAT_MS);
    if (disarm !== null) {
      if (wakeMs <= Math.max(dueMs, now)) return;
      disarm();
    }
    if (dueMs <= now) {
      wakeMs = now;
      disarm = timebase.setNext(wake);
    } else {
      const timerMs = Math.max(1, delayMs);
      wakeMs = now + timerMs;
      disarm = timebase.setTimer(timerMs, wake);
    }
  }

  function wake(): void {
    disarm = null;
    const now = nowMs();
    if (now - wakeMs > STALL_MS) onStall?.(wakeMs, now);
    wakeMs = Number.POSITIVE_INFINITY;
    draining = true;
    try {
      drain(now);
    } finally {
      draining = false;
      arm();
    }
  }

  /** Callbacks added on the way wait for the next round, so that sockets get their turn in between. */
  function drain(startMs: number): void {
    const untilOrder = queue.orders();
    let now = startMs;
    while (!stopped && queue.nextDueMs() <= now && queue.nextOrder() < untilOrder && now - startMs < SLICE_MS) {
      queue.pop()?.();
      const afterMs = nowMs();
      if (afterMs - now > STALL_MS) onStall?.(now, afterMs);
      now = afterMs;
    }
  }

  return {
    nowMs,
    wallMs: () => timebase.wallMs(),
    at(dueMs, callback) {
      if (!Number.isFinite(dueMs)) throw new RangeError(`a callback needs a finite due time, not ${dueMs}`);
      const cancel = queue.push(dueMs, callback);
      if (!draining) arm();
      return cancel;
    },
    zeroIn(delayMs) {
      zeroMs = timebase.monotonicMs() + delayMs;
      disarm?.();
      disarm = null;
      wakeMs = Number.POSITIVE_INFINITY;
      arm();
    },
    stop() {
      stopped = true;
      disarm?.();
      disarm = null;
    },
  };
}
