/** Windows slide in steps of a twentieth of their length: a finer step moves no verdict, and costs. */
const STEPS = 20;

export interface Interval {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface Slots<T> {
  readonly empty: () => T;
  /** Called for each complete window with its slots, oldest first. */
  readonly window: (slots: readonly T[], startMs: number) => void;
}

export interface Sliding<T> {
  /** The slot of an instant, null outside all intervals or before a slot that was closed already. */
  slot(atMs: number): T | null;
  /** Closes every window that ends by `endMs`. */
  finish(endMs: number): void;
}

/** Joins intervals that touch: a window may reach over the border between two tagged phases. */
export function joined(intervals: readonly Interval[]): readonly Interval[] {
  const result: Interval[] = [];
  for (const interval of [...intervals].sort((a, b) => a.fromMs - b.fromMs)) {
    const last = result.at(-1);
    if (last !== undefined && interval.fromMs <= last.toMs) {
      result[result.length - 1] = { fromMs: last.fromMs, toMs: Math.max(last.toMs, interval.toMs) };
    } else result.push(interval);
  }
  return result;
}

/**
 * All windows of `windowMs` that lie wholly inside one of the intervals, in steps of a twentieth. Instants are asked for
 * in the order of time; memory holds one window.
 */
export function sliding<T>(windowMs: number, intervals: readonly Interval[], slots: Slots<T>): Sliding<T> {
  const stepMs = windowMs / STEPS;
  const spans = joined(intervals);
  let span = 0;
  /** Slots of the window that is being filled, oldest first; the last one is open. */
  let ring: T[] = [slots.empty()];
  let opened = 0;

  const advance = (spanFromMs: number, toSlot: number) => {
    while (opened < toSlot) {
      if (ring.length === STEPS) {
        slots.window(ring, spanFromMs + (opened + 1 - STEPS) * stepMs);
        ring.shift();
      }
      ring.push(slots.empty());
      opened += 1;
    }
  };
  /** How many whole slots of the current span end by an instant. */
  const closedBy = (interval: Interval, atMs: number) =>
    Math.floor((Math.min(atMs, interval.toMs) - interval.fromMs) / stepMs + 1e-9);
  const leave = (interval: Interval, atMs: number) => {
    advance(interval.fromMs, closedBy(interval, atMs));
    span += 1;
    ring = [slots.empty()];
    opened = 0;
  };

  return {
    slot(atMs) {
      let interval = spans[span];
      while (interval !== undefined && atMs >= interval.toMs) {
        leave(interval, interval.toMs);
        interval = spans[span];
      }
      if (interval === undefined || atMs < interval.fromMs) return null;
      const index = Math.floor((atMs - interval.fromMs) / stepMs);
      if (index < opened) return null;
      advance(interval.fromMs, index);
      return ring.at(-1) ?? null;
    },
    finish(endMs) {
      for (let interval = spans[span]; interval !== undefined && interval.fromMs < endMs; interval = spans[span]) {
        leave(interval, endMs);
      }
    },
  };
}
