/*
 * Fields of a parsed line, checked: a damaged line can still be JSON, and what it says must not reach a figure. Each
 * throws where a field is not what it should be.
 */

/** More than any answer holds, and few enough to be summed over any journal. */
const COUNT_MAX = 2 ** 31;

export function numberOf(value: unknown): number {
  if (typeof value !== 'number' || !(Math.abs(value) <= Number.MAX_SAFE_INTEGER)) {
    throw new TypeError('a number is missing');
  }
  return value;
}

/** Of things in one answer: a histogram takes it as it is. */
export function countOf(value: unknown): number {
  const count = numberOf(value);
  if (count < 0 || count > COUNT_MAX || !Number.isInteger(count)) throw new TypeError('no count');
  return count;
}

export function numberOr(value: unknown, otherwise: number): number {
  return value === undefined ? otherwise : numberOf(value);
}

export function nullOr<T>(read: (value: unknown) => T, value: unknown): T | null {
  return value === null ? null : read(value);
}

// biome-ignore lint/suspicious/noExplicitAny: elements are checked where they are used
export function listOf(value: unknown): any[] {
  if (!Array.isArray(value)) throw new TypeError('a list is missing');
  return value;
}

export function oneOf<T extends string>(known: readonly T[], value: unknown): T {
  for (const each of known) if (each === value) return each;
  throw new TypeError('an unknown word');
}

export function textOf(value: unknown): string {
  if (typeof value !== 'string') throw new TypeError('a text is missing');
  return value;
}
