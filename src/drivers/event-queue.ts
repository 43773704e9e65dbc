import type { Cancel } from '../model/clock.ts';

/** A callback waiting for its time; `callback` is null once it ran or was cancelled. */
interface Waiting {
  callback: (() => void) | null;
}

/** Callbacks by due time, first in first out for equal times. */
export interface EventQueue {
  /** Due time of the next callback; Infinity when there is none. */
  nextDueMs(): number;
  /** Position of the next callback in the order of insertion; Infinity when there is none. */
  nextOrder(): number;
  /** Orders below this one were given out so far. */
  orders(): number;
  push(dueMs: number, callback: () => void): Cancel;
  /** Removes and returns the next callback; null when there is none. */
  pop(): (() => void) | null;
  /** Callbacks that still wait. */
  size(): number;
}

/** Cancelled entries stay in the heap until they surface; beyond this many and half the heap they are swept out. */
const SWEEP_ABOVE = 1024;

/**
 * Binary heap over two number arrays (due time, insertion order) and the entries beside them: comparisons touch no
 * objects, which is most of what a simulated request costs.
 */
export function eventQueue(): EventQueue {
  let capacity = 1024;
  let due = new Float64Array(capacity);
  let order = new Float64Array(capacity);
  const entries: Waiting[] = [];
  let length = 0;
  let cancelled = 0;
  let orders = 0;

  function grow(): void {
    capacity *= 2;
    const moreDue = new Float64Array(capacity);
    const moreOrder = new Float64Array(capacity);
    moreDue.set(due);
    moreOrder.set(order);
    due = moreDue;
    order = moreOrder;
  }

  function place(index: number, dueMs: number, orderNo: number, entry: Waiting): void {
    due[index] = dueMs;
    order[index] = orderNo;
    entries[index] = entry;
  }

  function move(from: number, to: number): void {
    place(to, due[from] as number, order[from] as number, entries[from] as Waiting);
  }

  function siftUp(start: number, dueMs: number, orderNo: number, entry: Waiting): void {
    let index = start;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const parentDue = due[parent] as number;
      if (parentDue < dueMs || (parentDue === dueMs && (order[parent] as number) < orderNo)) break;
      move(parent, index);
      index = parent;
    }
    place(index, dueMs, orderNo, entry);
  }

  function siftDown(start: number, dueMs: number, orderNo: number, entry: Waiting): void {
    let index = start;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= length) break;
      const right = child + 1;
      if (right < length && isBefore(right, child)) child = right;
      const childDue = due[child] as number;
      if (dueMs < childDue || (dueMs === childDue && orderNo < (order[child] as number))) break;
      move(child, index);
      index = child;
    }
    place(index, dueMs, orderNo, entry);
  }

  function isBefore(a: number, b: number): boolean {
    const dueA = due[a] as number;
    const dueB = due[b] as number;
    return dueA < dueB || (dueA === dueB && (order[a] as number) < (order[b] as number));
  }

  function removeRoot(): Waiting {
    const root = entries[0] as Waiting;
    length--;
    const last = entries.pop() as Waiting;
    if (length > 0) siftDown(0, due[length] as number, order[length] as number, last);
    return root;
  }

  function sweep(): void {
    let kept = 0;
    for (let index = 0; index < length; index++) {
      if ((entries[index] as Waiting).callback !== null) move(index, kept++);
    }
    length = kept;
    entries.length = kept;
    cancelled = 0;
    for (let index = (length >> 1) - 1; index >= 0; index--) {
      siftDown(index, due[index] as number, order[index] as number, entries[index] as Waiting);
    }
  }

  function dropCancelledRoots(): void {
    while (cancelled > 0 && length > 0 && (entries[0] as Waiting).callback === null) {
      removeRoot();
      cancelled--;
    }
  }

  return {
    nextDueMs() {
      dropCancelledRoots();
      return length > 0 ? (due[0] as number) : Number.POSITIVE_INFINITY;
    },
    nextOrder() {
      dropCancelledRoots();
      return length > 0 ? (order[0] as number) : Number.POSITIVE_INFINITY;
    },
    orders: () => orders,
    push(dueMs, callback) {
      if (length === capacity) grow();
      const entry: Waiting = { callback };
      siftUp(length++, dueMs, orders++, entry);
      return () => {
        if (entry.callback === null) return;
        entry.callback = null;
        cancelled++;
        if (cancelled > SWEEP_ABOVE && cancelled > length / 2) sweep();
      };
    },
    pop() {
      dropCancelledRoots();
      if (length === 0) return null;
      const entry = removeRoot();
      const callback = entry.callback;
      entry.callback = null;
      return callback;
    },
    size: () => length - cancelled,
  };
}
