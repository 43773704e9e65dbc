/** One nanosecond: differences of milliseconds of a day carry 1e-8 of noise. As in `slidingPeak`. */
const NOISE_MS = 1e-6;
const FIRST_CAPACITY = 64;

/** Several weights over several windows of the same events: what `slidingPeak` gives, with one walk for all of them. */
export interface WindowPeaks {
  /** Adds an event with its weight in each column; throws when it lies before the one added last. */
  add(atMs: number, first: number, second?: number, third?: number): void;
  /** Largest total weight of events less than the window apart. */
  peak(window: number, column: number): number;
  /** Weight inside the window that ends with the latest event. */
  current(window: number, column: number): number;
}

export interface WindowPeaksOptions {
  readonly windowsMs: readonly number[];
  readonly columns: 1 | 2 | 3;
}

/**
 * A ring of the longest window's instants, and for each window the first of them that it holds. Events exactly one
 * window apart never count together. Amortised O(windows x columns) per event.
 */
export function windowPeaks({ windowsMs, columns }: WindowPeaksOptions): WindowPeaks {
  const windows = windowsMs.length;
  const horizons = Float64Array.from(windowsMs, (windowMs) => windowMs - NOISE_MS);
  /** Events ever evicted, by window; the ring keeps what the longest window needs. */
  const firsts = new Float64Array(windows);
  const inside = new Float64Array(windows * columns);
  const most = new Float64Array(windows * columns);
  let capacity = FIRST_CAPACITY;
  let times = new Float64Array(capacity);
  let weights = new Float64Array(capacity * columns);
  let next = 0;
  let lastMs = Number.NEGATIVE_INFINITY;

  function oldest(): number {
    let found = firsts[0] as number;
    for (let window = 1; window < windows; window++) found = Math.min(found, firsts[window] as number);
    return found;
  }

  function grow(): void {
    const widerTimes = new Float64Array(capacity * 2);
    const widerWeights = new Float64Array(capacity * 2 * columns);
    for (let index = oldest(); index < next; index++) {
      const from = index & (capacity - 1);
      const to = index & (capacity * 2 - 1);
      widerTimes[to] = times[from] as number;
      for (let column = 0; column < columns; column++) {
        widerWeights[to * columns + column] = weights[from * columns + column] as number;
      }
    }
    capacity *= 2;
    times = widerTimes;
    weights = widerWeights;
  }

  function evict(window: number, atMs: number): void {
    const horizonMs = atMs - (horizons[window] as number);
    const base = window * columns;
    let first = firsts[window] as number;
    while (first < next) {
      const slot = first & (capacity - 1);
      if ((times[slot] as number) > horizonMs) break;
      for (let column = 0; column < columns; column++) {
        inside[base + column] = (inside[base + column] as number) - (weights[slot * columns + column] as number);
      }
      first++;
    }
    firsts[window] = first;
    // Fractions accumulate rounding; an empty window holds nothing.
    if (first === next) inside.fill(0, base, base + columns);
  }

  /** Where the weights of this instant stand. */
  function slotOf(atMs: number): number {
    if (atMs === lastMs) return (next - 1) & (capacity - 1);
    if (next - oldest() === capacity) grow();
    const slot = next & (capacity - 1);
    times[slot] = atMs;
    weights.fill(0, slot * columns, (slot + 1) * columns);
    next++;
    return slot;
  }

  function put(slot: number, column: number, weight: number): void {
    weights[slot * columns + column] = (weights[slot * columns + column] as number) + weight;
    for (let index = column; index < inside.length; index += columns) {
      const sum = (inside[index] as number) + weight;
      inside[index] = sum;
      if (sum > (most[index] as number)) most[index] = sum;
    }
  }

  return {
    add(atMs, first, second = 0, third = 0) {
      if (!(atMs >= lastMs)) throw new RangeError(`events must come in time order: ${atMs} ms after ${lastMs} ms`);
      for (let window = 0; window < windows; window++) evict(window, atMs);
      const slot = slotOf(atMs);
      lastMs = atMs;
      put(slot, 0, first);
      if (columns > 1) put(slot, 1, second);
      if (columns > 2) put(slot, 2, third);
    },
    peak: (window, column) => most[window * columns + column] ?? 0,
    current: (window, column) => inside[window * columns + column] ?? 0,
  };
}
