import type { Analysis } from '../model/analysis.ts';
import type { JournalRecord, NotSentRecord, SentRecord, StopReason } from '../model/journal.ts';
import type { Manifest } from '../model/manifest.ts';
import { compareFold } from './compare.ts';
import { withComparison } from './compare-document.ts';
import { analysisDocument } from './document.ts';
import { dueOrder, sizeGuess } from './due-order.ts';
import { emptyFolds, foldAttempt, openWalk } from './folds.ts';
import { isOwnFault } from './health.ts';
import { pairing, writtenAtMs } from './pairing.ts';
import { reclassifier } from './reclassify.ts';

export interface AnalysisOptions {
  readonly manifest: Manifest;
  /** Lines of the journal that could not be read, where known before. */
  readonly unreadableLines?: number;
  /** Judges every exchange again by today's rules instead of taking the stored outcome. */
  readonly reclassify?: boolean;
  /** Default true. False where only the rest is looked at, as in the members of a forecast: `comparison` stays null. */
  readonly compare?: boolean;
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
export function analysis(options: AnalysisOptions): AnalysisFold {
  const { manifest, unreadableLines = 0, reclassify = false, compare = true } = options;
  const folds = emptyFolds(manifest);
  const compared = compare ? compareFold(manifest) : null;
  const open = openWalk(folds, manifest.scenario.timeouts.totalMs);
  const guess = sizeGuess(manifest.phases.length);
  let stop: StopReason | null = null;
  let endMs = 0;
  /** Ends whose `sent` line was lost, and records of another plan. */
  let orphans = 0;

  const due = dueOrder((each, atMs) => {
    folds.columns[each.variant]?.planned(each, atMs);
    folds.thresholds.planned(each, atMs);
  });
  const pairs = pairing({
    stalls: folds.stalls,
    judge: reclassify ? reclassifier(manifest) : (end) => end.outcome,
    onJudged(attempt) {
      if (attempt.finishedMs !== null && attempt.finishedMs > endMs) endMs = attempt.finishedMs;
      open.add(attempt);
      foldAttempt(folds, attempt);
      compared?.add(attempt);
    },
  });

  const addSent = (record: SentRecord) => {
    const { arrival, dueMs, promptTokens, maxTokens } = record;
    const { variantIndex: variant, phaseIndex: phase } = arrival;
    folds.conservation.sent();
    guess.seen(phase, promptTokens, maxTokens);
    due.add({ dueMs, variant, phase, sent: true, skipped: false, promptTokens, maxTokens: maxTokens ?? 0 });
    pairs.sent(record);
  };
  const addNotSent = (record: NotSentRecord) => {
    const { arrival, dueMs } = record;
    const { variantIndex: variant, phaseIndex: phase } = arrival;
    folds.conservation.notSent(record);
    folds.phases.notSent(record);
    folds.health.notSent(record);
    folds.columns[variant]?.notSent(record);
    compared?.notSent(record);
    due.add({ dueMs, variant, phase, sent: false, skipped: isOwnFault(record.reason), ...guess.guess(arrival) });
  };
  /** False for a record that belongs nowhere. */
  const take = (record: JournalRecord): boolean => {
    switch (record.type) {
      case 'sent':
        if (!belongs(record, manifest)) return false;
        addSent(record);
        return true;
      case 'end':
        return pairs.end(record);
      case 'not_sent':
        if (!belongs(record, manifest)) return false;
        addNotSent(record);
        return true;
      case 'stall':
        folds.stalls.add(record);
        return true;
      case 'clock':
        folds.health.clock(record);
        return true;
      case 'health':
        folds.health.health(record);
        return true;
      case 'finish':
        stop = record.reason;
        return true;
    }
  };

  return {
    add(record) {
      if (!take(record)) {
        orphans += 1;
        return;
      }
      const atMs = writtenAtMs(record);
      if (atMs === null) return;
      if (atMs > endMs) endMs = atMs;
      pairs.reached(atMs);
      due.reached(atMs);
    },
    finish(end = {}) {
      pairs.flush();
      due.flush();
      open.to(endMs);
      // The end of a torn `sent` line is an orphan of a line that the reader counted already.
      const unreadable = Math.max(orphans, end.unreadableLines ?? unreadableLines);
      const document = analysisDocument({ manifest, folds, stop, endMs, unreadableLines: unreadable });
      return compared === null ? document : withComparison(document, compared);
    },
  };
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
