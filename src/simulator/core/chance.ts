import type { NumberSpec } from '../../model/number-spec.ts';
import { drawNumber } from '../../stats/distributions.ts';
import { hashFor, randomFor } from '../../stats/random.ts';

/**
 * Chance keyed by name instead of by draw order: every draw is a pure function of (seed, id, purpose). A live server and
 * a forecast therefore decide alike although they see requests in different orders.
 */
export interface ChanceKey {
  readonly seed: number;
  /** `<requestId>#<attemptNo>`. */
  readonly id: string;
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
  /** And the nine after it. */
  relayId: 90,
  /** Plus the index of the fault. */
  fault: 1000,
} as const;

/** 32 random bits. */
export function bits({ seed, id }: ChanceKey, purpose: number): number {
  return hashFor(seed, id, purpose);
}

/** Uniform in [0, 1). */
export function uniform(key: ChanceKey, purpose: number): number {
  return bits(key, purpose) / 4294967296;
}

/** Draws from a number or a distribution. */
export function drawFor({ seed, id }: ChanceKey, purpose: number, spec: NumberSpec): number {
  return spec.kind === 'fixed' ? spec.value : drawNumber(spec, randomFor(seed, id, purpose));
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
