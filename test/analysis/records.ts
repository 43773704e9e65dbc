import type { Arrival } from '../../src/model/arrival.ts';
import type { Exchange } from '../../src/model/exchange.ts';
import type { EndRecord, JournalRecord, NotSentRecord, SentRecord } from '../../src/model/journal.ts';
import type { Limited, LimitKind, Outcome } from '../../src/model/outcome.ts';

/** Hand-made journal records: every field has a plain value unless a test gives another. */
function arrival(over: Partial<Arrival> & { readonly seq: number }): Arrival {
  return { phaseIndex: 0, scheduledMs: 0, variantIndex: 0, pairSeq: over.seq, turn: 0, size: null, ...over };
}

export interface Shot {
  readonly seq: number;
  readonly sentMs: number;
  /** Default: as sent. */
  readonly dueMs?: number;
  readonly scheduledMs?: number;
  readonly finishedMs?: number;
  readonly outcome?: Outcome;
  readonly exchange?: Partial<Exchange>;
  readonly attemptNo?: number;
  readonly final?: boolean;
  readonly phaseIndex?: number;
  readonly variantIndex?: number;
  readonly promptTokens?: number;
  readonly maxTokens?: number | null;
  readonly model?: string;
  readonly keyIndex?: number;
}

export const OK: Outcome = { kind: 'ok' };

export function limited(limit: LimitKind, over: Partial<Limited> = {}): Limited {
  return {
    kind: 'limited',
    limit,
    origin: 'provider',
    originName: 'dashscope',
    rewrittenBy: null,
    hops: null,
    ruleId: `dashscope-${limit}`,
    candidates: [],
    retryAfterMs: null,
    heals: 'seconds',
    ...over,
  };
}

function exchange(over: Partial<Exchange> & { readonly finishedMs: number }): Exchange {
  return {
    status: 200,
    headers: {},
    body: { head: '', tail: '', bytes: 0 },
    errorFrames: [],
    transportError: null,
    protocol: 'h1',
    connection: { id: 1, reused: true, handshakeMs: null },
    queuedMs: 0,
    sentMs: 0,
    headersMs: null,
    firstByteMs: null,
    firstTokenMs: null,
    firstAnswerTokenMs: null,
    gaps: null,
    finishReason: 'stop',
    reportedModel: null,
    sawDone: true,
    usage: null,
    answer: null,
    ...over,
  };
}

export function sent(shot: Shot): SentRecord {
  const { seq, sentMs, dueMs = sentMs, scheduledMs = dueMs } = shot;
  const { phaseIndex = 0, variantIndex = 0 } = shot;
  return {
    type: 'sent',
    requestId: `r-${seq}`,
    attemptNo: shot.attemptNo ?? 1,
    arrival: arrival({ seq, scheduledMs, phaseIndex, variantIndex }),
    dueMs,
    sentMs,
    model: shot.model ?? 'qwen3-max',
    keyIndex: shot.keyIndex ?? 0,
    promptTokens: shot.promptTokens ?? 100,
    maxTokens: shot.maxTokens === undefined ? 32 : shot.maxTokens,
  };
}

export function end(shot: Shot): EndRecord {
  const { seq, sentMs, outcome = OK } = shot;
  const finishedMs = shot.finishedMs ?? sentMs + 100;
  const status = outcome.kind === 'limited' ? 429 : 200;
  return {
    type: 'end',
    requestId: `r-${seq}`,
    attemptNo: shot.attemptNo ?? 1,
    exchange: exchange({ sentMs, finishedMs, status, ...shot.exchange }),
    outcome,
    final: shot.final ?? true,
  };
}

export function notSent(
  over: Partial<NotSentRecord> & { readonly seq: number; readonly dueMs: number; readonly phaseIndex?: number },
): NotSentRecord {
  const { seq, dueMs, phaseIndex = 0, ...rest } = over;
  return {
    type: 'not_sent',
    requestId: `r-${seq}`,
    attemptNo: 1,
    arrival: arrival({ seq, scheduledMs: dueMs, phaseIndex }),
    dueMs,
    decidedMs: dueMs,
    reason: 'late',
    ...rest,
  };
}

/** The records of these attempts in the order a run would write them, ended by `finish` unless `atMs` is null. */
export function journal(shots: readonly Shot[], finishAtMs: number | null = 60_000): readonly JournalRecord[] {
  const timed: { readonly atMs: number; readonly record: JournalRecord }[] = shots.flatMap((shot) => {
    const ended = end(shot);
    return [
      { atMs: shot.sentMs, record: sent(shot) },
      { atMs: ended.exchange.finishedMs, record: ended },
    ];
  });
  const ordered = timed.sort((a, b) => a.atMs - b.atMs).map(({ record }) => record);
  if (finishAtMs === null) return ordered;
  return [...ordered, { type: 'finish', atMs: finishAtMs, reason: { kind: 'completed' } }];
}
