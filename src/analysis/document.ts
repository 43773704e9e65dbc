import { ANALYSIS_SCHEMA_VERSION, type Analysis, type GeneratorHealth } from '../model/analysis.ts';
import type { StopReason } from '../model/journal.ts';
import type { Manifest } from '../model/manifest.ts';
import type { LimitKind } from '../model/outcome.ts';
import { caveats } from './caveats.ts';
import { generatorFinding, observations, quotaFindings } from './findings.ts';
import type { Folds } from './folds.ts';
import { reachedMs } from './phases.ts';
import { exitCode, overallVerdict } from './verdict.ts';

export interface DocumentOptions {
  readonly manifest: Manifest;
  readonly folds: Folds;
  /** Null when the journal has no end: the process was killed. */
  readonly stop: StopReason | null;
  readonly endMs: number;
  readonly unreadableLines: number;
}

/** The finished analysis of everything that was folded. */
export function analysisDocument({ manifest, folds, stop, endMs, unreadableLines }: DocumentOptions): Analysis {
  const { columns } = folds;
  const conservation = folds.conservation.finish();
  const windows = columns.map((column) => column.windows());
  const health = healthOf({ manifest, folds, endMs, conservation, windows });
  const limits = columns.flatMap((column) => column.limits());
  const recovery = columns.flatMap((column) => column.recovery());
  const variants = columns.map((column) => column.summary(endMs));
  const cost = columns.map((column) => column.cost(endMs));
  const quota = folds.verification.finish();
  const candidates = new Map<string, readonly LimitKind[]>(columns.map((column) => [column.name, column.candidates()]));
  const findings = [
    ...folds.thresholds.finish({ endMs, health, recovery, quota, cost }),
    ...quotaFindings(quota, health.verdict === 'invalid'),
    generatorFinding(health),
    ...observations({ limits, recovery, variants, candidates }),
  ];
  const verdict = overallVerdict(findings);
  const stopped = stop ?? { kind: 'killed' as const };
  return {
    schemaVersion: ANALYSIS_SCHEMA_VERSION,
    manifest,
    verdict,
    exitCode: exitCode(verdict, stopped),
    stop: stopped,
    durationMs: endMs,
    conservation,
    findings,
    quota,
    limits,
    recovery,
    errors: columns.flatMap((column) => column.errors()),
    phases: folds.phases.finish(endMs),
    variants,
    headerFacts: columns.map((column) => column.headerFacts()),
    series: columns.map((column) => column.series()),
    windows,
    histograms: folds.latency.finish(),
    health,
    cost,
    forecast: null,
    comparison: null,
    caveats: caveats(manifest, { stop: stopped, durationMs: endMs, cost, unreadableLines }),
    unreadableLines,
  };
}

function healthOf(
  parts: Pick<DocumentOptions, 'manifest' | 'folds' | 'endMs'> & Pick<Analysis, 'conservation' | 'windows'>,
): GeneratorHealth {
  const { manifest, folds, endMs, conservation, windows } = parts;
  const traffic = manifest.phases.filter(({ kind }) => kind !== 'pause');
  return folds.health.finish({
    lag: folds.latency.lag(),
    planned: conservation.planned,
    sent: conservation.sent,
    trafficMs: traffic.reduce((sum, phase) => sum + reachedMs(phase, endMs), 0),
    stalls: folds.stalls.count(),
    inFlightMax: folds.inFlight.max(),
    conservationHolds: conservation.holds,
    windows,
  });
}
