import type { StackBooking, StackState } from '../../limiters/stack.ts';
import type { Usage } from '../../model/exchange.ts';
import type { LimitName } from '../../model/quota.ts';
import type { ChanceKey } from './chance.ts';

export type SimulatedDialect = 'dashscope' | 'dashscope-native';

/** One request as the endpoint sees it. Token counts instead of text: the core never needs the words. */
export interface SimulatedCall {
  /** Key of all chance of this attempt: `<requestId>#<attemptNo>`. */
  readonly requestId: string;
  readonly dialect: SimulatedDialect;
  readonly model: string;
  /** `acctN-...` belongs to account N; every other key to one common account. */
  readonly key: string;
  readonly promptTokens: number;
  readonly maxTokens: number | null;
  readonly stream: boolean;
  /** `stream_options.include_usage`; the native dialect always reports usage. */
  readonly includeUsage: boolean;
  /** X-DashScope-Wait-Timeout: how long a burst refusal may be queued instead. */
  readonly waitTimeoutMs: number | null;
  /** `enable_thinking`: part of the answer is reasoning. */
  readonly thinking?: boolean;
  /** Set by the core in a `queued` plan; callers hand it back unchanged. */
  readonly queuedSinceMs?: number;
}

export type RefusalCause = LimitName | 'free_tokens' | 'fault' | 'request' | 'relay_limit' | 'relay';

/** Response headers; `epochOfZeroMs` is the wall clock at the caller's time zero. */
export type HeaderWriter = (epochOfZeroMs: number) => Record<string, string>;

/** What an admitted call holds until `finish`. Opaque to callers. */
interface Booking {
  readonly state: StackState;
  readonly booked: StackBooking;
  open: boolean;
}

/** What a relay writes after a stream that broke behind it. */
export type CleanEnd = 'nothing' | 'done' | 'usage_and_done';

/** A completion. All times are the caller's, before the way back through the network. */
export interface AnswerPlanned {
  readonly kind: 'answer';
  readonly call: SimulatedCall;
  readonly chance: ChanceKey;
  readonly arrivedMs: number;
  /** Status line and headers; a stream sends its empty first chunk with them. */
  readonly headersAtMs: number;
  readonly firstTokenAtMs: number;
  /** Finish reason, usage and the end of the body. */
  readonly finishedAtMs: number;
  readonly tokensPerSecond: number;
  /** A pause in the middle of the stream; already part of `finishedAtMs`. */
  readonly stall: { readonly afterTokens: number; readonly forMs: number } | null;
  /** Reasoning tokens included. */
  readonly completionTokens: number;
  readonly reasoningTokens: number;
  readonly finishReason: 'stop' | 'length';
  /** As reported, which behind a relay need not be what was used. */
  readonly usage: Usage;
  readonly reportedModel: string;
  /**
   * `complete`, or cut after so many tokens: `reset` breaks the connection, `clean` ends the body in good order without a
   * finish reason, as relays do that write an end of their own.
   */
  readonly ending:
    | { readonly kind: 'complete' }
    | { readonly kind: 'reset'; readonly afterTokens: number; readonly atMs: number }
    | { readonly kind: 'clean'; readonly afterTokens: number; readonly atMs: number; readonly adds: CleanEnd };
  readonly headers: HeaderWriter;
  readonly booking: Booking | null;
}

/** An error answer: a status with a body, or an error event inside a stream that opened with 200. */
export interface RefusalPlanned {
  readonly kind: 'refusal';
  readonly cause: RefusalCause;
  /** Name in the error table (`limit_requests`, `Arrearage`, ...), or of what stands in for it (`html_502`, `status_503`). */
  readonly error: string;
  /** On the wire: 200 when the error is inside the stream. */
  readonly status: number;
  /** What the error itself says. */
  readonly errorStatus: number;
  readonly inStream: boolean;
  readonly atMs: number;
  readonly headers: HeaderWriter;
  /** The whole body, frames included when it is in a stream; empty for an empty body. */
  readonly body: (epochOfZeroMs: number) => string;
}

/** The connection breaks: before any answer, or after a status line of 200 and headers. */
export interface ResetPlanned {
  readonly kind: 'reset';
  readonly atMs: number;
  readonly headersAtMs: number | null;
  readonly headers: HeaderWriter;
}

/** No answer, ever; the client gives up. */
interface HangPlanned {
  readonly kind: 'hang';
}

/** Waits inside the endpoint: ask again with `call` at `againAtMs`. */
interface QueuedPlanned {
  readonly kind: 'queued';
  readonly againAtMs: number;
  readonly call: SimulatedCall;
}

export type AnswerPlan = AnswerPlanned | RefusalPlanned | ResetPlanned | HangPlanned | QueuedPlanned;

/** An endpoint in virtual time: no sockets, no timers, no clock. */
export interface SimulatedEndpoint {
  /**
   * What is answered to a call that reaches the endpoint at `nowMs` (network way already behind it). Calls come in order
   * of time. Time ranges of faults and aligned windows count from the first call.
   */
  answer(call: SimulatedCall, nowMs: number): AnswerPlan;
  /** The answer ended, or its client went away: books the actual tokens and frees the slot. Other plans: nothing. */
  finish(plan: AnswerPlan, nowMs: number): void;
}
