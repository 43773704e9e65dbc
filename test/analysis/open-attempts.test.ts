import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Findable, openAttempts } from '../../src/analysis/open-attempts.ts';

interface Named extends Findable {
  readonly place: number;
}

const named = (requestId: string, attemptNo: number, place = 0): Named => ({ requestId, attemptNo, place, next: null });

test('finds what a list finds, the latest first, and only once', () => {
  const key = fc.record({ requestId: fc.integer({ min: 0, max: 400 }).map((n) => `r${n}`), attemptNo: fc.nat(2) });
  const step = fc.record({ takes: fc.boolean(), key });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 900 }), (steps) => {
      const table = openAttempts<Named>();
      const list: Named[] = [];
      steps.forEach(({ takes, key: { requestId, attemptNo } }, place) => {
        if (!takes) {
          const attempt = named(requestId, attemptNo, place);
          table.add(attempt);
          list.push(attempt);
          return;
        }
        const at = list.findLastIndex((each) => each.requestId === requestId && each.attemptNo === attemptNo);
        const expected = at === -1 ? null : (list.splice(at, 1)[0] ?? null);
        expect(table.take(requestId, attemptNo)).toBe(expected);
      });
      expect(new Set(table.all())).toEqual(new Set(list));
    }),
    { numRuns: 50 },
  );
});

test('a table that has grown finds everything, and the latest of equals first', () => {
  const table = openAttempts<Named>();
  for (let count = 0; count < 2000; count += 1) table.add(named(`r${count % 1000}`, 1, count));
  expect(table.take('r7', 1)?.place).toBe(1007);
  expect(table.take('r7', 1)?.place).toBe(7);
  expect(table.take('r7', 1)).toBeNull();
  expect(table.all()).toHaveLength(1998);
});
