import type { Arrival } from '../model/arrival.ts';
import type { Cancel } from '../model/clock.ts';
import type { JournalSink, NotSentRecord, SentRecord, StopReason } from '../model/journal.ts';
import type { NotSentReason, Outcome } from '../model/outcome.ts';
import type { Request } from '../model/request.ts';
import type { Safety } from '../model/safety.ts';
import type { PlannedSend, TacticRequest } from '../model/tactic.ts';
import type { Budget, Reservation } from './budget.ts';
import type { Lane } from './lane.ts';

export interface LaneState {
  readonly lane: Lane;
  readonly budget: Budget;
  inFlight: number;
}

/** A request between its arrival and its final outcome. */
export interface Job {
  readonly arrival: Arrival;
  readonly state: LaneState;
  readonly request: Request;
  /** The request as its tactic sees it. */
  readonly asked: TacticRequest;
  attemptNo: number;
  planned: PlannedSend;
  cancelTimer: Cancel | null;
}

/** What an attempt may cost at worst, booked against the run's caps and its lane's. */
export interface Reserved {
  readonly run: Reservation;
  readonly lane: Reservation;
}

export function sentRecord(job: Job, times: { readonly dueMs: number; readonly sentMs: number }): SentRecord {
  return {
    type: 'sent',
    requestId: job.request.requestId,
    attemptNo: job.attemptNo,
    arrival: job.arrival,
    dueMs: times.dueMs,
    sentMs: times.sentMs,
    model: job.planned.model ?? job.request.model,
    keyIndex: job.planned.keyIndex,
    promptTokens: job.request.promptTokens,
    maxTokens: job.request.maxTokens,
  };
}

export function notSentRecord(job: Job, reason: NotSentReason, decidedMs: number): NotSentRecord {
  return {
    type: 'not_sent',
    requestId: job.request.requestId,
    attemptNo: job.attemptNo,
    arrival: job.arrival,
    dueMs: job.planned.atMs,
    decidedMs,
    reason,
  };
}

/** Why a run may not go on with its journal: what is not recorded must not be sent. Null while it may. */
export function journalStop(sink: JournalSink): StopReason | null {
  const failure = sink.failed();
  if (failure !== null) return { kind: 'safety', rule: 'journal', detail: failure.message };
  const full = sink.full?.() ?? null;
  return full === null ? null : { kind: 'safety', rule: 'maxJournalBytes', detail: full };
}

/** The entry of `stopOn` that this outcome meets: an outcome kind, or the kind of limit. */
export function stopRuleFor(outcome: Outcome, safety: Safety): string | null {
  if (outcome.kind === 'limited' && safety.stopOn.includes(outcome.limit)) return outcome.limit;
  return safety.stopOn.includes(outcome.kind) ? outcome.kind : null;
}
