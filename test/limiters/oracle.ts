/**
 * Deliberately naive limiters: every booking is kept in an array and the answer is counted anew from all of them.
 * Written from the definitions, sharing no code with src/limiters, slow on purpose.
 */
export interface Booking {
  readonly timeMs: number;
  readonly cost: number;
}

export interface Oracle {
  arrive(nowMs: number, cost: number): boolean;
}

type Admits = (past: readonly Booking[], nowMs: number, cost: number) => boolean;

const SLACK = 1e-6;

function oracle(admits: Admits, countsRefused: boolean): Oracle {
  const past: Booking[] = [];
  return {
    arrive(nowMs, cost) {
      const admitted = admits(past, nowMs, cost);
      if (admitted || countsRefused) past.push({ timeMs: nowMs, cost });
      return admitted;
    },
  };
}

const sum = (bookings: readonly Booking[]) => bookings.reduce((total, { cost }) => total + cost, 0);

export const naiveSlidingLog = (limit: number, periodMs: number, countsRefused = false) =>
  oracle((past, now, cost) => sum(past.filter((one) => now - one.timeMs < periodMs)) + cost <= limit, countsRefused);

export const naiveFixedClock = (limit: number, periodMs: number, phaseMs: number, countsRefused = false) => {
  const window = (timeMs: number) => Math.floor((timeMs - phaseMs) / periodMs);
  return oracle(
    (past, now, cost) => sum(past.filter((one) => window(one.timeMs) === window(now))) + cost <= limit,
    countsRefused,
  );
};

export const naiveFixedFirst = (limit: number, periodMs: number, countsRefused = false) =>
  oracle((past, now, cost) => {
    let start = Number.NEGATIVE_INFINITY;
    for (const { timeMs } of past) if (timeMs >= start + periodMs) start = timeMs;
    if (now >= start + periodMs) return cost <= limit;
    return sum(past.filter((one) => one.timeMs >= start)) + cost <= limit;
  }, countsRefused);

export const naiveSlidingCounter = (limit: number, periodMs: number, phaseMs: number, countsRefused = false) => {
  const window = (timeMs: number) => Math.floor((timeMs - phaseMs) / periodMs);
  return oracle((past, now, cost) => {
    const current = sum(past.filter((one) => window(one.timeMs) === window(now)));
    const previous = sum(past.filter((one) => window(one.timeMs) === window(now) - 1));
    const covered = 1 - ((now - phaseMs) / periodMs - window(now));
    return current + previous * covered + cost <= limit + SLACK;
  }, countsRefused);
};

export const naiveBucketised = (limit: number, periodMs: number, parts: number, phaseMs: number) => {
  const part = (timeMs: number) => Math.floor((timeMs - phaseMs) / (periodMs / parts));
  return oracle(
    (past, now, cost) => sum(past.filter((one) => part(now) - part(one.timeMs) < parts)) + cost <= limit,
    false,
  );
};

/** Steps through every millisecond since the first booking: times must be whole milliseconds. */
export const naiveBucket = (capacity: number, gainedIn: (millisecond: number) => number) =>
  oracle((past, now, cost) => {
    let credit = capacity;
    const bookedAt = new Map<number, number>();
    for (const one of past) bookedAt.set(one.timeMs, (bookedAt.get(one.timeMs) ?? 0) + one.cost);
    const first = past[0]?.timeMs ?? now;
    for (let ms = first; ms <= now; ms += 1) {
      if (ms > first) credit = Math.min(capacity, credit + gainedIn(ms));
      credit -= bookedAt.get(ms) ?? 0;
    }
    return cost <= credit + SLACK;
  }, false);

/** GCRA as in ITU-T I.371: a theoretical arrival time and a tolerance, for unit cost. */
export const naiveGcra = (emissionMs: number, toleranceMs: number) => {
  let theoreticalMs = Number.NEGATIVE_INFINITY;
  return {
    arrive(nowMs: number) {
      if (nowMs < theoreticalMs - toleranceMs - SLACK) return false;
      theoreticalMs = Math.max(nowMs, theoreticalMs) + emissionMs;
      return true;
    },
  };
};

/** One server, one call after the other; who is still ahead is counted from all start and end times. */
export const naiveQueue = (perSecond: number, queue: number) => {
  const ends: { readonly fromMs: number; readonly toMs: number }[] = [];
  return {
    arrive(nowMs: number, cost: number): { readonly admitted: boolean; readonly delayMs: number } {
      const waiting = ends.reduce(
        (total, one) => total + Math.max(0, one.toMs - Math.max(one.fromMs, nowMs)) * (perSecond / 1000),
        0,
      );
      if (waiting > queue + SLACK) return { admitted: false, delayMs: 0 };
      const fromMs = Math.max(nowMs, ...ends.map((one) => one.toMs));
      ends.push({ fromMs, toMs: fromMs + (cost * 1000) / perSecond });
      return { admitted: true, delayMs: fromMs - nowMs };
    },
  };
};

export const naiveRateIncrease = (baseline: number, factor: number, overMs: number) =>
  oracle((past, now, cost) => {
    const inSecond = sum(past.filter((one) => now - one.timeMs < 1000));
    const before = sum(past.filter((one) => now - one.timeMs >= 1000 && now - one.timeMs < 1000 + overMs));
    return inSecond + cost <= Math.max(baseline, (factor * before) / (overMs / 1000)) + SLACK;
  }, false);
