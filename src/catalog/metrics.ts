import { QUOTA_RESULTS } from '../model/finding.ts';
import { LIMIT_KINDS } from '../model/outcome.ts';
import { LIMIT_NAMES } from '../model/quota.ts';
import type { ThresholdUnit } from '../model/threshold.ts';

/** A metric that thresholds may name. The grammar, the hints and the documentation read this one table. */
export interface Metric {
  readonly name: string;
  /** Aggregate -> unit of the value it is compared with. Empty for quota verdicts. */
  readonly aggregates: Readonly<Record<string, ThresholdUnit>>;
  /** Taken when a threshold names none; null = it must be named. */
  readonly defaultAggregate: string | null;
  readonly meaning: string;
}

const DURATION_AGGREGATES: Readonly<Record<string, ThresholdUnit>> = {
  min: 'ms',
  mean: 'ms',
  p50: 'ms',
  p90: 'ms',
  p95: 'ms',
  p99: 'ms',
  'p99.9': 'ms',
  max: 'ms',
};
const EVENT_AGGREGATES: Readonly<Record<string, ThresholdUnit>> = {
  count: 'count',
  share: 'share',
  rate: 'perSecond',
};
const FLOW_AGGREGATES: Readonly<Record<string, ThresholdUnit>> = { share: 'share', rate: 'perSecond' };
const TOKEN_AGGREGATES: Readonly<Record<string, ThresholdUnit>> = { count: 'count', rate: 'perSecond' };

/** Outcomes that are errors without being limits. */
const ERROR_KINDS = ['server_error', 'client_error', 'auth', 'timeout', 'connection'] as const;

const durations: readonly (readonly [string, string])[] = [
  ['service', 'finished - sent, of admitted requests'],
  ['response', 'finished - scheduled, of admitted requests'],
  ['ttft', 'sent to first non-empty content of any kind'],
  ['answer_ttft', 'sent to first answer content; reasoning does not count'],
  ['itl', 'gap between content chunks'],
  ['tpot', '(finished - first token) / (output tokens - 1)'],
  ['lag', 'sent - scheduled: the generator itself'],
  ['queued', 'time inside the client before the bytes were handed to the socket'],
  ['handshake', 'TCP and TLS set-up that a request waited for'],
];
const events: readonly (readonly [string, string])[] = [
  ['limited', 'attempts refused by any limit'],
  ...LIMIT_KINDS.map((kind) => [`limited.${kind}`, `attempts refused by the ${kind} limit`] as const),
  ['errors', 'attempts that failed for another reason than a limit'],
  ...ERROR_KINDS.map((kind) => [`errors.${kind}`, `attempts that ended as ${kind}`] as const),
  ['truncated', 'streams that ended without a finish reason'],
  ['not_sent', 'planned attempts that never left'],
  ['lost', 'attempts in flight when the process died'],
  ['stalled', 'attempts that overlapped a stall of the generator'],
];
const flows: readonly (readonly [string, string, string])[] = [
  ['availability', 'share', 'answered requests over attempted requests'],
  ['goodput', 'rate', 'answered requests, counted over attempted ones'],
  ['throughput', 'rate', 'finished attempts of any outcome'],
  ['offered', 'rate', 'attempts sent'],
  ['admitted', 'rate', 'attempts that no limit refused'],
];

export const METRICS: readonly Metric[] = [
  ...durations.map(([name, meaning]) => ({
    name,
    aggregates: DURATION_AGGREGATES,
    defaultAggregate: null,
    meaning,
  })),
  ...events.map(([name, meaning]) => ({ name, aggregates: EVENT_AGGREGATES, defaultAggregate: null, meaning })),
  ...flows.map(([name, defaultAggregate, meaning]) => ({
    name,
    aggregates: FLOW_AGGREGATES,
    defaultAggregate,
    meaning,
  })),
  ...['input', 'output', 'total', 'cached'].map((part) => ({
    name: `tokens.${part}`,
    aggregates: TOKEN_AGGREGATES,
    defaultAggregate: null,
    meaning: `${part} tokens as the provider reported them`,
  })),
  {
    name: 'cost',
    aggregates: { total: 'usd', perThousandAnswers: 'usd', perMonth: 'usd' },
    defaultAggregate: 'total',
    meaning: 'US dollars at the dated price; unknown when the price is',
  },
  {
    name: 'attempts_per_request',
    aggregates: { mean: 'count', p95: 'count', max: 'count' },
    defaultAggregate: 'mean',
    meaning: 'attempts a request took, the first included',
  },
  {
    name: 'added_delay',
    aggregates: { mean: 'ms', p95: 'ms', max: 'ms' },
    defaultAggregate: null,
    meaning: 'time a tactic added before the attempt that was answered',
  },
  ...['recovery', ...LIMIT_KINDS.map((kind) => `recovery.${kind}`)].map((name) => ({
    name,
    aggregates: { p50: 'ms', max: 'ms' } as const,
    defaultAggregate: null,
    meaning: 'first refusal to the first lasting admission, in rest-and-poll stretches',
  })),
  ...LIMIT_NAMES.map((limit) => ({
    name: `quota.${limit}`,
    aggregates: {},
    defaultAggregate: null,
    meaning: `verdict on the published ${limit} number: ${QUOTA_RESULTS.join(', ')}`,
  })),
];

/** The metric of exactly this name, or null. */
export function metricFor(name: string): Metric | null {
  return METRICS.find((metric) => metric.name === name) ?? null;
}
