import { CLOCK_NOISE_MS } from '../model/clock.ts';

const FIRST_CAPACITY = 64;

/** Up to three weights over several windows of the same events: what `slidingPeak` gives, with one walk for all of them. */
export interface WindowPeaks {
  /** Adds an event with its weights; throws when it lies before the one added last. */
  add(atMs: number, first: number, second?: number, third?: number): void;
  /** Largest total weight of events less than the window apart. */
  peak(window: number, column: Column): number;
  /** Weight inside the window that ends with the latest event. */
  current(window: number, column: Column): number;
}

type Column = 0 | 1 | 2;

/** Three weights an instant. */
const COLUMNS = 3;

/** Fields, not arrays by column: half the price of an event, and an attempt is four of them. */
class WindowSums {
  readonly horizonMs: number;
  /** Instants ever evicted. */
  evicted = 0;
  inside0 = 0;
  inside1 = 0;
  inside2 = 0;
  most0 = 0;
  most1 = 0;
  most2 = 0;

  constructor(windowMs: number) {
    this.horizonMs = windowMs - CLOCK_NOISE_MS;
  }

  add(first: number, second: number, third: number): void {
    this.inside0 += first;
    this.inside1 += second;
    this.inside2 += third;
    if (this.inside0 > this.most0) this.most0 = this.inside0;
    if (this.inside1 > this.most1) this.most1 = this.inside1;
    if (this.inside2 > this.most2) this.most2 = this.inside2;
  }

  remove(first: number, second: number, third: number): void {
    this.inside0 -= first;
    this.inside1 -= second;
    this.inside2 -= third;
  }

  /** Fractions accumulate rounding; an empty window holds nothing. */
  clear(): void {
    this.inside0 = 0;
    this.inside1 = 0;
    this.inside2 = 0;
  }
}

/**
 * A ring of the longest window's instants, and for each window the first of them that it holds. Events exactly one
 * window apart never count together. Amortised O(windows) per event.
 */
export function windowPeaks(windowsMs: readonly number[]): WindowPeaks {
  const windows = windowsMs.map((windowMs) => new WindowSums(windowMs));
  const longest = windows[windowsMs.indexOf(Math.max(...windowsMs))] ?? new WindowSums(0);
  let mask = FIRST_CAPACITY - 1;
  let times = new Float64Array(FIRST_CAPACITY);
  let weights = new Float64Array(FIRST_CAPACITY * COLUMNS);
  let next = 0;

  function grow(): void {
    const widerMask = 2 * mask + 1;
    const widerTimes = new Float64Array(widerMask + 1);
    const widerWeights = new Float64Array((widerMask + 1) * COLUMNS);
    for (let index = longest.evicted; index < next; index++) {
      const from = (index & mask) * COLUMNS;
      widerTimes[index & widerMask] = times[index & mask] as number;
      widerWeights.set(weights.subarray(from, from + COLUMNS), (index & widerMask) * COLUMNS);
    }
    mask = widerMask;
    times = widerTimes;
    weights = widerWeights;
  }

  function evict(window: WindowSums, untilMs: number): void {
    let at = window.evicted;
    for (; at < next && (times[at & mask] as number) <= untilMs; at++) {
      const from = (at & mask) * COLUMNS;
      window.remove(weights[from] as number, weights[from + 1] as number, weights[from + 2] as number);
    }
    window.evicted = at;
    if (at === next) window.clear();
  }

  /** Where the weights of this instant begin. */
  function slotOf(atMs: number, isLatest: boolean): number {
    if (isLatest) return ((next - 1) & mask) * COLUMNS;
    if (next - longest.evicted > mask) grow();
    const slot = next & mask;
    times[slot] = atMs;
    for (let column = 0; column < COLUMNS; column++) weights[slot * COLUMNS + column] = 0;
    next++;
    return slot * COLUMNS;
  }

  return {
    add(atMs, first, second = 0, third = 0) {
      const lastMs = next === 0 ? Number.NEGATIVE_INFINITY : (times[(next - 1) & mask] as number);
      if (!(atMs >= lastMs)) throw new RangeError(`events must come in time order: ${atMs} ms after ${lastMs} ms`);
      for (let index = 0; index < windows.length; index++) {
        const window = windows[index] as WindowSums;
        evict(window, atMs - window.horizonMs);
        window.add(first, second, third);
      }
      const base = slotOf(atMs, atMs === lastMs);
      weights[base] = (weights[base] as number) + first;
      weights[base + 1] = (weights[base + 1] as number) + second;
      weights[base + 2] = (weights[base + 2] as number) + third;
    },
    peak: (window, column) => windows[window]?.[MOST[column]] ?? 0,
    current: (window, column) => windows[window]?.[INSIDE[column]] ?? 0,
  };
}

const MOST = ['most0', 'most1', 'most2'] as const;
const INSIDE = ['inside0', 'inside1', 'inside2'] as const;
