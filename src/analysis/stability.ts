import type { ErrorShare, QuestionId, VariantStability } from '../model/comparison.ts';
import type { Estimate } from '../model/finding.ts';
import { quantile } from '../stats/quantiles.ts';
import { FLAG } from './compare-columns.ts';
import { kindsLost } from './compare-kinds.ts';
import { inTimeOrder } from './compare-layout.ts';
import { type OwnFigures, ownFigures } from './compare-own.ts';
import { plainQuestion } from './compare-questions.ts';
import { retrySign, usualTtft } from './compare-retries.ts';
import { SHARE } from './compare-spec.ts';
import type { RequestTable, ValueOf } from './compare-table.ts';
import { type Chance, ownQuantile, ownShare } from './stability-intervals.ts';
import { betweenMinutes, minuteSeries } from './stability-minutes.ts';
import { badStretches } from './stability-stretches.ts';

/** A reported prompt this far off what this variant usually reports for an estimate was not counted on this prompt. */
const USAGE_OFF = 0.5;

/** How steady one variant was over its requests. */
export function stability(table: RequestTable, seed: number, own: OwnFigures = ownFigures(seed)): VariantStability {
  const rows = inTimeOrder(table);
  const column = (value: ValueOf) =>
    Float64Array.from(rows, (row) => value(table, row)).filter((each) => !Number.isNaN(each));
  const plain = (id: QuestionId) => own(table, plainQuestion(id));
  const chance = (metric: string): Chance => ({ seed, variant: table.variant.name, metric });
  const time = (name: 'itlMeanMs' | 'responseMs', p: number) =>
    ownQuantile(
      column(({ floats }, row) => floats[name][row] as number),
      p,
      chance(`${name} ${p}`),
    );
  const minutes = minuteSeries(table, rows);
  const stretches = badStretches(table, rows);
  const stalls = column(({ floats }, row) => floats.stallMs[row] as number);
  const usual = usualTtft(table);
  return {
    variant: table.variant.name,
    requests: table.count + table.dropped,
    availability: plain('availability'),
    errorMix: errorMix(table, rows),
    minutes,
    longestBadStretch: stretches.longest,
    badStretches: stretches.count,
    recoveryMs: stretches.recoveryMs,
    ttftMedianMs: plain('ttft_median'),
    ttftP95Ms: plain('ttft_p95'),
    itlMedianMs: time('itlMeanMs', 0.5),
    totalMedianMs: plain('total_time'),
    totalP95Ms: time('responseMs', 0.95),
    betweenMinutes: betweenMinutes(minutes),
    stalls: plain('stalls'),
    longestStallMs: stalls.length === 0 ? null : stalls.reduce((most, each) => Math.max(most, each), 0),
    truncated: plain('truncated'),
    wrongModel: plain('model_identity'),
    modelsAnswered: modelsAnswered(table),
    usageAnomalies: usageAnomalies(column),
    hiddenRetries: {
      lateModes: usual === null ? null : own(table, { ...SHARE, id: 'hidden_retries', value: retrySign(usual, 1) }),
      reportedByHeader: countOf(table, FLAG.retriedByRelay),
    },
    kindsLost: own(table, kindsLost([])),
    connectionChurn: churn(table),
  };
}

function countOf({ words, count }: RequestTable, bit: number): number {
  let found = 0;
  for (let row = 0; row < count; row++) if (((words.flags[row] as number) & bit) !== 0) found += 1;
  return found;
}

function modelsAnswered({ bytes, count, models }: RequestTable): Readonly<Record<string, number>> {
  const counts = new Map<string, number>();
  for (let row = 0; row < count; row++) {
    const name = models[bytes.model[row] as number] ?? '';
    if (name !== '') counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return Object.fromEntries([...counts].sort(([, x], [, y]) => y - x));
}

/** Answers without usage, with impossible counts, or far off the variant's own usual ratio to the estimate. */
function usageAnomalies(column: (value: ValueOf) => Float64Array): Estimate | null {
  const ratios = column(({ floats }, row) => floats.promptRatio[row] as number).sort();
  const usual = quantile(ratios, 0.5);
  const odd: ValueOf = ({ words, floats }, row) => {
    const flags = words.flags[row] as number;
    if ((flags & FLAG.answered) === 0) return Number.NaN;
    if ((flags & FLAG.usageOdd) !== 0) return 1;
    const ratio = floats.promptRatio[row] as number;
    return usual !== null && usual > 0 && Math.abs(ratio / usual - 1) > USAGE_OFF ? 1 : 0;
  };
  return ownShare(column(odd));
}

function churn({ connections, count }: RequestTable): VariantStability['connectionChurn'] {
  if (connections.known === 0 || count === 0) return null;
  return { opened: connections.opened, perRequest: connections.opened / count };
}

interface Failing {
  count: number;
  firstMs: number;
  lastMs: number;
}

/** Every way in which requests went without an answer, by their last outcome, most frequent first. */
function errorMix(table: RequestTable, rows: Int32Array): readonly ErrorShare[] {
  const failing = new Map<number, Failing>();
  const labels: number[] = [];
  for (const row of rows) {
    const answered = ((table.words.flags[row] as number) & FLAG.answered) !== 0;
    const place = answered ? -1 : (table.bytes.label[row] as number);
    labels.push(place);
    if (answered) continue;
    const atMs = table.doubles.scheduledMs[row] as number;
    const known = failing.get(place) ?? { count: 0, firstMs: atMs, lastMs: atMs };
    known.count += 1;
    known.lastMs = atMs;
    failing.set(place, known);
  }
  const mix = [...failing].flatMap(([place, { count, firstMs, lastMs }]): ErrorShare[] => {
    const named = table.labels[place];
    const share = ownShare(Float64Array.from(labels, (each) => (each === place ? 1 : 0)));
    if (named === undefined || share === null) return [];
    return [{ label: named.label, origin: named.origin, count, share, firstMs, lastMs }];
  });
  return mix.sort((x, y) => y.count - x.count);
}
