import type { QuestionId } from '../model/comparison.ts';
import type { Estimate } from '../model/finding.ts';
import { LIMIT_KINDS, type LimitKind } from '../model/outcome.ts';
import type { Threshold } from '../model/threshold.ts';
import { formatUsd } from '../model/written.ts';
import { twoSidedZ } from '../stats/intervals.ts';
import { blockNumbers, blockPlan, unitSums } from './compare-blocks.ts';
import { FLAG } from './compare-columns.ts';
import { differenceOf, shareFigure } from './compare-figures.ts';
import { inTimeOrder, type Layout, pairedLayout, separateLayout } from './compare-layout.ts';
import type { RequestTable } from './compare-table.ts';
import { ownQuantile, ownShare } from './stability-intervals.ts';

/** One variant's figure over another's. */
export interface Ratio {
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly evidence: readonly string[];
}

/**
 * Cost of one variant over the other's for the same work. Where they met as pairs: over the pairs that both answered, since
 * a variant that answers less must not look cheaper. `perThousandAnswers` is per useful answer, failures included. Null
 * without prices or cost.
 */
export function costRatio(own: RequestTable, other: RequestTable, aggregate: string | null): Ratio | null {
  const perAnswer = aggregate === 'perThousandAnswers';
  const paired = pairedLayout(other, own);
  const linked = paired.rowsA.length > 0;
  const layout: Layout = !linked ? separateLayout(other, own) : perAnswer ? paired : bothAnswered(paired, own, other);
  const ofOther = costsOf(other, layout.rowsA);
  const ofOwn = costsOf(own, layout.rowsB);
  if (ofOther.usd <= 0 || ofOwn.usd <= 0 || Number.isNaN(ofOther.usd + ofOwn.usd)) return null;
  if (perAnswer && (ofOther.answers === 0 || ofOwn.answers === 0)) return null;
  const value = perAnswer ? ofOwn.usd / ofOwn.answers / (ofOther.usd / ofOther.answers) : ofOwn.usd / ofOther.usd;
  const [x, y] = [logInfluences(ofOwn, perAnswer), logInfluences(ofOther, perAnswer)];
  const spread = linked
    ? errorOf(x.map((each, at) => each - (y[at] as number)))
    : Math.sqrt(errorOf(x) ** 2 + errorOf(y) ** 2);
  const reach = Math.exp(twoSidedZ(0.95) * spread);
  // One block alone has no scatter to read an error from.
  if (!Number.isFinite(reach)) return null;
  const counted = linked ? (perAnswer ? 'pairs' : 'pairs that both answered') : 'requests';
  const requests = `${layout.rowsB.length} ${counted}: ${dollars(ofOwn.usd)} against ${dollars(ofOther.usd)}`;
  return { value, low: value / reach, high: value * reach, evidence: [requests] };
}

function bothAnswered(layout: Layout, own: RequestTable, other: RequestTable): Layout {
  const answered = ({ words }: RequestTable, row: number) => ((words.flags[row] as number) & FLAG.answered) !== 0;
  const places = Array.from(layout.rowsA.keys()).filter(
    (at) => answered(other, layout.rowsA[at] as number) && answered(own, layout.rowsB[at] as number),
  );
  return {
    ...layout,
    rowsA: Int32Array.from(places, (at) => layout.rowsA[at] as number),
    rowsB: Int32Array.from(places, (at) => layout.rowsB[at] as number),
  };
}

const dollars = (usd: number) => formatUsd(usd);

interface Costs {
  readonly each: Float64Array;
  readonly answered: Float64Array;
  readonly usd: number;
  readonly answers: number;
}

function costsOf({ doubles, words }: RequestTable, rows: Int32Array): Costs {
  const each = Float64Array.from(rows, (row) => doubles.usd[row] as number);
  const answered = Float64Array.from(rows, (row) => (((words.flags[row] as number) & FLAG.answered) === 0 ? 0 : 1));
  const sum = (values: Float64Array) => values.reduce((total, value) => total + value, 0);
  return { each, answered, usd: sum(each), answers: sum(answered) };
}

/** How each request pulls at the logarithm of the total, or of the cost per answer; they sum to zero. */
function logInfluences({ each, answered, usd, answers }: Costs, perAnswer: boolean): Float64Array {
  const trials = each.length;
  return each.map((cost, at) => {
    const ofCost = (cost * trials) / usd - 1;
    return perAnswer ? ofCost - (((answered[at] as number) * trials) / answers - 1) : ofCost;
  });
}

/** Standard error of the mean of influences that remember their neighbours. */
function errorOf(influences: Float64Array): number {
  const plan = blockPlan(influences);
  const sums = unitSums(influences, blockNumbers(influences.length, plan), plan.count);
  if (plan.count < 2) return Number.POSITIVE_INFINITY;
  const squares = sums.reduce((sum, each) => sum + each * each, 0);
  return Math.sqrt((squares * plan.count) / (plan.count - 1)) / influences.length;
}

/** A duration's percentile over the other variant's, on the logarithm, where errors of a quotient add up. */
export function durationRatio(
  own: RequestTable,
  other: RequestTable,
  { threshold, seed }: { readonly threshold: Threshold; readonly seed: number },
): Ratio | null {
  const [x, y] = [durationOf(own, threshold, seed), durationOf(other, threshold, seed)];
  if (x === null || y === null || y.value <= 0) return null;
  const value = x.value / y.value;
  const down = Math.hypot(logOf(x.value, x.low), logOf(y.high, y.value));
  const up = Math.hypot(logOf(x.high, x.value), logOf(y.value, y.low));
  if (!(Number.isFinite(down) && Number.isFinite(up))) return null;
  return { value, low: value / Math.exp(down), high: value * Math.exp(up), evidence: [] };
}

