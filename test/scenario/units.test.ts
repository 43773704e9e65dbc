import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  readBytes,
  readCount,
  readCountPerPeriod,
  readDuration,
  readMoney,
  readNumber,
  readRate,
  readShare,
} from '../../src/scenario/units.ts';

const value = (reading: { ok: boolean; value?: unknown }) => (reading.ok ? reading.value : 'refused');
const complaint = (reading: ReturnType<typeof readRate>) =>
  reading.ok ? 'accepted' : `${reading.code}: ${reading.message} | ${reading.hint}`;

describe('durations', () => {
  test.each([
    ['500ms', 500],
    ['30s', 30_000],
    ['1.5s', 1500],
    ['10min', 600_000],
    ['1h', 3_600_000],
    ['2d', 172_800_000],
    ['1h30min', 5_400_000],
    ['1min 30s', 90_000],
    [0, 0],
    ['0', 0],
    ['0s', 0],
  ])('%s is %d ms', (text, ms) => {
    expect(value(readDuration(text))).toBe(ms);
  });

  test.each([
    [30, 'bad-unit: a duration needs a unit | write 500ms, 30s, 10min or 1h'],
    ['30', 'bad-unit: a duration needs a unit | write 500ms, 30s, 10min or 1h'],
    ['3m', 'bad-unit: unknown unit of time "m" | did you mean "min"?'],
    ['3sec', 'bad-unit: unknown unit of time "sec" | allowed: ms, s, min, h, d'],
    ['-3s', 'out-of-range: a duration cannot be negative: "-3s" | write 500ms, 30s, 10min or 1h'],
    ['soon', 'bad-unit: not a duration: "soon" | write 500ms, 30s, 10min or 1h'],
    ['3s later', 'bad-unit: not a duration: "3s later" | write 500ms, 30s, 10min or 1h'],
    ['', 'bad-unit: not a duration: it is empty | write 500ms, 30s, 10min or 1h'],
  ])('%s is refused: %s', (text, expected) => {
    expect(complaint(readDuration(text))).toBe(expected);
  });
});

describe('rates', () => {
  test.each([
    ['10/s', 10],
    ['600/min', 10],
    ['36k/h', 10],
    ['0.5/s', 0.5],
    ['864k/d', 10],
    ['10 / s', 10],
    ['0/s', 0],
  ])('%s is %d per second', (text, perSecond) => {
    expect(value(readRate(text))).toBe(perSecond);
  });

  test.each([
    [10, 'bad-unit: a rate needs a unit: 10/s or 600/min | write 10/s or 10/min'],
    ['10', 'bad-unit: a rate needs a unit: 10/s or 600/min | write 10/s or 10/min'],
    ['10/m', 'bad-unit: unknown unit of time "m" in a rate | did you mean "/min"?'],
    ['10/mni', 'bad-unit: unknown unit of time "mni" in a rate | did you mean "min"?'],
    ['ten/s', 'bad-unit: not a rate: "ten/s" | write 10/s or 600/min'],
    ['-1/s', 'out-of-range: a rate cannot be negative: "-1/s" | write 10/s or 600/min'],
    ['fast', 'bad-unit: not a rate: "fast" | write 10/s or 600/min'],
  ])('%s is refused: %s', (text, expected) => {
    expect(complaint(readRate(text))).toBe(expected);
  });

  test('a count per period keeps its period', () => {
    expect(value(readCountPerPeriod('300/min'))).toEqual({ count: 300, periodMs: 60_000 });
  });
});

describe('numbers', () => {
  test.each([
    [2000, 2000],
    ['500k', 500_000],
    ['1.5M', 1_500_000],
    ['1.1M', 1_100_000],
    ['2G', 2_000_000_000],
    ['1_000_000', 1_000_000],
    ['1e3', 1000],
  ])('%s is %d', (text, number) => {
    expect(value(readCount(text))).toBe(number);
  });

  test.each([
    ['1.5', 'out-of-range: must be a whole number: "1.5" | round it'],
    [-1, 'out-of-range: cannot be negative: -1 | write 2000, 500k or 1.5M'],
    ['500K', 'bad-unit: unknown multiplier "K" | did you mean "500k"?'],
    ['1m', 'bad-unit: unknown multiplier "m" | did you mean "1M"?'],
    ['1,000', 'bad-unit: not a number: "1,000" | write 2000, 500k or 1.5M'],
  ])('%s is no count: %s', (text, expected) => {
    expect(complaint(readCount(text))).toBe(expected);
  });

  test('a number may have a fraction', () => {
    expect(value(readNumber('2.2'))).toBe(2.2);
  });
});

