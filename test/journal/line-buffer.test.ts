import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LineBuffer } from '../../src/journal/line-buffer.ts';

const read = (out: LineBuffer) => Buffer.from(out.held()).toString('utf8');

describe('a line buffer', () => {
  test('writes whole numbers as JSON does', () => {
    const whole = fc.oneof(fc.maxSafeInteger(), fc.integer(), fc.integer({ min: -20, max: 20 }));
    fc.assert(
      fc.property(whole, (value) => {
        expect(read(new LineBuffer().number(value))).toBe(JSON.stringify(value));
      }),
    );
  });

  test.each([
    0,
    -0,
    9,
    10,
    999_999_999,
    1_000_000_000,
    1_000_000_001,
    2 ** 31,
    2 ** 53 - 1,
    -(2 ** 53 - 1),
    2 ** 53,
    0.5,
    1e21,
    Number.NaN,
    Number.POSITIVE_INFINITY,
  ])('writes %d as JSON does', (value) => {
    expect(read(new LineBuffer().number(value))).toBe(JSON.stringify(value));
  });

  test('writes any text as UTF-8, short or long', () => {
    const text = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.string({ unit: 'grapheme', minLength: 40, maxLength: 60 }),
    );
    fc.assert(
      fc.property(fc.array(text), (texts) => {
        const out = new LineBuffer();
        for (const each of texts) out.text(each);
        expect(read(out)).toBe(texts.join(''));
      }),
    );
  });

  test('quotes what JSON must escape', () => {
    const text = 'a "b"\\\n\u0001 限流 \ud800';
    expect(JSON.parse(read(new LineBuffer().quoted(text)))).toBe(text);
  });

  test('puts text before a line that is already there', () => {
    const out = new LineBuffer().text('first\n');
    const start = out.length;
    out.text('second\n');
    out.insert(start, '定义\n');
    expect(read(out)).toBe('first\n定义\nsecond\n');
  });

  test('forgets what follows a cut', () => {
    const out = new LineBuffer().text('kept');
    out.text(' and more').cut(4);
    expect(read(out)).toBe('kept');
  });

  test('grows without losing what it holds', () => {
    const out = new LineBuffer();
    const long = 'x'.repeat(100_000);
    out.text(long).insert(0, long);
    expect(read(out.text('end').number(7))).toBe(`${long}${long}end7`);
  });
});
