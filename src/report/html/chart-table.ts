import { type Cell, type Column, left, right } from '../document/blocks.ts';
import type { BarChart, Chart, ChartUnit, LineChart } from '../document/charts.ts';
import { formatMs, formatNumber, formatShare, formatSignificant, NONE } from '../format.ts';

interface ChartTable {
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly Cell[])[];
  readonly note: string | null;
}

/** More rows than this say less than fewer: the full series is in series.csv. */
const ROWS_MAX = 60;

/** Rates stand without `/s`: the axis or the column says it. */
export function inChartUnit(value: number, unit: ChartUnit): string {
  switch (unit) {
    case 'ms':
      return formatMs(value);
    case 'share':
      return formatShare(value);
    case 'perSecond':
      return formatSignificant(value);
  }
}

function lineTable(chart: LineChart): ChartTable {
  const count = chart.x.values.length;
  const per = Math.max(1, Math.ceil(count / ROWS_MAX));
  const starts = Array.from({ length: Math.ceil(count / per) }, (_, index) => index * per);
  const share = chart.x.scale === 'share';
  const position = (x: number) => (share ? `p${formatNumber(100 * (1 - 10 ** -x), 3)}` : formatMs(x * 1000));
  /** Buckets are averaged; a point of a curve stands for itself. */
  const value = (values: readonly (number | null)[], start: number): string => {
    const part = (share ? values.slice(start, start + 1) : values.slice(start, start + per)).filter(
      (entry) => entry !== null,
    );
    if (part.length === 0) return NONE;
    const mean = part.reduce((sum, entry) => sum + entry, 0) / part.length;
    return inChartUnit(mean, chart.y.unit);
  };
  return {
    columns: [left(chart.x.label), ...chart.lines.map((line) => right(line.label))],
    rows: starts.map((start) => [
      position(chart.x.values[start] ?? 0),
      ...chart.lines.map((line) => value(line.values, start)),
    ]),
    note: per > 1 && !share ? `${chart.y.label}, mean of ${per} buckets a row; series.csv has every bucket.` : null,
  };
}

function barTable(chart: BarChart): ChartTable {
  const labels = chart.groups[0]?.bars.map((bar) => bar.label) ?? [];
  return {
    columns: [left('window'), ...labels.map(right), right('limit')],
    rows: chart.groups.map((group) => [
      group.label,
      ...group.bars.map((bar) => formatNumber(bar.value)),
      formatNumber(group.limit),
    ]),
    note: null,
  };
}

/** The figures behind a chart, for those who cannot see it. */
export const chartTable = (chart: Chart): ChartTable => (chart.kind === 'lines' ? lineTable(chart) : barTable(chart));
