/** Goal: exact answers of the limiters without a window. Method: numbered tables, both sides of each boundary. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { concurrency } from '../../src/limiters/concurrency.ts';
import { arrive } from '../../src/limiters/decision.ts';
import { fixedWindow } from '../../src/limiters/fixed-window.ts';
import { freeQuota } from '../../src/limiters/free-quota.ts';
import { queueing } from '../../src/limiters/queueing.ts';
import { rateIncrease } from '../../src/limiters/rate-increase.ts';
import { slidingLog } from '../../src/limiters/sliding-log.ts';
import { tokenBucket } from '../../src/limiters/token-bucket.ts';
import type { Limiter } from '../../src/model/limiter.ts';
import { naiveGcra } from './oracle.ts';

type Row = readonly [nowMs: number, cost: number, admitted: boolean, remaining: number, retryAfterMs: number | null];

function check(limiter: Limiter<unknown>, rows: readonly Row[]): void {
  const state = limiter.init();
  rows.forEach(([nowMs, cost, admitted, remaining, retryAfterMs], row) => {
    const decision = arrive(limiter, state, nowMs, cost);
    expect({ row, admitted: decision.admitted, remaining: decision.remaining }).toEqual({ row, admitted, remaining });
    if (retryAfterMs === null) expect(decision.retryAfterMs).toBeNull();
    else expect(decision.retryAfterMs).toBeCloseTo(retryAfterMs, 6);
  });
}

describe('token bucket', () => {
  const bucket = { capacity: 3, refill: { kind: 'continuous', perSecond: 2 }, countsRefused: false } as const;

  test('starts full, refills evenly, holds no more than its capacity', () => {
    check(tokenBucket(bucket), [
      [0, 3, true, 0, 0],
      [0, 1, false, 0, 500],
      [499, 1, false, 0, 1],
      [500, 1, true, 0, 0],
      // 1.5 units at 1250
      [1250, 2, false, 1, 250],
      [1500, 2, true, 0, 0],
      // a long silence fills it once
      [60_000, 4, false, 3, null],
      [60_000, 3, true, 0, 0],
    ]);
  });

  test('goes into debt for a surplus and refills from there', () => {
    const limiter = tokenBucket(bucket);
    const state = limiter.init();
    arrive(limiter, state, 0, 1);
    limiter.finish(state, 0, 1, 5);
    // 2 units of debt, one second; a unit more, half a second
    expect(limiter.decide(state, 1499, 1).admitted).toBe(false);
    expect(limiter.decide(state, 1500, 1).admitted).toBe(true);
    limiter.finish(state, 1500, 5, 0);
    expect(limiter.decide(state, 1500, 3)).toMatchObject({ admitted: true, remaining: 0 });
  });

  test('counting refused calls, polling faster than the refill stays out', () => {
    check(tokenBucket({ ...bucket, countsRefused: true }), [
      [0, 3, true, 0, 0],
      [400, 1, false, 0, 100],
      [800, 1, false, 0, 100],
      [1300, 1, true, 0, 0],
      // takes what is there, no debt
      [1700, 3, false, 0, 1100],
      [2200, 1, true, 0, 0],
    ]);
  });

  test('stepped refill comes at phase + n intervals only', () => {
    const refill = { kind: 'stepped', amount: 2, intervalMs: 1000, phaseMs: 300 } as const;
    check(tokenBucket({ ...bucket, refill }), [
      [0, 3, true, 0, 0],
      [299, 1, false, 0, 1],
      [300, 1, true, 1, 0],
      [400, 3, false, 1, 900],
      [1299, 2, false, 1, 1],
      [1300, 3, true, 0, 0],
      [1300, 3, false, 0, 2000],
      [1300, 4, false, 0, null],
    ]);
  });

  test('is GCRA: the same verdicts on every trace of whole milliseconds', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 900 }), { maxLength: 80 }),
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 500 }),
        (gaps, capacity, emissionMs) => {
          const refill = { kind: 'continuous', perSecond: 1000 / emissionMs } as const;
          const limiter = tokenBucket({ capacity, refill, countsRefused: false });
          const state = limiter.init();
          const gcra = naiveGcra(emissionMs, (capacity - 1) * emissionMs);
          let nowMs = 0;
          for (const gap of gaps) {
            nowMs += gap;
            expect(arrive(limiter, state, nowMs, 1).admitted).toBe(gcra.arrive(nowMs));
          }
        },
      ),
    );
  });
});

test('for a limit of one, sliding log, first-request window and bucket give the same verdicts', () => {
  const one = { limit: 1, periodMs: 1000, countsRefused: false };
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 2100 }), { maxLength: 80 }), (gaps) => {
      const limiters: Limiter<unknown>[] = [
        slidingLog(one),
        fixedWindow({ ...one, alignment: { kind: 'first_request' } }),
        tokenBucket({ capacity: 1, refill: { kind: 'continuous', perSecond: 1 }, countsRefused: false }),
      ];
      const states = limiters.map((limiter) => limiter.init());
      let nowMs = 0;
      for (const gap of gaps) {
        nowMs += gap;
        const verdicts = limiters.map((limiter, n) => arrive(limiter, states[n], nowMs, 1).admitted);
        expect(new Set(verdicts).size).toBe(1);
      }
    }),
  );
});

describe('queueing', () => {
  test('delays up to its depth, then refuses', () => {
    const limiter = queueing({ perSecond: 10, queue: 2 });
    const state = limiter.init();
    expect(arrive(limiter, state, 0, 1)).toMatchObject({ admitted: true, delayMs: 0 });
    expect(arrive(limiter, state, 0, 1)).toMatchObject({ admitted: true, delayMs: 100 });
    expect(arrive(limiter, state, 0, 1)).toMatchObject({ admitted: true, delayMs: 200 });
    expect(arrive(limiter, state, 0, 1)).toMatchObject({ admitted: false, delayMs: 0, retryAfterMs: 100 });
    expect(arrive(limiter, state, 99, 1).retryAfterMs).toBeCloseTo(1, 9);
    expect(arrive(limiter, state, 100, 1)).toMatchObject({ admitted: true, delayMs: 200 });
    expect(arrive(limiter, state, 400, 1)).toMatchObject({ admitted: true, delayMs: 0 });
  });

  test('a surplus delays those behind it', () => {
    const limiter = queueing({ perSecond: 10, queue: 100 });
    const state = limiter.init();
    arrive(limiter, state, 0, 1);
    limiter.finish(state, 0, 1, 5);
    expect(arrive(limiter, state, 0, 1).delayMs).toBeCloseTo(500, 9);
  });
});

describe('concurrency', () => {
  test('frees a slot when a call ends, and cannot say when that will be', () => {
    const limiter = concurrency({ limit: 2 });
    const state = limiter.init();
    expect(arrive(limiter, state, 0, 500)).toMatchObject({ admitted: true, remaining: 1 });
    expect(arrive(limiter, state, 0, 1)).toMatchObject({ admitted: true, remaining: 0 });
    expect(arrive(limiter, state, 9e9, 1)).toMatchObject({ admitted: false, retryAfterMs: null });
    limiter.finish(state, 9e9, 1, 1);
    expect(arrive(limiter, state, 9e9, 1)).toMatchObject({ admitted: true, remaining: 0 });
  });

  test('has never more slots than its limit', () => {
    const limiter = concurrency({ limit: 1 });
    const state = limiter.init();
    limiter.finish(state, 0, 1, 1);
    expect(arrive(limiter, state, 0, 1).admitted).toBe(true);
    expect(arrive(limiter, state, 0, 1).admitted).toBe(false);
  });
});

describe('free quota', () => {
  test('is never refilled', () => {
    check(freeQuota({ limit: 10 }), [
      [0, 6, true, 4, 0],
      [1, 5, false, 4, null],
      [1e12, 4, true, 0, 0],
      [1e12, 1, false, 0, null],
    ]);
  });

  test('is charged and refunded at the end of a call', () => {
    const limiter = freeQuota({ limit: 10 });
    const state = limiter.init();
    arrive(limiter, state, 0, 6);
    limiter.finish(state, 0, 6, 12);
    expect(limiter.decide(state, 0, 1).admitted).toBe(false);
    limiter.finish(state, 0, 6, 0);
    expect(limiter.decide(state, 0, 4).admitted).toBe(true);
  });
});

describe('rate increase', () => {
  const guard = { baselinePerSecond: 2, factor: 3, overMs: 10_000 };

  test('lets an idle account start at the baseline', () => {
    check(rateIncrease(guard), [
      [0, 1, true, 1, 0],
      [0, 1, true, 0, 0],
      [1, 1, false, 0, 999],
      [999, 1, false, 0, 1],
      [1000, 1, true, 1, 0],
    ]);
  });

  test('lets a steady account step up by the factor, not further', () => {
    const limiter = rateIncrease(guard);
    const state = limiter.init();
    for (let n = 0; n < 40; n += 1) expect(arrive(limiter, state, n * 500, 1).admitted).toBe(true);
    // 2/s for 20 s, then a second of silence: 3 x 2 in the next one
    const step = [0, 1, 2, 3, 4, 5, 6].map((n) => arrive(limiter, state, 20_500 + n, 1).admitted);
    expect(step).toEqual([true, true, true, true, true, true, false]);
    // an accepted step raises the mean of those after it: 18 + 6 in 10 s, 3 x 2.4
    const next = [0, 1, 2, 3, 4, 5, 6, 7].map((n) => arrive(limiter, state, 21_506 + n, 1).admitted);
    expect(next).toEqual([true, true, true, true, true, true, true, false]);
  });

  test('a baseline below one call never opens for an idle account', () => {
    const limiter = rateIncrease({ ...guard, baselinePerSecond: 0.5 });
    expect(limiter.decide(limiter.init(), 0, 1)).toMatchObject({ admitted: false, retryAfterMs: null });
  });

  test('weighs a surplus as it weighs a call', () => {
    const limiter = rateIncrease({ ...guard, baselinePerSecond: 10 });
    const state = limiter.init();
    arrive(limiter, state, 0, 4);
    limiter.finish(state, 100, 4, 10, 0);
    expect(limiter.decide(state, 500, 1)).toMatchObject({ admitted: false, retryAfterMs: 500 });
    limiter.finish(state, 600, 10, 4, 0);
    expect(limiter.decide(state, 600, 4)).toMatchObject({ admitted: true, remaining: 0 });
  });
});
