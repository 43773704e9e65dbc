import type { Manifest } from '../model/manifest.ts';
import { type ConservationFold, conservation } from './conservation.ts';
import { evidence } from './evidence.ts';
import { type HealthFold, health } from './health.ts';
import { type InFlight, inFlight } from './in-flight.ts';
import type { Judged } from './judged.ts';
import { type LatencyFold, latency } from './latency.ts';
import { type PhasesFold, phases } from './phases.ts';
import { type Stalls, stalls } from './stalls.ts';
import { type ThresholdsFold, thresholds } from './thresholds.ts';
import { type VariantColumn, variantColumn } from './variant-column.ts';
import { quotaGroups, type VerificationFold } from './verification.ts';

/** Everything that is counted while the records go by. */
export interface Folds {
  readonly conservation: ConservationFold;
  readonly stalls: Stalls;
  readonly latency: LatencyFold;
  readonly phases: PhasesFold;
  readonly health: HealthFold;
  readonly thresholds: ThresholdsFold;
  readonly verification: VerificationFold;
  readonly inFlight: InFlight;
  /** One per variant, in the manifest's order. */
  readonly columns: readonly VariantColumn[];
}

export function emptyFolds(manifest: Manifest): Folds {
  const plannedMs = Math.max(0, ...manifest.phases.map(({ endMs }) => endMs));
  const { lateToleranceMs, t0WallMs } = manifest;
  const said = evidence();
  return {
    conservation: conservation(),
    stalls: stalls(),
    latency: latency(manifest),
    phases: phases(manifest),
    health: health(manifest.phases),
    thresholds: thresholds(manifest),
    verification: quotaGroups(manifest),
    inFlight: inFlight(manifest.variants.length),
    columns: manifest.variants.map((variant) =>
      variantColumn({ variant, plannedMs, t0WallMs, lateToleranceMs, evidence: said }),
    ),
  };
}

/** Attempts in send order. */
export function foldAttempt(folds: Folds, attempt: Judged): void {
  folds.conservation.add(attempt);
  folds.latency.add(attempt);
  folds.phases.add(attempt);
  folds.health.add(attempt);
  folds.thresholds.add(attempt);
  folds.columns[attempt.variant]?.add(attempt);
  folds.verification.add(attempt);
}

export interface OpenWalk {
  /** In send order; what was lost is taken to have been open for as long as the client would have waited. */
  add(attempt: Judged): void;
  /** Buckets without a send still have attempts open: notes them at the start of every bucket that has begun. */
  to(atMs: number): void;
}

/** Walks along the time axis and notes in every variant's series how many attempts are open. */
export function openWalk({ inFlight: open, columns }: Folds, totalTimeoutMs: number): OpenWalk {
  let walkedMs = 0;
  const to = (atMs: number) => {
    while (walkedMs <= atMs) {
      let stepMs = Number.POSITIVE_INFINITY;
      for (const [index, column] of columns.entries()) {
        column.inFlight(walkedMs, open.at(index, walkedMs));
        stepMs = Math.min(stepMs, column.bucketMs());
      }
      walkedMs += stepMs;
    }
  };
  return {
    to,
    add({ sentMs, finishedMs, variant, straggler, left }) {
      if (straggler || !left) return;
      to(sentMs);
      columns[variant]?.inFlight(sentMs, open.open(variant, sentMs, finishedMs ?? sentMs + totalTimeoutMs));
    },
  };
}