const logOf = (above: number, below: number) => (below > 0 ? Math.log(above / below) : Number.POSITIVE_INFINITY);

const COLUMN = { ttft: 'ttftMs', service: 'serviceMs', response: 'responseMs', answer_ttft: 'answerTtftMs' } as const;

/** Those that the tables show too: of one name, they have one interval. */
const QUESTION: Readonly<Record<string, QuestionId>> = {
  'ttft p50': 'ttft_median',
  'ttft p95': 'ttft_p95',
  'response p50': 'total_time',
};

function durationOf(table: RequestTable, { metric, aggregate }: Threshold, seed: number): Estimate | null {
  const column = COLUMN[metric as keyof typeof COLUMN];
  const percentile = /^p(\d+(?:\.\d+)?)$/.exec(aggregate ?? '')?.[1];
  if (column === undefined || percentile === undefined) return null;
  const values = Float64Array.from(inTimeOrder(table), (row) => table.floats[column][row] as number);
  const name = `${metric} ${aggregate}`;
  const chance = { seed, variant: table.variant.name, metric: QUESTION[name] ?? name };
  return ownQuantile(
    values.filter((each) => !Number.isNaN(each)),
    Number(percentile) / 100,
    chance,
  );
}

/** How far a share lies above (below: negative) so many times the other variant's share. */
export interface Excess extends Ratio {
  readonly own: Estimate;
  readonly other: Estimate;
}

/** Null where the metric is no share of requests. Counted per request, whatever a tactic tried. */
export function shareExcess(
  own: RequestTable,
  other: RequestTable,
  { threshold, times }: { readonly threshold: Threshold; readonly times: number },
): Excess | null {
  const met = metBy(threshold);
  if (met === null) return null;
  const shareOf = (table: RequestTable) => ownShare(flagsOf(table, attemptedRows(table), met));
  const [ofOwn, ofOther] = [shareOf(own), shareOf(other)];
  if (ofOwn === null || ofOther === null) return null;
  const reach = linkedReach(own, other, { met, times }) ?? apartReach(ofOwn, ofOther, times);
  const value = ofOwn.value - times * ofOther.value;
  return { own: ofOwn, other: ofOther, value, low: value - reach.down, high: value + reach.up, evidence: [] };
}

type Met = (table: RequestTable, row: number) => boolean;

interface Reach {
  readonly down: number;
  readonly up: number;
}

function apartReach(own: Estimate, other: Estimate, times: number): Reach {
  return {
    down: Math.hypot(own.value - own.low, times * (other.high - other.value)),
    up: Math.hypot(own.high - own.value, times * (other.value - other.low)),
  };
}

/** Where both were given the same arrivals, what both met together is no difference. Null without pairs. */
function linkedReach(
  own: RequestTable,
  other: RequestTable,
  { met, times }: { readonly met: Met; readonly times: number },
): Reach | null {
  const { rowsA, rowsB } = pairedLayout(other, own);
  const sent = (table: RequestTable, row: number | undefined) =>
    row !== undefined && ((table.words.flags[row] as number) & FLAG.attempted) !== 0;
  const both = (_: number, at: number) => sent(other, rowsA[at]) && sent(own, rowsB[at]);
  const [x, y] = [flagsOf(own, rowsB.filter(both), met), flagsOf(other, rowsA.filter(both), met)];
  if (x.length === 0) return null;
  const plan = blockPlan(x.map((each, at) => each - times * (y[at] as number)));
  const units = blockNumbers(x.length, plan);
  const [a, b] = [y, x].map((values) => shareFigure({ values, units, unitCount: plan.count }));
  if (a == null || b == null) return null;
  const scaled = { ...a, value: times * a.value, low: times * a.low, high: times * a.high };
  const { value, low, high } = differenceOf(scaled, b, true);
  return { down: value - low, up: high - value };
}

function attemptedRows(table: RequestTable): Int32Array {
  return inTimeOrder(table).filter((row) => ((table.words.flags[row] as number) & FLAG.attempted) !== 0);
}

const flagsOf = (table: RequestTable, rows: Int32Array, met: Met) =>
  Float64Array.from(rows, (row) => (met(table, row) ? 1 : 0));

function metBy({ metric, aggregate, tags }: Threshold): Met | null {
  if (aggregate !== 'share') return null;
  if (metric in BIT) {
    const bit = BIT[metric as keyof typeof BIT];
    return ({ words }, row) => ((words.flags[row] as number) & bit) !== 0;
  }
  if (!metric.startsWith('limited')) return null;
  const limit = tags.limit ?? (metric.startsWith('limited.') ? metric.slice('limited.'.length) : null);
  const kinds = limit === null ? 0xff : 1 << LIMIT_KINDS.indexOf(limit as LimitKind);
  return ({ bytes }, row) => ((bytes.kinds[row] as number) & kinds) !== 0;
}

const BIT = {
  availability: FLAG.answered,
  goodput: FLAG.answered,
  errors: FLAG.error,
  truncated: FLAG.truncated,
} as const;
