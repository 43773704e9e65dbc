import type { MinuteSeries, VariantStability } from '../model/comparison.ts';
import { quantile } from '../stats/quantiles.ts';
import { FLAG } from './compare-columns.ts';
import type { RequestTable } from './compare-table.ts';

/** A minute, unless the run is too short to show anything that way, or so long that nobody could read it. */
const STEPS_MS = [1000, 5000, 10_000, 60_000, 600_000, 3_600_000] as const;
const BUCKETS_MIN = 10;
const BUCKETS_MAX = 1500;

/** Buckets with fewer requests than this say nothing about their level. */
const REQUESTS_MIN = 5;

function bucketFor(spanMs: number): number {
  const minute = 60_000;
  if (spanMs / minute > BUCKETS_MAX) {
    return STEPS_MS.find((step) => spanMs / step <= BUCKETS_MAX) ?? Math.ceil(spanMs / BUCKETS_MAX);
  }
  const fitting = STEPS_MS.filter((step) => step <= minute && spanMs / step >= BUCKETS_MIN);
  return fitting.at(-1) ?? STEPS_MS[0];
}

/** Rows must be in time order; buckets count from t0 by planned time. */
export function minuteSeries(table: RequestTable, rows: Int32Array): MinuteSeries {
  const { scheduledMs } = table.doubles;
  const spanMs = rows.length === 0 ? 0 : (scheduledMs[rows[rows.length - 1] as number] as number);
  const bucketMs = bucketFor(spanMs);
  const length = rows.length === 0 ? 0 : Math.floor(Math.max(0, spanMs) / bucketMs) + 1;
  const zeros = () => new Array<number>(length).fill(0);
  const requests = zeros();
  const answered = zeros();
  const byOutcome = new Map<string, number[]>();
  const ttfts = Array.from({ length }, (): number[] => []);
  const totals = Array.from({ length }, (): number[] => []);
  const count = (series: number[], bucket: number) => {
    series[bucket] = (series[bucket] ?? 0) + 1;
  };
  for (const row of rows) {
    const bucket = Math.max(0, Math.floor((scheduledMs[row] as number) / bucketMs));
    count(requests, bucket);
    if (((table.words.flags[row] as number) & FLAG.answered) !== 0) count(answered, bucket);
    const name = nameOf(table, row);
    const series = byOutcome.get(name) ?? zeros();
    byOutcome.set(name, series);
    count(series, bucket);
    const ttftMs = table.floats.ttftMs[row] as number;
    const totalMs = table.floats.responseMs[row] as number;
    if (!Number.isNaN(ttftMs)) ttfts[bucket]?.push(ttftMs);
    if (!Number.isNaN(totalMs)) totals[bucket]?.push(totalMs);
  }
  const sorted = ttfts.map((each) => Float64Array.from(each).sort());
  return {
    bucketMs,
    startMs: Array.from({ length }, (_, bucket) => bucket * bucketMs),
    requests,
    answered,
    byOutcome: Object.fromEntries([...byOutcome].sort(([x], [y]) => (x < y ? -1 : 1))),
    ttftP50Ms: sorted.map((each) => quantile(each, 0.5)),
    ttftP95Ms: sorted.map((each) => quantile(each, 0.95)),
    totalP50Ms: totals.map((each) => quantile(Float64Array.from(each).sort(), 0.5)),
  };
}

function nameOf({ bytes, labels }: RequestTable, row: number): string {
  const named = labels[bytes.label[row] as number];
  if (named === undefined) return 'unknown';
  return named.origin === null ? named.label : `${named.label} (${named.origin})`;
}

/** How far the minutes lay apart. Null below two minutes that say anything. */
export function betweenMinutes(minutes: MinuteSeries): VariantStability['betweenMinutes'] {
  const shares: number[] = [];
  const medians: number[] = [];
  minutes.requests.forEach((requests, bucket) => {
    const answered = minutes.answered[bucket] ?? 0;
    if (requests >= REQUESTS_MIN) shares.push(answered / requests);
    const median = minutes.ttftP50Ms[bucket] ?? null;
    if (median !== null && answered >= REQUESTS_MIN) medians.push(median);
  });
  if (shares.length < 2) return null;
  return { ttftVariation: variation(medians), worstAnswered: Math.min(...shares), bestAnswered: Math.max(...shares) };
}

function variation(values: readonly number[]): number | null {
  if (values.length < 2) return null;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return mean === 0 ? null : Math.sqrt(squares / (values.length - 1)) / mean;
}
