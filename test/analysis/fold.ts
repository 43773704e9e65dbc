import { type AnalysisOptions, analysis } from '../../src/analysis/analysis.ts';
import type { Analysis } from '../../src/model/analysis.ts';
import type { JournalRecord } from '../../src/model/journal.ts';
import { manifest } from './manifest.ts';

/** The analysis of these records. */
export function analysed(records: readonly JournalRecord[], options: Partial<AnalysisOptions> = {}): Analysis {
  const fold = analysis({ manifest: manifest(), ...options });
  for (const record of records) fold.add(record);
  return fold.finish();
}

export function only<T>(values: readonly T[]): T {
  if (values.length !== 1 || values[0] === undefined) throw new Error(`expected one, got ${values.length}`);
  return values[0];
}
