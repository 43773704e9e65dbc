import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bonferroni, holm } from '../../src/stats/multiplicity.ts';

test('Holm steps down in the order of the p-values and answers in the order given', () => {
  // As R's p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm").
  const expected = [0.03, 0.06, 0.06, 0.02];
  holm([0.01, 0.04, 0.03, 0.005]).forEach((p, index) => {
    expect(p).toBeCloseTo(expected[index] as number, 12);
  });
});

test('Bonferroni multiplies by the number of tests, up to 1', () => {
  expect(bonferroni([0.01, 0.6])).toEqual([0.02, 1]);
  expect([bonferroni([]), holm([])]).toEqual([[], []]);
});

test('p <= Holm <= Bonferroni <= 1, and order is kept', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 }), (pValues) => {
      const adjusted = holm(pValues);
      const strict = bonferroni(pValues);
      pValues.forEach((p, index) => {
        expect(adjusted[index]).toBeGreaterThanOrEqual(p);
        expect(adjusted[index]).toBeLessThanOrEqual(strict[index] as number);
        pValues.forEach((other, at) => {
          if (p < other) expect(adjusted[index]).toBeLessThanOrEqual(adjusted[at] as number);
        });
      });
    }),
  );
});