describe('money and shares', () => {
  test.each([
    ['$2', 2],
    ['$1.50', 1.5],
    ['$0', 0],
    ['$1k', 1000],
  ])('%s is %d dollars', (text, usd) => {
    expect(value(readMoney(text))).toBe(usd);
  });

  test.each([
    [2, 'bad-unit: money needs its currency: $2 | write $2'],
    ['2', 'bad-unit: not an amount of money: "2" | write $2 or $1.50'],
    [
      '¥2',
      'bad-unit: only US dollars are understood: an exchange rate would be a guess | convert it yourself and write $2',
    ],
    ['$-2', 'out-of-range: money cannot be negative | write $2 or $1.50'],
  ])('%s is no money: %s', (text, expected) => {
    expect(complaint(readMoney(text))).toBe(expected);
  });

  test.each([
    ['20%', 0.2],
    ['0.1%', 0.001],
    ['150%', 1.5],
    [0, 0],
  ])('%s is the share %d', (text, share) => {
    expect(value(readShare(text))).toBe(share);
  });

  test.each([
    [0.2, 'bad-unit: a share needs its unit: 20% | write 0.2% or 20%'],
    ['20', 'bad-unit: not a share: "20" | write 20%'],
    ['-1%', 'out-of-range: a share cannot be negative | write 20%'],
  ])('%s is no share: %s', (text, expected) => {
    expect(complaint(readShare(text))).toBe(expected);
  });
});

test('no reader throws, whatever it is given', () => {
  const readers = [readDuration, readRate, readCount, readNumber, readMoney, readShare, readCountPerPeriod];
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.double(), fc.stringMatching(/^[-+0-9.kMGms/$%eh ]*$/)), (input) => {
      for (const read of readers) {
        const reading = read(input);
        if (reading.ok && typeof reading.value === 'number') expect(Number.isFinite(reading.value)).toBe(true);
        if (!reading.ok) expect(reading.hint.length).toBeGreaterThan(0);
      }
    }),
  );
});

describe('sizes', () => {
  test.each([
    [65536, 65_536],
    ['65536', 65_536],
    ['1B', 1],
    ['64KB', 64_000],
    ['64kB', 64_000],
    ['200MB', 200_000_000],
    ['1.1 GB', 1_100_000_000],
    ['2TB', 2_000_000_000_000],
    ['64KiB', 65_536],
    ['1.5MiB', 1_572_864],
    ['1GiB', 1_073_741_824],
  ])('%s is %d bytes', (text, bytes) => {
    expect(value(readBytes(text))).toBe(bytes);
  });

  test.each([
    ['200M', 'bad-unit: unknown unit of size "M" | did you mean "200MB"?'],
    ['64k', 'bad-unit: unknown unit of size "k" | did you mean "64KB"?'],
    ['64mb', 'bad-unit: unknown unit of size "mb" | did you mean "MB"?'],
    ['3Mb', 'bad-unit: unknown unit of size "Mb" | did you mean "MB"?'],
    ['much', 'bad-unit: not a size: "much" | write 64KB, 200MB or 1GB'],
    ['', 'bad-unit: not a size: "" | write 64KB, 200MB or 1GB'],
    [-1, 'out-of-range: a size cannot be negative: -1 | write 64KB, 200MB or 1GB'],
    ['0.5B', 'out-of-range: must be a whole number of bytes: 0.5 | write 64KB, 200MB or 1GB'],
    [1.5, 'out-of-range: must be a whole number of bytes: 1.5 | write 64KB, 200MB or 1GB'],
  ])('%s is refused: %s', (text, expected) => {
    expect(complaint(readBytes(text))).toBe(expected);
  });
});
