import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Pair, smallestHolding, smallestPair } from '../../src/analysis/size-search.ts';

/** Passes from its own threshold on. */
const threshold = (least: number, steps: number) => steps >= least;

describe('one quota', () => {
  test('the answer is what the most demanding case needs, and names it', () => {
    const found = smallestHolding({ cases: [3, 9, 5], holds: threshold, from: 0, guess: 4, ceiling: 100 });
    expect(found).toEqual({ steps: 9, decidedBy: 9 });
  });

  test('a guess above the answer comes down to it', () => {
    const found = smallestHolding({ cases: [7], holds: threshold, from: 0, guess: 64, ceiling: 100 });
    expect(found?.steps).toBe(7);
  });

  test('the ceiling itself may be the answer', () => {
    expect(smallestHolding({ cases: [100], holds: threshold, from: 0, guess: 1, ceiling: 100 })?.steps).toBe(100);
  });

  test('one above the ceiling is no answer', () => {
    expect(smallestHolding({ cases: [101], holds: threshold, from: 0, guess: 1, ceiling: 100 })).toBeNull();
  });

  test('where the smallest candidate is enough, no case decided it', () => {
    const found = smallestHolding({ cases: [1, 2], holds: threshold, from: 2, guess: 9, ceiling: 100 });
    expect(found).toEqual({ steps: 2, decidedBy: null });
  });

  test('a case that fails again above its first pass is not forgotten', () => {
    // Passes at 4, not at 6: the second case moves the answer to 6, and the first one on to 7.
    const holds = (item: string, steps: number) => (item === 'odd' ? steps >= 4 && steps !== 6 : steps >= 6);
    const found = smallestHolding({ cases: ['odd', 'plain'], holds, from: 0, guess: 4, ceiling: 50 });
    expect(found).toEqual({ steps: 7, decidedBy: 'odd' });
  });

  test('every case passes at the answer and the deciding one fails a step below', () => {
    const cases = fc.array(fc.integer({ min: 1, max: 500 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(cases, fc.integer({ min: 1, max: 900 }), (needs, guess) => {
        const found = smallestHolding({ cases: needs, holds: threshold, from: 0, guess, ceiling: 1000 });
        expect(found?.steps).toBe(Math.max(...needs));
        expect(threshold(found?.decidedBy ?? 0, (found?.steps ?? 0) - 1)).toBe(false);
      }),
    );
  });
});

describe('two quotas together', () => {
  interface Needs {
    readonly first: number;
    readonly second: number;
    /** Both together must reach this: refusals of two limits add up. */
    readonly sum: number;
  }
  const holds = (needs: Needs, { first, second }: Pair) =>
    first >= needs.first && second >= needs.second && first + second >= needs.sum;
  const search = (cases: readonly Needs[], least: Pair) =>
    smallestPair({ cases, core: cases.slice(0, 1), holds, least, growth: 0.05, growthMax: 10 });

  test('where the sides do not meet, each keeps its own least', () => {
    const found = search([{ first: 20, second: 300, sum: 0 }], { first: 20, second: 300 });
    expect(found?.pair).toEqual({ first: 20, second: 300 });
  });

  test('where they add up, both grow and each comes down as far as the other allows', () => {
    const found = search([{ first: 20, second: 20, sum: 60 }], { first: 20, second: 20 });
    const { first, second } = found?.pair ?? { first: 0, second: 0 };
    expect(first + second).toBe(60);
  });

  test('a case outside the core that asks for more is found at the end', () => {
    const found = search(
      [
        { first: 20, second: 20, sum: 0 },
        { first: 31, second: 20, sum: 0 },
      ],
      { first: 20, second: 20 },
    );
    expect(found?.pair).toEqual({ first: 31, second: 20 });
    expect(found?.active).toHaveLength(2);
  });

  test('without an answer in reach there is none', () => {
    expect(search([{ first: 1000, second: 1, sum: 0 }], { first: 20, second: 20 })).toBeNull();
  });

  test('every case passes at the answer, and none of the sides can be one less', () => {
    const need = fc.record({
      first: fc.integer({ min: 10, max: 40 }),
      second: fc.integer({ min: 10, max: 40 }),
      sum: fc.integer({ min: 0, max: 120 }),
    });
    fc.assert(
      fc.property(fc.array(need, { minLength: 1, maxLength: 6 }), (cases) => {
        const { pair } = search(cases, { first: 10, second: 10 }) ?? { pair: { first: 0, second: 0 } };
        const all = (given: Pair) => cases.every((item) => holds(item, given));
        expect(all(pair)).toBe(true);
        if (pair.second > 10) expect(all({ ...pair, second: pair.second - 1 })).toBe(false);
      }),
    );
  });
});
