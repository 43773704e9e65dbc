import type { Dispatcher } from 'undici';
import type { Cancel, Clock } from '../model/clock.ts';
import type { Connection, DecodedAnswer, Decoder, Exchange, TimeoutPhase, TransportError } from '../model/exchange.ts';
import type { Timeouts } from '../model/scenario.ts';
import type { TransportHandler } from '../model/transport.ts';
import { BodyReader, type Unpacker, unpackerFor } from './body-reader.ts';
import { CONNECT_TIMEOUT, connectTimeout, type Lane } from './lanes.ts';
import { OpenError, refusedStream, toTransportError } from './transport-errors.ts';

/** A header value is kept up to this length. */
const HEADER_CHARACTERS_MAX = 2048;

const NOTHING_DECODED: DecodedAnswer = {
  firstTokenMs: null,
  firstAnswerTokenMs: null,
  gaps: null,
  finishReason: null,
  reportedModel: null,
  sawDone: false,
  usage: null,
  errorFrames: [],
  answer: null,
};

/** What all exchanges of one transport share. */
export interface ExchangeContext {
  readonly clock: Clock;
  readonly timeouts: Timeouts;
  readonly keepHeader: (name: string) => boolean;
  readonly recordBodies: boolean;
  /** The client is done with the exchange; its lane is free. */
  readonly onReleased: (exchange: UndiciExchange) => void;
  readonly onKeepAliveHint: (ms: number) => void;
}

type ResponseHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** One exchange on its way, as undici reports it. Ends once, whatever undici says afterwards. */
export class UndiciExchange implements Dispatcher.DispatchHandler {
  readonly lane: Lane;
  readonly #context: ExchangeContext;
  readonly #handler: TransportHandler;
  readonly #decoder: Decoder;
  readonly #body: BodyReader;
  readonly #startMs: number;
  #controller: Dispatcher.DispatchController | null = null;
  #unpacker: Unpacker | null = null;
  #cancelCheck: Cancel;
  #done = false;
  #released = false;
  #connection: Connection | null = null;
  #idleMs: number | null = null;
  #protocol: 'h1' | 'h2' | null = null;
  #status: number | null = null;
  #headers: Record<string, string> = {};
  #sentMs: number | null = null;
  #answerStarted = false;
  #headersMs: number | null = null;
  #firstByteMs: number | null = null;
  #lastByteMs = 0;

