import { expect, test } from 'vitest';
import { randomFor } from '../../src/stats/random.ts';
import { fillText, type Language, NONCE_CHARACTERS, NONCE_TOKENS, nonceOf } from '../../src/workload/text.ts';
import { UNITS_PER_TOKEN, unitsOf } from '../../src/workload/tokens.ts';
import { CHINESE, ENGLISH } from '../../src/workload/words.ts';

const LANGUAGES: readonly Language[] = ['zh', 'en', 'mixed'];
const fill = (language: Language, tokens: number, seed = 1) =>
  fillText({ language, units: tokens * UNITS_PER_TOKEN }, randomFor(seed, 'text'));

test.each(LANGUAGES)('%s: text fills its room and never passes it', (language) => {
  for (let units = 0; units < 5000; units += 7) {
    const size = unitsOf(fillText({ language, units }, randomFor(units)));
    expect(size).toBeLessThanOrEqual(units);
    // Less than one character of the larger kind is left.
    expect(units - size).toBeLessThan(240);
  }
});

test('a script is what was asked for', () => {
  expect(fill('en', 500)).toMatch(/^[A-Za-z ,.?]+$/);
  expect(fill('zh', 500)).toMatch(/^[\u3000-\u9fff\uff00-\uffef]+$/);
  const mixed = fill('mixed', 500);
  expect(mixed.match(/[a-z]/g)?.length).toBeGreaterThan(200);
  expect(mixed.match(/[\u4e00-\u9fff]/g)?.length).toBeGreaterThan(100);
});

test('text is varied: no sentence twice in a thousand tokens, many different words', () => {
  const sentences = fill('en', 1000).split(/[.?] /);
  expect(new Set(sentences).size).toBe(sentences.length);
  expect(sentences.length).toBeGreaterThan(40);
  expect(new Set(fill('en', 1000).split(/[ .,?]+/)).size).toBeGreaterThan(120);
});

test('every word list of a sentence exists, and every list is used', () => {
  for (const grammar of [ENGLISH, CHINESE]) {
    const used = new Set(grammar.sentences.flat().filter((part) => part.startsWith('$')));
    expect([...used].sort()).toEqual(Object.keys(grammar.words).sort());
    for (const words of Object.values(grammar.words)) expect(words.length).toBeGreaterThan(5);
  }
});

test('the same stream gives the same text, another stream another from the first sentence on', () => {
  expect(fill('zh', 100, 3)).toBe(fill('zh', 100, 3));
  expect(fill('zh', 100, 3).slice(0, 12)).not.toBe(fill('zh', 100, 4).slice(0, 12));
});

test('longer text of a stream begins like shorter text', () => {
  for (const language of LANGUAGES) {
    expect(fill(language, 300).startsWith(fill(language, 100).slice(0, -1))).toBe(true);
  }
});

test('nonces are unique, equally long, and carry the sequence number', () => {
  const nonces = Array.from({ length: 5000 }, (_, seq) => nonceOf(7, seq));
  expect(new Set(nonces).size).toBe(5000);
  expect(new Set(nonces.map((nonce) => nonce.length))).toEqual(new Set([NONCE_CHARACTERS]));
  expect(nonceOf(7, 36 ** 6)).toHaveLength(NONCE_CHARACTERS);
  expect(nonceOf(7, 123)).toMatch(/^[a-z]{6}-000003f $/);
  expect(NONCE_TOKENS).toBe(4);
});

test('nonces of neighbours differ early: the first four letters hardly ever agree', () => {
  const heads = Array.from({ length: 1000 }, (_, seq) => nonceOf(7, seq).slice(0, 4));
  expect(new Set(heads).size).toBeGreaterThan(990);
});
