import { describe, expect, test } from 'vitest';
import type { Analysis } from '../../src/model/analysis.ts';
import { CHART_SCRIPT } from '../../src/report/html/chart-script.ts';
import { allReporters, REPORTERS } from '../../src/report/reporters.ts';
import { terminalSummary } from '../../src/report/terminal/summary.ts';
import { sampleAnalysis as foldedAnalysis } from '../analysis/fixture.ts';
import { fileOf, OPTIONS, SMALL_OPTIONS } from './options.ts';
import { emptyAnalysis, sampleAnalysis, unsampledAnalysis } from './sample.ts';
import { judgedComparison, tacticsComparison } from './sample-comparison.ts';
import { comparisonAnalysis, forecastAnalysis, hostileAnalysis } from './sample-variants.ts';

/** What every reporter owes, whatever it is given. */

const ANALYSES: Readonly<Record<string, () => Analysis>> = {
  sample: sampleAnalysis,
  empty: emptyAnalysis,
  'without samples': unsampledAnalysis,
  'variants without a comparison': comparisonAnalysis,
  comparison: judgedComparison,
  'comparison of five': tacticsComparison,
  forecast: forecastAnalysis,
  'really folded': foldedAnalysis,
  hostile: () => hostileAnalysis(),
  'hostile comparison': () => hostileAnalysis(judgedComparison()),
  'hostile comparison of five': () => hostileAnalysis(tacticsComparison()),
  'hostile forecast': () => hostileAnalysis(forecastAnalysis()),
};

const outputs = (analysis: Analysis): Record<string, string> => ({
  ...Object.fromEntries(
    allReporters(analysis, SMALL_OPTIONS).files.map((file) => [file.name, String(file.bytes)] as const),
  ),
  terminal: terminalSummary(analysis, { color: false, columns: 80 }),
});

describe.each(Object.entries(ANALYSES))('every reporter, given the %s analysis', (_, analysis) => {
  test('writes the same bytes twice, and never throws', () => {
    expect(outputs(analysis())).toEqual(outputs(analysis()));
  });

  test('prints no undefined, no NaN and no stringified object', () => {
    for (const [name, text] of Object.entries(outputs(analysis()))) {
      expect(found(text.replace(CHART_SCRIPT, ''), /undefined|NaN|\[object |Infinity/g), name).toEqual([]);
    }
  });

  test('lets no text from outside become markup', () => {
    const all = outputs(analysis());
    for (const name of ['report.html', 'junit.xml'] as const) {
      expect(found(all[name], /<script>alert|<img\b|onerror=alert\(2\)>/g), name).toEqual([]);
    }
    expect(found(withoutCode(all['report.md'] ?? ''), /(?<!\\)<(?:script|img)|(?<!\\)\]\(/g)).toEqual([]);
  });

  test('lets no control character and no direction override through', () => {
    const all = outputs(analysis());
    for (const name of ['report.html', 'report.md', 'junit.xml', 'terminal'] as const) {
      const allowed = (all[name] ?? '').replaceAll('\n', '');
      expect(found(allowed, name === 'junit.xml' ? NOT_XML : /[\p{Cc}\p{Cs}\u202a-\u202e]/gu), name).toEqual([]);
    }
  });
});

/** What XML 1.0 forbids; it allows C1 controls. */
const NOT_XML = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;

const found = (text: string | undefined, pattern: RegExp): readonly string[] => [
  ...((text ?? '').match(pattern) ?? []),
];

/** Markdown without what is no markup: code blocks, code spans, and the raw HTML line of a summary. */
const withoutCode = (markdown: string): string =>
  markdown
    .replace(/^(`{3,})text\n[\s\S]*?\n\1$/gm, '')
    .replace(/^<summary>.*$/gm, '')
    .replace(/(?<![\\`])(`+)(?!`).*?[^`]\1(?!`)/g, '');

test('a run folder has one file per format and no name twice', () => {
  const names = allReporters(sampleAnalysis(), SMALL_OPTIONS).files.map((file) => file.name);
  expect(names).toEqual([
    'report.html',
    'report.md',
    'findings.json',
    'junit.xml',
    'series.csv',
    'limits.csv',
    'latency.hlog',
  ]);
  expect(Object.keys(REPORTERS)).toEqual(['html', 'markdown', 'json', 'junit', 'csv', 'hlog']);
});

test('all formats print the same counts of refusals', () => {
  const files = allReporters(sampleAnalysis(), OPTIONS).files;
  for (const { limit, count } of sampleAnalysis().limits) {
    const words = limit.replaceAll('_', ' ');
    expect(fileOf(files, 'report.md')).toMatch(new RegExp(`\\| ${words} \\|[^|]*\\| \\*\\*${count}\\*\\* \\|`));
    expect(fileOf(files, 'report.html')).toMatch(new RegExp(`${words}</span></td>.*?<strong>${count}</strong>`));
    expect(fileOf(files, 'limits.csv')).toMatch(new RegExp(`^default,${limit},.*,${count},`, 'm'));
  }
});

test('the date is an input: another one changes nothing else', () => {
  const at = (generatedAt: string) =>
    allReporters(sampleAnalysis(), { ...SMALL_OPTIONS, generatedAt }).files.map((file) =>
      String(file.bytes).replaceAll(generatedAt, 'DATE'),
    );
  expect(at('2026-07-01T12:10:00Z')).toEqual(at('2031-01-01T00:00:00Z'));
});
