import type { Clock } from '../model/clock.ts';
import type { Exchange, TimeoutPhase, TransportError } from '../model/exchange.ts';
import type { Timeouts } from '../model/scenario.ts';
import type { AnswerPlan, AnswerPlanned } from '../simulator/core/plan.ts';
import { answerSeen, errorFramesOf, usageSeen } from './simulated-answer.ts';

/** What the client's side of an exchange depends on. */
export interface ClientOptions {
  readonly clock: Clock;
  /** One way. */
  readonly networkMs: number;
  readonly timeouts: Timeouts;
}

const NO_HEADERS: Readonly<Record<string, string>> = Object.freeze({});
const NO_FRAMES: readonly string[] = Object.freeze([]);
const NO_BODY = Object.freeze({ head: '', tail: '', bytes: 0 });
const RESET_CODE = 'ECONNRESET';

type Settled = Exclude<AnswerPlan, { readonly kind: 'queued' }>;

/** The exchange that a client with these timeouts sees of a plan. */
export function exchangeFor(plan: Settled, sentMs: number, options: ClientOptions): Exchange {
  const { networkMs, timeouts, clock } = options;
  const epochMs = clock.wallMs() - clock.nowMs();
  switch (plan.kind) {
    case 'hang': {
      const timeout = silence(timeouts);
      return unanswered(sentMs, sentMs + timeout.afterMs, timeout);
    }
    case 'reset': {
      const headersMs = plan.headersAtMs === null ? null : plan.headersAtMs + networkMs;
      const timeout = silence(timeouts);
      if (plan.atMs + networkMs > sentMs + timeout.afterMs)
        return unanswered(sentMs, sentMs + timeout.afterMs, timeout);
      const broken = connectionReset(headersMs === null ? 'headers' : 'body');
      const ended = unanswered(sentMs, plan.atMs + networkMs, broken);
      return headersMs === null ? ended : { ...ended, status: 200, headersMs, headers: plan.headers(epochMs) };
    }
    case 'refusal': {
      const atMs = plan.atMs + networkMs;
      const timeout = silence(timeouts);
      if (atMs > sentMs + timeout.afterMs) return unanswered(sentMs, sentMs + timeout.afterMs, timeout);
      const text = plan.body(epochMs);
      return {
        ...unanswered(sentMs, atMs, null),
        status: plan.status,
        headers: plan.headers(epochMs),
        body: { head: text, tail: '', bytes: text.length },
        errorFrames: plan.inStream ? errorFramesOf(text) : NO_FRAMES,
        sawDone: plan.inStream && text.includes('data: [DONE]'),
        headersMs: atMs,
        firstByteMs: text === '' ? null : atMs,
      };
    }
    case 'answer':
      return answered(plan, sentMs, options);
    default:
      return plan satisfies never;
  }
}

function answered(plan: AnswerPlanned, sentMs: number, { networkMs, timeouts }: ClientOptions): Exchange {
  const endedMs = (plan.ending.kind === 'complete' ? plan.finishedAtMs : plan.ending.atMs) + networkMs;
  const cut = clientTimeout(plan, { sentMs, endedMs, networkMs, timeouts });
  const finishedMs = cut === null ? endedMs : cut.atMs;
  const headersMs = plan.headersAtMs + networkMs;
  const opened = headersMs <= finishedMs;
  const seen = answerSeen(plan, networkMs, finishedMs);
  const native = plan.call.dialect === 'dashscope-native';
  const complete = cut === null && plan.ending.kind === 'complete';
  const broken = cut === null && plan.ending.kind === 'reset' ? connectionReset('body') : null;
  const marked = complete || (plan.ending.kind === 'clean' && plan.ending.adds !== 'nothing');
  return {
    status: opened ? 200 : null,
    headers: NO_HEADERS,
    body: NO_BODY,
    errorFrames: NO_FRAMES,
    transportError: cut === null ? broken : cut.error,
    protocol: 'h1',
    connection: null,
    queuedMs: 0,
    sentMs,
    headersMs: opened ? headersMs : null,
    firstByteMs: opened ? headersMs : null,
    firstTokenMs: seen.firstTokenMs,
    firstAnswerTokenMs: seen.firstAnswerTokenMs,
    finishedMs,
    gaps: seen.gaps,
    finishReason: complete ? plan.finishReason : null,
    reportedModel: native || !opened ? null : plan.reportedModel,
    sawDone: cut === null && marked && plan.call.stream && !native,
    usage: cut === null ? usageSeen(plan) : null,
    answer: seen.answer,
  };
}

