import { HistogramLogReader } from 'hdr-histogram-js';
import { expect, test } from 'vitest';
import { hlogReporter } from '../../src/report/hlog.ts';
import { fileOf, SMALL_OPTIONS } from './options.ts';
import { sampleAnalysis } from './sample.ts';
import { comparisonAnalysis, hostileAnalysis } from './sample-variants.ts';

function histograms(analysis = sampleAnalysis()) {
  const text = fileOf(hlogReporter(analysis, SMALL_OPTIONS).files, 'latency.hlog');
  const reader = new HistogramLogReader(text);
  const found = [];
  for (let next = reader.nextIntervalHistogram(); next !== null; next = reader.nextIntervalHistogram())
    found.push(next);
  return found;
}

test('reads back with the library that others use, one histogram per metric and group of the whole run', () => {
  const found = histograms();
  expect(found.map((histogram) => (histogram as { tag?: string }).tag)).toEqual([
    'service.admitted',
    'service.refused',
    'response.admitted',
    'ttft.admitted',
    'itl.admitted',
    'lag.all',
  ]);
  expect(found[0]?.totalCount).toBe(3);
  expect((found[0] as { getValueAtPercentile(p: number): number }).getValueAtPercentile(50)).toBe(700);
});

test('puts the variant into the tag where there are several', () => {
  expect((histograms(comparisonAnalysis())[1] as { tag?: string } | undefined)?.tag).toBe('relay.service.admitted');
});

test('no name can break a line or a field', () => {
  const text = fileOf(hlogReporter(hostileAnalysis(comparisonAnalysis()), SMALL_OPTIONS).files, 'latency.hlog');
  const lines = text
    .trimEnd()
    .split('\n')
    .filter((line) => line.startsWith('Tag='));
  expect(lines).toHaveLength(12);
  for (const line of lines) expect(line.split(',')).toHaveLength(5);
});
