import type {
  CostSummary,
  ErrorGroup,
  LimitGroup,
  Recovery,
  Series,
  VariantSummary,
  WindowPeak,
} from '../model/analysis.ts';
import type { HeaderFacts } from '../model/header-facts.ts';
import type { NotSentRecord } from '../model/journal.ts';
import type { ManifestVariant } from '../model/manifest.ts';
import { LIMIT_KINDS, type LimitKind } from '../model/outcome.ts';
import { cost } from './cost.ts';
import type { Due } from './due-order.ts';
import { errors } from './errors.ts';
import type { Evidence } from './evidence.ts';
import { headerFacts } from './header-facts.ts';
import type { Judged } from './judged.ts';
import { limits } from './limits.ts';
import { recovery } from './recovery.ts';
import { series } from './series.ts';
import { variantFold } from './variants.ts';
import { windows } from './windows.ts';

/** Everything that is kept per variant. Attempts arrive in send order. */
export interface VariantColumn {
  readonly name: string;
  planned(due: Due, atMs: number): void;
  notSent(record: NotSentRecord): void;
  add(attempt: Judged): void;
  inFlight(atMs: number, open: number): void;
  bucketMs(): number;
  windows(): { readonly variant: string; readonly peaks: readonly WindowPeak[] };
  limits(): readonly LimitGroup[];
  candidates(): readonly LimitKind[];
  recovery(): readonly Recovery[];
  errors(): readonly ErrorGroup[];
  series(): Series;
  summary(durationMs: number): VariantSummary;
  headerFacts(): HeaderFacts;
  cost(durationMs: number): CostSummary;
}

export interface ColumnOptions {
  readonly variant: ManifestVariant;
  readonly plannedMs: number;
  /** Turns epochs in headers into durations. */
  readonly t0WallMs: number;
  readonly lateToleranceMs: number;
  readonly evidence: Evidence;
}

export function variantColumn(options: ColumnOptions): VariantColumn {
  const { variant, plannedMs, t0WallMs, lateToleranceMs, evidence } = options;
  const perWindow = windows(lateToleranceMs);
  const groups = limits(evidence);
  const healing = recovery(variant.quota);
  const failed = errors(evidence);
  const paid = cost(variant);
  const summary = variantFold(variant);
  const overTime = series(plannedMs);
  const stated = headerFacts({ variant: variant.name, t0WallMs });
  const candidates = new Set<LimitKind>();

  return {
    name: variant.name,
    planned(due, atMs) {
      perWindow.planned(due, atMs);
      overTime.planned(due.dueMs);
    },
    notSent: ({ attemptNo }) => summary.notSent(attemptNo),
    add(attempt) {
      const place = summary.sent();
      perWindow.add(attempt);
      summary.add(attempt);
      paid.add(attempt);
      overTime.add(attempt);
      stated.add(attempt);
      const { outcome } = attempt;
      if (outcome.kind === 'limited') {
        groups.add(attempt, place, perWindow);
        for (const kind of outcome.candidates) candidates.add(kind);
      } else if (outcome.kind !== 'ok') failed.add(attempt);
      healing.add(attempt, perWindow.inLastSecond());
    },
    inFlight: (atMs, count) => overTime.inFlight(atMs, count),
    bucketMs: () => overTime.bucketMs(),
    windows: () => ({ variant: variant.name, peaks: perWindow.finish(variant.quota) }),
    limits: () => groups.finish(variant.name, summary.sent()),
    candidates: () => LIMIT_KINDS.filter((kind) => candidates.has(kind)),
    recovery: () => healing.finish(variant.name),
    errors: () => failed.finish(variant.name),
    series: () => overTime.finish(),
    summary: (durationMs) => summary.finish(durationMs),
    headerFacts: () => stated.finish(),
    cost: (durationMs) => paid.finish({ durationMs, answered: summary.answered() }),
  };
}
