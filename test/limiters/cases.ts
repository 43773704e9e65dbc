import { bucketisedWindow } from '../../src/limiters/bucketised-window.ts';
import { fixedWindow } from '../../src/limiters/fixed-window.ts';
import { freeQuota } from '../../src/limiters/free-quota.ts';
import { queueing } from '../../src/limiters/queueing.ts';
import { rateIncrease } from '../../src/limiters/rate-increase.ts';
import { slidingCounter } from '../../src/limiters/sliding-counter.ts';
import { slidingLog } from '../../src/limiters/sliding-log.ts';
import { tokenBucket } from '../../src/limiters/token-bucket.ts';
import type { Limiter } from '../../src/model/limiter.ts';
import * as naive from './oracle.ts';

export const LIMIT = 7;
export const PERIOD_MS = 1200;
const PHASE_MS = 130;
const window = { limit: LIMIT, periodMs: PERIOD_MS, countsRefused: false };

export interface LimiterCase {
  readonly name: string;
  readonly make: () => Limiter<unknown>;
  readonly naive: () => { arrive(nowMs: number, cost: number): boolean | { readonly admitted: boolean } };
  /** The most that may pass in any half-open window of `PERIOD_MS`. */
  readonly maxPerPeriod: number;
  /** Why silence can close the gate, where it can: the case skips that promise. */
  readonly idleCanHurt: string | null;
}

const one = (
  name: string,
  make: LimiterCase['make'],
  oracle: LimiterCase['naive'],
  maxPerPeriod: number,
  idleCanHurt: string | null = null,
): LimiterCase => ({ name, make, naive: oracle, maxPerPeriod, idleCanHurt });

/** Every limiter whose state depends on time alone, with its oracle. */
export const CASES: readonly LimiterCase[] = [
  one(
    'sliding log',
    () => slidingLog(window),
    () => naive.naiveSlidingLog(LIMIT, PERIOD_MS),
    LIMIT,
  ),
  one(
    'sliding log counting refused',
    () => slidingLog({ ...window, countsRefused: true }),
    () => naive.naiveSlidingLog(LIMIT, PERIOD_MS, true),
    LIMIT,
  ),
  one(
    'fixed window, clock',
    () => fixedWindow({ ...window, alignment: { kind: 'clock', phaseMs: PHASE_MS } }),
    () => naive.naiveFixedClock(LIMIT, PERIOD_MS, PHASE_MS),
    2 * LIMIT,
  ),
  one(
    'fixed window, clock, counting refused',
    () => fixedWindow({ ...window, countsRefused: true, alignment: { kind: 'clock', phaseMs: PHASE_MS } }),
    () => naive.naiveFixedClock(LIMIT, PERIOD_MS, PHASE_MS, true),
    2 * LIMIT,
  ),
  one(
    'fixed window, first request',
    () => fixedWindow({ ...window, alignment: { kind: 'first_request' } }),
    () => naive.naiveFixedFirst(LIMIT, PERIOD_MS),
    2 * LIMIT,
  ),
  one(
    'fixed window, first request, counting refused',
    () => fixedWindow({ ...window, countsRefused: true, alignment: { kind: 'first_request' } }),
    () => naive.naiveFixedFirst(LIMIT, PERIOD_MS, true),
    2 * LIMIT,
  ),
  one(
    'sliding counter',
    () => slidingCounter({ ...window, phaseMs: PHASE_MS }),
    () => naive.naiveSlidingCounter(LIMIT, PERIOD_MS, PHASE_MS),
    2 * LIMIT,
  ),
  one(
    'sliding counter counting refused',
    () => slidingCounter({ ...window, countsRefused: true, phaseMs: PHASE_MS }),
    () => naive.naiveSlidingCounter(LIMIT, PERIOD_MS, PHASE_MS, true),
    2 * LIMIT,
  ),
  one(
    'bucketised window of 4',
    () => bucketisedWindow({ ...window, subWindows: 4, phaseMs: PHASE_MS }),
    () => naive.naiveBucketised(LIMIT, PERIOD_MS, 4, PHASE_MS),
    2 * LIMIT,
  ),
  one(
    'bucketised window of 1',
    () => bucketisedWindow({ ...window, subWindows: 1, phaseMs: PHASE_MS }),
    () => naive.naiveFixedClock(LIMIT, PERIOD_MS, PHASE_MS),
    2 * LIMIT,
  ),
  one(
    'token bucket',
    () =>
      tokenBucket({
        capacity: LIMIT,
        refill: { kind: 'continuous', perSecond: (LIMIT * 1000) / PERIOD_MS },
        countsRefused: false,
      }),
    () => naive.naiveBucket(LIMIT, () => LIMIT / PERIOD_MS),
    2 * LIMIT,
  ),
  one(
    'token bucket, stepped refill',
    () =>
      tokenBucket({
        capacity: LIMIT,
        refill: { kind: 'stepped', amount: 2, intervalMs: 400, phaseMs: PHASE_MS },
        countsRefused: false,
      }),
    () => naive.naiveBucket(LIMIT, (ms) => ((((ms - PHASE_MS) % 400) + 400) % 400 === 0 ? 2 : 0)),
    LIMIT + 2 * 3,
  ),
  one(
    'queue',
    () => queueing({ perSecond: 5, queue: 3 }),
    () => naive.naiveQueue(5, 3),
    // At most queue + the last cost are ahead, then the rate: 3 + 9 + 5 x 1.2.
    18,
  ),
  one(
    'rate increase',
    () => rateIncrease({ baselinePerSecond: 3, factor: 2, overMs: 4000 }),
    () => naive.naiveRateIncrease(3, 2, 4000),
    Number.POSITIVE_INFINITY,
    'the base it grows from falls while nothing is sent',
  ),
  one(
    'free quota',
    () => freeQuota({ limit: 40 }),
    () => naive.naiveSlidingLog(40, Number.POSITIVE_INFINITY),
    40,
  ),
];
