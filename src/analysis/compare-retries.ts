import { quantile } from '../stats/quantiles.ts';
import { firstAfter } from '../stats/windows.ts';
import { FLAG } from './compare-columns.ts';
import type { RequestTable, ValueOf } from './compare-table.ts';

/** Portkey waits 1 s and then 2 s before it tries again (@portkey-ai/gateway 1.15.2 on the wire, seen 2026-11-21). */
export const RETRY_MODES_MS = [
  { from: 700, to: 1500 },
  { from: 2500, to: 4000 },
] as const;

/** Answers that a local median rests on: enough to be steady, few enough to follow the hour. */
const USUAL_ANSWERS = 200;

/** How a variant usually starts to answer, as the hour goes by. */
export interface Usual {
  medianMs(atMs: number): number;
  /** From the lower quartile to the median of what is left when the hour and the late answers are taken out. */
  readonly spreadMs: number;
}

interface Start {
  readonly atMs: number;
  readonly ttftMs: number;
}

const medianOf = (starts: readonly Start[]) =>
  quantile(Float64Array.from(starts, ({ ttftMs }) => ttftMs).sort(), 0.5) ?? 0;

/** What retries would have made late says nothing about the usual, and would move its ranks. */
function withoutLate(starts: readonly Start[]): readonly Start[] {
  const barMs = medianOf(starts) + RETRY_MODES_MS[0].from;
  return starts.filter(({ ttftMs }) => ttftMs < barMs);
}

function startsOf({ count, floats, doubles }: RequestTable): readonly Start[] {
  const starts: Start[] = [];
  for (let row = 0; row < count; row++) {
    const ttftMs = floats.ttftMs[row] as number;
    if (!Number.isNaN(ttftMs)) starts.push({ atMs: doubles.scheduledMs[row] as number, ttftMs });
  }
  return starts;
}

/** Over all given variants together. Null where nothing was streamed. */
export function usualTtft(...tables: readonly RequestTable[]): Usual | null {
  const answers = tables.flatMap(startsOf);
  if (answers.length === 0) return null;
  answers.sort((x, y) => x.atMs - y.atMs);
  const stretches = Math.max(1, Math.floor(answers.length / USUAL_ANSWERS));
  const fromMs: number[] = [];
  const medians: number[] = [];
  const left: number[] = [];
  for (let stretch = 0; stretch < stretches; stretch++) {
    const from = stretch * USUAL_ANSWERS;
    const part = answers.slice(from, stretch === stretches - 1 ? answers.length : from + USUAL_ANSWERS);
    const median = medianOf(withoutLate(part));
    fromMs.push(part[0]?.atMs ?? 0);
    medians.push(median);
    for (const { ttftMs } of withoutLate(part)) left.push(ttftMs - median);
  }
  const rest = Float64Array.from(left).sort();
  return {
    medianMs: (atMs) => medians[Math.max(0, firstAfter(fromMs, atMs) - 1)] ?? 0,
    spreadMs: (quantile(rest, 0.5) ?? 0) - (quantile(rest, 0.25) ?? 0),
  };
}

/**
 * Whether an answer started as much later than usual as a retry behind our back would make it, or says that it did.
 * `stretch` scales lateness: two variants are given one spread, so that a slower or
 * more scattered relay is not taken for one that retries.
 */
export function retrySign(usual: Usual, stretch: number): ValueOf {
  return ({ floats, words, doubles }, row) => {
    const ttftMs = floats.ttftMs[row] as number;
    if (((words.flags[row] as number) & FLAG.retriedByRelay) !== 0) return 1;
    if (Number.isNaN(ttftMs)) return Number.NaN;
    const laterMs = (ttftMs - usual.medianMs(doubles.scheduledMs[row] as number)) * stretch;
    return RETRY_MODES_MS.some(({ from, to }) => laterMs >= from && laterMs <= to) ? 1 : 0;
  };
}
