import type { Analysis } from '../model/analysis.ts';
import type { Finding } from '../model/finding.ts';

/**
 * What the run says as a whole. A quota that was masked or not reached leaves its own finding open, not the run: only a
 * threshold can ask for it.
 */
export function overallVerdict(findings: readonly Finding[]): Analysis['verdict'] {
  const deciding = findings.filter(
    ({ kind, verdict }) => kind !== 'observation' && (kind !== 'quota' || verdict === 'violated'),
  );
  if (deciding.some(({ verdict }) => verdict === 'violated')) return 'violated';
  return deciding.some(({ verdict }) => verdict === 'inconclusive') ? 'inconclusive' : 'holds';
}

/** Safety rule under which the run loop stops when the journal cannot be written: the machine's fault, not a cap. */
const JOURNAL_RULE = 'journal';

/** In this order: 5 environment, 130 interrupted or killed, 4 safety stop, 1 violated, 3 inconclusive, 0 holds. */
export function exitCode(verdict: Analysis['verdict'], stop: Analysis['stop']): number {
  if (stop.kind === 'safety' && stop.rule === JOURNAL_RULE) return 5;
  if (stop.kind === 'interrupted' || stop.kind === 'killed') return 130;
  if (stop.kind === 'safety') return 4;
  return verdict === 'violated' ? 1 : verdict === 'inconclusive' ? 3 : 0;
}
