/** A stream of choices that follows from a seed alone, so that every finding can be made again. */
export interface Chance {
  /** 0 <= n < limit. */
  below(limit: number): number;
  /** True once in `n` times. */
  oneIn(n: number): boolean;
  pick<T>(list: readonly T[]): T;
}

/** sfc32 (PractRand, public domain): fast, and no short cycles from neighbouring seeds. */
export function chanceOf(seed: number): Chance {
  let [a, b, c, counter] = [0x9e3779b9, 0x243f6a88, seed | 0, 1];
  const next = () => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 4294967296;
  };
  for (let index = 0; index < 16; index++) next();
  const below = (limit: number) => Math.floor(next() * limit);
  return {
    below,
    oneIn: (n) => below(n) === 0,
    pick: (list) => list[below(list.length)] as (typeof list)[number],
  };
}

const NOISE: readonly string[] = [
  '\r',
  '\n',
  '\r\n',
  '\n\n',
  ' ',
  '\t',
  ':',
  '"',
  '\\',
  '{',
  '}',
  '[',
  ']',
  ',',
  '\u0000',
  '\uFEFF',
  '限',
  '🙂',
  '-1',
  '1e309',
  '999999999999999999999',
  'null',
  'NaN',
];

/** Cuts, doubles, flips and inserts, a few times. */
export function mutated(bytes: Buffer, chance: Chance, most = 6): Buffer {
  let result: Buffer = Buffer.from(bytes);
  for (let left = 1 + chance.below(most); left > 0; left--) result = mutatedOnce(result, chance);
  return result;
}

function mutatedOnce(bytes: Buffer, chance: Chance): Buffer {
  const at = chance.below(bytes.length + 1);
  const to = Math.min(bytes.length, at + chance.below(40));
  const [before, piece, after] = [bytes.subarray(0, at), bytes.subarray(at, to), bytes.subarray(to)];
  switch (chance.below(7)) {
    case 0:
      return Buffer.concat([before, after]);
    case 1:
      return Buffer.concat([before, piece, piece, after]);
    case 2:
      return Buffer.concat([before, Buffer.from(chance.pick(NOISE)), piece, after]);
    case 3:
      return Buffer.concat([before, Buffer.from([chance.below(256)]), piece, after]);
    case 4:
      return before;
    case 5:
      return Buffer.concat([after, before]);
    default:
      if (at < bytes.length) bytes[at] = (bytes[at] as number) ^ (1 << chance.below(8));
      return bytes;
  }
}

/** The same bytes in pieces, cut anywhere. */
export function pieces(bytes: Buffer, chance: Chance, most = 12): readonly Buffer[] {
  const cuts = Array.from({ length: chance.below(most) }, () => chance.below(bytes.length + 1));
  const at = [0, ...cuts.toSorted((one, other) => one - other), bytes.length];
  return at.slice(1).map((end, index) => bytes.subarray(at[index], end));
}
