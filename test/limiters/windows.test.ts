/** Goal: exact answers at the boundaries. Method: numbered tables of (nowMs, cost) -> (admitted, remaining, retryAfterMs). */
import { describe, expect, test } from 'vitest';
import { bucketisedWindow } from '../../src/limiters/bucketised-window.ts';
import { arrive } from '../../src/limiters/decision.ts';
import { fixedWindow } from '../../src/limiters/fixed-window.ts';
import { slidingCounter } from '../../src/limiters/sliding-counter.ts';
import { slidingLog } from '../../src/limiters/sliding-log.ts';
import type { Limiter } from '../../src/model/limiter.ts';

type Row = readonly [nowMs: number, cost: number, admitted: boolean, remaining: number, retryAfterMs: number | null];

function check(limiter: Limiter<unknown>, rows: readonly Row[]): void {
  const state = limiter.init();
  rows.forEach(([nowMs, cost, admitted, remaining, retryAfterMs], row) => {
    expect({ row, ...arrive(limiter, state, nowMs, cost) }).toEqual({
      row,
      admitted,
      remaining,
      retryAfterMs,
      delayMs: 0,
    });
  });
}

const three = { limit: 3, periodMs: 1000, countsRefused: false };
const counting = { ...three, countsRefused: true };

describe('sliding log', () => {
  test('frees each unit exactly one period after it was taken', () => {
    check(slidingLog(three), [
      // fills
      [0, 1, true, 2, 0],
      [400, 1, true, 1, 0],
      [700, 1, true, 0, 0],
      // full until the oldest leaves
      [700, 1, false, 0, 300],
      [999, 1, false, 0, 1],
      [1000, 1, true, 0, 0],
      // the next leaves at 1400
      [1399, 1, false, 0, 1],
      [1400, 1, true, 0, 0],
    ]);
  });

  test('waits for as many departures as the cost needs, and never for a cost above the limit', () => {
    check(slidingLog(three), [
      [0, 1, true, 2, 0],
      [300, 2, true, 0, 0],
      // one unit leaves at 1000, two more at 1300
      [500, 1, false, 0, 500],
      [500, 2, false, 0, 800],
      [500, 3, false, 0, 800],
      [500, 4, false, 0, null],
      [5000, 4, false, 3, null],
      [5000, 3, true, 0, 0],
    ]);
  });

  test('counting refused calls, polling faster than the limit stays locked out', () => {
    check(slidingLog(counting), [
      [0, 3, true, 0, 0],
      [500, 1, false, 0, 500],
      [1000, 1, true, 1, 0],
      [1001, 1, true, 0, 0],
      [1002, 1, false, 0, 498],
      [1500, 1, false, 0, 500],
    ]);
  });

  test('a refund leaves with the booking it corrects; a surplus is booked when it is known', () => {
    const limiter = slidingLog({ limit: 10, periodMs: 1000, countsRefused: false });
    const state = limiter.init();
    arrive(limiter, state, 0, 8);
    limiter.finish(state, 600, 8, 3, 0);
    expect(limiter.decide(state, 600, 7)).toMatchObject({ admitted: true, remaining: 0 });
    // 3 remain until 1000, and nothing negative after it
    expect(limiter.decide(state, 999, 8)).toMatchObject({ admitted: false, retryAfterMs: 1 });
    expect(limiter.decide(state, 1000, 11).admitted).toBe(false);
    arrive(limiter, state, 1000, 2);
    limiter.finish(state, 1500, 2, 6, 1000);
    expect(limiter.decide(state, 2000, 1)).toMatchObject({ admitted: true, remaining: 5 });
    expect(limiter.decide(state, 2500, 1)).toMatchObject({ admitted: true, remaining: 9 });
    // too late: the booking is gone
    limiter.finish(state, 2600, 8, 0, 1000);
    expect(limiter.decide(state, 2600, 1).remaining).toBe(9);
  });
});

