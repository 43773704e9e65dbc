import { expect, test } from 'vitest';
import type { Analysis } from '../../../src/model/analysis.ts';
import type { Block, Section } from '../../../src/report/document/blocks.ts';
import { decisionSection } from '../../../src/report/document/decision.ts';
import { limitErrorsSection } from '../../../src/report/document/limits.ts';
import { overlayCharts } from '../../../src/report/document/overlay-charts.ts';
import { sideBySideSection } from '../../../src/report/document/side-by-side.ts';
import { stabilitySection } from '../../../src/report/document/stability.ts';
import { plainSpaces } from '../../../src/report/format.ts';
import { lineChartSvg } from '../../../src/report/html/line-chart.ts';
import { markdownReporter } from '../../../src/report/markdown.ts';
import { fileOf, SMALL_OPTIONS } from '../options.ts';
import { sampleAnalysis } from '../sample.ts';
import { judgedComparison, tacticsComparison } from '../sample-comparison.ts';
import { forecastAnalysis } from '../sample-variants.ts';

const comparisonIn = (analysis: Analysis) => {
  if (analysis.comparison === null) throw new Error('no comparison');
  return analysis.comparison;
};
const kinds = ({ blocks }: Section) => blocks.map(({ kind }) => kind);
const tables = ({ blocks }: Section) =>
  blocks.filter((block): block is Extract<Block, { kind: 'table' }> => block.kind === 'table');
const markdownOf = (analysis: Analysis) => fileOf(markdownReporter(analysis, SMALL_OPTIONS).files, 'report.md');

test('a report of one variant has no decision page', () => {
  for (const section of [decisionSection, sideBySideSection, stabilitySection]) {
    expect(section(sampleAnalysis()).blocks).toEqual([]);
  }
});

test('the course comes first, what limits it before any table', () => {
  expect(kinds(decisionSection(judgedComparison())).slice(0, 3)).toEqual(['callout', 'text', 'table']);
  expect(decisionSection(judgedComparison()).blocks[1]).toMatchObject({ tone: 'warning' });
});

test('two variants are one table with differences; more are a table of figures, each pair folded below', () => {
  const two = tables(sideBySideSection(judgedComparison()))[0];
  expect(two?.columns.map(({ title }) => title)).toEqual([
    'Question',
    'direct',
    'relay',
    'relay − direct',
    'Difference that 9 such runs in 10 see',
    'Verdict',
  ]);
  expect(two?.rows).toHaveLength(7);
  const five = sideBySideSection(tacticsComparison());
  expect(tables(five)[0]?.columns).toHaveLength(6);
  expect(kinds(five).filter((kind) => kind === 'details')).toHaveLength(4);
});

test('a question that nobody could measure is named with its reason instead of a row of dashes', () => {
  expect(markdownOf(judgedComparison())).toContain(
    'Not measured: cost (cannot be asked: the price of relay is not known).',
  );
});

test('variants share one time axis; a minute without traffic is a gap, not a zero', () => {
  const charts = overlayCharts(comparisonIn(judgedComparison()));
  expect(charts.map(({ id }) => id)).toEqual(['overlay-unanswered', 'overlay-ttft']);
  expect(charts.map(({ x }) => x)).toEqual([charts[0]?.x, charts[0]?.x]);
  expect(charts[0]?.lines[0]?.values[1]).toBe(0);
  expect(charts[0]?.lines[0]?.values[0]).toBeCloseTo(12 / 110, 9);
  expect(charts[1]?.lines[1]?.values).toEqual([660, null, 668, 659]);
});

test('the static overlay marks every value it knows, and breaks its line where there is none', () => {
  const ttft = overlayCharts(comparisonIn(judgedComparison()))[1];
  const svg = ttft === undefined ? '' : lineChartSvg(ttft).markup;
  expect(svg.match(/<circle class="c-curve-1"/g)).toHaveLength(4);
  expect(svg.match(/<circle class="c-curve-2"/g)).toHaveLength(3);
  expect(/l-curve-2" d="([^"]*)"/.exec(svg)?.[1]?.match(/M/g)).toHaveLength(2);
});

test('one stretch of time is no line, and a run in which everything was answered needs no chart of that', () => {
  expect(overlayCharts(comparisonIn(tacticsComparison()))).toEqual([]);
  const comparison = comparisonIn(judgedComparison());
  const stability = comparison.stability.map((entry) => ({
    ...entry,
    minutes: { ...entry.minutes, answered: entry.minutes.requests },
  }));
  expect(overlayCharts({ ...comparison, stability }).map(({ id }) => id)).toEqual(['overlay-ttft']);
});

test('says where burst refusals may have become waiting time, and only there', () => {
  const base = sampleAnalysis();
  const [variant] = base.manifest.variants;
  const waiting = (waitTimeoutMs: number | null) => ({
    ...base,
    manifest: { ...base.manifest, variants: [{ ...variant, waitTimeoutMs }] as const },
  });
  const notes = (analysis: Analysis) =>
    limitErrorsSection(analysis).blocks.flatMap((block) =>
      block.kind === 'text' && block.text.startsWith('X-DashScope-Wait-Timeout') ? [plainSpaces(block.text)] : [],
    );
  expect(notes(waiting(5000))[0]).toContain(
    'X-DashScope-Wait-Timeout of 5 s was sent: burst refusals may have become waiting time',
  );
  expect(notes(waiting(null))).toEqual([]);
});

test('marks a driver other than the default one beside target and model', () => {
  const base = sampleAnalysis();
  const [variant] = base.manifest.variants;
  const through = (driver: 'openai' | 'autocannon' | 'undici' | 'simulated') =>
    markdownOf({ ...base, manifest: { ...base.manifest, variants: [{ ...variant, driver }] } }).split('\n')[4];
  expect(through('openai')).toContain('driver openai (the SDK)');
  expect(through('autocannon')).toContain('driver autocannon (closed model)');
  expect(through('undici')).not.toContain('driver');
  expect(through('simulated')).not.toContain('driver');
});

test('prints the limiters of a forecast as words', () => {
  const base = forecastAnalysis();
  const worst = { limiter: 'sliding_counter, prompt_at_admission', seed: 1, okShare: 0.9, limitedShare: {} };
  const text = markdownOf({ ...base, forecast: base.forecast && { ...base.forecast, worst } });
  expect(text).toContain('Worst: sliding counter, prompt tokens counted at admission');
  expect(text).not.toContain('sliding\\_counter');
});

test('says one reason of every undecided rule once, above the rules', () => {
  const base = sampleAnalysis();
  const why = 'the generator was the bottleneck';
  const undecided = (whys: readonly string[]): Analysis => ({
    ...base,
    findings: base.findings
      .filter(({ kind }) => kind === 'threshold')
      .slice(0, whys.length)
      .map((finding, index) => ({ ...finding, verdict: 'inconclusive' as const, why: whys[index] ?? '' })),
  });
  const times = (analysis: Analysis) => markdownOf(analysis).split('## Question')[0]?.split(why).length ?? 0;
  expect(markdownOf(undecided([why, why]))).toContain(`> **Note:** Undecided: ${why}`);
  expect(times(undecided([why, why]))).toBe(2);
  expect(markdownOf(undecided([why]))).not.toContain('Undecided:');
  expect(markdownOf(undecided([why, 'too few samples']))).not.toContain('Undecided:');
});
