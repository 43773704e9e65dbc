import type { Cancel, Clock } from '../model/clock.ts';
import type { Exchange, TimeoutPhase, TransportError } from '../model/exchange.ts';
import type { Outgoing } from '../model/request.ts';
import type { Timeouts } from '../model/scenario.ts';
import type { DialectName } from '../model/target.ts';
import type { Transport } from '../model/transport.ts';
import type { AnswerPlan, AnswerPlanned, SimulatedCall, SimulatedEndpoint } from '../simulator/core/plan.ts';
import { answerSeen, errorFramesOf, usageSeen } from './simulated-answer.ts';

export interface SimulatedTransportOptions {
  readonly endpoint: SimulatedEndpoint;
  /** Virtual: the endpoint gets its times in order because this clock runs them in order. */
  readonly clock: Clock;
  readonly dialect: DialectName;
  /** One way. */
  readonly networkMs: number;
  readonly waitTimeoutMs: number | null;
  readonly timeouts: Timeouts;
  /** By key index: they select accounts. */
  readonly keys: readonly string[];
}

const NO_HEADERS: Readonly<Record<string, string>> = Object.freeze({});
const NO_FRAMES: readonly string[] = Object.freeze([]);
const NO_BODY = Object.freeze({ head: '', tail: '', bytes: 0 });
const RESET_CODE = 'ECONNRESET';

/**
 * The simulated endpoint in this process, in virtual time: its plans become exchanges by arithmetic. Texts exist for
 * refusals only; an answer's headers, body bytes and hash are not made, because nothing that is reported needs them.
 */
export function simulatedTransport(options: SimulatedTransportOptions): Transport {
  const { clock, networkMs } = options;
  const open = new Set<Flight>();

  function callOf({ request, attemptNo, keyIndex }: Outgoing): SimulatedCall {
    return {
      requestId: `${request.requestId}#${attemptNo}`,
      dialect: options.dialect === 'dashscope-native' ? 'dashscope-native' : 'dashscope',
      model: request.model,
      key: options.keys[keyIndex] ?? '',
      promptTokens: request.promptTokens,
      maxTokens: request.maxTokens,
      stream: request.stream,
      includeUsage: true,
      waitTimeoutMs: options.waitTimeoutMs,
      thinking: request.extraBody.enable_thinking === true,
    };
  }

  return {
    send(outgoing, handler) {
      const flight = new Flight(options, (exchange, ended) => {
        open.delete(ended);
        handler.onEnd(exchange);
      });
      open.add(flight);
      clock.at(flight.sentMs + networkMs, () => flight.arrive(callOf(outgoing)));
      handler.onSent(flight.sentMs);
    },
    abortAll() {
      for (const flight of [...open]) flight.cancel();
    },
    sockets: () => ({ open: 0, opened: 0 }),
  };
}

/** One call on its way through virtual time. */
class Flight {
  readonly sentMs: number;
  done = false;
  readonly #options: SimulatedTransportOptions;
  readonly #onEnd: (exchange: Exchange, flight: Flight) => void;
  #cancelEnd: Cancel | null = null;
  #plan: AnswerPlanned | null = null;
  #cancelFinish: Cancel | null = null;

  constructor(options: SimulatedTransportOptions, onEnd: (exchange: Exchange, flight: Flight) => void) {
    this.#options = options;
    this.#onEnd = onEnd;
    this.sentMs = options.clock.nowMs();
  }

  arrive(call: SimulatedCall): void {
    if (this.done) return;
    const { endpoint, clock, timeouts } = this.#options;
    const plan = endpoint.answer(call, clock.nowMs());
    if (plan.kind === 'queued') {
      clock.at(plan.againAtMs, () => this.arrive(plan.call));
      this.#limit(timeouts);
      return;
    }
    const exchange = exchangeFor(plan, this.sentMs, this.#options);
    if (plan.kind === 'answer') this.#hold(plan, exchange.finishedMs);
    this.#endWith(exchange);
  }

  cancel(): void {
    if (this.done) return;
    this.#cancelEnd?.();
    const { clock, networkMs } = this.#options;
    if (this.#plan !== null) {
      this.#cancelFinish?.();
      this.#settleAt(this.#plan, clock.nowMs() + networkMs);
    }
    this.#end(unanswered(this.sentMs, clock.nowMs(), { kind: 'cancelled' }));
  }

  /** While the endpoint lets the call wait, only the client's own limits can end it. */
  #limit(timeouts: Timeouts): void {
    if (this.#cancelEnd !== null) return;
    const timeout = silence(timeouts);
    this.#endWith(unanswered(this.sentMs, this.sentMs + timeout.afterMs, timeout));
  }

  /** The endpoint settles when its answer ends, or when it notices that the client has gone. */
  #hold(plan: AnswerPlanned, endMs: number): void {
    this.#plan = plan;
    this.#cancelFinish = this.#settleAt(plan, Math.min(plan.finishedAtMs, endMs + this.#options.networkMs));
  }

  #settleAt(plan: AnswerPlanned, atMs: number): Cancel {
    const { clock, endpoint } = this.#options;
    return clock.at(atMs, () => endpoint.finish(plan, clock.nowMs()));
  }

  #endWith(exchange: Exchange): void {
    this.#cancelEnd?.();
    this.#cancelEnd = this.#options.clock.at(exchange.finishedMs, () => this.#end(exchange));
  }

  #end(exchange: Exchange): void {
    this.done = true;
    this.#onEnd(exchange, this);
  }
}

type Settled = Exclude<AnswerPlan, { readonly kind: 'queued' }>;

/** The exchange that a client with these timeouts sees of a plan. */
function exchangeFor(plan: Settled, sentMs: number, options: SimulatedTransportOptions): Exchange {
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

function answered(plan: AnswerPlanned, sentMs: number, { networkMs, timeouts }: SimulatedTransportOptions): Exchange {
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
function silence({ firstByteMs, totalMs }: Timeouts): TransportError & { readonly kind: 'timeout' } {
  return firstByteMs <= totalMs
    ? { kind: 'timeout', phase: 'first_byte', afterMs: firstByteMs }
    : { kind: 'timeout', phase: 'total', afterMs: totalMs };
}

function connectionReset(phase: 'headers' | 'body'): TransportError {
  return { kind: 'connection', phase, code: RESET_CODE, message: 'the simulated endpoint reset the connection' };
}

function unanswered(sentMs: number, finishedMs: number, transportError: TransportError | null): Exchange {
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
