import type { Limiter } from '../model/limiter.ts';
import { admit, periodText, refuse } from './decision.ts';
import { append, costAt, type EventLog, eventLog, expire, takeBack, timeAt } from './event-log.ts';

export interface SlidingLogOptions {
  readonly limit: number;
  readonly periodMs: number;
  /** Refused calls are logged too: whoever keeps polling faster than the limit stays locked out. */
  readonly countsRefused: boolean;
}

/** Exact sliding window: at most `limit` units in any half-open window of `periodMs`. */
export function slidingLog({ limit, periodMs, countsRefused }: SlidingLogOptions): Limiter<EventLog> {
  return {
    description: `sliding log, ${limit} per ${periodText(periodMs)}`,
    init: eventLog,
    decide(log, nowMs, cost) {
      expire(log, nowMs, periodMs);
      const remaining = limit - log.total;
      if (cost <= remaining) return admit(remaining - cost);
      return refuse(remaining, cost > limit ? null : waitFor(log, log.total + cost - limit, periodMs) - nowMs);
    },
    observe(log, nowMs, cost, admitted) {
      expire(log, nowMs, periodMs);
      if (cost > 0 && (admitted || countsRefused)) append(log, nowMs, cost);
    },
    finish(log, nowMs, bookedCost, actualCost, bookedAtMs = nowMs) {
      expire(log, nowMs, periodMs);
      if (actualCost > bookedCost) append(log, nowMs, actualCost - bookedCost);
      else takeBack(log, bookedAtMs, bookedCost - actualCost);
    },
  };
}

/** When enough of the oldest events will have left. */
function waitFor(log: EventLog, excess: number, periodMs: number): number {
  let left = excess;
  let n = 0;
  while (n < log.size) {
    left -= costAt(log, n);
    if (left <= 0) break;
    n += 1;
  }
  return timeAt(log, n) + periodMs;
}
