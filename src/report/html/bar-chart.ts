import type { IntervalBar } from '../document/blocks.ts';
import type { BarChart } from '../document/charts.ts';
import { formatNumber } from '../format.ts';
import { html, type Markup } from './markup.ts';
import { coloured } from './palette.ts';

const LABEL = 112;
const VALUE = 74;
const WIDTH = 460;
const BAR = 14;
const GAP = 18;
const ROOM = WIDTH - LABEL - VALUE;

/** Groups have scales of their own: a second and a minute do not compare, a bar and its limit do. */
function groupSvg(group: BarChart['groups'][number], top: number): Markup {
  const max = Math.max(group.limit ?? 0, ...group.bars.map((bar) => bar.value)) || 1;
  const width = (value: number) => Math.round((value / max) * ROOM * 10) / 10;
  const bottom = top + group.bars.length * BAR;
  const limit =
    group.limit === null
      ? null
      : html`<path class="line s-limit l-quota" d="M${LABEL + width(group.limit)},${top - 4}V${bottom + 3}"/>`;
  const note = group.limit === null ? 'no limit stated' : `limit ${formatNumber(group.limit)}`;
  return html`<text class="label" x="0" y="${top + 13}">in ${group.label}</text><text x="0" y="${top + 29}">${note}</text>${group.bars.map(
    (bar, index) =>
      html`${coloured(bar.colour, { x: LABEL, y: top + index * BAR, width: width(bar.value), height: BAR - 3 })}<text x="${WIDTH}" y="${top + index * BAR + 9.5}" text-anchor="end">${formatNumber(bar.value)}</text>`,
  )}${limit}`;
}

/** Horizontal bars with the published limit as an upright mark. */
export function barChartSvg(chart: BarChart): Markup {
  const step = BAR * 3 + GAP;
  return html`<svg viewBox="0 0 ${WIDTH} ${chart.groups.length * step}" role="img" aria-label="${`${chart.title}. ${chart.description}`}">${chart.groups.map((group, index) => groupSvg(group, index * step + GAP / 2))}</svg>`;
}

/** A value, its interval and the documented figure on one small axis from zero. */
export function intervalSvg(bar: IntervalBar): Markup {
  const x = (value: number) => Math.round((Math.max(0, Math.min(value, bar.axisMax)) / (bar.axisMax || 1)) * 1200) / 10;
  const reference = bar.reference === null ? null : html`<path class="reference" d="M${x(bar.reference)},1v14"/>`;
  return html`<svg class="interval" viewBox="0 0 120 16" aria-hidden="true"><path class="axis" d="M0,8H120"/><rect class="range" x="${x(bar.low)}" y="5" width="${Math.max(1.5, x(bar.high) - x(bar.low))}" height="6"/>${reference}<circle class="value" cx="${x(bar.value)}" cy="8" r="2.6"/></svg>`;
}
