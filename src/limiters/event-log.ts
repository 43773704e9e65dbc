import { CLOCK_NOISE_MS } from '../model/clock.ts';

/** Weighted events in order of time, in a ring that grows: adding and dropping at the ends costs O(1). */
export interface EventLog {
  times: Float64Array;
  costs: Float64Array;
  /** Ring index of the oldest event. */
  head: number;
  size: number;
  /** Sum of all costs held. */
  total: number;
}

const INITIAL_CAPACITY = 16;

export function eventLog(): EventLog {
  return {
    times: new Float64Array(INITIAL_CAPACITY),
    costs: new Float64Array(INITIAL_CAPACITY),
    head: 0,
    size: 0,
    total: 0,
  };
}

/** Ring index of the n-th oldest event. */
export function at(log: EventLog, n: number): number {
  return (log.head + n) & (log.times.length - 1);
}

export function timeAt(log: EventLog, n: number): number {
  return log.times[at(log, n)] as number;
}

export function costAt(log: EventLog, n: number): number {
  return log.costs[at(log, n)] as number;
}

/** Events of the same instant share one entry. */
export function append(log: EventLog, timeMs: number, cost: number): void {
  log.total += cost;
  if (log.size > 0) {
    const last = at(log, log.size - 1);
    if (log.times[last] === timeMs) {
      log.costs[last] = (log.costs[last] as number) + cost;
      return;
    }
  }
  if (log.size === log.times.length) grow(log);
  const slot = at(log, log.size);
  log.times[slot] = timeMs;
  log.costs[slot] = cost;
  log.size += 1;
}

function grow(log: EventLog): void {
  const times = new Float64Array(log.times.length * 2);
  const costs = new Float64Array(log.times.length * 2);
  for (let n = 0; n < log.size; n += 1) {
    times[n] = timeAt(log, n);
    costs[n] = costAt(log, n);
  }
  log.times = times;
  log.costs = costs;
  log.head = 0;
}

/** Removes the oldest event and returns its cost. */
export function dropOldest(log: EventLog): number {
  const cost = log.costs[log.head] as number;
  log.head = at(log, 1);
  log.size -= 1;
  log.total = log.size === 0 ? 0 : log.total - cost;
  return cost;
}

/** Drops events that are `ageMs` old or older: an event counts in the half-open window [t, t + ageMs). */
export function expire(log: EventLog, nowMs: number, ageMs: number): void {
  while (log.size > 0 && (log.times[log.head] as number) + ageMs <= nowMs + CLOCK_NOISE_MS) dropOldest(log);
}

/** How many of the oldest events lie at or before `timeMs`. */
export function countUpTo(log: EventLog, timeMs: number): number {
  let low = 0;
  let high = log.size;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (timeAt(log, middle) <= timeMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Takes `amount` off the events up to `timeMs`, newest first; what is not there any more is not given back. */
export function takeBack(log: EventLog, timeMs: number, amount: number): void {
  let left = amount;
  for (let n = countUpTo(log, timeMs) - 1; n >= 0 && left > 0; n -= 1) {
    const slot = at(log, n);
    const taken = Math.min(left, log.costs[slot] as number);
    log.costs[slot] = (log.costs[slot] as number) - taken;
    log.total -= taken;
    left -= taken;
  }
}
