import type { Reporter } from '../../model/reporter.ts';
import type { Block, ReportDocument } from '../document/blocks.ts';
import type { LineChart } from '../document/charts.ts';
import { reportDocument } from '../document/document.ts';
import { cspHash } from '../sha256.ts';
import { printable } from '../text-width.ts';
import { blockMarkup } from './blocks.ts';
import { CHART_SCRIPT } from './chart-script.ts';
import { valueTicks } from './line-chart.ts';
import { html, jsonForScript, type Markup, rawContent, rawElement } from './markup.ts';
import { DASHES, PATTERNS, patternDefinitions } from './palette.ts';
import { prose } from './prose.ts';
import { SHARE_TICKS } from './scale.ts';
import { STYLES } from './styles.ts';

function chartsOf(blocks: readonly Block[]): LineChart[] {
  return blocks.flatMap((block) => {
    if (block.kind === 'details') return chartsOf(block.blocks);
    return block.kind === 'chart' && block.chart.kind === 'lines' ? [block.chart] : [];
  });
}

/** Four significant digits are more than a pixel. */
const short = (value: number | null): number | null => (value === null ? null : Number(value.toPrecision(4)));

/** What the script draws from; figures only, everything that could be markup is escaped. */
const chartData = (charts: readonly LineChart[]): string =>
  jsonForScript(
    charts.map((chart) => ({
      id: chart.id,
      xLabel: chart.x.label,
      x: chart.x.values.map((value) => Number(value.toPrecision(6))),
      ticks:
        chart.x.scale === 'share' ? SHARE_TICKS.map(({ at, label }) => ({ at: Number(at.toPrecision(6)), label })) : [],
      range: chart.x.range?.map((value) => Number(value.toPrecision(6))) ?? null,
      log: chart.y.scale === 'log',
      unit: chart.y.unit,
      yTicks: valueTicks(chart),
      patterns: PATTERNS,
      dashes: DASHES,
      lines: chart.lines.map((line) => ({
        label: printable(line.label),
        colour: line.colour,
        shape: line.shape,
        values: line.values.map(short),
      })),
    })),
  );

/** Nothing is loaded, nothing is sent, and only the scripts and styles with these hashes run (CSP Level 3). */
function contentPolicy(scripts: readonly string[], styles: readonly string[]): string {
  const sources = (texts: readonly string[]) => (texts.length === 0 ? "'none'" : texts.map(cspHash).join(' '));
  return [
    "default-src 'none'",
    `script-src ${sources(scripts)}`,
    `style-src ${sources(styles)}`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
}

function header({ title, banner }: ReportDocument): Markup {
  return html`<header>
<h1>${title}</h1>
<p class="subtitle">${banner.subtitle.map((part) => html`<span>${prose(part)}</span>`)}</p>
${banner.forecast === null ? null : html`<p class="forecast">${banner.forecast}</p>`}
<div class="banner ${banner.verdict}"><div class="word">${banner.word}</div><p>${banner.sentence}</p><p class="exit">${banner.exit}</p></div>
</header>`;
}

/** `report.html`: one file that works offline, without scripts, on paper and in the dark. */
export const htmlReporter: Reporter = (analysis, options) => {
  const report = reportDocument(analysis, options);
  const charts = chartsOf(report.sections.flatMap((section) => section.blocks));
  const uPlot = options.assets['uPlot.js'];
  const scripts = uPlot === undefined || charts.length === 0 ? [] : [rawContent('script', uPlot), CHART_SCRIPT];
  const styles = [rawContent('style', `${scripts.length === 0 ? '' : (options.assets['uPlot.css'] ?? '')}${STYLES}`)];
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${contentPolicy(scripts, styles)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${report.title} · ${report.banner.word}</title>
${styles.map((style) => rawElement('style', style))}
</head>
<body>
${patternDefinitions()}
<div class="page">
${header(report)}
<nav aria-label="Contents"><ol>${report.sections.map(
    (section) => html`<li><a href="#${section.id}">${section.title}</a></li>`,
  )}</ol></nav>
<main>
${report.sections.map(
  (section) => html`<section id="${section.id}" aria-labelledby="${section.id}-title">
<h2 id="${section.id}-title">${section.title}</h2>
${section.blocks.map(
  (block) => html`${blockMarkup(block)}
`,
)}</section>
`,
)}</main>
<footer>Written ${report.generatedAt} by ${report.tool}. This file is complete: it loads nothing and sends nothing.</footer>
</div>
${scripts.length === 0 ? null : { markup: `<script type="application/json" id="chart-data">${chartData(charts)}</script>` }}
${scripts.map((script) => rawElement('script', script))}
</body>
</html>
`;
  return { files: [{ name: 'report.html', bytes: page.markup }] };
};
