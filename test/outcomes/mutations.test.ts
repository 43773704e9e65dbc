import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { drawing, MUTATIONS, type Mutation } from './mutations.ts';
import { NEAR_MISSES } from './near-misses.ts';
import { corpus, kindOf, more, type Row, read } from './reading.ts';

const rows: readonly Row[] = [...corpus, ...more];

function mutated(row: Row, seed: number, chosen: readonly Mutation[]): Row {
  const draw = drawing(seed);
  return chosen.reduce<Row>((current, mutation) => mutation.apply(current, draw) ?? current, row);
}

/** What must not move: kind, and whom it is booked on. */
function meaningOf(row: Row): string {
  const { outcome } = read(row);
  return outcome.kind === 'limited' ? `${outcome.limit}|${outcome.originName}|${outcome.rewrittenBy}` : 'not_a_limit';
}

/** Wrapping an HTML page or plain text is not tried; the shape of the body is then part of the meaning. */
test('at least 99.5 % of single mutations keep the meaning', () => {
  let tried = 0;
  const changed: string[] = [];
  for (const [index, row] of rows.entries()) {
    const before = meaningOf(row);
    for (const mutation of MUTATIONS) {
      for (const seed of [1, 2]) {
        const other = mutation.apply(row, drawing(index * 100 + seed));
        if (other === null) continue;
        tried += 1;
        const after = meaningOf(other);
        if (after !== before) changed.push(`${mutation.name}: ${before} -> ${after}: ${other.body.slice(0, 200)}`);
      }
    }
  }
  expect(tried).toBeGreaterThan(4000);
  expect(changed.length / tried, changed.slice(0, 12).join('\n')).toBeLessThanOrEqual(0.005);
});

test('mutations stacked on each other keep the kind', () => {
  let kept = 0;
  const runs = 1500;
  const sample = fc.sample(
    fc.tuple(fc.nat(rows.length - 1), fc.nat(), fc.shuffledSubarray([...MUTATIONS], { minLength: 2, maxLength: 3 })),
    { numRuns: runs, seed: 7 },
  );
  for (const [index, seed, chosen] of sample) {
    const row = rows[index] as Row;
    if (kindOf(mutated(row, seed, chosen)) === kindOf(row)) kept += 1;
  }
  expect(kept / runs).toBeGreaterThanOrEqual(0.99);
});

describe('no near miss becomes a limit', () => {
  test.each(MUTATIONS)('by $name', (mutation) => {
    const limits = NEAR_MISSES.filter((miss) => {
      const row: Row = {
        status: miss.status,
        headers: miss.headers ?? {},
        body: miss.body,
        baseUrl: miss.baseUrl ?? null,
        model: 'qwen3-max',
        expected: { kind: '', origin: '' },
        evidence: '',
        source: '',
        note: '',
      };
      // Wrappers that state 429 themselves would turn any text into one.
      const other = /stream|SDK/.test(mutation.name) ? null : mutation.apply(row, drawing(3));
      return other !== null && kindOf(other) !== 'not_a_limit';
    });
    expect(limits).toEqual([]);
  });
});