interface ClientView {
  readonly sentMs: number;
  readonly endedMs: number;
  readonly networkMs: number;
  readonly timeouts: Timeouts;
}

/** The first of the client's limits that a planned answer runs into; null when it is in time. */
function clientTimeout(plan: AnswerPlanned, view: ClientView): { atMs: number; error: TransportError } | null {
  const { sentMs, endedMs, networkMs, timeouts } = view;
  const firstByteMs = plan.headersAtMs + networkMs;
  let atMs = sentMs + timeouts.totalMs;
  let phase: TimeoutPhase = 'total';
  if (firstByteMs > sentMs + timeouts.firstByteMs && sentMs + timeouts.firstByteMs < atMs) {
    atMs = sentMs + timeouts.firstByteMs;
    phase = 'first_byte';
  }
  const idleAtMs = plan.call.stream ? idleCutMs(plan, networkMs, timeouts.idleMs) : null;
  if (idleAtMs !== null && firstByteMs <= sentMs + timeouts.firstByteMs && idleAtMs < atMs) {
    atMs = idleAtMs;
    phase = 'idle';
  }
  if (atMs >= endedMs) return null;
  const limitMs = { total: timeouts.totalMs, first_byte: timeouts.firstByteMs, idle: timeouts.idleMs }[phase];
  return { atMs, error: { kind: 'timeout', phase, afterMs: limitMs } };
}

/** When a stream has been silent for too long: before its first token, in its stall, or always where it is slow. */
function idleCutMs(plan: AnswerPlanned, networkMs: number, idleMs: number): number | null {
  if (plan.firstTokenAtMs - plan.headersAtMs > idleMs) return plan.headersAtMs + networkMs + idleMs;
  if (1000 / plan.tokensPerSecond > idleMs) return plan.firstTokenAtMs + networkMs + idleMs;
  if (plan.stall === null || plan.stall.forMs <= idleMs) return null;
  const beforeStallMs = ((plan.stall.afterTokens - 1) / plan.tokensPerSecond) * 1000;
  return plan.firstTokenAtMs + beforeStallMs + networkMs + idleMs;
}

/** Nothing comes at all: the shorter limit ends it. */
export function silence({ firstByteMs, totalMs }: Timeouts): TransportError & { readonly kind: 'timeout' } {
  return firstByteMs <= totalMs
    ? { kind: 'timeout', phase: 'first_byte', afterMs: firstByteMs }
    : { kind: 'timeout', phase: 'total', afterMs: totalMs };
}

function connectionReset(phase: 'headers' | 'body'): TransportError {
  return { kind: 'connection', phase, code: RESET_CODE, message: 'the simulated endpoint reset the connection' };
}

export function unanswered(sentMs: number, finishedMs: number, transportError: TransportError | null): Exchange {
  return {
    status: null,
    headers: NO_HEADERS,
    body: NO_BODY,
    errorFrames: NO_FRAMES,
    transportError,
    protocol: 'h1',
    connection: null,
    queuedMs: 0,
    sentMs,
    headersMs: null,
    firstByteMs: null,
    firstTokenMs: null,
    firstAnswerTokenMs: null,
    finishedMs,
    gaps: null,
    finishReason: null,
    reportedModel: null,
    sawDone: false,
    usage: null,
    answer: null,
  };
}
