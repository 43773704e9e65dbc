import type { Analysis, Series, WindowPeak } from '../../model/analysis.ts';
import { formatMs, formatNumber } from '../format.ts';
import { outcomeWords, windowWords } from '../words.ts';

/** One colour and pattern each; everything that is no limit error and no answer shares `errors`. */
export const OUTCOME_COLOURS = [
  'ok',
  'requests',
  'tokens',
  'burst',
  'concurrency',
  'free_quota',
  'billing',
  'overload',
  'unknown',
  'errors',
] as const;
export type OutcomeColour = (typeof OUTCOME_COLOURS)[number];

export function colourOf(label: string): OutcomeColour {
  const name = label.startsWith('limited.') ? label.slice('limited.'.length) : label;
  return OUTCOME_COLOURS.find((colour) => colour === name) ?? 'errors';
}

export interface ChartLine {
  readonly label: string;
  /** Class of the colour: an outcome, `planned`, `quota` or `curve-1` ... */
  readonly colour: string;
  /** `area`s are stacked on each other in order, the others are not; `dots` mark every value. */
  readonly shape: 'area' | 'line' | 'step' | 'limit' | 'dots';
  readonly values: readonly (number | null)[];
}

/** What an axis counts in. */
export type ChartUnit = 'perSecond' | 'share' | 'ms';

/** Lines over one shared axis. `share`: the axis is -log10(1 - share), so that tails have room. */
export interface LineChart {
  readonly kind: 'lines';
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly x: {
    readonly label: string;
    readonly scale: 'seconds' | 'share';
    readonly values: readonly number[];
    /** Of the axis; null = from the first value to the last. */
    readonly range: readonly [from: number, to: number] | null;
  };
  readonly y: { readonly label: string; readonly scale: 'linear' | 'log'; readonly unit: ChartUnit };
  readonly lines: readonly ChartLine[];
}

/** Groups of bars with an optional limit mark each. */
export interface BarChart {
  readonly kind: 'bars';
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly groups: readonly {
    readonly label: string;
    readonly limit: number | null;
    readonly bars: readonly { readonly label: string; readonly colour: string; readonly value: number }[];
  }[];
}

export type Chart = LineChart | BarChart;

/** Answers first, then the kinds of limits, then every other error: the order of layers and of rows. */
export const layerOrder = (label: string): number => OUTCOME_COLOURS.indexOf(colourOf(label));

/** Narrower buckets turn a steady 4/s into a comb of 10/s, and a burst into a spike that no quota per second knows. */
const CHART_BUCKET_MS = 1000;
/** Below this many buckets a chart says nothing: very short runs keep their own. */
const CHART_BUCKETS_MIN = 8;

/** The series in buckets of at least a second: counts of neighbours added up. */
export function chartSeries(series: Series): Series {
  const per = Math.ceil(CHART_BUCKET_MS / Math.max(1, series.bucketMs));
  if (per <= 1 || series.startMs.length / per < CHART_BUCKETS_MIN) return series;
  const count = Math.ceil(series.startMs.length / per);
  const sums = (values: readonly number[]): number[] =>
    Array.from({ length: count }, (_, index) =>
      values.slice(index * per, (index + 1) * per).reduce((sum, value) => sum + value, 0),
    );
  return {
    ...series,
    bucketMs: series.bucketMs * per,
    startMs: Array.from({ length: count }, (_, index) => series.startMs[index * per] ?? 0),
    planned: sums(series.planned),
    sent: sums(series.sent),
    ok: sums(series.ok),
    byOutcome: Object.fromEntries(Object.entries(series.byOutcome).map(([label, counts]) => [label, sums(counts)])),
    promptTokens: sums(series.promptTokens),
    completionTokens: sums(series.completionTokens),
  };
}

/** Per second, whatever the bucket. */
const perSecond = (counts: readonly number[], bucketMs: number): number[] =>
  counts.map((count) => (bucketMs > 0 ? (count * 1000) / bucketMs : 0));

/** Sums the outcome series that share a colour, so that a chart never has two layers of one look. */
function layers(series: Series): { label: string; colour: string; counts: number[] }[] {
  const byColour = new Map<string, { label: string; colour: string; counts: number[]; labels: string[] }>();
  const labels = Object.keys(series.byOutcome).filter((label) => !label.startsWith('not_sent'));
  for (const label of labels.sort((a, b) => layerOrder(a) - layerOrder(b) || (a < b ? -1 : 1))) {
    const colour = colourOf(label);
    const counts = series.byOutcome[label] ?? [];
    const layer = byColour.get(colour) ?? { label: '', colour, counts: series.startMs.map(() => 0), labels: [] };
    layer.labels.push(label);
    layer.counts = layer.counts.map((count, index) => count + (counts[index] ?? 0));
    layer.label = colour === 'errors' ? 'other errors' : outcomeWords(label);
    byColour.set(colour, layer);
  }
  return [...byColour.values()].filter((layer) => layer.counts.some((count) => count > 0));
}

