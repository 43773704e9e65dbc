import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Analysis } from '../../src/model/analysis.ts';
import { allReporters } from '../../src/report/reporters.ts';
import { analysisJsonSchema } from '../../src/report/schema/analysis-schema.ts';
import { terminalSummary } from '../../src/report/terminal/summary.ts';
import { SMALL_OPTIONS } from './options.ts';
import { emptyAnalysis, sampleAnalysis } from './sample.ts';
import { judgedComparison, tacticsComparison } from './sample-comparison.ts';
import { forecastAnalysis } from './sample-variants.ts';

/** Whole outputs, byte for byte. After a change that is meant: UPDATE_GOLDENS=1 npx vitest run test/report. */

const FOLDER = join(import.meta.dirname, 'golden');

function expectGolden(name: string, text: string): void {
  const path = join(FOLDER, name);
  if (process.env.UPDATE_GOLDENS === '1') {
    mkdirSync(FOLDER, { recursive: true });
    writeFileSync(path, text);
  }
  expect(text, `${name} differs from its golden`).toBe(readFileSync(path, 'utf8'));
}

const SAMPLE = allReporters(sampleAnalysis(), SMALL_OPTIONS).files;

test.each(SAMPLE.map((file) => [file.name, file] as const))('%s of the sample run', (name, file) => {
  expectGolden(name, String(file.bytes));
});

const MARKDOWN: readonly (readonly [string, () => Analysis])[] = [
  ['empty', emptyAnalysis],
  ['comparison', judgedComparison],
  ['tactics', tacticsComparison],
  ['forecast', forecastAnalysis],
];

test.each(MARKDOWN)('report.md of the %s analysis', (name, analysis) => {
  const file = allReporters(analysis(), SMALL_OPTIONS).files.find((entry) => entry.name === 'report.md');
  expectGolden(`report-${name}.md`, String(file?.bytes));
});

test.each([
  [100, true],
  [60, false],
])('the terminal summary, %i columns wide, colour %s', (columns, color) => {
  const text = terminalSummary(sampleAnalysis(), { color, columns, paths: ['report  reports/x/report.html'] });
  expectGolden(`terminal-${columns}.txt`, text);
});

test.each([
  ['two', judgedComparison, 100],
  ['five', tacticsComparison, 80],
] as const)('the terminal summary of a comparison of %s variants', (name, analysis, columns) => {
  expectGolden(`terminal-${name}-variants.txt`, terminalSummary(analysis(), { color: false, columns }));
});

test('comparison.csv', () => {
  const file = allReporters(judgedComparison(), SMALL_OPTIONS).files.find((entry) => entry.name === 'comparison.csv');
  expectGolden('comparison.csv', String(file?.bytes));
});

test('the JSON Schema of findings.json', () => {
  expectGolden('findings.schema.json', `${JSON.stringify(analysisJsonSchema(), null, 2)}\n`);
});
