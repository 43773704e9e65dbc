/** Things in the order of a time: taken off at the front, put in from the back. */
export interface TimedQueue<T> {
  size(): number;
  /** Behind everything of the same time or an earlier one. */
  add(atMs: number, item: T): void;
  first(): T | undefined;
  removeFirst(): void;
}

const FIRST_CAPACITY = 64;

/**
 * A ring. What was taken off is let go of at once: an array with a moving head keeps up to half of its items alive, and
 * they outlive the young generation. Almost always what is added belongs at the end.
 */
export function timedQueue<T>(): TimedQueue<T> {
  let items: (T | undefined)[] = new Array(FIRST_CAPACITY).fill(undefined);
  let times = new Float64Array(FIRST_CAPACITY);
  let mask = FIRST_CAPACITY - 1;
  let head = 0;
  let size = 0;

  function grow(): void {
    const wider: (T | undefined)[] = new Array(items.length * 2).fill(undefined);
    const widerTimes = new Float64Array(items.length * 2);
    for (let place = 0; place < size; place += 1) {
      wider[place] = items[(head + place) & mask];
      widerTimes[place] = times[(head + place) & mask] as number;
    }
    items = wider;
    times = widerTimes;
    mask = items.length - 1;
    head = 0;
  }

  return {
    size: () => size,
    add(atMs, item) {
      if (size === items.length) grow();
      let place = head + size;
      size += 1;
      while (place > head && (times[(place - 1) & mask] as number) > atMs) {
        items[place & mask] = items[(place - 1) & mask];
        times[place & mask] = times[(place - 1) & mask] as number;
        place -= 1;
      }
      items[place & mask] = item;
      times[place & mask] = atMs;
    },
    first: () => (size === 0 ? undefined : items[head]),
    removeFirst() {
      if (size === 0) return;
      items[head] = undefined;
      head = (head + 1) & mask;
      size -= 1;
    },
  };
}
