/**
 * Goal: every limiter keeps the same promises. Method: random traffic with whole-millisecond gaps around the period
 * and costs up to above the limit, against the promises of model/limiter.ts and a brute-force oracle.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { arrive } from '../../src/limiters/decision.ts';
import { CASES, LIMIT, PERIOD_MS } from './cases.ts';

const call = fc.record({
  gapMs: fc.oneof(
    { weight: 4, arbitrary: fc.integer({ min: 0, max: 60 }) },
    { weight: 2, arbitrary: fc.integer({ min: 0, max: PERIOD_MS + 1 }) },
    { weight: 1, arbitrary: fc.constantFrom(PERIOD_MS - 1, PERIOD_MS, PERIOD_MS + 1, 3 * PERIOD_MS) },
  ),
  cost: fc.oneof({ weight: 3, arbitrary: fc.constant(1) }, fc.integer({ min: 1, max: LIMIT + 2 })),
});
const traffic = fc.array(call, { minLength: 1, maxLength: 60 });
const unitTraffic = fc.array(fc.record({ gapMs: call.map((one) => one.gapMs), cost: fc.constant(1) }), {
  minLength: 1,
  maxLength: 60,
});
type Traffic = readonly { readonly gapMs: number; readonly cost: number }[];

function timed(calls: Traffic): readonly { readonly nowMs: number; readonly cost: number }[] {
  let nowMs = 1_000;
  return calls.map(({ gapMs, cost }) => {
    nowMs += gapMs;
    return { nowMs, cost };
  });
}

const RUNS = { numRuns: 150 };

describe.each(CASES)('$name', ({ make, naive, maxPerPeriod, idleCanHurt }) => {
  test('gives the verdicts of the brute-force oracle', () => {
    fc.assert(
      fc.property(traffic, (calls) => {
        const limiter = make();
        const state = limiter.init();
        const oracle = naive();
        for (const { nowMs, cost } of timed(calls)) {
          const expected = oracle.arrive(nowMs, cost);
          const { admitted, delayMs } = arrive(limiter, state, nowMs, cost);
          if (typeof expected === 'boolean') expect(admitted).toBe(expected);
          else {
            expect(admitted).toBe(expected.admitted);
            expect(delayMs).toBeCloseTo((expected as { delayMs?: number }).delayMs ?? 0, 6);
          }
        }
      }),
      RUNS,
    );
  });

  test('never admits more than documented in any period', () => {
    fc.assert(
      fc.property(fc.oneof(traffic, unitTraffic), (calls) => {
        const limiter = make();
        const state = limiter.init();
        const passed = timed(calls).filter(({ nowMs, cost }) => arrive(limiter, state, nowMs, cost).admitted);
        for (const { nowMs } of passed) {
          const inPeriod = passed.filter((other) => other.nowMs >= nowMs && other.nowMs < nowMs + PERIOD_MS);
          expect(inPeriod.reduce((total, { cost }) => total + cost, 0)).toBeLessThanOrEqual(maxPerPeriod);
        }
      }),
      RUNS,
    );
  });

  test('names an honest wait: refused one millisecond before it, admitted at it', () => {
    fc.assert(
      fc.property(traffic, (calls) => {
        const limiter = make();
        const state = limiter.init();
        const twin = limiter.init();
        for (const { nowMs, cost } of timed(calls)) {
          const decision = limiter.decide(state, nowMs, cost);
          if (decision.admitted) expect(decision.retryAfterMs).toBe(0);
          else if (decision.retryAfterMs !== null) {
            const opensMs = nowMs + decision.retryAfterMs;
            const probe = structuredClone(twin);
            if (opensMs - 1 > nowMs) expect(limiter.decide(probe, opensMs - 1, cost).admitted).toBe(false);
            expect(limiter.decide(probe, opensMs, cost).admitted).toBe(true);
          } else expect(limiter.decide(structuredClone(twin), nowMs + 1_000_000, cost).admitted).toBe(false);
          limiter.observe(state, nowMs, cost, decision.admitted);
          limiter.observe(twin, nowMs, cost, decision.admitted);
        }
      }),
      RUNS,
    );
  });

  test('deciding counts nothing, time passing changes nothing, and imposed verdicts lead to the same state', () => {
    fc.assert(
      fc.property(traffic, (calls) => {
        const limiter = make();
        const asked = limiter.init();
        const imposed = limiter.init();
        let beforeMs = 0;
        for (const { nowMs, cost } of timed(calls)) {
          for (const idleMs of [beforeMs, (beforeMs + nowMs) / 2, nowMs, nowMs]) limiter.decide(asked, idleMs, cost);
          const decision = limiter.decide(asked, nowMs, cost);
          expect(limiter.decide(structuredClone(imposed), nowMs, cost)).toEqual(decision);
          limiter.observe(asked, nowMs, cost, decision.admitted);
          limiter.observe(imposed, nowMs, cost, decision.admitted);
          beforeMs = nowMs;
        }
      }),
      RUNS,
    );
  });

  test.skipIf(idleCanHurt !== null)('what passes now passes after any silence too', () => {
    fc.assert(
      fc.property(traffic, fc.integer({ min: 0, max: 3 * PERIOD_MS }), (calls, silenceMs) => {
        const limiter = make();
        const state = limiter.init();
        for (const { nowMs, cost } of timed(calls)) {
          const now = limiter.decide(structuredClone(state), nowMs, cost);
          const after = limiter.decide(structuredClone(state), nowMs + silenceMs, cost);
          if (now.admitted) expect(after.admitted).toBe(true);
          if (now.admitted === after.admitted) expect(after.remaining).toBeGreaterThanOrEqual(now.remaining);
          arrive(limiter, state, nowMs, cost);
        }
      }),
      RUNS,
    );
  });

  test('finishing at the booked cost changes no verdict', () => {
    const limiter = make();
    const state = limiter.init();
    const plain = limiter.init();
    for (let nowMs = 0; nowMs < 10_000; nowMs += 90) {
      const decision = arrive(limiter, state, nowMs, 1);
      expect(decision).toEqual(arrive(limiter, plain, nowMs, 1));
      if (decision.admitted) limiter.finish(state, nowMs, 1, 1, nowMs);
    }
  });
});
