import fc from 'fast-check';
import { expect, test } from 'vitest';
import { exp, ln, lnGamma, normalCdf, normalQuantile, power } from '../../src/stats/elementary.ts';

const relative = (value: number, truth: number) => Math.abs(value - truth) / Math.max(Math.abs(truth), 1e-300);

test('ln agrees with Math.log to the last digits', () => {
  fc.assert(
    fc.property(fc.double({ min: 5e-324, max: 1.7e308, noNaN: true }), (x) => {
      expect(Math.abs(ln(x) - Math.log(x))).toBeLessThanOrEqual(1e-15 * Math.max(1, Math.abs(Math.log(x))));
    }),
    { numRuns: 2000 },
  );
});

test('exp agrees with Math.exp to the last digits', () => {
  fc.assert(
    fc.property(fc.double({ min: -700, max: 709.7, noNaN: true }), (x) => {
      expect(relative(exp(x), Math.exp(x))).toBeLessThan(1e-15);
    }),
    { numRuns: 2000 },
  );
});

test('the ends of ln and exp', () => {
  expect(ln(0)).toBe(Number.NEGATIVE_INFINITY);
  expect(ln(-1)).toBeNaN();
  expect(ln(1)).toBe(0);
  expect(ln(Number.POSITIVE_INFINITY)).toBe(Number.POSITIVE_INFINITY);
  expect(exp(0)).toBe(1);
  expect(exp(710)).toBe(Number.POSITIVE_INFINITY);
  expect(exp(709.78)).toBeGreaterThan(1.7e308);
  expect(exp(-709)).toBe(0);
  expect(exp(Number.NaN)).toBeNaN();
  expect(power(0, 0.5)).toBe(0);
  expect(relative(power(2, 10), 1024)).toBeLessThan(1e-14);
});

test.each([
  [1, 0],
  [2, 0],
  [0.5, 0.5723649429247001],
  [5.5, 3.9578139676187165],
  [100, 359.1342053695754],
])('lnGamma(%d) = %d', (x, truth) => {
  expect(Math.abs(lnGamma(x) - truth)).toBeLessThan(1e-11);
});

test.each([
  [0, 0.5],
  [1.96, 0.9750021048517795],
  [-3, 0.0013498980316300933],
  [-40, 0],
])('normalCdf(%d) = %d', (z, truth) => {
  expect(relative(normalCdf(z), truth)).toBeLessThan(1e-11);
});

test('the far tail keeps its order of magnitude', () => {
  expect(relative(normalCdf(-8), 6.220960574271785e-16)).toBeLessThan(1e-7);
  expect(relative(normalCdf(-7.1), 6.237844463331564e-13)).toBeLessThan(1e-7);
});

test('normalQuantile inverts normalCdf', () => {
  expect(normalQuantile(0.975)).toBeCloseTo(1.959963984540054, 12);
  expect(normalQuantile(0)).toBe(Number.NEGATIVE_INFINITY);
  expect(normalQuantile(1)).toBe(Number.POSITIVE_INFINITY);
  expect(normalQuantile(1.1)).toBeNaN();
  for (const p of [1e-9, 0.01, 0.3, 0.5, 0.9, 0.999])
    expect(relative(normalCdf(normalQuantile(p)), p)).toBeLessThan(1e-9);
});
