import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  CJK_CHARACTERS_PER_TOKEN,
  estimateTokens,
  OTHER_CHARACTERS_PER_TOKEN,
  tokensOfUnits,
  UNITS_PER_CJK,
  UNITS_PER_OTHER,
  unitsOf,
  utf8Bytes,
} from '../../src/workload/tokens.ts';

const user = (content: string) => ({ role: 'user', content }) as const;

test('the texts the figures were measured on estimate within 1.5 % of their true counts', () => {
  expect(Math.abs(estimateTokens([user('测'.repeat(1800))]) / 1050 - 1)).toBeLessThan(0.015);
  expect(Math.abs(estimateTokens([user('a'.repeat(4850))]) / 1001 - 1)).toBeLessThan(0.015);
});

test('the units are whole and say the same as the characters per token', () => {
  expect([UNITS_PER_CJK, UNITS_PER_OTHER]).toEqual([240, 85]);
  expect(UNITS_PER_CJK * CJK_CHARACTERS_PER_TOKEN).toBeCloseTo(UNITS_PER_OTHER * OTHER_CHARACTERS_PER_TOKEN, 9);
});

test.each([
  ['', 0],
  ['a', 1],
  ['abcd', 1],
  ['abcde', 2],
  ['测', 1],
  ['测试', 2],
  ['一二三四五六七八九十一二三四五六七', 10],
  ['一二三四五六七八九十一二三四五六七。', 11],
])('%s is %d tokens', (text, tokens) => {
  expect(estimateTokens([user(text)])).toBe(tokens);
});

test('contents are added before rounding, and roles do not matter', () => {
  expect(estimateTokens([user('ab'), { role: 'assistant', content: 'cd' }])).toBe(1);
  expect(estimateTokens([])).toBe(0);
});

test('utf8Bytes is the length of the UTF-8 encoding, lone surrogates included', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.constantFrom('', '\ud83d', '\ude00', '测é😀'), (text, tail) => {
      expect(utf8Bytes(text + tail)).toBe(Buffer.byteLength(text + tail, 'utf8'));
    }),
  );
});

test('the estimate grows with the text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (head, tail) => {
      expect(unitsOf(head + tail)).toBe(unitsOf(head) + unitsOf(tail));
      expect(tokensOfUnits(unitsOf(head + tail))).toBeGreaterThanOrEqual(tokensOfUnits(unitsOf(head)));
    }),
  );
});
