import { ANALYSIS_SCHEMA_VERSION, type Analysis } from '../model/analysis.ts';
import type { JournalRecord, NotSentRecord, SentRecord, StopReason } from '../model/journal.ts';
import type { Manifest } from '../model/manifest.ts';
import type { LimitKind } from '../model/outcome.ts';
import { caveats } from './caveats.ts';
import { conservation } from './conservation.ts';
import { dueOrder, sizeGuess } from './due-order.ts';
import { evidence } from './evidence.ts';
import { generatorFinding, observations, quotaFindings } from './findings.ts';
import { health } from './health.ts';
import { inFlight } from './in-flight.ts';
import type { Judged } from './judged.ts';
import { latency } from './latency.ts';
import { pairing, writtenAtMs } from './pairing.ts';
import { phases, reachedMs } from './phases.ts';
import { reclassifier } from './reclassify.ts';
import { stalls as stallFold } from './stalls.ts';
import { thresholds } from './thresholds.ts';
import { variantColumn } from './variant-column.ts';
import { exitCode, overallVerdict } from './verdict.ts';
import { quotaGroups } from './verification.ts';

export interface AnalysisOptions {
  readonly manifest: Manifest;
  /** Lines of the journal that could not be read, where known before. */
  readonly unreadableLines?: number;
  /** Judges every exchange again by today's rules instead of taking the stored outcome. */
  readonly reclassify?: boolean;
}

export interface AnalysisFold {
  /** Records in the order they were written; ends may come in any order after their `sent`. */
  add(record: JournalRecord): void;
  /** Once, after the last record. */
  finish(options?: { readonly unreadableLines?: number }): Analysis;
}

/**
 * Folds a journal into its analysis, record by record: linear in time, and in memory bounded by what is in flight. The
 * same fold takes a live journal, a stored one, and the records of a run in virtual time.
 */
