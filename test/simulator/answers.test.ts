import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { forEachChunk } from '../../src/simulator/core/timing.ts';
import { simulatedEndpoint } from '../../src/simulator/endpoint.ts';
import { answered, callWith, limited, settingsWith, slidingLog } from './settings.ts';

const DRAWN = settingsWith({
  latency: { ttftMs: { kind: 'lognormal', mu: 6.4, sigma: 0.6, max: null }, tokensPerSecond: 40, networkMs: 0 },
});

/** Everything of a plan that is data. */
function plain(plan: object): unknown {
  return JSON.parse(JSON.stringify(plan));
}

describe('chance', () => {
  const ids = Array.from({ length: 300 }, (_, n) => `r${n}#1`);

  test('the same seed and request give the same plan, whatever came before', () => {
    const forward = simulatedEndpoint(DRAWN);
    const backward = simulatedEndpoint(DRAWN);
    const first = ids.map((requestId) => plain(forward.answer(callWith({ requestId }), 1000)));
    const second = ids.toReversed().map((requestId) => plain(backward.answer(callWith({ requestId }), 1000)));
    expect(second.toReversed()).toEqual(first);
  });

  test('another seed, request or attempt gives another plan', () => {
    const of = (seed: number, requestId: string) =>
      answered(simulatedEndpoint({ ...DRAWN, seed }).answer(callWith({ requestId }), 0)).firstTokenAtMs;
    expect(new Set([of(1, 'r1#1'), of(2, 'r1#1'), of(1, 'r2#1'), of(1, 'r1#2')]).size).toBe(4);
  });

  test('the first token follows the settings: median 602 ms at 0 prompt tokens, within sampling error', () => {
    const endpoint = simulatedEndpoint(DRAWN);
    const waits = Array.from(
      { length: 4000 },
      (_, n) => answered(endpoint.answer(callWith({ requestId: `m${n}#1`, promptTokens: 0 }), 0)).firstTokenAtMs,
    ).sort((a, b) => a - b);
    // Standard error of the median: 1.25 x 0.6 / sqrt(4000) = 1.2 %; four of them.
    expect(waits[2000]).toBeGreaterThan(602 * 0.95);
    expect(waits[2000]).toBeLessThan(602 * 1.05);
  });

  test('one stream in 200 stalls, for five times its first-token latency', () => {
    const endpoint = simulatedEndpoint(settingsWith());
    const stalls = Array.from({ length: 20_000 }, (_, n) =>
      answered(endpoint.answer(callWith({ requestId: `s${n}#1`, promptTokens: 0 }), 0)),
    ).filter((plan) => plan.stall !== null);
    // Poisson with mean 100: four deviations either side.
    expect(stalls.length).toBeGreaterThan(60);
    expect(stalls.length).toBeLessThan(140);
    expect(stalls.every((plan) => plan.stall?.forMs === 500)).toBe(true);
  });
});

describe('an answer', () => {
  const endpoint = simulatedEndpoint(settingsWith());

  test('takes 25 ms longer to its first token per 1,000 prompt tokens', () => {
    const plan = answered(endpoint.answer(callWith({ promptTokens: 4000 }), 50));
    expect(plan.firstTokenAtMs).toBeCloseTo(50 + 100 + 100, 9);
  });

  test('never exceeds max_tokens, and says `length` exactly when it would have', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 1, max: 2000 }), (id, maxTokens) => {
        const plan = answered(endpoint.answer(callWith({ requestId: id, maxTokens }), 1e6));
        const free = answered(endpoint.answer(callWith({ requestId: id, maxTokens: null }), 1e6));
        expect(plan.completionTokens).toBe(Math.min(maxTokens, free.completionTokens));
        expect(plan.finishReason).toBe(free.completionTokens > maxTokens ? 'length' : 'stop');
        expect(plan.usage).toMatchObject({ promptTokens: 100, completionTokens: plan.completionTokens });
      }),
    );
  });

  test('arrives in chunks of 1 to 4 tokens, in order, that add up to it', () => {
    fc.assert(
      fc.property(fc.string(), fc.boolean(), fc.integer({ min: 1, max: 300 }), (id, thinking, maxTokens) => {
        const plan = answered(endpoint.answer(callWith({ requestId: id, maxTokens, thinking }), 1e6));
        let next = 0;
        let atMs = 0;
        let reasoning = 0;
        forEachChunk(plan, (chunk) => {
          expect(chunk.firstToken).toBe(next);
          expect(chunk.tokens).toBeGreaterThanOrEqual(1);
          expect(chunk.tokens).toBeLessThanOrEqual(4);
          expect(chunk.atMs).toBeGreaterThanOrEqual(atMs);
          if (next === 0) expect(chunk.atMs).toBe(plan.firstTokenAtMs);
          next += chunk.tokens;
          atMs = chunk.atMs;
          if (chunk.reasoning) reasoning += chunk.tokens;
        });
        expect(next).toBe(plan.completionTokens);
        expect(reasoning).toBe(plan.reasoningTokens);
        expect(atMs).toBeLessThanOrEqual(plan.finishedAtMs);
      }),
    );
  });

  test('opens a stream before its first token, and a document only at its end', () => {
    const stream = answered(endpoint.answer(callWith({ requestId: 'x#1' }), 0));
    expect(stream.headersAtMs).toBeLessThan(stream.firstTokenAtMs);
    expect(stream.headersAtMs).toBeGreaterThan(0);
    const document = answered(endpoint.answer(callWith({ requestId: 'x#1', stream: false }), 0));
    expect(document.headersAtMs).toBe(document.finishedAtMs);
    expect(document.finishedAtMs).toBe(stream.finishedAtMs);
  });
});

test('the shared latency does not depend on what else is refused', () => {
  const free = simulatedEndpoint(DRAWN);
  const tight = simulatedEndpoint(limited({ rpm: slidingLog(5) }, { latency: DRAWN.latency }));
  for (let n = 0; n < 20; n += 1) {
    const call = callWith();
    const plan = tight.answer(call, n);
    const other = answered(free.answer(call, n));
    if (plan.kind === 'answer') expect(plan.firstTokenAtMs).toBe(other.firstTokenAtMs);
    else expect(n).toBeGreaterThanOrEqual(5);
  }
});
