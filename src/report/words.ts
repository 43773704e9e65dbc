import type { LatencyHistogram } from '../model/analysis.ts';
import type { ComparisonDesign } from '../model/comparison.ts';
import type { FindingVerdict, QuotaResult } from '../model/finding.ts';
import type { ManifestVariant } from '../model/manifest.ts';
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
export const inWindow = (windowMs: number): string => (windowMs > 0 ? `in\u00a0${windowWords(windowMs)}` : 'at once');

/** `1 s`, `10 s`, `1 min`. */
export const windowWords = (windowMs: number): string =>
  windowMs % 60_000 === 0 ? `${windowMs / 60_000}\u00a0min` : `${windowMs / 1000}\u00a0s`;

/** A question of a comparison in a word or two, and what its figure is. */
const QUESTIONS: Readonly<Record<string, { readonly area: string; readonly figure: string }>> = {
  availability: { area: 'answers', figure: 'share of requests answered' },
  goodput: { area: 'goodput', figure: 'useful answers per second' },
  limited: { area: 'rate limits', figure: 'share of requests that met a limit' },
  errors: { area: 'errors', figure: 'share that failed for another reason than a limit' },
  truncated: { area: 'cut streams', figure: 'share of accepted streams without a finish reason' },
  ttft_median: { area: 'time to first token', figure: 'median' },
  ttft_p95: { area: 'slow starts', figure: 'p95 of the time to first token' },
  total_time: { area: 'total time', figure: 'median from the planned instant to the end' },
  overhead: { area: 'overhead', figure: 'lower quartile of the time to first token' },
  stalls: { area: 'stalls', figure: 'share of streams that stood still' },
  hidden_retries: { area: 'hidden retries', figure: 'share of answers that show signs of them' },
  model_identity: { area: 'another model', figure: 'share of answers that name one' },
  usage: { area: 'reported tokens', figure: 'reported prompt tokens ÷ estimate' },
  kinds_lost: { area: 'kinds lost', figure: 'share of requests refused in words that hide the kind' },
  cost: { area: 'cost', figure: 'per 1,000 useful answers' },
};

const question = (id: string) => (Object.hasOwn(QUESTIONS, id) ? QUESTIONS[id] : undefined);

/** `limited.free_quota` -> `free quota limits`. */
export const areaWords = (id: string): string =>
  question(id)?.area ?? (id.startsWith('limited.') ? `${outcomeWords(id).replace(/s$/, '')} limits` : outcomeWords(id));

export const figureWords = (id: string): string =>
  question(id)?.figure ?? (id.startsWith('limited.') ? 'share of requests that met one' : '');

export const DESIGN_WORDS: Readonly<Record<ComparisonDesign, string>> = {
  paired: 'Paired: every arrival went to each variant at the same moment',
  switchback: 'Switchback: the variants took turns in blocks of random order',
  separate_runs: 'Separate runs: the variants were measured at different times, which proves least',
};

/** `limited.requests (relay)` -> `requests (relay)`: a label of a series, its origin behind it. */
export const labelWords = (label: string): string => {
  const [, name = label, origin = ''] = /^(\S+)( \(\w+\))?$/.exec(label) ?? [];
  return outcomeWords(name) + origin;
};

/** Names of limiters and of token accountings, as a forecast puts them together: `sliding_log, prompt_at_admission`. */
const LIMITER_PARTS: Readonly<Record<string, string>> = {
  fixed_clock: 'fixed window (clock)',
  fixed_first: 'fixed window (first request)',
  bucket_second: 'bucket of a second',
  bucket_minute: 'bucket of a minute',
  prompt_at_admission: 'prompt tokens counted at admission',
  reserve_max_tokens: 'max_tokens reserved',
  reserve_and_refund: 'max_tokens reserved and refunded',
  at_completion: 'tokens counted at completion',
};

export const limiterWords = (name: string): string =>
  name
    .split(', ')
    .map((part) => (Object.hasOwn(LIMITER_PARTS, part) ? LIMITER_PARTS[part] : undefined) ?? part.replaceAll('_', ' '))
    .join(', ');

/** Null for the default driver, and for a simulation, which has none. */
export function driverWords(driver: ManifestVariant['driver']): string | null {
  switch (driver) {
    case 'undici':
    case 'simulated':
      return null;
    case 'openai':
      return 'driver openai (the SDK)';
    case 'autocannon':
      return 'driver autocannon (closed model)';
  }
}
