import type { Arrival } from './arrival.ts';
import type { Exchange } from './exchange.ts';
import type { NotSentReason, Outcome } from './outcome.ts';

/** An attempt whose bytes left (or that was lost on the way). */
export interface SentAttempt {
  readonly state: 'sent';
  readonly requestId: string;
  readonly attemptNo: number;
  readonly arrival: Arrival;
  /** When this attempt was due: the arrival's time, or the tactic's (a retry, a queued send). */
  readonly dueMs: number;
  readonly sentMs: number;
  readonly model: string;
  readonly keyIndex: number;
  /** Estimate made before sending. */
  readonly promptTokens: number;
  readonly maxTokens: number | null;
  /** Null for `lost`: the process died before the answer was recorded. */
  readonly exchange: Exchange | null;
  readonly outcome: Outcome;
  /** Overlapped a stall of our own process: kept out of latency percentiles and limit estimates. */
  readonly stalled: boolean;
  /** No further attempt of this request follows. */
  readonly final: boolean;
}

/** An attempt that was planned and never left. */
export interface NotSentAttempt {
  readonly state: 'not_sent';
  readonly requestId: string;
  readonly attemptNo: number;
  readonly arrival: Arrival;
  readonly dueMs: number;
  readonly decidedMs: number;
  readonly reason: NotSentReason;
}

export type Attempt = SentAttempt | NotSentAttempt;
