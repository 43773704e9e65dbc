import { describe, expect, test } from 'vitest';
import {
  formatBytes,
  formatEstimate,
  formatInUnit,
  formatMs,
  formatNumber,
  formatShare,
  formatShareRange,
  formatSignificant,
  formatUsd,
  formatUtc,
  plainSpaces,
} from '../../src/report/format.ts';

const plain =
  <T extends readonly unknown[]>(format: (...args: T) => string) =>
  (...args: T) =>
    plainSpaces(format(...args));

test.each([
  [0, 0, '0'],
  [999, 0, '999'],
  [1000, 0, '1,000'],
  [1_234_567.5, 1, '1,234,567.5'],
  [2.5, 3, '2.5'],
  [-1.84, 1, '−1.8'],
  [-0.01, 1, '0'],
  [null, 0, '–'],
  [Number.NaN, 0, '–'],
  [Number.POSITIVE_INFINITY, 0, '–'],
])('writes %s with at most %i decimals as %s', (value, decimals, text) => {
  expect(formatNumber(value, decimals)).toBe(text);
});

test.each([
  [0, '0 ms'],
  [0.313, '0.31 ms'],
  [9.994, '9.99 ms'],
  [9.996, '10 ms'],
  [99.94, '99.9 ms'],
  [999.4, '999 ms'],
  [999.6, '1.00 s'],
  [1284.4, '1.28 s'],
  [9994, '9.99 s'],
  [9996, '10.0 s'],
  [30_000, '30 s'],
  [59_940, '59.9 s'],
  [59_960, '1 min'],
  [181_240, '3 min 01 s'],
  [3_600_000, '1 h 00 min'],
  [-1.8, '−1.8 ms'],
  [null, '–'],
])('writes %s ms as %s', (value, text) => {
  expect(plain(formatMs)(value)).toBe(text);
});

describe('a share', () => {
  test.each([
    [0, '0 %'],
    [0.00001, '<0.01 %'],
    [0.0001, '0.01 %'],
    [0.0099, '0.99 %'],
    [0.01, '1.0 %'],
    [0.0734, '7.3 %'],
    [0.99, '99.0 %'],
    [0.9912, '99.12 %'],
    [0.99999, '>99.99 %'],
    [1, '100 %'],
    [null, '–'],
  ])('of %s is %s: never rounded to none or to all', (value, text) => {
    expect(plain(formatShare)(value)).toBe(text);
  });

  test('has a range with one unit, or one value where both ends print alike', () => {
    expect(plain(formatShareRange)(0.0612, 0.0873)).toBe('6.1–8.7 %');
    expect(plain(formatShareRange)(0.05, 0.0501)).toBe('5.0 %');
  });
});

test.each([
  [null, 'unknown'],
  [0, '$0.0000'],
  [0.00001, '<$0.0001'],
  [0.0123, '$0.0123'],
  [3.7965, '$3.80'],
  [12_345.6, '$12,345.60'],
])('writes %s dollars as %s', (value, text) => {
  expect(formatUsd(value)).toBe(text);
});

test('keeps three significant digits of a rate', () => {
  expect([0, 0.07341, 9.0166, 541.24, 16_666].map(formatSignificant)).toEqual(['0', '0.0734', '9.02', '541', '16,666']);
});

test('prints an estimate in its unit, the unit once', () => {
  const estimate = { value: 801_500, low: 794_000, high: 812_000, unit: 'tokens/min' };
  expect(formatEstimate(estimate)).toBe('801,500 tokens/min [794,000, 812,000]');
  expect(formatEstimate({ ...estimate, low: 801_500, high: 801_500 })).toBe('801,500 tokens/min');
  expect(plain(formatEstimate)({ value: 0.5, low: 0.4, high: 0.6, unit: 'share' })).toBe('50.0 % [40.0 %, 60.0 %]');
  expect(formatEstimate({ value: 541.2, low: 520, high: 560, unit: '/min' })).toBe('541.2/min [520, 560]');
  expect(formatEstimate(null)).toBe('–');
});

test('prints a value whose unit it does not know with that unit', () => {
  expect(formatInUnit(12, 'furlongs')).toBe('12 furlongs');
  expect(formatInUnit(null, 'furlongs')).toBe('–');
});

test('writes bytes in decimal units', () => {
  expect([999, 1000, 121_634_816, 2.5e9].map((value) => plain(formatBytes)(value))).toEqual([
    '999 B',
    '1 kB',
    '121.6 MB',
    '2.5 GB',
  ]);
});

test('writes UTC as Date does, before and after the epoch and around leap days', () => {
  for (const at of [0, 951_782_400_000, 951_868_799_999, 1_782_907_200_000, 4_107_542_400_000, -1, 1_709_164_800_000]) {
    expect(formatUtc(at)).toBe(new Date(Math.floor(at / 1000) * 1000).toISOString().replace('.000Z', 'Z'));
  }
});
