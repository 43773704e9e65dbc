import type { Socket } from 'node:net';
import type { Client } from 'autocannon';
import type { Clock } from '../model/clock.ts';
import type { DecodedAnswer, Exchange, TransportError, TransportErrorPhase } from '../model/exchange.ts';
import type { Outgoing, Request } from '../model/request.ts';
import type { Timeouts } from '../model/scenario.ts';
import type { Dialect } from '../model/target.ts';
import type { TransportHandler } from '../model/transport.ts';
import { codeOf } from './transport-errors.ts';

/** What a connection sends next, and who hears of it. */
export interface ClosedWork {
  readonly outgoing: Outgoing;
  readonly handler: TransportHandler;
}

export interface SlotContext {
  readonly clock: Clock;
  readonly dialect: Dialect;
  readonly timeouts: Timeouts;
  readonly keepHeader: (name: string) => boolean;
  readonly headersOf: (
    request: Request,
    attemptNo: number,
    wireHeaders: Readonly<Record<string, string>>,
  ) => Record<string, string>;
  readonly next: () => ClosedWork | null;
  /** Body of the answer that a `response` event is about. */
  readonly body: () => string;
  /** A socket was asked for; gives its number. */
  readonly onOpened: () => number;
  readonly onEnded: () => void;
}

/** A connection that is refused this often in a row is given up: autocannon would try again at once, for ever. */
const REFUSALS_MAX = 3;
/** As in the default driver: a server that closed an idle connection answers a write within a round trip. */
const STALE_WITHIN_MS = 1000;
const BODY_HEAD_CHARACTERS = 4096;

/** The request in flight on one connection. */
interface Pending extends ClosedWork {
  readonly startMs: number;
  /** Set-up of the connection that this request waited for. */
  handshakeMs: number | null;
  sentMs: number | null;
  headersMs: number | null;
  status: number | null;
  headers: Record<string, string>;
}

/**
 * One connection of autocannon. It counts answers only; this keeps the account of every request: at most one is in
 * flight, so a request that begins while another is pending says that the other's answer will never come.
 */
export class AutocannonSlot {
  readonly #context: SlotContext;
  readonly #client: Client;
  #socket: Socket | null = null;
  #connectionId = 0;
  #uses = 0;
  #refusals = 0;
  #failure: Error | null = null;
  #pending: Pending | null = null;
  #ended = false;

