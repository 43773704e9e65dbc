import { CLOCK_NOISE_MS } from '../model/clock.ts';

/** The most that lay in any half-open window of one length, kept up to date while events arrive in time order. */
export interface SlidingPeak {
  /** Adds an event; throws when it lies before the one added last. */
  add(atMs: number, weight: number): void;
  /** Largest total weight of events less than `windowMs` apart; 0 before the first. */
  peak(): number;
  /** Time of the event that completed the peak; null before the first. */
  peakAtMs(): number | null;
  /** Weight inside the window that ends with the latest event. */
  current(): number;
}

const FIRST_CAPACITY = 64;

/** Events at or before this instant lie outside the window that ends at `atMs`. */
function horizonOf(window: { readonly windowMs: number; readonly atMs: number }): number {
  return window.atMs - window.windowMs + CLOCK_NOISE_MS;
}

/**
 * Two events share a window [t, t + windowMs) when they are less than `windowMs` apart (by more than a nanosecond), so
 * events exactly one window apart never count together. Amortised O(1) per event; memory holds the distinct instants of one window.
 * Whole-number weights stay exact; fractions accumulate rounding.
 */
export function slidingPeak(windowMs: number): SlidingPeak {
  if (!(windowMs > 0)) throw new RangeError(`a window must be longer than 0 ms, got ${windowMs}`);
  // A ring whose capacity is a power of two: `first` counts events ever evicted, `next` events ever added.
  let times = new Float64Array(FIRST_CAPACITY);
  let weights = new Float64Array(FIRST_CAPACITY);
  let first = 0;
  let next = 0;
  let lastMs = Number.NEGATIVE_INFINITY;
  let inside = 0;
  let most = 0;
  let mostAtMs: number | null = null;

  const grow = () => {
    const capacity = times.length;
    const widerTimes = new Float64Array(capacity * 2);
    const widerWeights = new Float64Array(capacity * 2);
    for (let index = first; index < next; index++) {
      widerTimes[index - first] = times[index & (capacity - 1)] as number;
      widerWeights[index - first] = weights[index & (capacity - 1)] as number;
    }
    next -= first;
    first = 0;
    times = widerTimes;
    weights = widerWeights;
  };

  const evictUntil = (horizonMs: number) => {
    const mask = times.length - 1;
    while (first < next && (times[first & mask] as number) <= horizonMs) {
      inside -= weights[first & mask] as number;
      first++;
    }
    if (first === next) {
      first = 0;
      next = 0;
      inside = 0;
    }
  };

  const append = (atMs: number, weight: number) => {
    if (first < next && atMs === lastMs) {
      const slot = (next - 1) & (times.length - 1);
      weights[slot] = (weights[slot] as number) + weight;
      return;
    }
    if (next - first === times.length) grow();
    const slot = next & (times.length - 1);
    times[slot] = atMs;
    weights[slot] = weight;
    next++;
  };

  return {
    add(atMs, weight) {
      if (!(atMs >= lastMs)) throw new RangeError(`events must come in time order: ${atMs} ms after ${lastMs} ms`);
      evictUntil(horizonOf({ windowMs, atMs }));
      append(atMs, weight);
      lastMs = atMs;
      inside += weight;
      if (inside > most || mostAtMs === null) {
        most = Math.max(most, inside);
        mostAtMs = atMs;
      }
    },
    peak: () => most,
    peakAtMs: () => mostAtMs,
    current: () => inside,
  };
}

/** Index of the first time greater than `atMs`; the length when there is none. */
export function firstAfter(sortedTimes: ArrayLike<number>, atMs: number): number {
  let low = 0;
  let high = sortedTimes.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sortedTimes[middle] as number) <= atMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** How much lay in the window that ends at an instant. */
export interface WindowTotal {
  readonly count: number;
  readonly weight: number;
}

export interface WindowIndex {
  /** Events in (atMs - windowMs, atMs]: what `slidingPeak` holds once everything at `atMs` was added. */
  within(window: { readonly windowMs: number; readonly atMs: number }): WindowTotal;
}

/** Prefix sums over events in time order; every query is O(log n). `weights` null = 1 each. */
export function windowIndex(sortedTimes: ArrayLike<number>, weights: ArrayLike<number> | null): WindowIndex {
  const sums = new Float64Array(sortedTimes.length + 1);
  for (let index = 0; index < sortedTimes.length; index++) {
    sums[index + 1] = (sums[index] as number) + (weights === null ? 1 : (weights[index] as number));
  }
  return {
    within({ windowMs, atMs }) {
      const from = firstAfter(sortedTimes, horizonOf({ windowMs, atMs }));
      const to = firstAfter(sortedTimes, atMs);
      return { count: to - from, weight: (sums[to] as number) - (sums[from] as number) };
    },
  };
}

/** One query of `windowIndex` without building the sums: O(log n) plus the events of the window. */
export function countsWithin(
  sortedTimes: ArrayLike<number>,
  weights: ArrayLike<number> | null,
  window: { readonly windowMs: number; readonly atMs: number },
): WindowTotal {
  const from = firstAfter(sortedTimes, horizonOf(window));
  const to = firstAfter(sortedTimes, window.atMs);
  let weight = 0;
  for (let index = from; index < to; index++) weight += weights === null ? 1 : (weights[index] as number);
  return { count: to - from, weight };
}