/** A level line where a limit is stated: the rate that it allows to be held. */
const quotaLine = (perSecondLimit: number, count: number): ChartLine[] =>
  Number.isFinite(perSecondLimit)
    ? [
        {
          label: `quota ${formatNumber(perSecondLimit, 1)}/s`,
          colour: 'quota',
          shape: 'limit',
          values: Array.from({ length: count }, () => perSecondLimit),
        },
      ]
    : [];

/** Outcomes over time, stacked by kind, against the offered rate and the binding request quota. */
export function overTimeChart(analysis: Analysis, index: number): LineChart | null {
  const measured = analysis.series[index];
  const variant = analysis.manifest.variants[index];
  if (measured === undefined || variant === undefined || measured.startMs.length < 2) return null;
  const series = chartSeries(measured);
  const { rps, rpm } = variant.quota;
  const quota = Math.min(rps ?? Infinity, rpm === null ? Infinity : rpm / 60);
  const seconds = series.startMs.map((startMs) => startMs / 1000);
  return {
    kind: 'lines',
    id: `over-time-${index + 1}`,
    title: 'Outcomes over time',
    description: `Attempts per second by outcome, in buckets of ${formatMs(series.bucketMs)} by send time, stacked; the dark line is the planned rate.`,
    x: { label: 'time since start', scale: 'seconds', values: seconds, range: null },
    y: { label: 'attempts per second', scale: 'linear', unit: 'perSecond' },
    lines: [
      ...layers(series).map((layer) => ({
        label: layer.label,
        colour: layer.colour,
        shape: 'area' as const,
        values: perSecond(layer.counts, series.bucketMs),
      })),
      { label: 'planned', colour: 'planned', shape: 'step', values: perSecond(series.planned, series.bucketMs) },
      ...quotaLine(quota, seconds.length),
    ],
  };
}

/** Tokens over time against the binding token quota. Counted by send time, whenever the answer came. */
export function tokensChart(analysis: Analysis, index: number): LineChart | null {
  const measured = analysis.series[index];
  const variant = analysis.manifest.variants[index];
  if (measured === undefined || variant === undefined || measured.startMs.length < 2) return null;
  const series = chartSeries(measured);
  if ([...series.promptTokens, ...series.completionTokens].every((count) => count === 0)) return null;
  const { tps, tpm } = variant.quota;
  const quota = Math.min(tps ?? Infinity, tpm === null ? Infinity : tpm / 60);
  const seconds = series.startMs.map((startMs) => startMs / 1000);
  return {
    kind: 'lines',
    id: `tokens-${index + 1}`,
    title: 'Tokens over time',
    description: `Tokens per second of the attempts sent in buckets of ${formatMs(series.bucketMs)}, stacked.`,
    x: { label: 'time since start', scale: 'seconds', values: seconds, range: null },
    y: { label: 'tokens per second', scale: 'linear', unit: 'perSecond' },
    lines: [
      {
        label: 'prompt tokens',
        colour: 'sent',
        shape: 'area',
        values: perSecond(series.promptTokens, series.bucketMs),
      },
      {
        label: 'output tokens',
        colour: 'curve-1',
        shape: 'area',
        values: perSecond(series.completionTokens, series.bucketMs),
      },
      ...quotaLine(quota, seconds.length),
    ],
  };
}

/** The most planned, sent and admitted in any sliding window, against the published limit of that window. */
export function windowChart(
  peaks: readonly WindowPeak[],
  { id, variant, unit }: { readonly id: string; readonly variant: string | null; readonly unit: 'requests' | 'tokens' },
): BarChart | null {
  const bars = peaks.map((peak) => ({
    label: windowWords(peak.windowMs),
    limit: unit === 'requests' ? peak.requestQuota : peak.tokenQuota,
    bars: [
      { label: 'planned', colour: 'planned', value: unit === 'requests' ? peak.planned : peak.plannedTokens },
      { label: 'sent', colour: 'sent', value: unit === 'requests' ? peak.sent : peak.sentTokens },
      { label: 'admitted', colour: 'ok', value: unit === 'requests' ? peak.admitted : peak.admittedTokens },
    ],
  }));
  if (bars.every((group) => group.bars.every((bar) => bar.value === 0))) return null;
  return {
    kind: 'bars',
    id,
    title: `Most ${unit} in any window${variant === null ? '' : `: ${variant}`}`,
    description: `The most ${unit} in any sliding window of that length; the upright mark is the published limit.`,
    groups: bars,
  };
}
