import type { Series } from '../model/analysis.ts';
import { DurationHistogram } from './histogram.ts';
import type { Judged } from './judged.ts';

/** A chart is about 1000 pixels wide: more buckets show nothing more, and the document has to stay small. */
const BUCKETS_MAX = 600;
/** Below this a bucket of a 10/s run is empty or one. */
const BUCKET_MIN_MS = 100;
const WIDTHS_MS = [100, 200, 500, 1000, 2000, 5000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000];

/** The narrowest round width that covers the planned duration with at most 600 buckets. */
function bucketWidthMs(durationMs: number): number {
  const needed = Math.max(BUCKET_MIN_MS, durationMs / BUCKETS_MAX);
  return WIDTHS_MS.find((width) => width >= needed) ?? Math.ceil(needed / 600_000) * 600_000;
}

interface Column {
  values: Float64Array;
  readonly merge: 'sum' | 'max';
}

export interface SeriesFold {
  planned(dueMs: number): void;
  add(attempt: Judged): void;
  /** How many were open at an instant; the caller walks forward in time. */
  inFlight(atMs: number, open: number): void;
  bucketMs(): number;
  finish(): Series;
}

/**
 * Counts over the run in equal buckets. The plan's duration chooses the width; a run that lasts longer (slow answers,
 * a closed model, retries) merges buckets in pairs, so memory is fixed and nothing is cut off.
 */
export function series(plannedMs: number): SeriesFold {
  let widthMs = bucketWidthMs(plannedMs);
  let used = 1;
  const column = (merge: Column['merge'] = 'sum'): Column => ({ values: new Float64Array(BUCKETS_MAX), merge });
  const planned = column();
  const sent = column();
  const ok = column();
  const promptTokens = column();
  const completionTokens = column();
  const open = column('max');
  const byOutcome = new Map<string, Column>();
  const ttft: (DurationHistogram | undefined)[] = [];
  const service: (DurationHistogram | undefined)[] = [];

  const halve = () => {
    for (const each of [planned, sent, ok, promptTokens, completionTokens, open, ...byOutcome.values()]) fold(each);
    foldHistograms(ttft);
    foldHistograms(service);
    widthMs *= 2;
    used = Math.ceil(used / 2);
  };
  const bucket = (atMs: number): number => {
    let index = atMs <= 0 ? 0 : Math.floor(atMs / widthMs);
    while (index >= BUCKETS_MAX) {
      halve();
      index = Math.floor(atMs / widthMs);
    }
    if (index >= used) used = index + 1;
    return index;
  };
  const addTo = ({ values }: Column, index: number, amount: number) => {
    values[index] = (values[index] as number) + amount;
  };
  const outcomeColumn = (label: string) => {
    let found = byOutcome.get(label);
    if (found === undefined) {
      found = column();
      byOutcome.set(label, found);
    }
    return found;
  };
  const recordAt = (histograms: (DurationHistogram | undefined)[], atMs: number, valueMs: number) => {
    const index = bucket(atMs);
    let histogram = histograms[index];
    if (histogram === undefined) {
      histogram = new DurationHistogram('coarse');
      histograms[index] = histogram;
    }
    histogram.record(valueMs);
  };

  return {
    planned: (dueMs) => addTo(planned, bucket(dueMs), 1),
    add(attempt) {
      const { exchange } = attempt;
      if (attempt.group === 'admitted' && exchange !== null && !attempt.stalled) {
        recordAt(service, exchange.finishedMs, exchange.finishedMs - attempt.sentMs);
        if (exchange.firstTokenMs !== null) recordAt(ttft, exchange.finishedMs, exchange.firstTokenMs - attempt.sentMs);
      }
      const index = bucket(attempt.sentMs);
      addTo(sent, index, 1);
      addTo(outcomeColumn(attempt.label), index, 1);
      if (attempt.group === 'admitted') addTo(ok, index, 1);
      if (attempt.admitted) {
        addTo(promptTokens, index, attempt.promptTokens);
        addTo(completionTokens, index, attempt.completionTokens);
      }
    },
    inFlight(atMs, count) {
      const index = bucket(atMs);
      if (count > (open.values[index] as number)) open.values[index] = count;
    },
    bucketMs: () => widthMs,
    finish: () => {
      const cut = ({ values }: Column) => Array.from(values.subarray(0, used));
      const p95 = (histograms: (DurationHistogram | undefined)[]) =>
        Array.from({ length: used }, (_, index) => histograms[index]?.quantileMs(0.95) ?? null);
      return {
        bucketMs: widthMs,
        startMs: Array.from({ length: used }, (_, index) => index * widthMs),
        planned: cut(planned),
        sent: cut(sent),
        ok: cut(ok),
        byOutcome: Object.fromEntries([...byOutcome].sort(byName).map(([label, each]) => [label, cut(each)])),
        promptTokens: cut(promptTokens),
        completionTokens: cut(completionTokens),
        inFlightMax: cut(open),
        ttftP95Ms: p95(ttft),
        serviceP95Ms: p95(service),
      };
    },
  };
}

const byName = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]) => (a < b ? -1 : a > b ? 1 : 0);

function fold(column: Column): void {
  const wider = new Float64Array(BUCKETS_MAX);
  for (let index = 0; index < BUCKETS_MAX; index += 1) {
    const half = index >> 1;
    const value = column.values[index] as number;
    const before = wider[half] as number;
    wider[half] = column.merge === 'sum' ? before + value : Math.max(before, value);
  }
  column.values = wider;
}

function foldHistograms(histograms: (DurationHistogram | undefined)[]): void {
  for (let index = 0; index < BUCKETS_MAX; index += 1) {
    const histogram = histograms[index];
    histograms[index] = undefined;
    if (histogram === undefined) continue;
    const half = index >> 1;
    const before = histograms[half];
    if (before === undefined) histograms[half] = histogram;
    else before.merge(histogram);
  }
}
