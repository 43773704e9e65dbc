import type { Analysis, LatencyHistogram, PhaseSummary } from '../../model/analysis.ts';
import type { LimitKind } from '../../model/outcome.ts';
import { formatMs, formatNumber, formatPerSecond, formatShare } from '../format.ts';
import { GROUP_WORDS, KIND_WORDS, METRIC_ORDER, METRIC_WORDS } from '../words.ts';
import { type Block, type Cell, left, right, type Section, table, text } from './blocks.ts';
import { overTimeChart, tokensChart } from './charts.ts';
import { percentileChart } from './percentile-chart.ts';

const several = (analysis: Analysis): boolean => analysis.manifest.variants.length > 1;

/** n >= 5 / (1 - p): below it, the percentile would rest on fewer than five samples. */
const PERCENTILES = [
  { key: 'p50', title: 'p50', needs: 10 },
  { key: 'p90', title: 'p90', needs: 50 },
  { key: 'p95', title: 'p95', needs: 100 },
  { key: 'p99', title: 'p99', needs: 500 },
  { key: 'p999', title: 'p99.9', needs: 5000 },
] as const;

function msCell(value: number | null, why: string): Cell {
  return value === null ? { kind: 'blank', why } : formatMs(value);
}

function latencyRow(analysis: Analysis, entry: LatencyHistogram): Cell[] {
  const { percentiles } = entry;
  return [
    METRIC_WORDS[entry.metric].name,
    GROUP_WORDS[entry.group],
    ...(several(analysis) ? [entry.variant] : []),
    ...(entry.phase === null ? [] : [entry.phase]),
    formatNumber(percentiles.count),
    msCell(percentiles.min, 'no sample'),
    msCell(percentiles.mean, 'no sample'),
    ...PERCENTILES.map(({ key, title, needs }) =>
      msCell(
        percentiles[key],
        `${title} needs ${formatNumber(needs)} samples, there are ${formatNumber(percentiles.count)}`,
      ),
    ),
    msCell(percentiles.max, 'no sample'),
  ];
}

function latencyTable(analysis: Analysis, entries: readonly LatencyHistogram[], phases: boolean): readonly Block[] {
  const columns = [
    left('Metric'),
    left('Attempts'),
    ...(several(analysis) ? [left('Variant')] : []),
    ...(phases ? [left('Phase')] : []),
    right('n'),
    right('Min'),
    right('Mean'),
    ...PERCENTILES.map(({ title }) => right(title)),
    right('Max'),
  ];
  const ordered = METRIC_ORDER.flatMap((metric) => entries.filter((entry) => entry.metric === metric));
  return table(
    columns,
    ordered.map((entry) => latencyRow(analysis, entry)),
  );
}

export function latencySection(analysis: Analysis): Section {
  const whole = latencyTable(
    analysis,
    analysis.histograms.filter((entry) => entry.phase === null),
    false,
  );
  const byPhase = latencyTable(
    analysis,
    analysis.histograms.filter((entry) => entry.phase !== null),
    true,
  );
  const chart = percentileChart(analysis);
  if (whole.length + byPhase.length === 0) return { id: 'latency', title: 'Latency', blocks: [] };
  return {
    id: 'latency',
    title: 'Latency',
    blocks: [
      ...whole,
      text(
        'Accepted and refused attempts never share a row. A dash stands where n is too small: percentile p needs n ≥ 5 ÷ (1 − p), that is 10 for p50, 50 for p90, 100 for p95, 500 for p99, 5,000 for p99.9.',
        'note',
      ),
      ...(chart === null ? [] : [{ kind: 'chart' as const, chart }]),
      ...(byPhase.length === 0 ? [] : [{ kind: 'details' as const, summary: 'Latency by phase', blocks: byPhase }]),
    ],
  };
}

export function throughputSection(analysis: Analysis): Section {
  const rows = analysis.variants.map((variant): Cell[] => [
    ...(several(analysis) ? [variant.variant] : []),
    formatNumber(variant.requests),
    formatNumber(variant.attempts),
    formatNumber(variant.answered),
    variant.availability === null
      ? { kind: 'blank', why: 'no request was attempted' }
      : formatShare(variant.availability.value),
    formatPerSecond(variant.offeredPerSecond),
    formatPerSecond(variant.admittedPerSecond),
    formatPerSecond(variant.goodputPerSecond),
    formatNumber(variant.truncated),
    formatNumber(variant.wrongModel),
  ]);
  const columns = [
    ...(several(analysis) ? [left('Variant')] : []),
    right('Requests'),
    right('Attempts'),
    right('Answered'),
    right('Availability'),
    right('Offered'),
    right('Admitted'),
    right('Goodput'),
    right('Truncated'),
    right('Wrong model'),
  ];
  return {
    id: 'throughput',
    title: 'Throughput',
    blocks: [
      ...table(columns, rows),
      ...(rows.length === 0
        ? []
        : [
            text(
              'Goodput and availability count answers over all attempted requests: a refusal is a failure, not a missing sample.',
              'note',
            ),
          ]),
    ],
  };
}

export function overTimeSection(analysis: Analysis): Section {
  const charts = analysis.series.flatMap((_, index) =>
    [overTimeChart(analysis, index), tokensChart(analysis, index)].flatMap((chart): Block[] => {
      if (chart === null) return [];
      const name = analysis.manifest.variants[index]?.name ?? '';
      return [{ kind: 'chart', chart: several(analysis) ? { ...chart, title: `${chart.title}: ${name}` } : chart }];
    }),
  );
  return { id: 'over-time', title: 'Over time', blocks: charts };
}

const limitedText = (limited: Readonly<Record<string, number>>): string =>
  Object.entries(limited)
    .filter(([, count]) => count > 0)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([kind, count]) => `${KIND_WORDS[kind as LimitKind] ?? kind} ${formatNumber(count)}`)
    .join(', ') || '0';

export function phasesSection(analysis: Analysis): Section {
  const columns = [
    left('Phase'),
    ...(several(analysis) ? [left('Variant')] : []),
    right('From'),
    right('To'),
    right('Planned'),
    right('Sent'),
    right('Not sent'),
    right('Answered'),
    left('Limited'),
    right('Errors'),
    right('Offered'),
    right('Admitted'),
    right('Prompt tokens'),
    right('Output tokens'),
  ];
  const rows = analysis.phases.map((phase): Cell[] => [
    phase.label === phase.kind ? phase.kind : `${phase.label} (${phase.kind})`,
    ...(several(analysis) ? [phase.variant] : []),
    formatMs(phase.startMs),
    formatMs(phase.endMs),
    ...(phase.kind === 'pause' && phase.planned === 0 ? RESTED : phaseFigures(phase)),
  ]);
  return { id: 'phases', title: 'Phases', blocks: table(columns, rows) };
}

const RESTED: readonly Cell[] = Array.from({ length: 10 }, () => ({ kind: 'blank', why: 'a pause sends nothing' }));

function phaseFigures(phase: PhaseSummary): Cell[] {
  return [
    ...[phase.planned, phase.sent, phase.notSent, phase.ok].map((count) => formatNumber(count)),
    limitedText(phase.limited),
    formatNumber(phase.errors),
    formatPerSecond(phase.offeredPerSecond),
    formatPerSecond(phase.admittedPerSecond),
    formatNumber(phase.promptTokens),
    formatNumber(phase.completionTokens),
  ];
}
