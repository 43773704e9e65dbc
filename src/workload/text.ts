import { drawIndex } from '../stats/distributions.ts';
import { hashFor, type Random } from '../stats/random.ts';
import { tokensOfUnits, UNITS_PER_OTHER, unitsOf, unitsOfCharacter } from './tokens.ts';
import { CHINESE, ENGLISH, type Grammar } from './words.ts';

export type Language = 'zh' | 'en' | 'mixed';

function sentenceOf(grammar: Grammar, random: Random): string {
  const parts = grammar.sentences[drawIndex(grammar.sentences.length, random)] ?? [];
  return parts
    .map((part) => {
      const words = grammar.words[part];
      return words === undefined ? part : (words[drawIndex(words.length, random)] as string);
    })
    .join('');
}

function grammarOf(language: Language, random: Random): Grammar {
  if (language === 'mixed') return random() < 0.5 ? CHINESE : ENGLISH;
  return language === 'zh' ? CHINESE : ENGLISH;
}

/**
 * Sentences of common words, cut so that the text has at most `units` and lacks less than one character of it. Text of
 * the same stream is a prefix of longer text, but for its last character.
 */
export function fillText(options: { readonly language: Language; readonly units: number }, random: Random): string {
  const parts: string[] = [];
  let left = options.units;
  while (left >= UNITS_PER_OTHER) {
    const sentence = sentenceOf(grammarOf(options.language, random), random);
    const units = unitsOf(sentence);
    if (units > left) {
      parts.push(cut(sentence, left));
      break;
    }
    parts.push(sentence);
    left -= units;
  }
  return parts.join('');
}

/** As many characters as fit; the last one becomes a full stop of its own script, so that the size stays. */
function cut(sentence: string, units: number): string {
  let left = units;
  let length = 0;
  while (length < sentence.length && unitsOfCharacter(sentence.charCodeAt(length)) <= left) {
    left -= unitsOfCharacter(sentence.charCodeAt(length));
    length++;
  }
  if (length === 0) return '';
  const stop = unitsOfCharacter(sentence.charCodeAt(length - 1)) > UNITS_PER_OTHER ? '。' : '.';
  return sentence.slice(0, length - 1) + stop;
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyz';
const NONCE_LETTERS = 6;
const NONCE_DIGITS = 7;

/** `qkzmta-00003f `: always as long, so that a prompt's size does not depend on its number. */
export const NONCE_CHARACTERS = NONCE_LETTERS + 1 + NONCE_DIGITS + 1;
export const NONCE_UNITS = NONCE_CHARACTERS * UNITS_PER_OTHER;
/** A prompt with a nonce is never smaller than this many estimated tokens. */
export const NONCE_TOKENS = tokensOfUnits(NONCE_UNITS);

/**
 * What a prompt starts with, so that it misses the provider's prefix cache: the sequence number, unique within a run,
 * behind letters that differ between neighbours (caches compare from the first token on). The same seed gives the same
 * nonces: a run that is repeated within the provider's cache lifetime needs another seed.
 */
export function nonceOf(seed: number, seq: number): string {
  let hash = hashFor(seed, 'nonce', seq);
  let letters = '';
  for (let index = 0; index < NONCE_LETTERS; index++) {
    letters += LETTERS[hash % 26];
    hash = Math.floor(hash / 26);
  }
  return `${letters}-${seq.toString(36).padStart(NONCE_DIGITS, '0')} `;
}
