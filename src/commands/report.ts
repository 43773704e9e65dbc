import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { analysis } from '../analysis/analysis.ts';
import { JOURNAL_NAME, readManifest, writeFileAtomic } from '../journal/manifest-file.ts';
import { readJournal } from '../journal/reader.ts';
import type { Analysis } from '../model/analysis.ts';
import type { ReportOptions } from '../model/reporter.ts';
import { allReporters } from '../report/reporters.ts';
import { type CommandResult, diskFailure, environmentFailure, isSystemError, usageFailure } from './failure.ts';

export interface ReportFolderOptions {
  readonly folder: string;
  /** Printed as the report's date. */
  readonly generatedAt: Date;
  /** Judges every exchange again with today's rules instead of trusting the stored outcome. */
  readonly reclassify?: boolean;
}

export interface ReportOutput {
  readonly analysis: Analysis;
  readonly folder: string;
}

/** Derives every figure again from a run folder's journal and writes its reports; never touches the journal. */
export function reportFolder(options: ReportFolderOptions): CommandResult<ReportOutput> {
  const analysed = analyseFolder(options);
  if (!analysed.ok) return analysed;
  const written = writeReports(options.folder, analysed.analysis, options.generatedAt);
  return written.ok ? { ok: true, analysis: analysed.analysis, folder: options.folder } : written;
}

export function analyseFolder(options: ReportFolderOptions): CommandResult<{ readonly analysis: Analysis }> {
  const manifest = readManifest(options.folder);
  if (!manifest.ok) return usageFailure(...manifest.problems);
  const fold = analysis({ manifest: manifest.value, reclassify: options.reclassify ?? false });
  try {
    const read = readJournal(join(options.folder, JOURNAL_NAME), fold.add);
    return { ok: true, analysis: fold.finish({ unreadableLines: read.unreadableLines }) };
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return environmentFailure('journal', `cannot read the journal: ${error.message}`);
  }
}

export function writeReports(folder: string, document: Analysis, generatedAt: Date): CommandResult<object> {
  const options: ReportOptions = { generatedAt: generatedAt.toISOString(), assets: chartAssets() };
  try {
    for (const file of allReporters(document, options).files) writeFileAtomic(join(folder, file.name), file.bytes);
    return { ok: true };
  } catch (error) {
    return diskFailure('report', 'cannot write the report', error);
  }
}

/** The chart library's own prebuilt files, inlined so that a report works offline. */
function chartAssets(): Record<string, string> {
  const main = createRequire(import.meta.url).resolve('uplot/package.json');
  const read = (name: string) => readFileSync(join(main, '..', 'dist', name), 'utf8');
  return { 'uPlot.js': read('uPlot.iife.min.js'), 'uPlot.css': read('uPlot.min.css') };
}
