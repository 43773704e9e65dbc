import type { Outcome } from '../model/outcome.ts';
import type { PlannedSend, TacticRequest } from '../model/tactic.ts';

/** An attempt that is over. */
export interface EndedTry {
  readonly request: TacticRequest;
  readonly attemptNo: number;
  readonly sent: PlannedSend;
  readonly outcome: Outcome;
  readonly atMs: number;
}

/** Decides whether, and how, a request is tried again. */
export interface Decider {
  /** Every attempt that ended, whoever decides on its request. */
  seen?(ended: EndedTry): void;
  /** The next attempt; null when this decider has nothing to offer (any more). */
  again(ended: EndedTry): PlannedSend | null;
  /** A decider outside this one starts the request anew: what this one chose for it is undone in the plan. */
  restart?(requestId: string, planned: PlannedSend): PlannedSend;
  /** Last word on a send that leaves now. */
  aim?(request: TacticRequest, planned: PlannedSend, nowMs: number): PlannedSend;
  forget?(requestId: string): void;
}

/** Says when the head of the queue may leave. */
export interface Pace {
  /** The earliest departure as things stand; Infinity when an attempt has to end first. */
  readyMs(nowMs: number): number;
  left(request: TacticRequest, nowMs: number): void;
  ended?(ended: EndedTry): void;
  /** Nothing of this request is in flight any more. */
  gone?(requestId: string): void;
}
