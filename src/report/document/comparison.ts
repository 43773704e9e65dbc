import type { Analysis, LatencyHistogram, VariantSummary } from '../../model/analysis.ts';
import type { Estimate } from '../../model/finding.ts';
import { formatMs, formatNumber, formatPerSecond, formatShare, formatShareRange, formatUsd, NONE } from '../format.ts';
import { outcomeWords } from '../words.ts';
import { type Cell, left, right, type Section, strong, table, text } from './blocks.ts';
import { layerOrder } from './charts.ts';

interface Row {
  readonly name: string;
  readonly value: (variant: VariantSummary, analysis: Analysis) => number | null;
  readonly print: (value: number, variant: VariantSummary) => string;
  /** Null: more or less is not better or worse. */
  readonly best: 'most' | 'least' | null;
}

const withRange = (estimate: Estimate | null, value: number): string =>
  estimate === null ? formatShare(value) : `${formatShare(value)} (${formatShareRange(estimate.low, estimate.high)})`;

const latency =
  (metric: LatencyHistogram['metric'], key: 'p50' | 'p95') =>
  (variant: VariantSummary, analysis: Analysis): number | null =>
    analysis.histograms.find(
      (entry) =>
        entry.metric === metric &&
        entry.group === 'admitted' &&
        entry.phase === null &&
        entry.variant === variant.variant,
    )?.percentiles[key] ?? null;

const limited = (variant: VariantSummary, analysis: Analysis): number | null => {
  if (variant.attempts === 0) return null;
  const groups = analysis.limits.filter((group) => group.variant === variant.variant);
  return groups.reduce((sum, group) => sum + group.count, 0) / variant.attempts;
};

const cost =
  (key: 'totalUsd' | 'perThousandAnswersUsd') =>
  (variant: VariantSummary, analysis: Analysis): number | null =>
    analysis.cost.find((entry) => entry.variant === variant.variant)?.[key] ?? null;

const ROWS: readonly Row[] = [
  { name: 'Requests', value: (variant) => variant.requests, print: (value) => formatNumber(value), best: null },
  {
    name: 'Availability',
    value: (variant) => variant.availability?.value ?? null,
    print: (value, variant) => withRange(variant.availability, value),
    best: 'most',
  },
  {
    name: 'Success at first try',
    value: (variant) => variant.firstTrySuccess?.value ?? null,
    print: (value, variant) => withRange(variant.firstTrySuccess, value),
    best: 'most',
  },
  { name: 'Attempts refused', value: limited, print: formatShare, best: 'least' },
  {
    name: 'Attempts per request',
    value: (variant) => variant.attemptsPerRequest,
    print: (value) => formatNumber(value, 2),
    best: 'least',
  },
  { name: 'Offered', value: (variant) => variant.offeredPerSecond, print: formatPerSecond, best: null },
  { name: 'Goodput', value: (variant) => variant.goodputPerSecond, print: formatPerSecond, best: 'most' },
  { name: 'Time to first token, p50', value: latency('ttft', 'p50'), print: formatMs, best: 'least' },
  { name: 'Time to first token, p95', value: latency('ttft', 'p95'), print: formatMs, best: 'least' },
  { name: 'Service time, p95', value: latency('service', 'p95'), print: formatMs, best: 'least' },
  {
    name: 'Delay added by the client, p95',
    value: (variant) => variant.addedDelayMs.p95,
    print: formatMs,
    best: 'least',
  },
  {
    name: 'Answers truncated',
    value: (variant) => variant.truncated,
    print: (value) => formatNumber(value),
    best: 'least',
  },
  {
    name: 'Answers by another model',
    value: (variant) => variant.wrongModel,
    print: (value) => formatNumber(value),
    best: 'least',
  },
  { name: 'Cost', value: cost('totalUsd'), print: formatUsd, best: 'least' },
  { name: 'Cost per 1,000 answers', value: cost('perThousandAnswersUsd'), print: formatUsd, best: 'least' },
];

function comparisonRow(analysis: Analysis, row: Row): Cell[] | null {
  const values = analysis.variants.map((variant) => row.value(variant, analysis));
  const known = values.filter((value) => value !== null);
  if (known.length === 0) return null;
  const best = row.best === 'most' ? Math.max(...known) : Math.min(...known);
  const marked = row.best !== null && known.length > 1 && known.some((value) => value !== best);
  return [
    row.name,
    ...analysis.variants.map((variant, index): Cell => {
      const value = values[index] ?? null;
      if (value === null) return { kind: 'blank', why: 'not measured for this variant' };
      const printed = row.print(value, variant);
      return marked && value === best ? strong(`${printed} ◂ best`) : printed;
    }),
  ];
}

export function comparisonSection(analysis: Analysis): Section {
  const { variants } = analysis;
  if (variants.length < 2) return { id: 'comparison', title: 'Comparison', blocks: [] };
  const rows = ROWS.flatMap((row) => {
    const cells = comparisonRow(analysis, row);
    return cells === null ? [] : [cells];
  });
  const models = variants.map((variant) =>
    Object.entries(variant.modelsAnswered)
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([model, count]) => `${model} ${formatNumber(count)}`)
      .join(', '),
  );
  return {
    id: 'comparison',
    title: 'Comparison',
    blocks: [
      ...table(
        [left(''), ...variants.map((variant) => right(variant.variant))],
        [...rows, ['Models that answered', ...models.map((list) => list || NONE)]],
      ),
      text(
        analysis.manifest.scenario.pairing === 'paired'
          ? 'Paired: every arrival went to each variant. A mark is the better point value; read the intervals before preferring one.'
          : 'Switchback: the variants took turns in blocks of random order. A mark is the better point value; read the intervals before preferring one.',
        'note',
      ),
    ],
  };
}

export function forecastSection(analysis: Analysis): Section {
  const { forecast, manifest } = analysis;
  if (forecast === null) return { id: 'forecast', title: 'Forecast', blocks: [] };
  const range = Object.entries(forecast.range)
    .sort(([left], [right]) => layerOrder(left) - layerOrder(right) || (left < right ? -1 : 1))
    .map(([label, { low, high }]): Cell[] => [{ kind: 'outcome', label }, formatShare(low), formatShare(high)]);
  const members = forecast.members.map((member): Cell[] => [
    member.limiter,
    formatNumber(member.seed),
    formatShare(member.okShare),
    Object.entries(member.limitedShare)
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([kind, share]) => `${outcomeWords(kind.includes('.') ? kind : `limited.${kind}`)} ${formatShare(share)}`)
      .join(', ') || NONE,
  ]);
  const scope =
    manifest.forecastLimiter === null
      ? 'The algorithm behind the published numbers is unknown, so the same traffic was run against the whole family of limiters they allow.'
      : `One limiter was assumed: ${manifest.forecastLimiter}.`;
  return {
    id: 'forecast',
    title: 'Forecast',
    blocks: [
      text(
        `${scope} Worst: ${forecast.worst.limiter}, ${formatShare(forecast.worst.okShare)} answered. Best: ${forecast.best.limiter}, ${formatShare(forecast.best.okShare)} answered.`,
      ),
      ...table([left('Outcome'), right('At least'), right('At most')], range, 'Range over the family'),
      {
        kind: 'details',
        summary: `All ${formatNumber(members.length)} members of the family`,
        blocks: table([left('Limiter'), right('Seed'), right('Answered'), left('Limited')], members),
      },
    ],
  };
}
