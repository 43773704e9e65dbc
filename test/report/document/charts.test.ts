import { expect, test } from 'vitest';
import { LIMIT_KINDS } from '../../../src/model/outcome.ts';
import {
  chartSeries,
  colourOf,
  OUTCOME_COLOURS,
  overTimeChart,
  tokensChart,
  windowChart,
} from '../../../src/report/document/charts.ts';
import { percentileChart } from '../../../src/report/document/percentile-chart.ts';
import { lineChartSvg, stackedEdges } from '../../../src/report/html/line-chart.ts';
import { emptyAnalysis, sampleAnalysis, unsampledAnalysis } from '../sample.ts';

test('every kind of limit has a colour of its own, everything else that failed shares one', () => {
  expect(LIMIT_KINDS.map((kind) => colourOf(`limited.${kind}`))).toEqual([...LIMIT_KINDS]);
  expect(['server_error', 'timeout.idle', 'connection.tls', 'truncated', 'lost', 'auth'].map(colourOf)).toEqual(
    Array.from({ length: 6 }, () => 'errors'),
  );
  expect(new Set(OUTCOME_COLOURS).size).toBe(OUTCOME_COLOURS.length);
});

test('the stacked outcomes of a bucket add up to what was sent in it, per second', () => {
  const chart = overTimeChart(sampleAnalysis(), 0);
  const edges = stackedEdges(chart?.lines.filter((line) => line.shape === 'area') ?? []);
  expect(edges.at(-1)).toEqual(sampleAnalysis().series[0]?.sent);
});

test('counts of wider buckets are shown per second', () => {
  const base = sampleAnalysis();
  const series = base.series.map((entry) => ({ ...entry, bucketMs: 2000 }));
  const planned = overTimeChart({ ...base, series }, 0)?.lines.find((line) => line.label === 'planned');
  expect(planned?.values[160]).toBe(7);
});

test('the quota line is the binding one of a second and a minute', () => {
  const base = sampleAnalysis();
  const withQuota = (rps: number | null, rpm: number | null) => {
    const [variant] = base.manifest.variants;
    const manifest = { ...base.manifest, variants: [{ ...variant, quota: { ...variant.quota, rps, rpm } }] as const };
    return overTimeChart({ ...base, manifest }, 0)?.lines.find((line) => line.shape === 'limit')?.values[0];
  };
  expect(withQuota(10, 600)).toBe(10);
  expect(withQuota(10, 300)).toBe(5);
  expect(withQuota(null, 600)).toBe(10);
  expect(withQuota(null, null)).toBeUndefined();
});

test('arrivals that were never sent are no layer of what was sent', () => {
  const base = sampleAnalysis();
  const series = base.series.map((entry) => ({
    ...entry,
    byOutcome: { ...entry.byOutcome, 'not_sent.late': entry.sent },
  }));
  expect(overTimeChart({ ...base, series }, 0)?.lines.map((line) => line.label)).not.toContain('not sent (late)');
});

test('accepted and refused attempts are separate percentile curves', () => {
  expect(percentileChart(sampleAnalysis())?.lines.map((line) => line.label)).toEqual([
    'time to first token, accepted',
    'service time, accepted',
    'service time, refused',
  ]);
});

test('response time is a curve of its own where the generator was late', () => {
  const base = sampleAnalysis();
  const histograms = base.histograms.map((entry) =>
    entry.metric === 'response' ? { ...entry, percentiles: { ...entry.percentiles, max: 20_000 } } : entry,
  );
  const labels = percentileChart({ ...base, histograms })?.lines.map((line) => line.label);
  expect(labels).toContain('response time, accepted');
});

test('the slowest of n samples stands half a sample before all', () => {
  const base = sampleAnalysis();
  const [first] = base.histograms;
  if (first === undefined) throw new Error('no histogram');
  const histogram = {
    ...first,
    percentiles: { ...first.percentiles, count: 50 },
    curve: [
      { share: 0, valueMs: 1 },
      { share: 1, valueMs: 9 },
    ],
  };
  expect(percentileChart({ ...base, histograms: [histogram] })?.x.values[1]).toBeCloseTo(2, 9);
});

test('buckets below a second are added up to seconds, unless the run is too short for it', () => {
  const base = sampleAnalysis().series[0];
  if (base === undefined) throw new Error('no series');
  const narrow = { ...base, bucketMs: 100, startMs: base.startMs.map((_, index) => index * 100) };
  const merged = chartSeries(narrow);
  expect(merged.bucketMs).toBe(1000);
  expect(merged.startMs).toEqual(Array.from({ length: 18 }, (_, index) => index * 1000));
  const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);
  expect(total(merged.sent)).toBe(total(base.sent));
  const short = { ...narrow, startMs: narrow.startMs.slice(0, 70) };
  expect(chartSeries(short)).toBe(short);
  expect(chartSeries(base)).toBe(base);
});

test('a curve keeps its own points and is straight between them', () => {
  const base = sampleAnalysis();
  const [first, second] = base.histograms;
  if (first === undefined || second === undefined) throw new Error('no histograms');
  const histograms = [
    {
      ...first,
      curve: [
        { share: 0, valueMs: 100 },
        { share: 0.9, valueMs: 300 },
        { share: 0.99, valueMs: 500 },
      ],
    },
    {
      ...second,
      curve: [
        { share: 0, valueMs: 10 },
        { share: 0.99, valueMs: 30 },
      ],
    },
  ];
  const chart = percentileChart({ ...base, histograms });
  expect(chart?.x.values).toHaveLength(3);
  expect(chart?.lines[0]?.values).toEqual([100, 300, 500]);
  expect(chart?.lines[1]?.values[1]).toBeCloseTo(20, 6);
});

test('there is no chart where there is nothing to draw', () => {
  expect(percentileChart(unsampledAnalysis())).toBeNull();
  expect(overTimeChart(emptyAnalysis(), 0)).toBeNull();
  expect(windowChart([], { id: 'x', variant: null, unit: 'requests' })).toBeNull();
});

test('the drawing stays inside its frame and has no broken number', () => {
  const chart = overTimeChart(sampleAnalysis(), 0);
  if (chart === null) throw new Error('no chart');
  const { markup } = lineChartSvg(chart);
  const points = [...markup.matchAll(/[ML](-?[\d.]+),(-?[\d.]+)/g)].map(([, x, y]) => [Number(x), Number(y)] as const);
  expect(points.length).toBeGreaterThan(30);
  for (const [x, y] of points) {
    expect(x).toBeGreaterThanOrEqual(0);
    expect(x).toBeLessThanOrEqual(960);
    expect(y).toBeGreaterThanOrEqual(0);
    expect(y).toBeLessThanOrEqual(300);
  }
});

test('tokens are drawn against the binding token quota', () => {
  const chart = tokensChart(sampleAnalysis(), 0);
  expect(chart?.lines.map((line) => line.label)).toEqual(['prompt tokens', 'output tokens', 'quota 16,666/s']);
  expect(chart?.lines[0]?.values[100]).toBe(15_000);
});
