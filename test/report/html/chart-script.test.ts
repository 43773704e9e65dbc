import vm from 'node:vm';
import { expect, test } from 'vitest';
import { CHART_SCRIPT } from '../../../src/report/html/chart-script.ts';
import { htmlReporter } from '../../../src/report/html/page.ts';
import { fileOf, SMALL_OPTIONS } from '../options.ts';
import { sampleAnalysis } from '../sample.ts';
import { judgedComparison } from '../sample-comparison.ts';

/** Runs the page's script as a browser would, with stand-ins for uPlot and the little of the DOM it touches. */

interface Plot {
  readonly options: {
    readonly series: readonly {
      readonly label: string;
      readonly dash?: readonly number[];
      value?: (u: unknown, x: unknown, i: number, at: number) => string;
    }[];
    readonly scales: { readonly x: { readonly range?: readonly number[] }; readonly y: { readonly distr?: number } };
    readonly axes: readonly { readonly values: (u: unknown, splits: readonly number[]) => string[] }[];
  };
  readonly data: readonly (readonly (number | null)[])[];
}

function run(uPlotLoaded = true, analysis = sampleAnalysis()): { plots: Plot[]; live: string[] } {
  const text = fileOf(htmlReporter(analysis, SMALL_OPTIONS).files, 'report.html');
  const [, block = '[]'] = /id="chart-data">([\s\S]*?)<\/script>/.exec(text) ?? [];
  const plots: Plot[] = [];
  const live: string[] = [];
  function uPlot(options: Plot['options'], data: Plot['data']) {
    plots.push({ options, data });
    return { destroy: () => {}, setSize: () => {}, width: 800 };
  }
  uPlot.paths = { stepped: () => () => null };
  const figure = (id: string) => ({
    classList: { add: (name: string) => live.push(`${id} ${name}`) },
    querySelector: () => ({ clientWidth: 800 }),
  });
  vm.runInNewContext(CHART_SCRIPT, {
    uPlot: uPlotLoaded ? uPlot : undefined,
    document: {
      documentElement: {},
      getElementById: (id: string) => (id === 'chart-data' ? { textContent: block } : figure(id)),
    },
    getComputedStyle: () => ({ getPropertyValue: () => '#000' }),
    matchMedia: () => ({ addEventListener: () => {} }),
    addEventListener: () => {},
    devicePixelRatio: 1,
  });
  return { plots, live };
}

test('draws one live chart per line chart of the page', () => {
  const { live } = run();
  expect(live).toEqual(['percentiles live', 'over-time-1 live', 'tokens-1 live']);
});

test('stacks the outcomes so that the top edge is what was sent', () => {
  const overTime = run().plots[1];
  const sent = sampleAnalysis().series[0]?.sent;
  expect(overTime?.data[1]).toEqual(sent);
  expect(overTime?.options.series.map((series) => series.label)).toEqual([
    'time since start',
    'other errors',
    'burst',
    'tokens',
    'requests',
    'ok',
    'planned',
    'quota 10/s',
  ]);
});

test('shows the value of a layer in the legend, not the height of the stack', () => {
  const ok = run().plots[1]?.options.series[5];
  expect(ok?.value?.(null, null, 5, 155)).toBe('13/s');
});

test('draws latency on a logarithmic axis with durations', () => {
  const percentiles = run().plots[0];
  expect(percentiles?.options.scales.y.distr).toBe(3);
  expect(percentiles?.options.axes[1]?.values(null, [50, 1000, 90_000])).toEqual(['50 ms', '1 s', '1 min 30 s']);
});

test('groups the digits of large values', () => {
  expect(run().plots[2]?.options.axes[1]?.values(null, [0, 500, 15_000, 1_250_000])).toEqual([
    '0',
    '500',
    '15,000',
    '1,250,000',
  ]);
});

test('leaves the static charts alone where the library is missing', () => {
  expect(run(false)).toEqual({ plots: [], live: [] });
});

test('lays the variants over one time axis, each with a dash of its own, in the unit of the chart', () => {
  const [unanswered, ttft] = run(true, judgedComparison()).plots;
  expect(unanswered?.options.scales.x.range).toEqual([0, 240]);
  expect(ttft?.options.scales.x.range).toEqual([0, 240]);
  expect(unanswered?.data[0]).toEqual([30, 90, 150, 210]);
  expect(unanswered?.options.series.map(({ label, dash }) => [label, dash])).toEqual([
    ['time since start', undefined],
    ['direct', undefined],
    ['relay', [7, 3]],
  ]);
  expect(unanswered?.options.axes[1]?.values(null, [0, 0.05])).toEqual(['0 %', '5 %']);
  expect(ttft?.options.axes[1]?.values(null, [500])).toEqual(['500 ms']);
  expect(ttft?.options.series[2]?.value?.(null, null, 2, 1)).toBe('–');
});
