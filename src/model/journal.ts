import type { Arrival } from './arrival.ts';
import type { Exchange } from './exchange.ts';
import type { NotSentReason, Outcome } from './outcome.ts';

/** Written when the bytes leave: from then on the attempt is billed. */
export interface SentRecord {
  readonly type: 'sent';
  readonly requestId: string;
  readonly attemptNo: number;
  readonly arrival: Arrival;
  readonly dueMs: number;
  readonly sentMs: number;
  readonly model: string;
  readonly keyIndex: number;
  readonly promptTokens: number;
  readonly maxTokens: number | null;
}

export interface EndRecord {
  readonly type: 'end';
  readonly requestId: string;
  readonly attemptNo: number;
  readonly exchange: Exchange;
  /** As judged at the time; can be computed again from the exchange. */
  readonly outcome: Outcome;
  readonly final: boolean;
}

export interface NotSentRecord {
  readonly type: 'not_sent';
  readonly requestId: string;
  readonly attemptNo: number;
  readonly arrival: Arrival;
  readonly dueMs: number;
  readonly decidedMs: number;
  readonly reason: NotSentReason;
}

/** Every 10 s, so that drift and steps of the wall clock are visible. */
export interface ClockRecord {
  readonly type: 'clock';
  readonly atMs: number;
  readonly wallMs: number;
}

/** Once a second: how the generator itself is doing. */
export interface HealthRecord {
  readonly type: 'health';
  readonly atMs: number;
  readonly inFlight: number;
  /** Longest event-loop delay since the last record. */
  readonly loopDelayMaxMs: number;
  /** CPU time of this process since the last record, over elapsed time; 1 = one core. */
  readonly cpuShare: number;
  readonly rssBytes: number;
  readonly gcPauseMaxMs: number;
  readonly socketsOpen: number;
  readonly socketsOpened: number;
}

/** Our own process stood still: nothing that overlaps this interval can be believed. */
export interface StallRecord {
  readonly type: 'stall';
  readonly fromMs: number;
  readonly toMs: number;
}

export type StopReason =
  | { readonly kind: 'completed' }
  | { readonly kind: 'interrupted' }
  | { readonly kind: 'safety'; readonly rule: string; readonly detail: string };

/** The last record of a run that ended by itself; absent when the process was killed. */
export interface FinishRecord {
  readonly type: 'finish';
  readonly atMs: number;
  readonly reason: StopReason;
}

export type JournalRecord =
  | SentRecord
  | EndRecord
  | NotSentRecord
  | ClockRecord
  | HealthRecord
  | StallRecord
  | FinishRecord;

/** Where the runner appends to. Never throws into the runner: a sink that cannot write reports it by `failed()`. */
export interface JournalSink {
  write(record: JournalRecord): void;
  /** The first write error, if any: the runner stops on it. */
  failed(): Error | null;
  /** In words, once the sink holds as much as it was allowed to: the runner stops on it. Records still pass. */
  full?(): string | null;
}
