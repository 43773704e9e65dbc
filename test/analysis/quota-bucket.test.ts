/**
 * Goal: the least bucket that would have admitted a trace is exact. Method: every stretch between two admissions says
 * what a bucket must hold; the oracle looks at all of them.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bucketBounds } from '../../src/analysis/quota-bucket.ts';
import { chargesOf } from '../../src/analysis/quota-charges.ts';
import { QUOTA_CODES, type QuotaTrace } from '../../src/analysis/quota-trace.ts';

const PERIOD_MS = 1000;

interface Call {
  readonly gapMs: number;
  readonly tokens: number;
}

function traceOf(calls: readonly Call[]): QuotaTrace {
  let nowMs = 0;
  const sentMs = Float64Array.from(calls, ({ gapMs }) => {
    nowMs += gapMs;
    return nowMs;
  });
  const tokens = Float64Array.from(calls, (one) => one.tokens);
  const code = new Uint8Array(calls.length).fill(QUOTA_CODES.admitted);
  return {
    length: calls.length,
    sentMs,
    endMs: sentMs,
    code,
    tokensLow: tokens,
    tokensActual: tokens,
    tokensHigh: tokens,
    rests: [],
    dropped: 0,
  };
}

/** From a full bucket at one call to the last of a stretch, credit earned included. */
function leastByAllStretches(calls: readonly Call[]): number {
  let least = 0;
  for (let from = 0; from < calls.length; from += 1) {
    let spent = 0;
    let elapsedMs = 0;
    for (let to = from; to < calls.length; to += 1) {
      const { tokens, gapMs } = calls[to] as Call;
      spent += tokens;
      if (to > from) elapsedMs += gapMs;
      least = Math.max(least, spent / (1 + elapsedMs / PERIOD_MS));
    }
  }
  return least;
}

const call = fc.record({ gapMs: fc.integer({ min: 0, max: 900 }), tokens: fc.integer({ min: 1, max: 500 }) });

test('the least bucket is what the neediest stretch of all needs', () => {
  fc.assert(
    fc.property(fc.array(call, { minLength: 1, maxLength: 60 }), (calls) => {
      const model = { unit: 'tokens', accounting: 'reserve_max_tokens' } as const;
      const charges = chargesOf(traceOf(calls), { model, countsRefused: false });
      const evidence = { charges, used: null, strays: 0, record: null };
      const bounds = bucketBounds(evidence, { periodMs: PERIOD_MS, slackMs: 0 });
      expect(bounds?.low).toBeCloseTo(leastByAllStretches(calls), 3);
    }),
    { numRuns: 200 },
  );
});
