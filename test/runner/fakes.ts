import { type VirtualClock, virtualClock } from '../../src/drivers/virtual-clock.ts';
import type { Arrival, Source } from '../../src/model/arrival.ts';
import type { Exchange } from '../../src/model/exchange.ts';
import type { JournalRecord } from '../../src/model/journal.ts';
import type { Outcome } from '../../src/model/outcome.ts';
import type { Outgoing } from '../../src/model/request.ts';
import type { Safety } from '../../src/model/safety.ts';
import type { Transport, TransportHandler } from '../../src/model/transport.ts';
import type { Lane } from '../../src/runner/lane.ts';
import { noTactic } from '../../src/tactics/none.ts';

export const OPEN_SAFETY: Safety = {
  maxRequests: null,
  maxTokens: null,
  maxCostUsd: null,
  maxDurationMs: null,
  maxJournalBytes: null,
  maxInFlight: 1000,
  stopOn: [],
};

export function exchangeOf(change: Partial<Exchange>): Exchange {
  return {
    status: 200,
    headers: {},
    body: { head: '', tail: '', bytes: 0 },
    errorFrames: [],
    transportError: null,
    protocol: 'h1',
    connection: null,
    queuedMs: 0,
    sentMs: 0,
    headersMs: null,
    firstByteMs: null,
    firstTokenMs: null,
    firstAnswerTokenMs: null,
    finishedMs: 0,
    gaps: null,
    finishReason: 'stop',
    reportedModel: null,
    sawDone: true,
    usage: null,
    answer: null,
    ...change,
  };
}

export function arrivalsAt(...timesMs: readonly number[]): Source & { readonly finished: [number, string][] } {
  let next = 0;
  const finished: [number, string][] = [];
  return {
    finished,
    nextDueMs: () => timesMs[next] ?? null,
    take() {
      const scheduledMs = timesMs[next];
      if (scheduledMs === undefined) throw new Error('exhausted');
      const seq = next++;
      return { seq, phaseIndex: 0, scheduledMs, variantIndex: 0, pairSeq: seq, turn: 0, size: null };
    },
    onFinished: (arrival, outcome) => finished.push([arrival.seq, outcome.kind]),
  };
}

/** Answers every request `answerAfterMs` later; `exchange` decides what with. */
export function scriptedTransport(
  clock: VirtualClock,
  options: { answerAfterMs: number; exchange?: (outgoing: Outgoing) => Partial<Exchange>; sends?: boolean },
): Transport & { readonly seen: Outgoing[] } {
  const seen: Outgoing[] = [];
  const open = new Set<{ handler: TransportHandler; cancel: () => void; sentMs: number }>();
  return {
    seen,
    send(outgoing, handler) {
      seen.push(outgoing);
      const sentMs = clock.nowMs();
      if (options.sends !== false) handler.onSent(sentMs);
      const entry = { handler, sentMs, cancel: () => {} };
      entry.cancel = clock.at(sentMs + options.answerAfterMs, () => {
        open.delete(entry);
        handler.onEnd(exchangeOf({ sentMs, finishedMs: clock.nowMs(), ...options.exchange?.(outgoing) }));
      });
      open.add(entry);
    },
    abortAll() {
      for (const entry of open) {
        entry.cancel();
        const transportError = { kind: 'cancelled' } as const;
        entry.handler.onEnd(exchangeOf({ status: null, transportError, finishedMs: clock.nowMs() }));
      }
      open.clear();
    },
    sockets: () => ({ open: 0, opened: 0 }),
  };
}

export function judgeByStatus(exchange: Exchange): Outcome {
  if (exchange.transportError?.kind === 'cancelled') return { kind: 'cancelled' };
  if (exchange.status !== 429) return { kind: 'ok' };
  return {
    kind: 'limited',
    limit: 'requests',
    origin: 'provider',
    originName: 'dashscope',
    rewrittenBy: null,
    hops: null,
    ruleId: null,
    candidates: [],
    retryAfterMs: null,
    heals: 'seconds',
  };
}

export function laneOf(transport: Transport, change: Partial<Lane> = {}): Lane {
  return {
    transport,
    tactic: noTactic,
    request: (arrival: Arrival) => ({
      requestId: `r${arrival.seq}`,
      model: 'qwen3-max',
      messages: () => [],
      maxTokens: 10,
      stream: false,
      extraBody: {},
      promptTokens: 40,
      promptTokensBound: 90,
    }),
    judge: judgeByStatus,
    price: null,
    safety: OPEN_SAFETY,
    ...change,
  };
}

export function recordingSink(): {
  write(record: JournalRecord): void;
  failed(): Error | null;
  records: JournalRecord[];
} {
  const records: JournalRecord[] = [];
  return { records, write: (record) => void records.push(record), failed: () => null };
}

export function newClock(): VirtualClock {
  return virtualClock({ t0WallMs: 0 });
}
