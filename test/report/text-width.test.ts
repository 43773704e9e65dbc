import fc from 'fast-check';
import { expect, test } from 'vitest';
import { displayWidth, pad, printable, truncate, wrap } from '../../src/report/text-width.ts';

test('counts two columns for East Asian wide characters and none for combining marks', () => {
  expect(displayWidth('tokens')).toBe(6);
  expect(displayWidth('上游负载')).toBe(8);
  expect(displayWidth('（ｉ）')).toBe(6);
  expect(displayWidth('한글')).toBe(4);
  expect(displayWidth('e\u0301')).toBe(1);
  expect(displayWidth('🚦')).toBe(2);
});

test('pads by columns, not by characters', () => {
  expect(pad('负载', 6, 'left')).toBe('负载  ');
  expect(pad('负载', 6, 'right')).toBe('  负载');
});

test('cuts with an ellipsis that still fits, never half of a wide character', () => {
  expect(truncate('burst', 5)).toBe('burst');
  expect(truncate('bursts', 5)).toBe('burs…');
  expect(truncate('上游负载', 5)).toBe('上游…');
  expect(truncate('上游负载', 4)).toBe('上…');
});

test('wraps at spaces and breaks a word that is longer than a line', () => {
  expect(wrap('one two three', 7)).toEqual(['one two', 'three']);
  expect(wrap('abcdefgh', 3)).toEqual(['abc', 'def', 'gh']);
  expect(wrap('当前分组上游', 4)).toEqual(['当前', '分组', '上游']);
  expect(wrap('', 10)).toEqual(['']);
});

test('wrapped lines fit and lose no character but spaces', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 120 }), fc.integer({ min: 2, max: 40 }), (raw, columns) => {
      const text = printable(raw);
      const lines = wrap(text, columns);
      for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(columns);
      expect(lines.join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''));
    }),
    { seed: 7, numRuns: 300 },
  );
});

test('makes terminal commands and direction overrides visible', () => {
  expect(printable('a\u001b[2Jb')).toBe('a\ufffd[2Jb');
  expect(printable('x\u202ey')).toBe('x\ufffdy');
  expect(printable('one\r\ntwo\u2028three')).toBe('one two three');
});
