/**
 * Goal: arrivals spaced evenly at exactly the limit are admitted, whatever floating point makes of their times; one more
 * is not. Method: every whole rate of the ranges, times as plans compute them (n x period / k) and as sums of gaps.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bucketisedWindow } from '../../src/limiters/bucketised-window.ts';
import { arrive } from '../../src/limiters/decision.ts';
import { fixedWindow } from '../../src/limiters/fixed-window.ts';
import { slidingCounter } from '../../src/limiters/sliding-counter.ts';
import { slidingLog } from '../../src/limiters/sliding-log.ts';
import { tokenBucket } from '../../src/limiters/token-bucket.ts';
import { CLOCK_NOISE_MS } from '../../src/model/clock.ts';
import type { Limiter } from '../../src/model/limiter.ts';

interface Window {
  readonly limit: number;
  readonly periodMs: number;
}

const countsRefused = false;

/** `spare`: units above the rate that the algorithm needs by itself. */
const KINDS: readonly { name: string; spare: number; make: (window: Window) => Limiter<unknown> }[] = [
  { name: 'sliding log', spare: 0, make: (window) => slidingLog({ ...window, countsRefused }) },
  {
    name: 'fixed window, clock',
    spare: 0,
    make: (window) => fixedWindow({ ...window, countsRefused, alignment: { kind: 'clock', phaseMs: 0 } }),
  },
  {
    name: 'fixed window, first request',
    spare: 0,
    make: (window) => fixedWindow({ ...window, countsRefused, alignment: { kind: 'first_request' } }),
  },
  {
    name: 'bucketised window of 6',
    spare: 0,
    make: (window) => bucketisedWindow({ ...window, countsRefused, subWindows: 6, phaseMs: 0 }),
  },
  {
    // Its n-th arrival of a window meets n of this one and k - n of the one before: k of k.
    name: 'sliding counter',
    spare: 1,
    make: (window) => slidingCounter({ ...window, countsRefused, phaseMs: 0 }),
  },
  {
    name: 'bucket',
    spare: 0,
    make: ({ limit, periodMs }) =>
      tokenBucket({
        capacity: limit,
        refill: { kind: 'continuous', perSecond: (limit * 1000) / periodMs },
        countsRefused,
      }),
  },
];

const SECONDS = Array.from({ length: 50 }, (_, n) => ({ limit: n + 1, periodMs: 1000 }));
const MINUTES = Array.from({ length: 40 }, (_, n) => ({ limit: 30 * (n + 1), periodMs: 60_000 }));
const ODD = [7, 37, 43, 61, 599, 601, 1199].map((limit) => ({ limit, periodMs: 60_000 }));

/** Times of `count` arrivals at `k` per period. */
const multiples = (k: number, periodMs: number, count: number, startMs = 0): readonly number[] =>
  Array.from({ length: count }, (_, n) => startMs + (n * periodMs) / k);

function sums(k: number, periodMs: number, count: number): readonly number[] {
  const times: number[] = [];
  let atMs = 0;
  for (let n = 0; n < count; n += 1) {
    times.push(atMs);
    atMs += periodMs / k;
  }
  return times;
}

/** Index of the first arrival that is refused; -1 when none is. */
function firstRefused(limiter: Limiter<unknown>, times: readonly number[]): number {
  const state = limiter.init();
  return times.findIndex((atMs) => !arrive(limiter, state, atMs, 1).admitted);
}

describe.each(KINDS)('$name', ({ make, spare }) => {
  test.each([
    ['a second', SECONDS],
    ['a minute', [...MINUTES, ...ODD]],
  ])('admits arrivals at exactly the limit of %s, for four windows', (_, windows) => {
    const refused = windows.flatMap(({ limit, periodMs }) => {
      const limiter = make({ limit: limit + spare, periodMs });
      const count = 4 * limit + 1;
      return [multiples(limit, periodMs, count), sums(limit, periodMs, count)].flatMap((times, form) => {
        const at = firstRefused(limiter, times);
        return at < 0 ? [] : [{ limit, form, at }];
      });
    });
    expect(refused).toEqual([]);
  });

  test('admits them from any start of the plan', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 50 }),
        fc.double({ min: 0, max: 86_400_000, noNaN: true }),
        (limit, startMs) => {
          const periodMs = 1000;
          const times = multiples(limit, periodMs, 3 * limit + 1, startMs);
          expect(firstRefused(make({ limit: limit + spare, periodMs }), times)).toBe(-1);
        },
      ),
    );
  });

  test('refuses one more inside the window', () => {
    for (const { limit, periodMs } of [...SECONDS, ...MINUTES]) {
      const limiter = make({ limit, periodMs });
      const state = limiter.init();
      // All at once at the start of a window: the next of them does not fit, nor does one at the end of the window.
      for (let n = 0; n < limit; n += 1) expect(arrive(limiter, state, 0, 1).admitted).toBe(true);
      expect(limiter.decide(state, 0, 1).admitted).toBe(false);
    }
  });
});

test('a window is longer than the noise of clocks: 2 ns before its end nothing has left it', () => {
  for (const { limit, periodMs } of [...SECONDS, ...MINUTES]) {
    for (const { make, name } of KINDS.filter(({ name }) => /log|fixed/.test(name))) {
      const limiter = make({ limit, periodMs });
      const state = limiter.init();
      for (let n = 0; n < limit; n += 1) arrive(limiter, state, 0, 1);
      expect([name, limit, limiter.decide(state, periodMs - 2 * CLOCK_NOISE_MS, 1).admitted]).toEqual([
        name,
        limit,
        false,
      ]);
      expect([name, limit, limiter.decide(state, periodMs, 1).admitted]).toEqual([name, limit, true]);
    }
  }
});
