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

/** What a careful client does about limits. Pure: times are given, chance is keyed by (seed, request id, attempt). */
export interface Tactic {
  /** When and how the first attempt leaves; a reason when it never will (a full queue). */
  first(request: TacticRequest, nowMs: number): PlannedSend | NotSentReason;
  /** After an attempt ended: the next one, or null when the request is finished. */
  next(
    request: TacticRequest,
    attemptNo: number,
    sent: PlannedSend,
    outcome: Outcome,
    nowMs: number,
  ): PlannedSend | null;
}
