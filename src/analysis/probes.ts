import { type LimitKind, type Outcome, outcomeLabel } from '../model/outcome.ts';
import type { Threshold } from '../model/threshold.ts';
import { type ModelPrices, usdOf } from './cost.ts';
import type { Due } from './due-order.ts';
import { type DurationHistogram, recordGaps } from './histogram.ts';
import { isError, isOwnFailure, type Judged } from './judged.ts';
import { tpotMs } from './latency.ts';

/** What one metric takes from one attempt (or from one planned send). */
export type Probe =
  /** A distribution: milliseconds, or a plain number for `attempts_per_request`. */
  | { readonly kind: 'values'; readonly record: (attempt: Judged, into: DurationHistogram) => void }
  /** Two sums: what is counted, and out of what. */
  | {
      readonly kind: 'ratio';
      readonly counted: (attempt: Judged) => number;
      readonly outOf: (attempt: Judged) => number;
    }
  /** The same over everything planned, sent or not. */
  | { readonly kind: 'plan'; readonly counted: (due: Due) => number };

const UNPRICED: ModelPrices = () => null;

const one = () => 1;
const answered = ({ outcome, final }: Judged) => (final && outcome.kind === 'ok' ? 1 : 0);
/** One per request: its last attempt, unless that failed by our own doing. */
const requests = ({ final, outcome }: Judged) => (final && !isOwnFailure(outcome) ? 1 : 0);
const ratio = (counted: (attempt: Judged) => number, outOf: (attempt: Judged) => number = one): Probe => {
  return { kind: 'ratio', counted, outOf };
};
const when = (test: (outcome: Outcome) => boolean) => ratio(({ outcome }) => (test(outcome) ? 1 : 0));

/** Durations of admitted attempts that no stall of ours touched. */
function admitted(valueMs: (attempt: Judged) => number | null): Probe {
  return {
    kind: 'values',
    record(attempt, into) {
      if (attempt.group !== 'admitted' || attempt.stalled) return;
      const value = valueMs(attempt);
      if (value !== null) into.record(value);
    },
  };
}

const since = (atMs: number | null | undefined, fromMs: number) => (atMs == null ? null : atMs - fromMs);

const VALUES: Readonly<Record<string, Probe>> = {
  service: admitted(({ exchange, sentMs }) => since(exchange?.finishedMs, sentMs)),
  response: admitted(({ exchange, sent }) => since(exchange?.finishedMs, sent.arrival.scheduledMs)),
  ttft: admitted(({ exchange, sentMs }) => since(exchange?.firstTokenMs, sentMs)),
  answer_ttft: admitted(({ exchange, sentMs }) => since(exchange?.firstAnswerTokenMs, sentMs)),
  tpot: admitted(({ exchange }) => (exchange === null ? null : tpotMs(exchange))),
  queued: admitted(({ exchange }) => exchange?.queuedMs ?? null),
  handshake: admitted(({ exchange }) => exchange?.connection?.handshakeMs ?? null),
  added_delay: admitted(({ final, sentMs, sent }) => (final ? Math.max(0, sentMs - sent.arrival.scheduledMs) : null)),
  itl: {
    kind: 'values',
    record({ exchange, group, stalled }, into) {
      const gaps = exchange?.gaps;
      if (group === 'admitted' && !stalled && gaps != null && gaps.count > 0) recordGaps(into, gaps);
    },
  },
  lag: { kind: 'values', record: ({ sentMs, sent }, into) => into.record(Math.max(0, sentMs - sent.dueMs)) },
  attempts_per_request: {
    kind: 'values',
    record: ({ final, sent }, into) => {
      if (final) into.record(sent.attemptNo);
    },
  },
};

const RATIOS: Readonly<Record<string, Probe>> = {
  errors: when(isError),
  truncated: when(({ kind }) => kind === 'truncated'),
  lost: when(({ kind }) => kind === 'lost'),
  stalled: ratio(({ stalled }) => (stalled ? 1 : 0)),
  availability: ratio(answered, requests),
  goodput: ratio(answered, requests),
  throughput: ratio(({ finishedMs }) => (finishedMs === null ? 0 : 1)),
  admitted: ratio(({ admitted: passed }) => (passed ? 1 : 0)),
  offered: { kind: 'plan', counted: ({ sent }) => (sent ? 1 : 0) },
  not_sent: { kind: 'plan', counted: ({ sent }) => (sent ? 0 : 1) },
  'tokens.input': ratio(({ exchange }) => exchange?.usage?.promptTokens ?? 0),
  'tokens.output': ratio(({ exchange }) => exchange?.usage?.completionTokens ?? 0),
  'tokens.cached': ratio(({ exchange }) => exchange?.usage?.cachedTokens ?? 0),
  'tokens.total': ratio(({ exchange }) => {
    const usage = exchange?.usage;
    return usage == null ? 0 : usage.promptTokens + usage.completionTokens;
  }),
};

/** Null for metrics that are read from a finished part of the analysis: recovery and quota verdicts. */
export function probeFor(threshold: Threshold, prices: readonly ModelPrices[]): Probe | null {
  const { metric, tags } = threshold;
  const known = VALUES[metric] ?? RATIOS[metric];
  if (known !== undefined) return known;
  if (metric === 'limited' || metric.startsWith('limited.')) {
    const limit = tags.limit ?? (metric === 'limited' ? null : (metric.slice('limited.'.length) as LimitKind));
    const { origin } = tags;
    return when(
      (outcome) =>
        outcome.kind === 'limited' &&
        (limit === null || outcome.limit === limit) &&
        (origin === undefined || outcome.origin === origin || outcome.originName === origin),
    );
  }
  if (metric.startsWith('errors.')) {
    const label = metric.slice('errors.'.length);
    return when((outcome) => (isError(outcome) && outcome.kind === label) || outcomeLabel(outcome) === label);
  }
  if (metric === 'cost') return ratio((attempt) => usdOf(attempt, prices[attempt.variant] ?? UNPRICED), answered);
  return null;
}
