import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import type { Analysis } from '../../../src/model/analysis.ts';
import { htmlReporter } from '../../../src/report/html/page.ts';
import { fileOf, OPTIONS, SMALL_OPTIONS } from '../options.ts';
import { emptyAnalysis, sampleAnalysis } from '../sample.ts';
import { judgedComparison, tacticsComparison } from '../sample-comparison.ts';
import { forecastAnalysis, hostileAnalysis } from '../sample-variants.ts';

const page = (analysis: Analysis, options = OPTIONS) => fileOf(htmlReporter(analysis, options).files, 'report.html');

const plainText = (text: string) => text.replaceAll('&#39;', "'").replaceAll('&quot;', '"').replaceAll('&amp;', '&');

function policyOf(text: string): Record<string, string[]> {
  const [, content = ''] = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(text) ?? [];
  return Object.fromEntries(
    plainText(content)
      .split('; ')
      .map((directive) => directive.split(' '))
      .map(([name = '', ...sources]) => [name, sources]),
  );
}

const hashes = (text: string, element: RegExp) =>
  [...text.matchAll(element)].map(([, body = '']) => `'sha256-${createHash('sha256').update(body).digest('base64')}'`);

test.each([
  ['sample', sampleAnalysis],
  ['empty', emptyAnalysis],
  ['comparison', judgedComparison],
  ['hostile', () => hostileAnalysis()],
])('the policy of the %s page allows exactly the scripts and styles on it', (_, analysis) => {
  const text = page(analysis());
  const policy = policyOf(text);
  const scripts = hashes(text, /<script>([\s\S]*?)<\/script>/g);
  expect(policy['script-src']).toEqual(scripts.length === 0 ? ["'none'"] : scripts);
  expect(policy['style-src']).toEqual(hashes(text, /<style>([\s\S]*?)<\/style>/g));
  expect(policy['default-src']).toEqual(["'none'"]);
  expect(text).not.toContain('unsafe-inline');
});

test('holds no address to load from, no event handler and no style attribute', () => {
  const text = page(hostileAnalysis()).replace(/<script[\s\S]*?<\/script>/g, '');
  expect(
    text.match(/<[^>]*\s(?:src|href|style|on\w+)="[^"]*"/g)?.filter((tag) => !/href="#[\w-]+"/.test(tag)) ?? [],
  ).toEqual([]);
  expect(text).not.toMatch(/<(?:link|iframe|img|object|embed|form|base)\b/);
});

test('puts the verdict first and the sections in the order of a review', () => {
  const ids = [...page(sampleAnalysis()).matchAll(/<section id="([\w-]+)"/g)].map(([, id]) => id);
  expect(ids).toEqual([
    'thresholds',
    'question',
    'limit-errors',
    'limits',
    'delivered',
    'latency',
    'throughput',
    'over-time',
    'phases',
    'errors',
    'recovery',
    'headers',
    'cost',
    'environment',
    'caveats',
    'method',
    'repeat',
  ]);
});

test('puts the decision of a comparison before everything a single run reports', () => {
  const ids = [...page(judgedComparison()).matchAll(/<section id="([\w-]+)"/g)].map(([, id]) => id);
  expect(ids.slice(0, 6)).toEqual(['decision', 'side-by-side', 'claims', 'tactics', 'stability', 'thresholds']);
  expect([...page(tacticsComparison()).matchAll(/<section id="([\w-]+)"/g)].map(([, id]) => id)).not.toContain(
    'claims',
  );
});

test('marks a forecast before anything else', () => {
  const text = page(forecastAnalysis());
  expect(text.indexOf('FORECAST: nothing was sent')).toBeGreaterThan(0);
  expect(text.indexOf('FORECAST: nothing was sent')).toBeLessThan(text.indexOf('class="banner'));
  expect(text.replace(/<\/?span[^>]*>/g, '')).toContain('Worst: bucket, 10 credits per 1 s, 85.3');
});

test('stays readable without the chart library: static charts and their data, no script at all', () => {
  const text = page(sampleAnalysis(), { ...OPTIONS, assets: {} });
  expect(text).not.toContain('<script');
  expect(text).toContain('aria-label="Outcomes over time.');
  expect(text).toContain('Data of this chart');
  expect(policyOf(text)['script-src']).toEqual(["'none'"]);
});

test('every id on the page is unique and every contents link leads somewhere', () => {
  const text = page(hostileAnalysis(judgedComparison()), SMALL_OPTIONS);
  const ids = [...text.matchAll(/\sid="([^"]*)"/g)].map(([, id]) => id);
  expect(new Set(ids).size).toBe(ids.length);
  for (const [, target] of text.matchAll(/href="#([^"]*)"/g)) expect(ids).toContain(target);
});

test('tags close in the order they were opened', () => {
  const voids = new Set(['meta', 'br', 'wbr', 'path', 'rect', 'circle', '!doctype']);
  for (const analysis of [
    sampleAnalysis(),
    emptyAnalysis(),
    hostileAnalysis(judgedComparison()),
    tacticsComparison(),
    forecastAnalysis(),
  ]) {
    const body = page(analysis, SMALL_OPTIONS).replace(/<(script|style)\b[^>]*>[\s\S]*?<\/\1>/g, '');
    const open: string[] = [];
    for (const [, close, name = ''] of body.matchAll(/<(\/?)([!\w-]+)(?:\s[^<>]*)?>/g)) {
      if (close === '/') expect(open.pop()).toBe(name);
      else if (!voids.has(name)) open.push(name);
    }
    expect(open).toEqual([]);
  }
});

test('a run with the most buckets a series may have stays far below two megabytes', () => {
  const base = sampleAnalysis();
  const [series] = base.series;
  if (series === undefined) throw new Error('no series');
  const stretch = <T>(values: readonly T[]): T[] =>
    Array.from({ length: 600 }, (_, index) => values[index % values.length] as T);
  const long: Analysis = {
    ...base,
    series: [
      {
        ...series,
        startMs: stretch(series.startMs).map((_, index) => index * 1000),
        planned: stretch(series.planned),
        sent: stretch(series.sent),
        ok: stretch(series.ok),
        byOutcome: Object.fromEntries(
          Object.entries(series.byOutcome).map(([label, counts]) => [label, stretch(counts)]),
        ),
      },
    ],
  };
  expect(page(long).length).toBeLessThan(500_000);
});