export function analysis({ manifest, unreadableLines = 0, reclassify = false }: AnalysisOptions): AnalysisFold {
  const plannedMs = Math.max(0, ...manifest.phases.map(({ endMs }) => endMs));
  const conserved = conservation();
  const stalls = stallFold();
  const latencies = latency(manifest);
  const perPhase = phases(manifest);
  const generator = health();
  const rules = thresholds(manifest);
  const open = inFlight(manifest.variants.length);
  const said = evidence();
  const columns = manifest.variants.map((variant) => {
    return variantColumn({ variant, plannedMs, lateToleranceMs: manifest.lateToleranceMs, evidence: said });
  });
  const verification = quotaGroups(manifest);
  const guess = sizeGuess(manifest.phases.length);
  let stop: StopReason | null = null;
  let lastMs = 0;
  /** Ends whose `sent` line was lost, and records of another run. */
  let orphans = 0;

  const due = dueOrder((each, atMs) => {
    columns[each.variant]?.planned(each, atMs);
    rules.planned(each, atMs);
  });
  let walkedMs = 0;
  /** Buckets without a send still have attempts open: notes them at the start of every bucket that has begun. */
  const walkTo = (atMs: number) => {
    while (walkedMs <= atMs) {
      for (const [index, column] of columns.entries()) column.inFlight(walkedMs, open.at(index, walkedMs));
      walkedMs += Math.min(...columns.map((column) => column.bucketMs()));
    }
  };
  const trackOpen = (attempt: Judged) => {
    const { sentMs, variant } = attempt;
    if (attempt.straggler || !attempt.left) return;
    walkTo(sentMs);
    // A lost attempt has no end; it cannot have been open for longer than the client waits.
    const endMs = attempt.finishedMs ?? sentMs + manifest.scenario.timeouts.totalMs;
    columns[variant]?.inFlight(sentMs, open.open(variant, sentMs, endMs));
  };
  const pairs = pairing({
    stalls,
    judge: reclassify ? reclassifier(manifest) : (end) => end.outcome,
    onJudged(attempt) {
      if (attempt.finishedMs !== null && attempt.finishedMs > lastMs) lastMs = attempt.finishedMs;
      conserved.add(attempt);
      latencies.add(attempt);
      perPhase.add(attempt);
      generator.add(attempt);
      rules.add(attempt);
      trackOpen(attempt);
      columns[attempt.variant]?.add(attempt);
      verification.add(attempt);
    },
  });

  return {
    add(record) {
      switch (record.type) {
        case 'sent': {
          if (!belongs(record, manifest)) {
            orphans += 1;
            return;
          }
          const { arrival, dueMs, promptTokens, maxTokens } = record;
          conserved.sent();
          guess.seen(arrival.phaseIndex, promptTokens, maxTokens);
          due.add({
            dueMs,
            variant: arrival.variantIndex,
            phase: arrival.phaseIndex,
            sent: true,
            promptTokens,
            maxTokens: maxTokens ?? 0,
          });
          pairs.sent(record);
          break;
        }
        case 'end':
          if (!pairs.end(record)) orphans += 1;
          return;
        case 'not_sent': {
          if (!belongs(record, manifest)) {
            orphans += 1;
            return;
          }
          const { arrival, dueMs } = record;
          conserved.notSent(record);
          perPhase.notSent(record);
          generator.notSent(record);
          columns[arrival.variantIndex]?.notSent(record);
          due.add({
            dueMs,
            variant: arrival.variantIndex,
            phase: arrival.phaseIndex,
            sent: false,
            ...guess.guess(arrival),
          });
          break;
        }
        case 'stall':
          stalls.add(record);
          break;
        case 'clock':
          generator.clock(record);
          break;
        case 'health':
          generator.health(record);
          break;
        case 'finish':
          stop = record.reason;
          break;
      }
      const atMs = writtenAtMs(record);
      if (atMs === null) return;
      if (atMs > lastMs) lastMs = atMs;
      pairs.reached(atMs);
      due.reached(atMs);
    },
    finish(options = {}) {
      pairs.flush();
      due.flush();
      walkTo(lastMs);
      return finished(Math.max(orphans, options.unreadableLines ?? unreadableLines));
    },
  };

  function finished(unreadable: number): Analysis {
    const law = conserved.finish();
    const windows = columns.map((column) => column.windows());
    const trafficMs = manifest.phases
      .filter(({ kind }) => kind !== 'pause')
      .reduce((sum, phase) => sum + reachedMs(phase, lastMs), 0);
    const healthReport = generator.finish({
      lag: latencies.lag(),
      planned: law.planned,
      sent: law.sent,
      trafficMs,
      stalls: stalls.count(),
      inFlightMax: open.max(),
      conservationHolds: law.holds,
      windows,
    });
    const invalid = healthReport.verdict === 'invalid';
    const limits = columns.flatMap((column) => column.limits());
    const recovery = columns.flatMap((column) => column.recovery());
    const variants = columns.map((column) => column.summary(lastMs));
    const cost = columns.map((column) => column.cost(lastMs));
    const quota = verification.finish();
    const candidates = new Map<string, readonly LimitKind[]>(
      columns.map((column) => [column.name, column.candidates()]),
    );
    const findings = [
      ...rules.finish({ endMs: lastMs, health: healthReport, recovery, quota, cost }),
      ...quotaFindings(quota, invalid),
      generatorFinding(healthReport),
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
      durationMs: lastMs,
      conservation: law,
      findings,
      quota,
      limits,
      recovery,
      errors: columns.flatMap((column) => column.errors()),
      phases: perPhase.finish(lastMs),
      variants,
      series: columns.map((column) => column.series()),
      windows,
      histograms: latencies.finish(),
      health: healthReport,
      cost,
      forecast: null,
      caveats: caveats(manifest, { stop: stopped, durationMs: lastMs, cost, unreadableLines: unreadable }),
      unreadableLines: unreadable,
    };
  }
}

/** A damaged line can still be JSON: without a place in the plan and in time it cannot be counted. */
function belongs(record: SentRecord | NotSentRecord, manifest: Manifest): boolean {
  const { arrival, dueMs } = record;
  const atMs = record.type === 'sent' ? record.sentMs : record.decidedMs;
  return (
    Number.isFinite(dueMs) &&
    Number.isFinite(atMs) &&
    manifest.variants[arrival.variantIndex] !== undefined &&
    manifest.phases[arrival.phaseIndex] !== undefined
  );
}
