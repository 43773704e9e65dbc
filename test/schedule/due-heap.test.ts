import fc from 'fast-check';
import { expect, test } from 'vitest';
import { dueHeap } from '../../src/schedule/due-heap.ts';

test('leaves by time, and equal times in the order they came', () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.nat(20), { freq: 3 })), (operations) => {
      const heap = dueHeap<number>();
      const waiting: { dueMs: number; item: number }[] = [];
      operations.forEach((dueMs, item) => {
        if (dueMs !== null) {
          heap.push(dueMs, item);
          waiting.push({ dueMs, item });
          waiting.sort((a, b) => a.dueMs - b.dueMs || a.item - b.item);
        } else if (waiting.length > 0) {
          expect(heap.pop()).toMatchObject(waiting.shift() ?? {});
        }
        expect(heap.dueMs()).toBe(waiting[0]?.dueMs ?? null);
      });
    }),
  );
});

test('an empty heap has nothing due', () => {
  const heap = dueHeap<string>();
  expect(heap.dueMs()).toBeNull();
  expect(() => heap.pop()).toThrow('nothing is due');
});
