import type { TransportError, TransportErrorPhase } from '../model/exchange.ts';

/** Messages are evidence, not archives. */
const MESSAGE_CHARACTERS_MAX = 300;
/** A server that closes an idle connection answers a write with a reset within a round trip, not later. */
const STALE_WITHIN_MS = 1000;
/**
 * The shortest keep-alive limits are a second (`Keep-Alive: timeout=1`), and other machines' clocks differ. A connection
 * that was in use a moment ago and is reset is the server's own doing: an outage must not look like our mistake.
 */
const STALE_AFTER_IDLE_MS = 300;

/** A socket that could not be opened: no byte of a request left. */
export class OpenError extends Error {
  readonly phase: 'dns' | 'connect' | 'tls';
  readonly code: string;

  constructor(phase: 'dns' | 'connect' | 'tls', cause: unknown) {
    super(messageOf(cause), { cause });
    this.phase = phase;
    this.code = codeOf(cause);
  }
}

/** How far an exchange had come when it broke. */
export interface Progress {
  readonly sentMs: number | null;
  readonly answerStarted: boolean;
  readonly headersSeen: boolean;
  /** How long the connection had carried nothing before this exchange; null on its first. */
  readonly idleMs: number | null;
  readonly nowMs: number;
}

/** Error codes of a connection that the other side took down. */
const TAKEN_DOWN = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET', 'H2_GOAWAY']);

/**
 * undici sends a request again that an HTTP/2 server refused unprocessed, by REFUSED_STREAM on the same connection or by
 * GOAWAY (RFC 9113, section 8.7). A hidden second send would be one more than planned: it ends here instead.
 */
export function refusedStream(sameConnection: boolean): Error {
  const code = sameConnection ? 'H2_REFUSED_STREAM' : 'H2_GOAWAY';
  return Object.assign(new Error('the server refused the request without processing it'), { code });
}

export function toTransportError(error: unknown, progress: Progress): TransportError {
  const message = messageOf(error).slice(0, MESSAGE_CHARACTERS_MAX);
  return { kind: 'connection', phase: phaseOf(error, progress), code: codeOf(error), message };
}

function phaseOf(error: unknown, progress: Progress): TransportErrorPhase {
  if (error instanceof OpenError) return error.phase;
  if (progress.headersSeen) return 'body';
  if (progress.sentMs === null) return 'request';
  const takenDown = TAKEN_DOWN.has(codeOf(error));
  const soon = progress.nowMs - progress.sentMs <= STALE_WITHIN_MS;
  if (takenDown && soon && !progress.answerStarted && wasIdle(codeOf(error), progress.idleMs)) return 'stale_reuse';
  return codeOf(error) === 'EPIPE' ? 'request' : 'headers';
}

/** A GOAWAY says itself that the request was not processed; a reset tells nothing but its time. */
function wasIdle(code: string, idleMs: number | null): boolean {
  return idleMs !== null && (code === 'H2_GOAWAY' || idleMs >= STALE_AFTER_IDLE_MS);
}

/** The system's code where there is one below a client's wrapper. */
export function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'UNKNOWN';
  const inner = error.cause instanceof Error && 'code' in error.cause ? error.cause.code : undefined;
  const own = 'code' in error ? error.code : undefined;
  return String(own === undefined || own === 'UND_ERR' ? (inner ?? error.name) : own);
}

function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return messageOf(error.errors[0]);
  return error instanceof Error ? error.message : String(error);
}
