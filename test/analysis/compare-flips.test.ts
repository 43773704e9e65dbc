import fc from 'fast-check';
import { expect, test } from 'vitest';
import { flipTest } from '../../src/analysis/compare-flips.ts';
import { signFlipTest } from '../../src/stats/permutation.ts';
import { randomFor } from '../../src/stats/random.ts';

test('counts sign patterns as trying every one of them does', () => {
  const units = fc.array(fc.integer({ min: -40, max: 40 }), { minLength: 1, maxLength: 14 });
  fc.assert(
    fc.property(units, (values) => {
      const tried = signFlipTest(values, { random: randomFor(1, 'flips') });
      expect(flipTest(values).p).toBeCloseTo(tried?.p ?? 1, 12);
    }),
    { numRuns: 200 },
  );
});

test('is valid whatever the sizes: of all sign patterns, no larger share than p has a p as small', () => {
  const units = fc.array(fc.double({ min: 1e-3, max: 50, noNaN: true }), { minLength: 8, maxLength: 8 });
  fc.assert(
    fc.property(units, (sizes) => {
      const all = Array.from({ length: 256 }, (_, pattern) => {
        return flipTest(sizes.map((size, at) => ((pattern >> at) & 1 ? -size : size))).p;
      });
      for (const p of all) expect(all.filter((each) => each <= p + 1e-12).length / 256).toBeLessThanOrEqual(p + 1e-12);
    }),
    { numRuns: 40 },
  );
});

test("is McNemar's exact test for pairs of 0 and 1", () => {
  // 15 discordant pairs, 3 of them one way: 2 * sum of C(15, k) / 2^15 for k <= 3 = 1152 / 32768.
  const pairs = [...new Array(12).fill(1), ...new Array(3).fill(-1), ...new Array(200).fill(0)];
  expect(flipTest(pairs).p).toBeCloseTo(1152 / 32768, 12);
  expect(flipTest(pairs).attainable).toBe(2 ** -14);
});

test('says 1 where nothing differs, and how far p could have gone', () => {
  expect(flipTest([])).toEqual({ sum: 0, p: 1, attainable: 1 });
  expect(flipTest([0, 0])).toEqual({ sum: 0, p: 1, attainable: 1 });
  expect(flipTest([3, 3, 3])).toEqual({ sum: 9, p: 0.25, attainable: 0.25 });
});

test('four hundred one-sided units give the p they should', () => {
  const { p } = flipTest(new Float64Array(400).map((_, at) => 1 + (at % 7) / 10));
  expect(p).toBeCloseTo(2 ** -399, 120);
});