  constructor(context: SlotContext, client: Client) {
    this.#context = context;
    this.#client = client;
    client.on('request', () => this.#begin());
    client.on('headers', ({ statusCode, headers }) => this.#gotHeaders(statusCode, headers));
    client.on('response', () => this.#gotResponse());
    client.on('connError', (error) => {
      this.#failure = error;
    });
  }

  isOpen(): boolean {
    return this.#socket !== null && !this.#socket.destroyed && !this.#socket.connecting;
  }

  abort(): void {
    if (this.#pending !== null) this.#finish(this.#pending, { kind: 'cancelled' });
    this.#end();
  }

  /** autocannon writes the current request right after this. */
  #begin(): void {
    if (this.#ended) return;
    if (this.#pending !== null) this.#giveUp(this.#pending);
    this.#follow(this.#client.conn);
    const work = this.#refusals < REFUSALS_MAX ? this.#context.next() : null;
    if (work === null) {
      this.#end();
      return;
    }
    const { clock, dialect, headersOf } = this.#context;
    const { request, attemptNo } = work.outgoing;
    const wire = dialect.encode(request);
    this.#client.setHeadersAndBody(headersOf(request, attemptNo, wire.headers), wire.body);
    const pending: Pending = {
      ...work,
      startMs: clock.nowMs(),
      handshakeMs: null,
      sentMs: null,
      headersMs: null,
      status: null,
      headers: {},
    };
    this.#pending = pending;
    this.#uses++;
    const socket = this.#client.conn;
    if (!socket.connecting) this.#sent(pending);
    else {
      socket.once('encrypted' in socket ? 'secureConnect' : 'connect', () => {
        pending.handshakeMs = clock.nowMs() - pending.startMs;
        this.#sent(pending);
      });
    }
  }

  #sent(pending: Pending): void {
    if (this.#pending !== pending) return;
    this.#refusals = 0;
    pending.sentMs = this.#context.clock.nowMs();
    pending.handler.onSent(pending.sentMs);
  }

  /**
   * After a reconnect: the old socket must not be heard any more (its late error would open a second connection beside
   * this one), and what it left in the parser and in the queue would be read as the start of the next answer.
   */
  #follow(socket: Socket): void {
    if (socket === this.#socket) return;
    const old = this.#socket;
    this.#socket = socket;
    this.#connectionId = this.#context.onOpened();
    this.#uses = 0;
    if (old === null) return;
    old.removeAllListeners();
    old.on('error', () => {});
    old.destroy();
    this.#client.parser.initialize('RESPONSE');
    this.#client.pipelinedRequests.clear();
  }

  #gotHeaders(status: number, raw: readonly string[]): void {
    const pending = this.#pending;
    if (pending === null || status < 200) return;
    pending.headersMs = this.#context.clock.nowMs();
    pending.status = status;
    for (let index = 0; index + 1 < raw.length; index += 2) {
      const name = (raw[index] as string).toLowerCase();
      if (this.#context.keepHeader(name)) pending.headers[name] = raw[index + 1] as string;
    }
  }

  #gotResponse(): void {
    if (this.#pending !== null) this.#finish(this.#pending, null);
  }

  #giveUp(pending: Pending): void {
    if (pending.sentMs === null) this.#refusals++;
    this.#finish(pending, this.#reason(pending));
  }

  #reason({ startMs, sentMs, headersMs }: Pending): TransportError {
    const { clock, timeouts } = this.#context;
    const failure = this.#failure;
    const nowMs = clock.nowMs();
    if (failure === null && nowMs - startMs >= timeouts.totalMs) {
      return { kind: 'timeout', phase: 'total', afterMs: timeouts.totalMs };
    }
    const stale = this.#uses > 1 && sentMs !== null && nowMs - sentMs <= STALE_WITHIN_MS;
    const phase: TransportErrorPhase =
      sentMs === null ? 'connect' : headersMs !== null ? 'body' : stale ? 'stale_reuse' : 'headers';
    return failure === null
      ? {
          kind: 'connection',
          phase,
          code: 'CLOSED',
          message: 'the connection was closed before the answer was complete',
        }
      : { kind: 'connection', phase, code: codeOf(failure), message: failure.message.slice(0, 300) };
  }

  #finish(pending: Pending, transportError: TransportError | null): void {
    this.#pending = null;
    this.#failure = null;
    pending.handler.onEnd(this.#exchangeOf(pending, transportError));
  }

  /**
   * Tokens are not stamped, and the text is not trusted: autocannon joins chunks as strings, so a character that two of
   * them share is broken. What classification needs (codes, usage, finish reason) is ASCII and survives.
   */
  #exchangeOf(pending: Pending, transportError: TransportError | null): Exchange {
    const { clock } = this.#context;
    const finishedMs = clock.nowMs();
    const { status, headers, sentMs } = pending;
    const body = transportError === null ? this.#context.body() : '';
    const decoded = status === null ? null : this.#decode(pending, body, finishedMs);
    const isAnswer = status !== null && status < 300 && decoded !== null && decoded.firstTokenMs !== null;
    return {
      status,
      headers,
      body: { head: isAnswer ? '' : body.slice(0, BODY_HEAD_CHARACTERS), tail: '', bytes: Buffer.byteLength(body) },
      errorFrames: decoded?.errorFrames ?? [],
      transportError,
      protocol: sentMs === null ? null : 'h1',
      connection:
        sentMs === null ? null : { id: this.#connectionId, reused: this.#uses > 1, handshakeMs: pending.handshakeMs },
      queuedMs: (sentMs ?? finishedMs) - pending.startMs,
      sentMs,
      headersMs: pending.headersMs,
      firstByteMs: null,
      firstTokenMs: null,
      firstAnswerTokenMs: null,
      finishedMs,
      gaps: null,
      finishReason: decoded?.finishReason ?? null,
      reportedModel: decoded?.reportedModel ?? null,
      sawDone: decoded?.sawDone ?? false,
      usage: decoded?.usage ?? null,
      answer: null,
    };
  }

  #decode(pending: Pending, body: string, atMs: number): DecodedAnswer {
    const decoder = this.#context.dialect.decoder(pending.outgoing.request);
    decoder.start(pending.status ?? 0, pending.headers['content-type'] ?? '');
    decoder.chunk(body, atMs);
    return decoder.end();
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#client.destroy();
    this.#context.onEnded();
  }
}
