import type { Arrival } from './arrival.ts';
import type { NotSentReason, Outcome } from './outcome.ts';

/** The next try of a request: when it leaves, with which key and which model (null = the request's own). */
export interface PlannedSend {
  readonly atMs: number;
  readonly keyIndex: number;
  readonly model: string | null;
}

export interface TacticRequest {
  readonly requestId: string;
  readonly arrival: Arrival;
  readonly promptTokens: number;
  readonly maxTokens: number | null;
}

/** A held request whose turn comes at `atMs`. */
export interface Turn {
  readonly requestId: string;
  readonly atMs: number;
}

/**
 * What a careful client does about limits. Pure: times are given, chance is keyed by (seed, request id, attempt).
 * The optional methods are for tactics that queue: they have to hear when sends leave and requests end.
 */
export interface Tactic {
  /** When and how the first attempt leaves; a reason when it never will. */
  first(request: TacticRequest, nowMs: number): PlannedSend | NotSentReason;
  /** After an attempt ended: the next one, or null when the request is finished. */
  next(
    request: TacticRequest,
    attemptNo: number,
    sent: PlannedSend,
    outcome: Outcome,
    nowMs: number,
  ): PlannedSend | null;
  /**
   * A planned send is due. It leaves now (`atMs` not after `nowMs`), is asked again at a later `atMs`, is held until
   * `turn` names it, or never leaves (a full queue). Without this method it leaves.
   */
  depart?(
    request: TacticRequest,
    attemptNo: number,
    planned: PlannedSend,
    nowMs: number,
  ): PlannedSend | 'held' | NotSentReason;
  /** The held request that is up next, named once; asked after every departure and every end. */
  turn?(nowMs: number): Turn | null;
  /** Nothing of this request follows: finished, or not sent after all. Comes exactly once per request. */
  ended?(requestId: string): void;
}
