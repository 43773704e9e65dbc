import { expect, test } from 'vitest';
import { csvReporter } from '../../src/report/csv.ts';
import { fileOf, SMALL_OPTIONS } from './options.ts';
import { emptyAnalysis, sampleAnalysis } from './sample.ts';
import { comparisonAnalysis, hostileAnalysis } from './sample-variants.ts';

/** RFC 4180, quotes included. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = [[]];
  for (const [, quoted, bare, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/g)) {
    rows.at(-1)?.push(quoted === undefined ? (bare ?? '') : quoted.replaceAll('""', '"'));
    if (end === '\r\n') rows.push([]);
  }
  return rows.slice(0, -1);
}

const rowsOf = (name: string, analysis = sampleAnalysis()) =>
  parseCsv(fileOf(csvReporter(analysis, SMALL_OPTIONS).files, name));

test('series.csv has a row per bucket whose outcomes add up to what was sent', () => {
  const [head = [], ...rows] = rowsOf('series.csv');
  const at = (row: string[], name: string) => Number(row[head.indexOf(name)]);
  expect(rows).toHaveLength(180);
  for (const row of rows) {
    const labels = ['ok', 'limited.burst', 'limited.requests', 'limited.tokens', 'server_error'];
    expect(labels.reduce((sum, label) => sum + at(row, label), 0)).toBe(at(row, 'sent'));
  }
  expect(rows[3]?.[head.indexOf('ttft_p95_ms')]).toBe('');
});

test('limits.csv carries the figures of the analysis unrounded', () => {
  const [head = [], first = []] = rowsOf('limits.csv');
  const group = sampleAnalysis().limits[0];
  expect(Number(first[head.indexOf('share')])).toBe(group?.share);
  expect(Number(first[head.indexOf('onset_tokens_60s')])).toBe(803_100);
  expect(first[head.indexOf('retry_after_max_ms')]).toBe('38000');
});

test('series.csv holds every variant under its name', () => {
  const variants = new Set(rowsOf('series.csv', comparisonAnalysis()).map(([variant]) => variant));
  expect([...variants]).toEqual(['variant', 'direct', 'relay']);
});

test('every row has as many fields as the head, and none starts a formula', () => {
  for (const analysis of [hostileAnalysis(), comparisonAnalysis(), emptyAnalysis()]) {
    for (const name of ['series.csv', 'limits.csv']) {
      const [head = [], ...rows] = rowsOf(name, analysis);
      for (const row of rows) {
        expect(row).toHaveLength(head.length);
        expect(row.filter((value) => /^[=+@\t]|^-(?![\d.])/.test(value))).toEqual([]);
      }
    }
  }
});

test('a text that a spreadsheet would run is defused', () => {
  const sample = sampleAnalysis();
  const [group] = sample.limits;
  if (group === undefined) throw new Error('no group');
  const [head = [], row = []] = rowsOf('limits.csv', {
    ...sample,
    limits: [{ ...group, normalisedMessage: '=HYPERLINK("x")' }],
  });
  expect(row[head.indexOf('message')]).toBe('\'=HYPERLINK("x")');
});
