import type { DecodedAnswer, Decoder, Exchange, TransportError } from '../model/exchange.ts';
import type { Outgoing, Request, WireRequest } from '../model/request.ts';
import type { Dialect } from '../model/target.ts';
import type { TransportHandler } from '../model/transport.ts';
import { type SdkClient, type SdkClients, sdkClients } from './openai-client.ts';
import { type AnswerTap, fetchedAnswer } from './openai-fetch.ts';
import { codeOf } from './transport-errors.ts';
import { type UndiciTransport, type UndiciTransportOptions, undiciTransport } from './undici-transport.ts';

export interface OpenaiTransportOptions extends UndiciTransportOptions {
  /**
   * Retries by the SDK itself, each an attempt of its own in the journal (`TransportHandler.onRetry`). 0, unless the
   * question is what the SDK's default (2) does to a quota.
   */
  readonly maxRetries?: number;
}

/**
 * The OpenAI SDK as an application sees it, over the default driver's sockets. Sent, headers and first byte are stamped
 * on the wire; tokens where the application gets the parsed chunk. What came over the wire stays the evidence.
 */
export function openaiTransport(options: OpenaiTransportOptions): UndiciTransport {
  const { dialect, clock } = options;
  if (dialect.name === 'dashscope-native') throw new TypeError('the OpenAI SDK does not speak the native dialect');
  const calls = new Map<Request, WireCall>();
  const running = new Set<SdkCall>();
  const wire = undiciTransport({
    ...options,
    dialect: wireDialect(dialect, calls),
  });
  const clients: SdkClients = sdkClients({
    baseUrl: options.target.baseUrl ?? '',
    keys: options.keys,
    maxRetries: options.maxRetries ?? 0,
    // Ours come first: the SDK has one limit only, up to the headers.
    timeoutMs: options.timeouts.totalMs + 60_000,
  });

  function abortAll(): void {
    wire.abortAll();
    for (const call of [...running]) call.cancel();
  }

  return {
    proxyInUse: wire.proxyInUse,
    send(outgoing, handler) {
      const call = new SdkCall({ outgoing, handler, dialect, clock, wire, calls, onDone: () => running.delete(call) });
      running.add(call);
      void call.run(clients);
    },
    stopRetrying() {
      for (const call of [...running]) if (call.isWaiting()) call.cancel();
    },
    abortAll,
    sockets: () => wire.sockets(),
    async warm(connections) {
      await clients.load();
      return wire.warm(connections);
    },
    refresh: () => wire.refresh(),
    async close() {
      abortAll();
      await wire.close();
    },
  };
}

/** One `fetch` of the SDK: what it asked for, and where the answer goes while it comes in. */
interface WireCall {
  readonly request: WireRequest;
  readonly tap: AnswerTap;
}

/** Writes what the SDK wrote, and lets it read what the dialect reads. */
function wireDialect(dialect: Dialect, calls: ReadonlyMap<Request, WireCall>): Dialect {
  const callOf = (request: Request): WireCall => {
    const call = calls.get(request);
    if (call === undefined) throw new Error(`no call for request ${request.requestId}`);
    return call;
  };
  return {
    name: dialect.name,
    encode: (request) => callOf(request).request,
    decoder: (request) => tapped(dialect.decoder(request), callOf(request).tap),
  };
}

function tapped(decoder: Decoder, tap: AnswerTap): Decoder {
  return {
    start(status, contentType) {
      decoder.start(status, contentType);
      tap.start(status, contentType);
    },
    chunk(text, atMs) {
      decoder.chunk(text, atMs);
      tap.chunk(text);
    },
    end: () => decoder.end(),
  };
}

interface SdkCallOptions {
  readonly outgoing: Outgoing;
  readonly handler: TransportHandler;
  readonly dialect: Dialect;
  readonly clock: UndiciTransportOptions['clock'];
  readonly wire: UndiciTransport;
  readonly calls: Map<Request, WireCall>;
  readonly onDone: () => void;
}

/** One call of the SDK: one exchange on the wire, or several where the SDK retries. */
class SdkCall {
  readonly #options: SdkCallOptions;
  readonly #abort = new AbortController();
  /** What the application was handed, read by the dialect's own rules at the time it was handed over. */
  readonly #seen: Decoder;
  #startMs: number;
  #attemptNo: number;
  /** Of the running or last fetch; a call that never reached its fetch has none. */
  #exchange: Promise<Exchange> | null = null;
  #finished: Exchange | null = null;

  constructor(options: SdkCallOptions) {
    this.#options = options;
    this.#startMs = options.clock.nowMs();
    this.#attemptNo = options.outgoing.attemptNo;
    this.#seen = options.dialect.decoder(options.outgoing.request);
  }

  cancel(): void {
    this.#abort.abort();
  }

  /** Between an attempt that failed and the next one. */
  isWaiting(): boolean {
    return this.#finished !== null && hasFailed(this.#finished);
  }

