import type { Cancel, Clock } from '../model/clock.ts';
import type { Exchange } from '../model/exchange.ts';
import type { Outgoing } from '../model/request.ts';
import type { Transport, TransportHandler } from '../model/transport.ts';

/*
 * What the OpenAI SDK does by itself after a failure, for virtual time, where the SDK cannot run: openai 7.57.0,
 * src/client.ts (`shouldRetry`, `retryRequest`, `calculateDefaultRetryTimeoutMillis`), seen 2026-11-21. A test holds this
 * against the installed SDK.
 */

const FIRST_WAIT_MS = 500;
const WAIT_MAX_MS = 8000;
/** The jitter only ever shortens a wait. */
const JITTER_SHARE = 0.25;
/** A server that asks for more is not obeyed. */
const ASKED_MAX_MS = 60_000;

export interface SdkRetryStep {
  /** Retries of this call so far. */
  readonly retries: number;
  /** Uniform on [0, 1). */
  readonly chance: number;
  /** Epoch ms, for a Retry-After that is a date. */
  readonly wallMs: number;
}

/** How long the SDK waits before it sends again; null: it hands this end to the application. */
export function sdkRetryWaitMs(exchange: Exchange, step: SdkRetryStep): number | null {
  if (!isRetried(exchange)) return null;
  const askedMs = exchange.transportError === null ? askedWaitMs(exchange.headers, step.wallMs) : null;
  if (askedMs !== null && Number.isFinite(askedMs) && askedMs >= 0 && askedMs <= ASKED_MAX_MS) return askedMs;
  return Math.min(FIRST_WAIT_MS * 2 ** step.retries, WAIT_MAX_MS) * (1 - step.chance * JITTER_SHARE);
}

/** Once an answer has begun it is the application's: a stream that breaks off is not asked for again. */
function isRetried({ status, headers, transportError }: Exchange): boolean {
  if (transportError?.kind === 'cancelled') return false;
  if (status !== null && status < 400) return false;
  if (transportError !== null) return true;
  const told = headers['x-should-retry'];
  if (told === 'true') return true;
  if (told === 'false') return false;
  return status === 408 || status === 409 || status === 429 || (status !== null && status >= 500);
}

function askedWaitMs(headers: Exchange['headers'], wallMs: number): number | null {
  const exactMs = Number.parseFloat(headers['retry-after-ms'] ?? '');
  if (!Number.isNaN(exactMs)) return exactMs;
  const text = headers['retry-after'];
  if (text === undefined || text === '') return null;
  const seconds = Number.parseFloat(text);
  return Number.isNaN(seconds) ? Date.parse(text) - wallMs : seconds * 1000;
}

export interface SdkRetryOptions {
  readonly clock: Clock;
  readonly maxRetries: number;
  /** Uniform on [0, 1), keyed by the attempt that failed. */
  readonly chance: (requestId: string, attemptNo: number) => number;
}

/** A transport that sends again as the SDK would; each try is an attempt of its own (`TransportHandler.onRetry`). */
export function sdkRetrying(transport: Transport, options: SdkRetryOptions): Transport {
  const waiting = new Set<WaitingCall>();
  function stopRetrying(): void {
    const held = [...waiting];
    waiting.clear();
    for (const call of held) {
      call.cancel();
      call.end();
    }
  }
  return {
    send(outgoing, handler) {
      ask({ transport, options, waiting, handler }, outgoing, 0);
    },
    stopRetrying,
    abortAll() {
      stopRetrying();
      transport.abortAll();
    },
    sockets: () => transport.sockets(),
  };
}

interface WaitingCall {
  readonly cancel: Cancel;
  readonly end: () => void;
}

interface SdkCall {
  readonly transport: Transport;
  readonly options: SdkRetryOptions;
  readonly waiting: Set<WaitingCall>;
  readonly handler: TransportHandler;
}

function ask(call: SdkCall, outgoing: Outgoing, retries: number): void {
  const { transport, options, waiting, handler } = call;
  const { clock, maxRetries } = options;
  transport.send(outgoing, {
    onSent: (sentMs) => handler.onSent(sentMs),
    onEnd(exchange) {
      const { request, attemptNo } = outgoing;
      const step = { retries, chance: options.chance(request.requestId, attemptNo), wallMs: clock.wallMs() };
      const waitMs = retries < maxRetries ? sdkRetryWaitMs(exchange, step) : null;
      if (waitMs === null || handler.onFailed?.(exchange) === false) {
        handler.onEnd(exchange);
        return;
      }
      const cancel = clock.at(clock.nowMs() + waitMs, () => {
        waiting.delete(held);
        if (handler.onRetry?.(exchange)) ask(call, { ...outgoing, attemptNo: attemptNo + 1 }, retries + 1);
        else handler.onEnd(exchange);
      });
      const held: WaitingCall = { cancel, end: () => handler.onEnd(exchange) };
      waiting.add(held);
    },
  });
}
