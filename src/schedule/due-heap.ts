/** What becomes due at times that are not known in advance; equal times leave in the order they came. */
export interface DueHeap<Item> {
  push(dueMs: number, item: Item): void;
  /** Null when empty. */
  dueMs(): number | null;
  /** Removes the earliest; throws when empty. */
  pop(): { readonly dueMs: number; readonly item: Item };
}

interface Entry<Item> {
  readonly dueMs: number;
  readonly order: number;
  readonly item: Item;
}

function isBefore<Item>(left: Entry<Item>, right: Entry<Item>): boolean {
  return left.dueMs < right.dueMs || (left.dueMs === right.dueMs && left.order < right.order);
}

/** Binary heap: O(log n) for the few thousand slots or conversations that are open at once. */
export function dueHeap<Item>(): DueHeap<Item> {
  const heap: Entry<Item>[] = [];
  let pushed = 0;

  const siftUp = (entry: Entry<Item>) => {
    let index = heap.length - 1;
    while (index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parent = heap[parentIndex] as Entry<Item>;
      if (!isBefore(entry, parent)) break;
      heap[index] = parent;
      index = parentIndex;
    }
    heap[index] = entry;
  };

  const siftDown = (entry: Entry<Item>) => {
    let index = 0;
    for (;;) {
      let childIndex = 2 * index + 1;
      if (childIndex >= heap.length) break;
      const right = heap[childIndex + 1];
      if (right !== undefined && isBefore(right, heap[childIndex] as Entry<Item>)) childIndex++;
      const child = heap[childIndex] as Entry<Item>;
      if (!isBefore(child, entry)) break;
      heap[index] = child;
      index = childIndex;
    }
    heap[index] = entry;
  };

  return {
    push(dueMs, item) {
      const entry = { dueMs, order: pushed++, item };
      heap.push(entry);
      siftUp(entry);
    },
    dueMs: () => heap[0]?.dueMs ?? null,
    pop() {
      const earliest = heap[0];
      const last = heap.pop();
      if (earliest === undefined || last === undefined) throw new Error('nothing is due');
      if (heap.length > 0) siftDown(last);
      return earliest;
    },
  };
}