  async run(clients: SdkClients): Promise<void> {
    const { clock, handler, outgoing, onDone } = this.#options;
    let failure: unknown = null;
    try {
      const client = await clients.client(outgoing.keyIndex);
      this.#abort.signal.throwIfAborted();
      await this.#ask(client);
    } catch (error) {
      failure = error;
    }
    const settledMs = clock.nowMs();
    const exchange = (await this.#exchange) ?? unsent(settledMs);
    onDone();
    handler.onEnd(this.#asSeen(exchange, { failure, settledMs }));
  }

  async #ask(client: SdkClient): Promise<void> {
    const { clock, dialect, outgoing } = this.#options;
    const { path, body } = dialect.encode(outgoing.request);
    const asked = client.create(JSON.parse(body), {
      signal: this.#abort.signal,
      fetch: (init) => this.#fetch(path, init),
    });
    if (outgoing.request.stream) {
      this.#seen.start(200, 'text/event-stream');
      for await (const chunk of (await asked) as AsyncIterable<unknown>) {
        this.#seen.chunk(`data: ${JSON.stringify(chunk)}\n\n`, clock.nowMs());
      }
    } else {
      const answer = await asked;
      this.#seen.start(200, 'application/json');
      this.#seen.chunk(JSON.stringify(answer), clock.nowMs());
    }
  }

  /** Every request of the SDK passes here, its retries too. */
  #fetch(path: string, init: RequestInit): Promise<Response> {
    const { clock, handler, wire, calls, outgoing } = this.#options;
    if (this.#abort.signal.aborted) return Promise.reject(this.#abort.signal.reason);
    if (this.#finished !== null) {
      if (!handler.onRetry?.(this.#finished)) {
        // A rejection alone is one more failure to retry.
        this.#abort.abort();
        return Promise.reject(this.#abort.signal.reason);
      }
      this.#finished = null;
      this.#attemptNo++;
      this.#startMs = clock.nowMs();
    }
    const request = { ...outgoing.request };
    const answer = fetchedAnswer();
    calls.set(request, { request: wireRequest(path, init), tap: answer });
    this.#exchange = new Promise((resolve) => {
      const onEnd = (exchange: Exchange) => {
        calls.delete(request);
        this.#finished = exchange;
        if (hasFailed(exchange) && handler.onFailed?.(exchange) === false) this.#abort.abort();
        answer.end(exchange);
        resolve(exchange);
      };
      const onSent = (sentMs: number) => handler.onSent(sentMs);
      wire.send({ ...outgoing, attemptNo: this.#attemptNo, request }, { onSent, onEnd });
    });
    return answer.response;
  }

  /** Ended while the SDK waited for a retry that never left: that wait is no part of the attempt before it. */
  #gaveUpRetrying(): boolean {
    return this.#abort.signal.aborted && this.#finished !== null;
  }

  #asSeen(exchange: Exchange, seen: { readonly failure: unknown; readonly settledMs: number }): Exchange {
    const decoded: DecodedAnswer = this.#seen.end();
    const queuedMs = (exchange.sentMs ?? exchange.finishedMs) - this.#startMs;
    return {
      ...exchange,
      queuedMs,
      firstTokenMs: decoded.firstTokenMs,
      firstAnswerTokenMs: decoded.firstAnswerTokenMs,
      gaps: decoded.gaps,
      finishedMs: this.#gaveUpRetrying() ? exchange.finishedMs : Math.max(seen.settledMs, exchange.sentMs ?? 0),
      transportError: exchange.transportError ?? unreadable(exchange, seen.failure),
    };
  }
}

/** What the SDK may ask again for: no answer has begun. */
function hasFailed({ status }: Exchange): boolean {
  return status === null || status >= 400;
}

function wireRequest(path: string, init: RequestInit): WireRequest {
  const headers: Record<string, string> = {};
  new Headers(init.headers).forEach((value, name) => {
    // The transport writes the key itself: a target without one gets none.
    if (name !== 'authorization' && name !== 'content-length') headers[name] = value;
  });
  return { method: 'POST', path, headers, body: String(init.body) };
}

/** A complete answer without any error that the SDK refused all the same: the application got an exception. */
function unreadable(exchange: Exchange, failure: unknown): TransportError | null {
  const explained = exchange.status === null || exchange.status >= 300 || exchange.errorFrames.length > 0;
  if (failure === null || explained) return null;
  const message = failure instanceof Error ? failure.message.slice(0, 300) : String(failure);
  return { kind: 'connection', phase: 'body', code: `SDK_${codeOf(failure)}`, message };
}

/** Cancelled before the SDK had asked for anything. */
function unsent(atMs: number): Exchange {
  return {
    status: null,
    headers: {},
    body: { head: '', tail: '', bytes: 0 },
    errorFrames: [],
    transportError: { kind: 'cancelled' },
    protocol: null,
    connection: null,
    queuedMs: 0,
    sentMs: null,
    headersMs: null,
    firstByteMs: null,
    firstTokenMs: null,
    firstAnswerTokenMs: null,
    finishedMs: atMs,
    gaps: null,
    finishReason: null,
    reportedModel: null,
    sawDone: false,
    usage: null,
    answer: null,
  };
}
