import type { VirtualClock } from '../../src/drivers/virtual-clock.ts';
import type { Exchange } from '../../src/model/exchange.ts';
import type { NotSentRecord, SentRecord } from '../../src/model/journal.ts';
import type { Limited, LimitKind, Outcome } from '../../src/model/outcome.ts';
import type { Outgoing } from '../../src/model/request.ts';
import type { Backoff, TacticSpec } from '../../src/model/scenario.ts';
import type { TacticRequest } from '../../src/model/tactic.ts';
import { startRun } from '../../src/runner/run.ts';
import { tacticFor } from '../../src/tactics/tactic-for.ts';
import { arrivalsAt, laneOf, newClock, OPEN_SAFETY, recordingSink, scriptedTransport } from '../runner/fakes.ts';

export const BACKOFF: Backoff = {
  kind: 'backoff',
  baseMs: 1000,
  factor: 2,
  jitter: 'full',
  maxMs: 60_000,
  attempts: 5,
  honourRetryAfter: true,
};
export const backoff = (change: Partial<Backoff> = {}): Backoff => ({ ...BACKOFF, ...change });
export const smooth = (change: Partial<Extract<TacticSpec, { kind: 'smooth' }>>): TacticSpec => ({
  kind: 'smooth',
  perSecond: null,
  tokensPerSecond: null,
  queue: 1000,
  concurrency: null,
  ...change,
});
export const keys = (
  count: number,
  policy: 'round_robin' | 'least_limited' | 'sticky' = 'round_robin',
): TacticSpec => ({
  kind: 'keys',
  envs: Array.from({ length: count }, (_, index) => `KEY_${index}`),
  policy,
});
export const fallback = (models: readonly string[], on: readonly string[] = ['requests']): TacticSpec => ({
  kind: 'fallback',
  models,
  on,
});
export const adaptive = (start: number, increase: number, decrease: number): TacticSpec => ({
  kind: 'adaptive',
  startPerSecond: start,
  increasePerSecond: increase,
  decrease,
});

export const OK: Outcome = { kind: 'ok' };
export function limited(change: Partial<Limited> = {}): Limited {
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
    ...change,
  };
}

export function requestOf(seq: number, change: Partial<TacticRequest> = {}): TacticRequest {
  const arrival = { seq, phaseIndex: 0, scheduledMs: 0, variantIndex: 0, pairSeq: seq, turn: 0, size: null };
  return { requestId: `r${seq}`, arrival, promptTokens: 40, maxTokens: 10, ...change };
}

/** Admits at most `limit` in any half-open window of this length; what it refuses does not count. */
export function slidingLimit(limit: number, windowMs: number): (nowMs: number) => boolean {
  let admitted: number[] = [];
  return (nowMs) => {
    admitted = admitted.filter((atMs) => atMs > nowMs - windowMs);
    if (admitted.length >= limit) return false;
    admitted.push(nowMs);
    return true;
  };
}

export const even = (count: number, gapMs: number): number[] =>
  Array.from({ length: count }, (_, index) => index * gapMs);

export interface Lab {
  readonly arrivals: readonly number[];
  readonly tactics: readonly TacticSpec[];
  /** What the endpoint answers, decided at the instant it receives the request. */
  readonly answer: (outgoing: Outgoing, nowMs: number) => LimitKind | 'ok' | 'server_error' | 'auth';
  readonly keyCount?: number;
  readonly answerAfterMs?: number;
  readonly seed?: number;
  readonly maxInFlight?: number;
  readonly tokensOf?: (seq: number) => number;
  readonly retryAfterMs?: number;
}

/** A whole run in virtual time, through the run loop. */
export function runLab(lab: Lab) {
  const clock: VirtualClock = newClock();
  const source = arrivalsAt(...lab.arrivals);
  const sink = recordingSink();
  const exchange = (outgoing: Outgoing): Partial<Exchange> => {
    const answer = lab.answer(outgoing, clock.nowMs());
    return { status: answer === 'ok' ? 200 : 429, finishReason: answer };
  };
  const transport = scriptedTransport(clock, { answerAfterMs: lab.answerAfterMs ?? 100 });
  const deciding = {
    ...transport,
    send: (outgoing: Outgoing, handler: Parameters<typeof transport.send>[1]) => {
      const decided = exchange(outgoing);
      transport.send(outgoing, {
        onSent: (sentMs) => handler.onSent(sentMs),
        onEnd: (ended) => handler.onEnd({ ...ended, ...decided }),
      });
    },
  };
  const judge = (ended: Exchange): Outcome => {
    const { finishReason } = ended;
    if (finishReason === 'ok') return OK;
    if (finishReason === 'auth') return { kind: 'auth', status: 401, ruleId: null };
    if (finishReason === 'server_error') return { kind: 'server_error', status: 503, ruleId: null };
    return limited({ limit: finishReason as LimitKind, retryAfterMs: lab.retryAfterMs ?? null });
  };
  const tactic = tacticFor(lab.tactics, { seed: lab.seed ?? 1, keyCount: lab.keyCount ?? 1, model: 'qwen3-max' });
  const lane = laneOf(deciding, { tactic, judge, safety: { ...OPEN_SAFETY, maxInFlight: lab.maxInFlight ?? 100_000 } });
  const request: typeof lane.request = (arrival) => ({
    ...lane.request(arrival),
    promptTokens: lab.tokensOf?.(arrival.seq) ?? 40,
  });
  startRun({
    clock,
    source,
    lanes: [{ ...lane, request }],
    sink,
    safety: { ...OPEN_SAFETY, maxInFlight: 100_000 },
    lateToleranceMs: () => 6,
    onDone: () => {},
  });
  clock.run();
  const { records } = sink;
  const sent = records.filter((record): record is SentRecord => record.type === 'sent');
  const notSent = records.filter((record): record is NotSentRecord => record.type === 'not_sent');
  const outcomes = records.flatMap((record) => (record.type === 'end' ? [record.outcome] : []));
  return {
    records,
    sent,
    notSent,
    refused: outcomes.filter((outcome) => outcome.kind === 'limited').length,
    answered: outcomes.filter((outcome) => outcome.kind === 'ok').length,
    finished: source.finished,
    endMs: clock.nowMs(),
    attemptsOf: (requestId: string) => sent.filter((record) => record.requestId === requestId),
  };
}
