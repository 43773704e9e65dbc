import type { Outcome } from './outcome.ts';

/** Sizes that one arrival brings along (a replayed trace) instead of drawing them from the workload. */
export interface SizeOverride {
  readonly promptTokens: number | null;
  readonly maxTokens: number | null;
}

/** The planned instant at which one request should leave. */
export interface Arrival {
  /** Unique and increasing within a run; the request's id and its chance follow from it. */
  readonly seq: number;
  readonly phaseIndex: number;
  /** Milliseconds since t0. A later turn of a conversation is due when the answer before it ended (plus think time). */
  readonly scheduledMs: number;
  /** Index into the plan's variants; 0 in a plain run. */
  readonly variantIndex: number;
  /** Equal for the arrivals that are one pair across variants; equals `seq` in a plain run. Content is drawn from it. */
  readonly pairSeq: number;
  /** 0 for the first turn of a conversation, and for every request outside one. */
  readonly turn: number;
  readonly size: SizeOverride | null;
}

/**
 * What to send next. Planned phases ignore `onFinished`; conversations, closed-model phases and polls listen to it.
 * A source is exhausted when `nextDueMs()` is null and no request of its own is unfinished.
 */
export interface Source {
  /** Due time of the arrival that `take` would return; null when there is none (now, or for ever). */
  nextDueMs(): number | null;
  /** Removes and returns the next arrival; throws when `nextDueMs()` is null. */
  take(): Arrival;
  /** The last attempt of this arrival's request ended, or it was not sent at all. */
  onFinished(arrival: Arrival, outcome: Outcome, atMs: number): void;
}

export type PhaseKind = 'burst' | 'pause' | 'ramp' | 'steps' | 'hold' | 'replay' | 'closed';

/** A phase with its place on the time axis, known before the run. */
export interface PlannedPhase {
  readonly index: number;
  readonly kind: PhaseKind;
  /** The scenario's `label`, else the kind. Thresholds select phases by label or by kind. */
  readonly label: string;
  readonly startMs: number;
  readonly endMs: number;
  /** Arrivals of the schedule; null for a closed phase, whose count follows from the answers. */
  readonly plannedArrivals: number | null;
  /** Highest planned rate, for the plan and for warnings; null for closed phases and pauses. */
  readonly peakPerSecond: number | null;
}
