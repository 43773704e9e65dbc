import type { FindingVerdict, QuotaResult } from '../../model/finding.ts';
import { BEST_SIGNS, type Overall } from '../comparison-facts.ts';
import type { Block, Cell, Column } from '../document/blocks.ts';
import { type Chart, colourOf } from '../document/charts.ts';
import { formatNumber, NONE } from '../format.ts';
import { outcomeWords } from '../words.ts';
import { barChartSvg, intervalSvg } from './bar-chart.ts';
import { chartTable } from './chart-table.ts';
import { lineChartSvg } from './line-chart.ts';
import { html, type Markup, preformatted } from './markup.ts';
import { swatch } from './palette.ts';
import { codeMarkup, prose } from './prose.ts';

const MARK: Readonly<Record<FindingVerdict, string>> = { holds: '✓', violated: '✗', inconclusive: '?' };

const RESULT_LOOK: Readonly<Record<QuotaResult, FindingVerdict | 'plain'>> = {
  as_documented: 'holds',
  lower: 'violated',
  higher: 'plain',
  masked: 'inconclusive',
  not_reached: 'inconclusive',
  inconclusive: 'inconclusive',
};

const STANDING_LOOK: Readonly<Record<Overall, FindingVerdict | 'plain'>> = {
  better: 'holds',
  worse: 'violated',
  mixed: 'plain',
  same: 'plain',
  baseline: 'plain',
  open: 'inconclusive',
};

const BEST_MARKUP = { proven: 'best', ahead: 'ahead' } as const;

function figureMarkup({ text, range, note, mark, strong, standing }: Extract<Cell, { kind: 'figure' }>): Markup {
  const value =
    mark === null
      ? html`<span class="value${strong === true ? ' best' : ''}">${text}</span>`
      : html`<span class="value ${BEST_MARKUP[mark]}">${text}\u00a0${BEST_SIGNS[mark]}</span>`;
  return html`<span class="figure">${value}${range === null ? null : html` <span class="range">(${range})</span>`}${
    note === null
      ? null
      : html` <span class="below${standing === undefined ? '' : ` ${STANDING_LOOK[standing]}`}">${note}</span>`
  }</span>`;
}

function cellMarkup(cell: Cell): Markup {
  if (typeof cell === 'string') return prose(cell);
  switch (cell.kind) {
    case 'strong':
      return html`<strong>${cell.text}</strong>`;
    case 'code':
      return codeMarkup(cell.text);
    case 'blank':
      return html`<span class="blank" title="${cell.why}">${NONE}</span>`;
    case 'verdict':
      return html`<span class="badge ${cell.verdict}">${`${MARK[cell.verdict]}\u00a0${cell.text}`}</span>`;
    case 'result':
      return html`<span class="badge ${RESULT_LOOK[cell.result]}">${cell.text}</span>`;
    case 'figure':
      return figureMarkup(cell);
    case 'standing':
      return html`<span class="badge ${STANDING_LOOK[cell.standing]}">${cell.text}</span>`;
    case 'variant':
      return html`<span class="variant">${swatch(cell.colour)}${cell.name}</span>`;
    case 'outcome':
      return html`<span class="outcome">${swatch(colourOf(cell.label))}${outcomeWords(cell.label)}</span>`;
    case 'interval':
      return html`${intervalSvg(cell.bar)}<span class="measured">${cell.text}</span>`;
  }
}

/** Long sentences need room, figures and short words must not break. */
function cellClass(cell: Cell, column: Column | undefined): string {
  if (column?.align === 'right') return 'right';
  if (typeof cell === 'string') return cell.length > 28 ? 'wide' : 'tight';
  if (cell.kind === 'interval') return 'fit';
  if (cell.kind === 'figure') return 'wide';
  return cell.kind === 'code' ? 'wide' : 'tight';
}

type TableBlock = Extract<Block, { kind: 'table' }>;

const tableMarkup = ({ columns, rows, caption, stack }: Omit<TableBlock, 'kind'>): Markup =>
  html`<div class="table${stack ? ' stack' : ''}"><table>${caption === null ? null : html`<caption>${caption}</caption>`}<thead><tr>${columns.map(
    (column) =>
      html`<th scope="col" class="${column.align}">${column.colour === undefined ? null : swatch(column.colour)}${column.title}</th>`,
  )}</tr></thead><tbody>
${rows.map(
  (row) =>
    html`<tr>${row.map((cell, index) => {
      const column = columns[index];
      const label = stack ? html` data-label="${column?.title ?? ''}"` : null;
      return html`<td class="${cellClass(cell, column)}"${label}>${stack && typeof cell === 'string' ? html`<span>${prose(cell)}</span>` : cellMarkup(cell)}</td>`;
    })}</tr>
`,
)}</tbody></table></div>`;

function legend(chart: Chart): Markup {
  const entries =
    chart.kind === 'bars'
      ? (chart.groups[0]?.bars ?? []).map((bar) => ({ label: bar.label, colour: bar.colour, shape: 'area' as const }))
      : chart.lines;
  return html`<ul class="legend">${entries.map(
    ({ label, colour, shape }) =>
      html`<li>${
        shape === 'area'
          ? swatch(colour)
          : html`<svg class="stroke" viewBox="0 0 18 10" aria-hidden="true"><path class="line s-${shape} l-${colour}" d="M0,5H18"/></svg>`
      }${label}</li>`,
  )}</ul>`;
}

/** The static drawing stays on the page for print and for readers without scripts; the script draws beside it. */
function chartMarkup(chart: Chart): Markup {
  const { columns, rows, note } = chartTable(chart);
  return html`<figure id="${chart.id}" class="${chart.kind}"><figcaption>${chart.title}</figcaption><p class="note">${chart.description}</p>${
    chart.kind === 'lines' ? html`<div class="live-chart"></div>` : null
  }<div class="chart">${chart.kind === 'lines' ? lineChartSvg(chart) : barChartSvg(chart)}</div>${legend(chart)}<details class="chart-data"><summary>Data of this chart, ${formatNumber(rows.length)} rows</summary>${
    note === null ? null : html`<p class="note">${note}</p>`
  }${tableMarkup({ columns, rows, caption: null, stack: false })}</details></figure>`;
}

export function blockMarkup(block: Block): Markup {
  switch (block.kind) {
    case 'text':
      return html`<p class="${block.tone}">${prose(block.text)}</p>`;
    case 'callout':
      return html`<div class="callout"><p class="what">${block.title}</p><p class="headline">${prose(block.headline)}</p>${block.sentences.map(
        (sentence) => html`<p>${prose(sentence)}</p>`,
      )}</div>`;
    case 'heading':
      return html`<h3>${block.text}</h3>`;
    case 'list':
      return html`<ul>${block.items.map((item) => html`<li>${prose(item)}</li>`)}</ul>`;
    case 'facts':
      return html`<dl>${block.rows.map(([name, cell]) => html`<dt>${name}</dt><dd>${cellMarkup(cell)}</dd>`)}</dl>`;
    case 'table':
      return tableMarkup(block);
    case 'code':
      return html`<pre>${preformatted(block.text)}</pre>`;
    case 'details':
      return html`<details><summary>${block.summary}</summary>${block.blocks.map(blockMarkup)}</details>`;
    case 'chart':
      return chartMarkup(block.chart);
  }
}
