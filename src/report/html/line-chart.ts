import type { ChartLine, ChartUnit, LineChart } from '../document/charts.ts';
import { formatMs } from '../format.ts';
import { inChartUnit } from './chart-table.ts';
import { html, type Markup } from './markup.ts';
import { patternOf } from './palette.ts';
import { linearTicks, logTicks, SHARE_TICKS, timeTicks } from './scale.ts';

const WIDTH = 960;
const HEIGHT = 300;
const PLOT = { left: 62, right: 14, top: 12, bottom: 34 };

/** Round values for a logarithmic axis that shows the whole chart. */
export function valueTicks(chart: LineChart): number[] {
  const { min, max } = extent(chart);
  return chart.y.scale === 'log' ? logTicks(min / 1.15, max * 1.15) : [];
}

interface Axes {
  readonly x: (value: number) => number;
  readonly y: (value: number) => number;
  readonly xTicks: readonly { readonly at: number; readonly label: string }[];
  readonly yTicks: readonly { readonly at: number; readonly label: string }[];
}

const isNumber = (value: number | null | undefined): value is number => typeof value === 'number';

/** Each area on top of the ones before it: the upper edges. */
export function stackedEdges(lines: readonly ChartLine[]): number[][] {
  let below: readonly number[] = [];
  return lines.map((line) => {
    const edge = line.values.map((value, index) => (value ?? 0) + (below[index] ?? 0));
    below = edge;
    return edge;
  });
}

function extent(chart: LineChart): { readonly min: number; readonly max: number } {
  const areas = stackedEdges(chart.lines.filter((line) => line.shape === 'area')).flat();
  const others = chart.lines.filter((line) => line.shape !== 'area').flatMap((line) => line.values.filter(isNumber));
  const values = [...areas, ...others];
  const positive = values.filter((value) => value > 0);
  return { min: Math.min(...positive), max: Math.max(0, ...values) };
}

function axesOf(chart: LineChart): Axes {
  const { min, max } = extent(chart);
  const log = chart.y.scale === 'log' && Number.isFinite(min);
  const top = log ? max * 1.15 : max * 1.05 || 1;
  const bottom = log ? min / 1.15 : 0;
  const position = (value: number) =>
    log ? Math.log(Math.max(value, bottom) / bottom) / Math.log(top / bottom) : value / top;
  const [first, last] = chart.x.range ?? [chart.x.values[0] ?? 0, chart.x.values.at(-1) ?? 1];
  const span = last - first || 1;
  const inner = { width: WIDTH - PLOT.left - PLOT.right, height: HEIGHT - PLOT.top - PLOT.bottom };
  return {
    x: (value) => PLOT.left + ((value - first) / span) * inner.width,
    y: (value) => PLOT.top + (1 - position(value)) * inner.height,
    xTicks:
      chart.x.scale === 'share'
        ? SHARE_TICKS.filter((tick) => tick.at >= first - 1e-9 && tick.at <= last + 1e-9)
        : timeTicks(first, last, 9).map((at) => ({ at, label: at === 0 ? '0' : formatMs(at * 1000) })),
    yTicks: (log ? logTicks(bottom, top) : linearTicks(top, 8)).map((at) => ({
      at,
      label: tickLabel(at, chart.y.unit),
    })),
  };
}

const round = (value: number): string => String(Math.round(value * 10) / 10);

/** Steps that hold their value over the whole bucket: counts have no slope between buckets. */
function stepPoints(xs: readonly number[], values: readonly number[], axes: Axes): string[] {
  const points = values.flatMap((value, index) => {
    const from = xs[index] ?? 0;
    const y = round(axes.y(value));
    return [from, xs[index + 1] ?? from].map((x) => ({ x: round(axes.x(x)), y }));
  });
  const inside = (index: number) =>
    points[index - 1]?.y === points[index]?.y && points[index]?.y === points[index + 1]?.y;
  return points.filter((_, index) => !inside(index)).map(({ x, y }) => `${x},${y}`);
}

function areaPath(chart: LineChart, upper: readonly number[], lower: readonly number[], axes: Axes): string {
  const up = stepPoints(chart.x.values, upper, axes);
  const down = stepPoints(chart.x.values, lower, axes).reverse();
  return `M${[...up, ...down].join('L')}Z`;
}

/** Breaks where a value is unknown. */
function linePath(line: ChartLine, chart: LineChart, axes: Axes): string {
  if (line.shape !== 'line' && line.shape !== 'dots')
    return `M${stepPoints(
      chart.x.values,
      line.values.map((value) => value ?? 0),
      axes,
    ).join('L')}`;
  let path = '';
  let drawing = false;
  line.values.forEach((value, index) => {
    if (value !== null)
      path += `${drawing ? 'L' : 'M'}${round(axes.x(chart.x.values[index] ?? 0))},${round(axes.y(value))}`;
    drawing = value !== null;
  });
  return path;
}

/** Round steps need no `5.0 %` and no `1.00 s`. */
const tickLabel = (at: number, unit: ChartUnit): string => inChartUnit(at, unit).replace(/\.0+(?=\D|$)/, '');

/** More marks than this run into each other. */
const DOTS_MAX = 120;

function dots(line: ChartLine, chart: LineChart, axes: Axes): Markup[] {
  if (line.shape !== 'dots' || line.values.length > DOTS_MAX) return [];
  return line.values.flatMap((value, index) =>
    value === null
      ? []
      : [
          html`<circle class="c-${line.colour}" cx="${round(axes.x(chart.x.values[index] ?? 0))}" cy="${round(axes.y(value))}" r="2.8"/>`,
        ],
  );
}

function grid(axes: Axes): Markup {
  const baseline = HEIGHT - PLOT.bottom;
  return html`<g class="grid">${axes.yTicks.map(
    ({ at }) => html`<path d="M${PLOT.left},${round(axes.y(at))}H${WIDTH - PLOT.right}"/>`,
  )}</g><g class="ticks">${axes.yTicks.map(
    ({ at, label }) => html`<text x="${PLOT.left - 8}" y="${round(axes.y(at) + 4)}" text-anchor="end">${label}</text>`,
  )}${axes.xTicks.map(
    ({ at, label }) =>
      html`<path d="M${round(axes.x(at))},${baseline}v5"/><text x="${round(axes.x(at))}" y="${baseline + 18}" text-anchor="middle">${label}</text>`,
  )}</g>`;
}

/** The chart as SVG without script: what is printed, and what is seen where scripts are off. */
export function lineChartSvg(chart: LineChart): Markup {
  const axes = axesOf(chart);
  const areas = chart.lines.filter((line) => line.shape === 'area');
  const edges = stackedEdges(areas);
  const zero = chart.x.values.map(() => 0);
  const area = (line: ChartLine, index: number) => {
    const path = areaPath(chart, edges[index] ?? zero, edges[index - 1] ?? zero, axes);
    const plain = html`<path class="area c-${line.colour}" d="${path}"/>`;
    return patternOf(line.colour) === null ? plain : [plain, html`<path class="area p-${line.colour}" d="${path}"/>`];
  };
  return html`<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${`${chart.title}. ${chart.description}`}">${grid(axes)}${areas.map(area)}${chart.lines
    .filter((line) => line.shape !== 'area')
    .map(
      (line) =>
        html`<path class="line s-${line.shape} l-${line.colour}" d="${linePath(line, chart, axes)}"/>${dots(line, chart, axes)}`,
    )}</svg>`;
}
