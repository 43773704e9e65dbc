import type { PhaseSummary } from '../model/analysis.ts';
import type { PlannedPhase } from '../model/arrival.ts';
import type { NotSentRecord } from '../model/journal.ts';
import type { Manifest } from '../model/manifest.ts';
import { isError, type Judged } from './judged.ts';

/** A burst at one instant still gets a rate: its requests over one second, the shortest window of a limit. */
const SHORTEST_MS = 1000;

interface Counts {
  planned: number;
  sent: number;
  notSent: number;
  ok: number;
  limited: Record<string, number>;
  errors: number;
  promptTokens: number;
  completionTokens: number;
}

export interface PhasesFold {
  notSent(record: NotSentRecord): void;
  add(attempt: Judged): void;
  finish(endMs: number): readonly PhaseSummary[];
}

/** The part of a phase that was reached, at least one second: what its rates are counted over. */
export function reachedMs(phase: PlannedPhase, endMs: number): number {
  return Math.max(SHORTEST_MS, Math.min(phase.endMs, Math.max(endMs, phase.startMs)) - phase.startMs);
}

/** Counts per phase and variant. A retry belongs to the phase of its request, also when it leaves after its end. */
export function phases(manifest: Manifest): PhasesFold {
  const all: (Counts | undefined)[] = [];
  const of = (variant: number, phase: number): Counts => {
    const index = variant * manifest.phases.length + phase;
    let counts = all[index];
    if (counts === undefined) {
      counts = { planned: 0, sent: 0, notSent: 0, ok: 0, limited: {}, errors: 0, promptTokens: 0, completionTokens: 0 };
      all[index] = counts;
    }
    return counts;
  };
  return {
    notSent({ arrival }) {
      const counts = of(arrival.variantIndex, arrival.phaseIndex);
      counts.planned += 1;
      counts.notSent += 1;
    },
    add(attempt) {
      const counts = of(attempt.variant, attempt.phase);
      const { outcome } = attempt;
      counts.planned += 1;
      counts.sent += 1;
      if (outcome.kind === 'ok') counts.ok += 1;
      else if (outcome.kind === 'limited') counts.limited[outcome.limit] = (counts.limited[outcome.limit] ?? 0) + 1;
      else if (isError(outcome)) counts.errors += 1;
      if (attempt.admitted) {
        counts.promptTokens += attempt.promptTokens;
        counts.completionTokens += attempt.completionTokens;
      }
    },
    finish: (endMs) =>
      manifest.variants.flatMap(({ name }, variant) =>
        manifest.phases.map((phase) => {
          const counts = of(variant, phase.index);
          const seconds = reachedMs(phase, endMs) / 1000;
          return {
            index: phase.index,
            label: phase.label,
            kind: phase.kind,
            variant: name,
            startMs: phase.startMs,
            endMs: phase.endMs,
            ...counts,
            offeredPerSecond: counts.sent / seconds,
            admittedPerSecond: counts.ok / seconds,
          };
        }),
      ),
  };
}
