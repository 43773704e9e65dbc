import type { PlannedPhase } from '../model/arrival.ts';
import type { Clock } from '../model/clock.ts';
import type { Run } from '../runner/lane.ts';

/** One look at a running load, for a person. Counts are since t0, rates over the time since the look before. */
export interface Progress {
  readonly elapsedMs: number;
  readonly totalMs: number;
  /** Null before t0 (resting) and after the last phase (draining). */
  readonly phase: PlannedPhase | null;
  readonly sent: number;
  readonly ok: number;
  readonly notSent: number;
  readonly inFlight: number;
  readonly offeredPerSecond: number;
  readonly admittedPerSecond: number;
  readonly byOutcome: Readonly<Record<string, number>>;
  readonly tokens: number;
  readonly costUsd: number;
}

export interface ProgressOptions {
  readonly run: Run;
  readonly clock: Clock;
  readonly phases: readonly PlannedPhase[];
}

/** Looks at a run each time it is called. */
export function progressOf(options: ProgressOptions): () => Progress {
  const { run, clock, phases } = options;
  const totalMs = phases.at(-1)?.endMs ?? 0;
  let last = { atMs: clock.nowMs(), sent: 0, ok: 0 };
  return () => {
    const tally = run.tally();
    const spending = run.spending();
    const nowMs = clock.nowMs();
    const ok = tally.byOutcome.get('ok') ?? 0;
    const seconds = Math.max(0.001, (nowMs - last.atMs) / 1000);
    const progress: Progress = {
      elapsedMs: nowMs,
      totalMs,
      phase: phases.find((phase) => phase.startMs <= nowMs && nowMs < phase.endMs) ?? null,
      sent: tally.sent,
      ok,
      notSent: tally.notSent,
      inFlight: tally.inFlight,
      offeredPerSecond: (tally.sent - last.sent) / seconds,
      admittedPerSecond: (ok - last.ok) / seconds,
      byOutcome: Object.fromEntries(tally.byOutcome),
      tokens: spending.tokens,
      costUsd: spending.costUsd,
    };
    last = { atMs: nowMs, sent: tally.sent, ok };
    return progress;
  };
}