  constructor(context: ExchangeContext, lane: Lane, decoder: Decoder, handler: TransportHandler) {
    this.lane = lane;
    this.#context = context;
    this.#handler = handler;
    this.#decoder = decoder;
    this.#body = new BodyReader(decoder, context.recordBodies);
    this.#startMs = context.clock.nowMs();
    const { connectMs, firstByteMs, idleMs, totalMs } = context.timeouts;
    const first = Math.min(firstByteMs, idleMs, totalMs, lane.connection === null ? connectMs : totalMs);
    this.#cancelCheck = context.clock.at(this.#startMs + first, () => this.#check());
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    const again = this.#controller !== null;
    this.#controller = controller;
    const connection = this.lane.connection;
    if (this.#done || again) {
      controller.abort(again ? refusedStream(connection?.id === this.#connection?.id) : new Error('given up'));
      return;
    }
    if (connection === null) return;
    const waited = connection.uses === 0 && !connection.warm;
    this.#connection = {
      id: connection.id,
      reused: connection.uses > 0,
      handshakeMs: waited ? connection.handshakeMs : null,
    };
    if (connection.uses > 0) this.#idleMs = this.#startMs - this.lane.idleSinceMs;
    this.#protocol = connection.protocol;
    connection.uses++;
  }

  /** Called right after the request was written to the socket: the earliest instant that is true. */
  onRequestSent(): void {
    if (this.#done) return;
    this.#sentMs = this.#context.clock.nowMs();
    this.#handler.onSent(this.#sentMs);
  }

  onResponseStarted(): void {
    this.#answerStarted = true;
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: ResponseHeaders): void {
    if (this.#done || status < 200) return;
    this.#headersMs = this.#context.clock.nowMs();
    this.#status = status;
    this.#keepHeaders(headers);
    const hint = /timeout=\s*(\d+)/i.exec(first(headers['keep-alive']));
    if (hint !== null) this.#context.onKeepAliveHint(Number(hint[1]) * 1000);
    const encoding = first(headers['content-encoding']);
    if (encoding !== '') this.#unpacker = this.#unpack(encoding);
    this.#decoder.start(status, first(headers['content-type']));
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#done) return;
    const nowMs = this.#context.clock.nowMs();
    if (this.#firstByteMs === null) this.#firstByteMs = nowMs;
    this.#lastByteMs = nowMs;
    if (this.#unpacker === null) this.#take(chunk, nowMs);
    else this.#unpacker.write(chunk);
  }

  onResponseEnd(): void {
    this.#release();
    if (this.#done) return;
    if (this.#unpacker === null) this.#finish(null);
    else this.#unpacker.end();
  }

  onResponseError(_: unknown, error: Error): void {
    this.#release();
    if (!this.#done) this.#finish(this.#explain(error));
  }

  /** Ends the exchange as `cancelled`. */
  cancel(): void {
    this.#giveUp({ kind: 'cancelled' });
  }

  #giveUp(reason: TransportError): void {
    if (this.#done) return;
    this.#finish(reason);
    const cause = new Error('given up');
    if (this.#controller !== null) this.#controller.abort(cause);
    else
      this.lane.giveUp?.(reason.kind === 'timeout' ? connectTimeout(reason.afterMs) : new OpenError('connect', cause));
  }

  #take(bytes: Buffer, atMs: number): void {
    try {
      this.#body.chunk(bytes, atMs);
    } catch (error) {
      this.#giveUp(this.#explain(error));
    }
  }

  #unpack(encoding: string): Unpacker | null {
    return unpackerFor(encoding, {
      onData: (bytes) => this.#take(bytes, this.#context.clock.nowMs()),
      onEnd: () => {
        if (!this.#done) this.#finish(null);
      },
      onError: (error) => this.#giveUp(this.#explain(error)),
    });
  }

  #explain(error: unknown): TransportError {
    if (error instanceof OpenError && error.code === CONNECT_TIMEOUT) {
      return { kind: 'timeout', phase: 'connect', afterMs: this.#context.timeouts.connectMs };
    }
    return toTransportError(error, {
      sentMs: this.#sentMs,
      answerStarted: this.#answerStarted,
      headersSeen: this.#headersMs !== null,
      idleMs: this.#idleMs,
      nowMs: this.#context.clock.nowMs(),
    });
  }

  #keepHeaders(headers: ResponseHeaders): void {
    for (const name in headers) {
      if (!this.#context.keepHeader(name)) continue;
      const given = headers[name];
      const value = typeof given === 'string' ? given : (given?.join(', ') ?? '');
      this.#headers[name] = value.length > HEADER_CHARACTERS_MAX ? value.slice(0, HEADER_CHARACTERS_MAX) : value;
    }
  }

  /**
   * One timer per exchange instead of one per chunk: it looks which limit has passed, and comes again when the next
   * one can. A phase that begins between two looks cannot end before the second.
   */
  #check(): void {
    const nowMs = this.#context.clock.nowMs();
    const { firstByteMs, idleMs, totalMs } = this.#context.timeouts;
    const totalDueMs = this.#startMs + totalMs;
    const [phase, limitMs, sinceMs] = this.#phase();
    if (nowMs >= totalDueMs) {
      this.#timeOut('total', totalMs);
    } else if (nowMs >= sinceMs + limitMs) {
      this.#timeOut(phase, limitMs);
    } else {
      const nextMs = Math.min(sinceMs + limitMs, nowMs + Math.min(idleMs, firstByteMs), totalDueMs);
      this.#cancelCheck = this.#context.clock.at(nextMs, () => this.#check());
    }
  }

  #phase(): readonly [TimeoutPhase, limitMs: number, sinceMs: number] {
    const { connectMs, firstByteMs, idleMs } = this.#context.timeouts;
    if (this.#firstByteMs !== null) return ['idle', idleMs, this.#lastByteMs];
    if (this.#sentMs !== null) return ['first_byte', firstByteMs, this.#sentMs];
    return ['connect', connectMs, this.#startMs];
  }

  #timeOut(phase: TimeoutPhase, afterMs: number): void {
    this.#giveUp({ kind: 'timeout', phase, afterMs });
  }

  #release(): void {
    if (this.#released) return;
    this.#released = true;
    this.#context.onReleased(this);
  }

  #finish(transportError: TransportError | null): void {
    this.#done = true;
    this.#cancelCheck();
    this.#unpacker?.destroy();
    const finishedMs = this.#context.clock.nowMs();
    this.#body.end(finishedMs);
    const decoded = this.#status === null ? NOTHING_DECODED : this.#decoder.end();
    const sample = this.#body.sample();
    const isAnswer = this.#status !== null && this.#status < 300 && decoded.firstTokenMs !== null;
    this.#handler.onEnd({
      status: this.#status,
      headers: this.#headers,
      body: isAnswer && !this.#context.recordBodies ? { head: '', tail: '', bytes: sample.bytes } : sample,
      errorFrames: decoded.errorFrames,
      transportError,
      protocol: this.#protocol,
      connection: this.#connection,
      queuedMs: (this.#sentMs ?? finishedMs) - this.#startMs,
      sentMs: this.#sentMs,
      headersMs: this.#headersMs,
      firstByteMs: this.#firstByteMs,
      firstTokenMs: decoded.firstTokenMs,
      firstAnswerTokenMs: decoded.firstAnswerTokenMs,
      finishedMs,
      gaps: decoded.gaps,
      finishReason: decoded.finishReason,
      reportedModel: decoded.reportedModel,
      sawDone: decoded.sawDone,
      usage: decoded.usage,
      answer: decoded.answer,
    } satisfies Exchange);
  }
}

function first(value: string | string[] | undefined): string {
  return typeof value === 'string' ? value : (value?.[0] ?? '');
}
