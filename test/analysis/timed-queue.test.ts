import fc from 'fast-check';
import { expect, test } from 'vitest';
import { timedQueue } from '../../src/analysis/timed-queue.ts';

test('items come off in the order of their times, those of one time in the order they came', () => {
  const step = fc.oneof(fc.record({ atMs: fc.integer({ min: 0, max: 20 }) }), fc.constant('remove' as const));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
      const queue = timedQueue<{ readonly atMs: number; readonly place: number }>();
      let plain: { readonly atMs: number; readonly place: number }[] = [];
      steps.forEach((each, place) => {
        if (each === 'remove') {
          expect(queue.first()).toEqual(plain[0]);
          queue.removeFirst();
          plain = plain.slice(1);
        } else {
          queue.add(each.atMs, { atMs: each.atMs, place });
          plain = [...plain, { atMs: each.atMs, place }].sort((a, b) => a.atMs - b.atMs || a.place - b.place);
        }
        expect(queue.size()).toBe(plain.length);
        expect(queue.first()).toEqual(plain[0]);
      });
    }),
    { numRuns: 100 },
  );
});

test('more than the ring first holds stays in order', () => {
  const queue = timedQueue<number>();
  for (let count = 0; count < 40; count += 1) queue.add(count, count);
  for (let count = 0; count < 30; count += 1) queue.removeFirst();
  for (let count = 40; count < 1000; count += 1) queue.add(count, count);
  const found: (number | undefined)[] = [];
  for (; queue.size() > 0; queue.removeFirst()) found.push(queue.first());
  expect(found).toEqual(Array.from({ length: 970 }, (_, index) => index + 30));
});

test('an empty queue has no first item, and nothing to remove', () => {
  const queue = timedQueue<number>();
  queue.removeFirst();
  expect(queue.first()).toBeUndefined();
  expect(queue.size()).toBe(0);
});
