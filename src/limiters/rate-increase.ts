import { CLOCK_NOISE_MS } from '../model/clock.ts';
import type { Limiter } from '../model/limiter.ts';
import type { BurstGuard } from '../model/simulator.ts';
import { admit, periodText, RELATIVE_SLACK, refuse } from './decision.ts';
import { append, costAt, type EventLog, eventLog, expire, takeBack, timeAt } from './event-log.ts';

const SECOND_MS = 1000;

export interface RateIncreaseState {
  readonly log: EventLog;
  /** How many of the log's oldest events are older than the last second, and their sum. */
  olderCount: number;
  olderTotal: number;
}

/**
 * Growth guard: the last second [now - 1 s, now], this call included, may hold at most
 * max(baseline, factor x mean rate over the `overMs` before that second). Only admitted calls count, on both sides, so
 * an idle account starts from the baseline and each accepted step becomes the base of the next. The mean divides by
 * the whole `overMs`, also when the account is younger. DashScope documents such a guard ("request rate increased too
 * quickly") and no formula: help.aliyun.com/zh/model-studio/rate-limit, seen 2026-11-21.
 */
export function rateIncrease({ baselinePerSecond, factor, overMs }: BurstGuard): Limiter<RateIncreaseState> {
  const perUnit = (factor * SECOND_MS) / overMs;
  const allowed = (older: number) => {
    const grown = perUnit * older;
    return (grown > baselinePerSecond ? grown : baselinePerSecond) * (1 + RELATIVE_SLACK);
  };
  const roll = (state: RateIncreaseState, nowMs: number) => {
    const { log } = state;
    while (state.olderCount < log.size && timeAt(log, state.olderCount) + SECOND_MS <= nowMs + CLOCK_NOISE_MS) {
      state.olderTotal += costAt(log, state.olderCount);
      state.olderCount += 1;
    }
    const size = log.size;
    const total = log.total;
    expire(log, nowMs, SECOND_MS + overMs);
    state.olderCount -= size - log.size;
    state.olderTotal = state.olderCount === 0 ? 0 : state.olderTotal - (total - log.total);
  };
  /** Only the instants at which a call leaves the last second can open the gate: it falls, the base rises. */
  const retryAfterMs = (state: RateIncreaseState, nowMs: number, cost: number) => {
    const { log } = state;
    let older = state.olderTotal;
    let inSecond = log.total - older;
    let oldest = 0;
    for (let n = state.olderCount; n < log.size; n += 1) {
      const opensMs = timeAt(log, n) + SECOND_MS;
      older += costAt(log, n);
      inSecond -= costAt(log, n);
      while (timeAt(log, oldest) + SECOND_MS + overMs <= opensMs + CLOCK_NOISE_MS) {
        older -= costAt(log, oldest);
        oldest += 1;
      }
      if (inSecond + cost <= allowed(older)) return opensMs - nowMs;
    }
    return null;
  };
  return {
    description: `rate increase, max(${baselinePerSecond}/s, ${factor} x mean of ${periodText(overMs)})`,
    init: () => ({ log: eventLog(), olderCount: 0, olderTotal: 0 }),
    decide(state, nowMs, cost) {
      roll(state, nowMs);
      const inSecond = state.log.total - state.olderTotal;
      const remaining = allowed(state.olderTotal) - inSecond;
      if (cost <= remaining) return admit(Math.max(0, Math.floor(remaining - cost)));
      return refuse(Math.floor(remaining), retryAfterMs(state, nowMs, cost));
    },
    observe(state, nowMs, cost, admitted) {
      roll(state, nowMs);
      if (admitted && cost > 0) append(state.log, nowMs, cost);
    },
    finish(state, nowMs, bookedCost, actualCost, bookedAtMs = nowMs) {
      if (actualCost === bookedCost) return;
      roll(state, nowMs);
      if (actualCost > bookedCost) append(state.log, nowMs, actualCost - bookedCost);
      else takeBack(state.log, bookedAtMs, bookedCost - actualCost);
      state.olderTotal = sumFrom(state.log, 0) - sumFrom(state.log, state.olderCount);
    },
  };
}

function sumFrom(log: EventLog, first: number): number {
  let sum = 0;
  for (let n = first; n < log.size; n += 1) sum += costAt(log, n);
  return sum;
}
