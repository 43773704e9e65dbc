import type { NumberSpec } from '../../model/scenario.ts';

/**
 * Chance keyed by name instead of by draw order: every draw is a pure function of (seed, text, purpose). A live server
 * and a forecast therefore decide alike although they see requests in different orders.
 */
export interface ChanceKey {
  readonly a: number;
  readonly b: number;
}

/** One number per kind of draw, so that adding a draw never changes another. */
export const PURPOSE = {
  completionLength: 1,
  firstToken: 10,
  speed: 20,
  stall: 21,
  stallPlace: 22,
  refusalDelay: 23,
  chunks: 24,
  words: 25,
  cut: 26,
  reasoning: 27,
  id: 30,
  cookie: 40,
  trace: 44,
  channel: 60,
  swap: 80,
  cutsStream: 81,
  relayId: 82,
  /** Plus the index of the fault. */
  fault: 1000,
} as const;

/** cyrb53 (bryc, public domain): two 32-bit lanes over the UTF-16 units. */
export function chanceKey(seed: number, text: string): ChanceKey {
  let a = 0xdeadbeef ^ seed;
  let b = 0x41c6ce57 ^ Math.imul(seed, 0x9e3779b1);
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    a = Math.imul(a ^ unit, 2654435761);
    b = Math.imul(b ^ unit, 1597334677);
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909);
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909);
  return { a: a >>> 0, b: b >>> 0 };
}

/** 32 random bits of this key and purpose: the finaliser of MurmurHash3 over both lanes. */
export function bits(key: ChanceKey, purpose: number): number {
  let h = key.a ^ Math.imul(purpose + 1, 0x9e3779b1);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h ^= key.b;
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  return (h ^ (h >>> 15)) >>> 0;
}

/** Uniform in [0, 1). */
export function uniform(key: ChanceKey, purpose: number): number {
  return bits(key, purpose) / 4294967296;
}

/** Normal by Box-Muller; uses the purposes `purpose` and `purpose + 1`. */
function standardNormal(key: ChanceKey, purpose: number): number {
  const radius = Math.sqrt(-2 * Math.log(1 - uniform(key, purpose)));
  return radius * Math.cos(2 * Math.PI * uniform(key, purpose + 1));
}

/** Redraws of a lognormal above its maximum before the maximum itself is taken: 4 pairs of purposes. */
const REDRAWS = 4;

/** Draws from a number or a distribution; uses up to eight purposes from `purpose` on. */
export function drawNumber(spec: NumberSpec, key: ChanceKey, purpose: number): number {
  if (spec.kind === 'fixed') return spec.value;
  for (let draw = 0; draw < REDRAWS; draw += 1) {
    const value = Math.exp(spec.mu + spec.sigma * standardNormal(key, purpose + 2 * draw));
    if (spec.max === null || value <= spec.max) return value;
  }
  return spec.max ?? Math.exp(spec.mu);
}

function hex(key: ChanceKey, purpose: number): string {
  return bits(key, purpose).toString(16).padStart(8, '0');
}

/**
 * A request id with version nibble 9, as in captured DashScope ids (62123e52-a212-90bf-a612-0c2ac08c4a93, openai-python
 * error text of 2026-04-09, seen 2026-11-21).
 */
export function uuid(key: ChanceKey): string {
  const [one, two, three, four] = [0, 1, 2, 3].map((word) => hex(key, PURPOSE.id + word)) as [
    string,
    string,
    string,
    string,
  ];
  const variant = '89ab'[bits(key, PURPOSE.id + 4) & 3];
  return `${one}-${two.slice(0, 4)}-9${two.slice(5)}-${variant}${three.slice(1, 4)}-${three.slice(4)}${four}`;
}

/** `length` hexadecimal digits. */
export function hexDigits(key: ChanceKey, purpose: number, length: number): string {
  let text = '';
  for (let word = 0; text.length < length; word += 1) text += hex(key, purpose + word);
  return text.slice(0, length);
}
