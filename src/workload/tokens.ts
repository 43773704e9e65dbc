import type { Message } from '../model/request.ts';

/**
 * Characters per token, measured with the Qwen byte-pair encoding (three implementations agree) on one text of 1,800
 * Chinese characters (1,050 tokens) and one of 4,850 English characters (1,001 tokens), 2026-11-21. Other texts and other
 * models differ: on the same Chinese text OpenAI's o200k counts 14 % more and cl100k 86 % more. An estimate, always; the
 * provider's `usage` is the truth.
 */
export const CJK_CHARACTERS_PER_TOKEN = 1.7;
export const OTHER_CHARACTERS_PER_TOKEN = 4.8;

/** The smallest unit in which both kinds of characters are whole numbers: a token is 408, so sums stay exact. */
export const UNITS_PER_TOKEN = 408;
export const UNITS_PER_CJK = UNITS_PER_TOKEN / CJK_CHARACTERS_PER_TOKEN;
export const UNITS_PER_OTHER = UNITS_PER_TOKEN / OTHER_CHARACTERS_PER_TOKEN;

/** Where the dense scripts begin (CJK radicals); kana, Hangul, full-width forms and emoji lie above. */
const FIRST_CJK = 0x2e80;

export function unitsOfCharacter(code: number): number {
  return code >= FIRST_CJK ? UNITS_PER_CJK : UNITS_PER_OTHER;
}

/** Size of a text in 1/408 token. */
export function unitsOf(text: string): number {
  let units = 0;
  for (let index = 0; index < text.length; index++) units += unitsOfCharacter(text.charCodeAt(index));
  return units;
}

export function tokensOfUnits(units: number): number {
  return Math.ceil(units / UNITS_PER_TOKEN);
}

/** ceil(CJK characters / 1.7 + other characters / 4.8) over all contents. */
export function estimateTokens(messages: readonly Message[]): number {
  return tokensOfUnits(messages.reduce((units, message) => units + unitsOf(message.content), 0));
}

/** Length in UTF-8: an upper bound on tokens for every byte-level encoding, since each token holds at least one byte. */
export function utf8Bytes(text: string): number {
  let bytes = 0;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code < 0x80) bytes += 1;
    else if (code < 0x800) bytes += 2;
    else if (code >= 0xd800 && code < 0xdc00 && isLowSurrogate(text.charCodeAt(index + 1))) {
      bytes += 4;
      index++;
    } else bytes += 3;
  }
  return bytes;
}

function isLowSurrogate(code: number): boolean {
  return code >= 0xdc00 && code < 0xe000;
}