describe('fixed window', () => {
  test('aligned to the clock, starts anew at phase + n periods', () => {
    check(fixedWindow({ ...three, alignment: { kind: 'clock', phaseMs: 250 } }), [
      // the window [-750, 250)
      [100, 3, true, 0, 0],
      [249, 1, false, 0, 1],
      // twice the limit within 150 ms
      [250, 3, true, 0, 0],
      [1249, 1, false, 0, 1],
      [1250, 4, false, 3, null],
      [1250, 1, true, 2, 0],
    ]);
  });

  test('aligned to the first request, starts anew with the first booking after the end', () => {
    check(fixedWindow({ ...three, alignment: { kind: 'first_request' } }), [
      [100, 3, true, 0, 0],
      [1099, 1, false, 0, 1],
      // ended at 1100; the next begins only at 1700
      [1700, 2, true, 1, 0],
      [2699, 2, false, 1, 1],
      [2699, 1, true, 0, 0],
      [2700, 1, true, 2, 0],
    ]);
  });

  test('counting refused calls, a refused large call spoils the window for small ones', () => {
    const alignment = { kind: 'clock', phaseMs: 0 } as const;
    check(fixedWindow({ ...three, alignment }), [
      [0, 2, true, 1, 0],
      [1, 2, false, 1, 999],
      [2, 1, true, 0, 0],
    ]);
    check(fixedWindow({ ...counting, alignment }), [
      [0, 2, true, 1, 0],
      [1, 2, false, 1, 999],
      [2, 1, false, 0, 998],
      [1000, 3, true, 0, 0],
    ]);
  });

  test('a refund of an ended window is not given to the next', () => {
    const limiter = fixedWindow({ ...three, alignment: { kind: 'clock', phaseMs: 0 } });
    const state = limiter.init();
    arrive(limiter, state, 900, 3);
    arrive(limiter, state, 1000, 3);
    limiter.finish(state, 1100, 3, 1, 900);
    expect(limiter.decide(state, 1100, 1).admitted).toBe(false);
    limiter.finish(state, 1200, 3, 1, 1000);
    expect(limiter.decide(state, 1200, 2)).toMatchObject({ admitted: true, remaining: 0 });
  });
});

describe('sliding counter', () => {
  const four = { limit: 4, periodMs: 1000, countsRefused: false, phaseMs: 0 };

  test('weights the window before by the share the period still covers', () => {
    check(slidingCounter(four), [
      [900, 4, true, 0, 0],
      [950, 1, false, 0, 300],
      // 4 x 0.75 = 3 at 1250
      [1249, 1, false, 0, 1],
      [1250, 1, true, 0, 0],
      // 4 x 0.5 + 1 = 3 at 1500
      [1499, 1, false, 0, 1],
      [1500, 1, true, 0, 0],
      // 2 in the window before, 2 x 0.5 = 1 at 2500
      [2000, 1, true, 1, 0],
      [2500, 2, true, 0, 0],
      [2500, 5, false, 0, null],
      // two windows later nothing is left
      [4000, 4, true, 0, 0],
    ]);
  });

  test('counting refused calls, they weigh on the next window', () => {
    check(slidingCounter({ ...four, countsRefused: true }), [
      [0, 4, true, 0, 0],
      [500, 4, false, 0, 1500],
      // 8 in the window before: 8 x 0.25 = 2 at 1750
      [1750, 2, true, 0, 0],
    ]);
  });

  test('a refund is taken off the window of its booking', () => {
    const limiter = slidingCounter(four);
    const state = limiter.init();
    arrive(limiter, state, 900, 4);
    limiter.finish(state, 1500, 4, 2, 900);
    expect(limiter.decide(state, 1500, 3)).toMatchObject({ admitted: true, remaining: 0 });
    limiter.finish(state, 1500, 4, 0, -2000);
    expect(limiter.decide(state, 1500, 3).admitted).toBe(true);
    limiter.finish(state, 1500, 0, 3, 900);
    expect(limiter.decide(state, 1500, 1).admitted).toBe(false);
  });
});

describe('bucketised window', () => {
  const parts = { ...three, subWindows: 4, phaseMs: 0 };

  test('forgets a booking with its sub-window, between three quarters and one period later', () => {
    check(bucketisedWindow(parts), [
      [0, 1, true, 2, 0],
      [249, 2, true, 0, 0],
      [250, 1, false, 0, 750],
      [999, 1, false, 0, 1],
      // all of [0, 250) leaves together
      [1000, 3, true, 0, 0],
      [1000, 4, false, 0, null],
    ]);
  });

  test('with one part it is the clock-aligned fixed window', () => {
    check(bucketisedWindow({ ...parts, subWindows: 1 }), [
      [999, 3, true, 0, 0],
      [999, 1, false, 0, 1],
      [1000, 3, true, 0, 0],
    ]);
  });

  test('a refund is taken off its own sub-window and never below nothing', () => {
    const limiter = bucketisedWindow(parts);
    const state = limiter.init();
    arrive(limiter, state, 0, 3);
    limiter.finish(state, 300, 3, 1, 0);
    expect(limiter.decide(state, 300, 2)).toMatchObject({ admitted: true, remaining: 0 });
    limiter.finish(state, 300, 3, 0, 0);
    expect(limiter.decide(state, 300, 3)).toMatchObject({ admitted: true, remaining: 0 });
    limiter.finish(state, 5000, 3, 0, 0);
    expect(limiter.decide(state, 5000, 4).admitted).toBe(false);
  });
});
