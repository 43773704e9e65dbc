import type { LatencyHistogram } from '../model/analysis.ts';
import type { FindingVerdict, QuotaResult } from '../model/finding.ts';
import type { Heals, LimitKind } from '../model/outcome.ts';
import type { LimitName } from '../model/quota.ts';

/** The words every reporter prints for a value of the vocabulary, so that two formats never call one thing by two names. */

export const VERDICT_WORDS: Readonly<Record<FindingVerdict, string>> = {
  holds: 'PASS',
  violated: 'FAIL',
  inconclusive: 'INCONCLUSIVE',
};

export const QUOTA_WORDS: Readonly<Record<QuotaResult, string>> = {
  as_documented: 'as documented',
  lower: 'lower',
  higher: 'higher',
  masked: 'masked',
  not_reached: 'not reached',
  inconclusive: 'inconclusive',
};

export const KIND_WORDS: Readonly<Record<LimitKind, string>> = {
  requests: 'requests',
  tokens: 'tokens',
  burst: 'burst',
  concurrency: 'concurrency',
  free_quota: 'free quota',
  billing: 'billing',
  overload: 'overload',
  unknown: 'unknown',
};

export const HEALS_WORDS: Readonly<Record<Heals, string>> = {
  seconds: 'in seconds',
  window: 'with its window',
  never: 'not by waiting',
  unknown: 'unknown',
};

export const LIMIT_WORDS: Readonly<Record<LimitName, { readonly name: string; readonly unit: string }>> = {
  rps: { name: 'requests per second', unit: 'requests/s' },
  rpm: { name: 'requests per minute', unit: 'requests/min' },
  tps: { name: 'tokens per second', unit: 'tokens/s' },
  tpm: { name: 'tokens per minute', unit: 'tokens/min' },
  burst: { name: 'burst (rate of increase)', unit: '' },
  concurrency: { name: 'concurrent requests', unit: 'in flight' },
};

/** Metric order of the latency tables, with the definition printed in the method section. */
export const METRIC_WORDS: Readonly<Record<LatencyHistogram['metric'], { name: string; definition: string }>> = {
  service: { name: 'service time', definition: 'finished − sent: the answer as the endpoint gave it.' },
  response: {
    name: 'response time',
    definition: 'finished − scheduled: what a caller with this schedule waits, our own lag included.',
  },
  ttft: {
    name: 'time to first token',
    definition: 'first non-empty content of any kind (answer, reasoning, tool call) − sent.',
  },
  answer_ttft: { name: 'time to first answer token', definition: 'first non-empty answer content − sent.' },
  itl: {
    name: 'inter-token latency',
    definition: 'gaps between content chunks, pooled over attempts: long answers weigh more.',
  },
  tpot: {
    name: 'time per output token',
    definition: '(finished − first token) ÷ (output tokens − 1), one value per attempt with at least two tokens.',
  },
  headers: { name: 'response headers', definition: 'headers received − sent.' },
  handshake: { name: 'handshake', definition: 'TCP and TLS set-up, where an attempt had to wait for it.' },
  queued: { name: 'queued in client', definition: 'time inside the client before the bytes reached the socket.' },
  lag: { name: 'send lag', definition: 'sent − scheduled: how late the generator itself was.' },
};

export const METRIC_ORDER = Object.keys(METRIC_WORDS) as readonly LatencyHistogram['metric'][];

export const GROUP_WORDS: Readonly<Record<LatencyHistogram['group'], string>> = {
  admitted: 'accepted',
  refused: 'refused',
  failed: 'failed',
  all: 'all',
};

/** What each exit code of a run means, as documented for scripts. */
const EXIT_CODES: Readonly<Record<number, string>> = {
  0: 'everything holds',
  1: 'a threshold or claim is violated',
  2: 'bad usage or scenario',
  3: 'inconclusive',
  4: 'stopped by a safety limit',
  5: 'environment',
  70: 'internal error',
  130: 'interrupted',
};

export const exitWords = (code: number): string => EXIT_CODES[code] ?? 'other';

/** `limited.free_quota` -> `free quota`, `timeout.idle` -> `timeout (idle)`, `server_error` -> `server error`. */
export function outcomeWords(label: string): string {
  const [kind = '', detail] = label.split('.', 2);
  const words = (text: string) => text.replaceAll('_', ' ');
  if (detail === undefined) return words(kind);
  return kind === 'limited' ? words(detail) : `${words(kind)} (${words(detail)})`;
}

/** `in 1 s`, `in 1 min`: a sliding window's length; a window of nothing is one instant. */
export const inWindow = (windowMs: number): string => (windowMs > 0 ? `in ${windowWords(windowMs)}` : 'at once');

/** `1 s`, `10 s`, `1 min`. */
export const windowWords = (windowMs: number): string =>
  windowMs % 60_000 === 0 ? `${windowMs / 60_000} min` : `${windowMs / 1000} s`;
