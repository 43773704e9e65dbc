import type { Arrival, Source } from '../../src/model/arrival.ts';
import type { Arrivals, Phase, ReplayRow } from '../../src/model/scenario.ts';

const BASE = { label: null, limitTo: { promptTokens: null, maxTokens: null } } as const;

export const burst = (requests: number, overMs = 0): Phase => ({ ...BASE, kind: 'burst', requests, overMs });
export const pause = (durationMs: number): Phase => ({ ...BASE, kind: 'pause', durationMs });
export const ramp = (fromPerSecond: number, toPerSecond: number, durationMs: number): Phase => ({
  ...BASE,
  kind: 'ramp',
  fromPerSecond,
  toPerSecond,
  durationMs,
});
export const hold = (ratePerSecond: number, durationMs: number, arrivals: Arrivals = { kind: 'uniform' }): Phase => ({
  ...BASE,
  kind: 'hold',
  ratePerSecond,
  durationMs,
  arrivals,
});
export const steps = (rates: { from: number; to: number; by: number }, eachMs: number, restMs: number): Phase => ({
  ...BASE,
  kind: 'steps',
  fromPerSecond: rates.from,
  toPerSecond: rates.to,
  byPerSecond: rates.by,
  eachMs,
  restMs,
});
export const replay = (rows: readonly ReplayRow[], speed = 1): Phase => ({
  ...BASE,
  kind: 'replay',
  file: 'trace.csv',
  speed,
  rows,
});
export const closed = (concurrency: number, durationMs: number): Phase => ({
  ...BASE,
  kind: 'closed',
  concurrency,
  durationMs,
});
export const rowsAt = (...timesMs: readonly number[]): ReplayRow[] =>
  timesMs.map((atMs) => ({ atMs, promptTokens: null, maxTokens: null }));

/** Everything that is due without any answer, up to a limit. */
export function takeAll(source: Source, limit = Number.POSITIVE_INFINITY): Arrival[] {
  const arrivals: Arrival[] = [];
  while (source.nextDueMs() !== null && arrivals.length < limit) arrivals.push(source.take());
  return arrivals;
}
