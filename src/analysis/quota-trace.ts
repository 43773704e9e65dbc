import type { SentAttempt } from '../model/attempt.ts';
import type { Outcome } from '../model/outcome.ts';

/** What an attempt says about the limits. `unusable`: it may have been counted, and when is not known. */
export const QUOTA_CODES = {
  admitted: 0,
  requests: 1,
  tokens: 2,
  burst: 3,
  concurrency: 4,
  other: 5,
  unusable: 6,
} as const;
export type QuotaCode = (typeof QUOTA_CODES)[keyof typeof QUOTA_CODES];

export const QUOTA_TRACE_ROWS_MAX = 2_000_000;
/** Silences shorter than the shortest window say nothing. */
const REST_MIN_MS = 1000;

/** One row per attempt, in order of send time. */
export interface QuotaTrace {
  readonly length: number;
  readonly sentMs: Float64Array;
  /** When the answer ended; equal to `sentMs` where that is not known. */
  readonly endMs: Float64Array;
  readonly code: Uint8Array;
  /** Prompt alone: the least a call can have been charged. */
  readonly tokensLow: Float64Array;
  /** Prompt and completion as reported. */
  readonly tokensActual: Float64Array;
  /** Prompt and `max_tokens`: the most that can have been reserved. */
  readonly tokensHigh: Float64Array;
  /** Stretches of at least a second without a send; the first one may begin before t0. */
  readonly rests: readonly { readonly startMs: number; readonly endMs: number }[];
  /** Attempts left out because the trace was full. */
  readonly dropped: number;
}

/** What a row is made of. */
type TracedAttempt = Pick<SentAttempt, 'sentMs' | 'promptTokens' | 'maxTokens' | 'exchange' | 'outcome' | 'stalled'>;

export interface QuotaTraceBuilder {
  /** In any order; the journal's is by end time. */
  add(attempt: TracedAttempt): void;
  /** `restMs`: how long the account is known to have been silent before t0. */
  finish(options: { readonly restMs: number }): QuotaTrace;
}

interface Columns {
  sentMs: Float64Array;
  endMs: Float64Array;
  code: Uint8Array;
  tokensLow: Float64Array;
  tokensActual: Float64Array;
  tokensHigh: Float64Array;
}

/** Collects the columns attempt by attempt: 41 bytes a row. */
export function quotaTraceBuilder({ rowsMax = QUOTA_TRACE_ROWS_MAX } = {}): QuotaTraceBuilder {
  let columns = allocate(Math.min(1024, rowsMax));
  let length = 0;
  let dropped = 0;
  let firstDroppedMs = Number.POSITIVE_INFINITY;
  return {
    add(attempt) {
      if (length === rowsMax) {
        dropped += 1;
        firstDroppedMs = Math.min(firstDroppedMs, attempt.sentMs);
        return;
      }
      if (length === columns.code.length) columns = copyInto(allocate(Math.min(length * 2, rowsMax)), columns, null);
      write(columns, length, attempt);
      length += 1;
    },
    finish({ restMs }) {
      const order = orderBySend(columns.sentMs, length, firstDroppedMs);
      dropped += length - order.length;
      const sorted = copyInto(allocate(order.length), columns, order);
      return { ...sorted, length: order.length, rests: restsOf(sorted.sentMs, restMs), dropped };
    },
  };
}

function allocate(rows: number): Columns {
  return {
    sentMs: new Float64Array(rows),
    endMs: new Float64Array(rows),
    code: new Uint8Array(rows),
    tokensLow: new Float64Array(rows),
    tokensActual: new Float64Array(rows),
    tokensHigh: new Float64Array(rows),
  };
}

/** `order` null = as they are. */
function copyInto(into: Columns, from: Columns, order: Uint32Array | null): Columns {
  for (const name of Object.keys(into) as (keyof Columns)[]) {
    if (order === null) into[name].set(from[name]);
    else for (let row = 0; row < order.length; row += 1) into[name][row] = from[name][order[row] as number] as number;
  }
  return into;
}

/** Rows sent after the first dropped one would have gaps between them, so they go as well. */
function orderBySend(sentMs: Float64Array, length: number, beforeMs: number): Uint32Array {
  const order = new Uint32Array(length);
  let kept = 0;
  for (let row = 0; row < length; row += 1) {
    if ((sentMs[row] as number) < beforeMs) {
      order[kept] = row;
      kept += 1;
    }
  }
  return order.subarray(0, kept).sort((a, b) => (sentMs[a] as number) - (sentMs[b] as number) || a - b);
}

function restsOf(sentMs: Float64Array, restMs: number): QuotaTrace['rests'] {
  const rests: { startMs: number; endMs: number }[] = [];
  let lastMs = -restMs;
  for (const atMs of sentMs) {
    if (atMs - lastMs >= REST_MIN_MS) rests.push({ startMs: lastMs, endMs: atMs });
    lastMs = atMs;
  }
  return rests;
}

function write(columns: Columns, row: number, attempt: TracedAttempt): void {
  const usage = attempt.exchange?.usage ?? null;
  const promptTokens = usage?.promptTokens ?? attempt.promptTokens;
  const actual = promptTokens + (usage?.completionTokens ?? 0);
  columns.sentMs[row] = attempt.sentMs;
  columns.endMs[row] = Math.max(attempt.sentMs, attempt.exchange?.finishedMs ?? attempt.sentMs);
  columns.code[row] = codeOf(attempt.outcome, attempt.stalled);
  columns.tokensLow[row] = promptTokens;
  columns.tokensActual[row] = actual;
  columns.tokensHigh[row] = Math.max(actual, promptTokens + (attempt.maxTokens ?? 0));
}

/** A stalled refusal still consumed nothing; a stalled admission was counted at an unknown instant. */
function codeOf(outcome: Outcome, stalled: boolean): QuotaCode {
  if (outcome.kind === 'limited') {
    const foreign = outcome.origin === 'relay' || outcome.origin === 'edge';
    const kind = outcome.limit;
    const known = kind === 'requests' || kind === 'tokens' || kind === 'burst' || kind === 'concurrency';
    return stalled || foreign || !known ? QUOTA_CODES.other : QUOTA_CODES[kind];
  }
  const answered = outcome.kind === 'ok' || outcome.kind === 'truncated';
  return answered && !stalled ? QUOTA_CODES.admitted : QUOTA_CODES.unusable;
}
