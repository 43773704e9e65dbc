import { basename, join } from 'node:path';
import { type AnalysisFold, analysis } from '../analysis/analysis.ts';
import { compareRuns, requestTables } from '../analysis/compare.ts';
import { JOURNAL_NAME, readManifest } from '../journal/manifest-file.ts';
import { readJournal } from '../journal/reader.ts';
import { createRunFolder } from '../journal/run-folder.ts';
import type { Analysis } from '../model/analysis.ts';
import type { Comparison } from '../model/comparison.ts';
import type { Finding } from '../model/finding.ts';
import type { Manifest } from '../model/manifest.ts';
import { EXIT } from './exit-code.ts';
import { type CommandResult, environmentFailure, isSystemError, usageFailure } from './failure.ts';
import { parseRegressions, type Regression, regressionFinding } from './regression.ts';
import { writeReports } from './report.ts';

export interface CompareRunsOptions {
  /** Run folders; the first is what the second is held against. */
  readonly baseline: string;
  readonly candidate: string;
  /** Where the comparison is written; must not exist. */
  readonly folder: string;
  /** Where the name is taken, adds a number: two may start in the same second. */
  readonly numbered?: boolean;
  /** Regression thresholds such as `ttft.p95 <= 110%`: the candidate's value as a share of the baseline's. */
  readonly require: readonly string[];
  readonly now: Date;
}

export interface CompareRunsOutput {
  readonly analysis: Analysis;
  readonly folder: string;
}

/** Compares two earlier runs from their journals. They were not interleaved, and the report says so. */
export function compareEarlierRuns(options: CompareRunsOptions): CommandResult<CompareRunsOutput> {
  const rules = parseRegressions(options.require);
  if (!rules.ok) return rules;
  const baseline = readRun(options.baseline, rules.regressions);
  if (!baseline.ok) return baseline;
  const candidate = readRun(options.candidate, rules.regressions);
  if (!candidate.ok) return candidate;
  const created = createRunFolder({ path: options.folder, numbered: options.numbered ?? false });
  if (!created.ok) return { ok: false, exitCode: EXIT.environment, problems: created.problems };
  const labels = labelsOf(options);
  const comparison = compareRuns(
    [
      { label: labels.baseline, tables: baseline.tables },
      { label: labels.candidate, tables: candidate.tables },
    ],
    candidate.manifest.seed,
  );
  const findings = rules.regressions.map((rule, index) =>
    regressionFinding(rule, {
      number: index + 1,
      baseline: baseline.measured[index],
      candidate: candidate.measured[index],
    }),
  );
  const document = documentOf(candidate.analysis, { ...comparison, claims: findings }, findings);
  const written = writeReports(created.value, document, options.now);
  return written.ok ? { ok: true, analysis: document, folder: created.value } : written;
}

interface ReadRun {
  readonly manifest: Manifest;
  readonly analysis: Analysis;
  readonly tables: ReturnType<ReturnType<typeof requestTables>['finish']>;
  /** One per regression threshold: the finding that measured its metric. */
  readonly measured: readonly (Finding | undefined)[];
}

/** One pass over the journal feeds the comparison's tables, the run's own analysis and the metrics that are asked for. */
function readRun(folder: string, regressions: readonly Regression[]): CommandResult<ReadRun> {
  const read = readManifest(folder);
  if (!read.ok) return usageFailure(...read.problems);
  const manifest = read.value;
  const tables = requestTables(manifest);
  const own = analysis({ manifest, compare: false });
  const asked = analysis({ manifest: measuring(manifest, regressions), compare: false });
  const passed = pass(join(folder, JOURNAL_NAME), [tables, own, asked]);
  if (!passed.ok) return passed;
  const measured = asked.finish().findings.filter(({ kind }) => kind === 'threshold');
  return {
    ok: true,
    manifest,
    analysis: own.finish(),
    tables: tables.finish(),
    measured: regressions.map((_, index) => measured.find(({ id }) => id === `threshold-${index + 1}`)),
  };
}

function measuring(manifest: Manifest, regressions: readonly Regression[]): Manifest {
  const thresholds = regressions.map(({ threshold }) => threshold);
  return { ...manifest, scenario: { ...manifest.scenario, thresholds, claims: [] } };
}

function pass(path: string, folds: readonly Pick<AnalysisFold, 'add'>[]): CommandResult<object> {
  try {
    readJournal(path, (record) => {
      for (const fold of folds) fold.add(record);
    });
    return { ok: true };
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return environmentFailure('journal', `cannot read the journal: ${error.message}`);
  }
}

/** Folder names, unless both runs lie in folders of one name. */
function labelsOf({ baseline, candidate }: CompareRunsOptions): {
  readonly baseline: string;
  readonly candidate: string;
} {
  const names = { baseline: basename(baseline), candidate: basename(candidate) };
  return names.baseline === names.candidate ? { baseline: 'baseline', candidate: 'candidate' } : names;
}

/** The candidate's analysis with the comparison in front; stated regression thresholds decide, else the questions do. */
function documentOf(candidate: Analysis, comparison: Comparison, regressions: readonly Finding[]): Analysis {
  const verdict = regressions.length > 0 ? verdictOf(regressions) : verdictOfQuestions(comparison);
  const exitCode = verdict === 'violated' ? EXIT.violated : verdict === 'inconclusive' ? EXIT.inconclusive : EXIT.holds;
  return { ...candidate, comparison, findings: [...candidate.findings, ...regressions], verdict, exitCode };
}

function verdictOf(findings: readonly Finding[]): Analysis['verdict'] {
  if (findings.some(({ verdict }) => verdict === 'violated')) return 'violated';
  return findings.some(({ verdict }) => verdict === 'inconclusive') ? 'inconclusive' : 'holds';
}

/** A question that the baseline answers better is a regression; nothing decided at all is inconclusive. */
function verdictOfQuestions({ pairs }: Comparison): Analysis['verdict'] {
  const verdicts = pairs.flatMap(({ questions }) => questions.map(({ verdict }) => verdict));
  if (verdicts.includes('a_better')) return 'violated';
  return verdicts.every((verdict) => verdict === 'not_enough_data') ? 'inconclusive' : 'holds';
}
