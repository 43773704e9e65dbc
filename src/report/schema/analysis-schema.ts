import { z } from 'zod';
import { ANALYSIS_SCHEMA_VERSION, type Analysis } from '../../model/analysis.ts';
import { QUOTA_RESULTS } from '../../model/finding.ts';
import { LIMIT_KINDS } from '../../model/outcome.ts';
import { comparison } from './comparison-schema.ts';
import { manifest } from './manifest-schema.ts';
import { count, limitName, maybe } from './scenario-schema.ts';
import { estimate, finding, origin, text, verdict } from './shared-schema.ts';

const counts = z.record(text, count);
const limitKind = z.enum(LIMIT_KINDS);
const percentiles = z
  .strictObject({
    count,
    min: maybe,
    mean: maybe,
    p50: maybe,
    p90: maybe,
    p95: maybe,
    p99: maybe,
    p999: maybe,
    max: maybe,
  })
  .meta({ id: 'Percentiles' });

const windowMax = z.strictObject({ windowMs: count, max: count });
const quota = z.strictObject({
  limit: limitName,
  variant: text,
  documented: maybe,
  result: z.enum(QUOTA_RESULTS),
  estimate: estimate.nullable(),
  maskedBy: limitName.nullable(),
  binding: z.boolean(),
  offered: windowMax,
  admitted: windowMax,
  refusals: count,
  evidence: z.array(text),
  why: text,
});

const sample = z
  .strictObject({
    status: maybe,
    headers: z.record(text, text),
    body: text,
    requestId: text,
    providerRequestId: text.nullable(),
    atMs: count,
  })
  .meta({ id: 'RedactedSample' });

const onset = z.strictObject({ in1s: count, in10s: count, in60s: count });
const limits = z.strictObject({
  limit: limitKind,
  origin,
  originName: text.nullable(),
  rewrittenBy: text.nullable(),
  ruleId: text.nullable(),
  variant: text,
  normalisedMessage: text,
  count,
  share: count,
  shareLow: count,
  shareHigh: count,
  firstMs: count,
  lastMs: count,
  heals: z.enum(['seconds', 'window', 'never', 'unknown']),
  retryAfterMs: z.strictObject({ min: count, max: count }).nullable(),
  onset: z.strictObject({ episodes: count, requests: onset, tokens: onset }),
  sample,
});

const recovery = z.strictObject({
  limit: limitKind,
  variant: text,
  measurable: z.boolean(),
  episodesMs: z.array(count),
  medianMs: maybe,
  maxMs: maybe,
  why: text,
});

const errors = z.strictObject({
  label: text,
  variant: text,
  normalisedMessage: text,
  count,
  firstMs: count,
  lastMs: count,
  sample: sample.nullable(),
});

const phase = z.strictObject({
  index: count,
  label: text,
  kind: text,
  variant: text,
  startMs: count,
  endMs: count,
  planned: count,
  sent: count,
  notSent: count,
  ok: count,
  limited: counts,
  errors: count,
  offeredPerSecond: count,
  admittedPerSecond: count,
  promptTokens: count,
  completionTokens: count,
});

const variant = z.strictObject({
  variant: text,
  requests: count,
  attempts: count,
  answered: count,
  availability: estimate.nullable(),
  offeredPerSecond: count,
  admittedPerSecond: count,
  goodputPerSecond: count,
  firstTrySuccess: estimate.nullable(),
  attemptsPerRequest: maybe,
  addedDelayMs: percentiles,
  truncated: count,
  wrongModel: count,
  modelsAnswered: counts,
  keyAttempts: z.array(z.strictObject({ alias: text, sent: count, limited: count })),
  promptTokenRatio: maybe,
  relayFacts: counts,
});

const headerFacts = z.strictObject({
  variant: text,
  serverTime: percentiles.nullable(),
  networkTime: percentiles.nullable(),
  statedTooLong: count,
  relayTime: percentiles.nullable(),
  rateLimitHints: z.array(
    z.strictObject({ source: text, limit: maybe, windowMs: maybe, remainingMin: maybe, resetMsMax: maybe, count }),
  ),
  rateLimitHintsFurther: count,
  relayHeaders: z.array(z.strictObject({ text, count })),
  relayHeadersFurther: count,
});

const row = z.array(count);
const series = z.strictObject({
  bucketMs: count,
  startMs: row,
  planned: row,
  sent: row,
  ok: row,
  byOutcome: z.record(text, row),
  promptTokens: row,
  completionTokens: row,
  inFlightMax: row,
  ttftP95Ms: z.array(maybe),
  serviceP95Ms: z.array(maybe),
});

const peak = z.strictObject({
  windowMs: count,
  planned: count,
  sent: count,
  admitted: count,
  plannedTokens: count,
  sentTokens: count,
  admittedTokens: count,
  requestQuota: maybe,
  tokenQuota: maybe,
  withinPlan: z.boolean(),
});

const histogram = z.strictObject({
  metric: z.enum([
    'service',
    'response',
    'ttft',
    'answer_ttft',
    'itl',
    'tpot',
    'lag',
    'queued',
    'handshake',
    'headers',
  ]),
  group: z.enum(['admitted', 'refused', 'failed', 'all']),
  variant: text,
  phase: text.nullable(),
  percentiles,
  curve: z.array(z.strictObject({ share: count, valueMs: count })),
  hdr: text.nullable(),
});

const health = z.strictObject({
  verdict: z.enum(['valid', 'degraded', 'invalid']),
  reasons: z.array(text),
  lag: percentiles,
  skippedLate: count,
  skippedInFlightCap: count,
  inFlightMax: count,
  loopDelayMaxMs: count,
  cpuShareMean: count,
  cpuShareMax: count,
  gcPauseMaxMs: count,
  rssMaxBytes: count,
  socketsOpened: count,
  socketsReusedShare: maybe,
  stalls: count,
  stalledAttempts: count,
  wallClockDriftMs: maybe,
  wallClockSteps: count,
});

const cost = z.strictObject({
  variant: text,
  promptTokens: count,
  completionTokens: count,
  cachedTokens: maybe,
  estimatedAttempts: count,
  totalUsd: maybe,
  perThousandAnswersUsd: maybe,
  perMonthUsd: maybe,
  unpricedModels: z.array(text),
  priceSource: text.nullable(),
  priceSeenOn: text.nullable(),
});

const member = z.strictObject({ limiter: text, seed: count, okShare: count, limitedShare: counts });
const forecast = z.strictObject({
  members: z.array(member),
  range: z.record(text, z.strictObject({ low: count, high: count })),
  worst: member,
  best: member,
});

const conservation = z.strictObject({
  planned: count,
  sent: count,
  notSent: counts,
  finished: count,
  cancelled: count,
  lost: count,
  holds: z.boolean(),
});

const stop = z.union([
  z.strictObject({ kind: z.enum(['completed', 'interrupted', 'killed']) }),
  z.strictObject({ kind: z.literal('safety'), rule: text, detail: text }),
]);

/** `findings.json`, field by field. */
const analysisSchema = z.strictObject({
  schemaVersion: z.literal(ANALYSIS_SCHEMA_VERSION),
  manifest,
  verdict,
  exitCode: count,
  stop,
  durationMs: count,
  conservation,
  findings: z.array(finding),
  quota: z.array(quota),
  limits: z.array(limits),
  recovery: z.array(recovery),
  errors: z.array(errors),
  phases: z.array(phase),
  variants: z.array(variant),
  headerFacts: z.array(headerFacts),
  series: z.array(series),
  windows: z.array(z.strictObject({ variant: text, peaks: z.array(peak) })),
  histograms: z.array(histogram),
  health,
  cost: z.array(cost),
  forecast: forecast.nullable(),
  comparison: comparison.nullable(),
  caveats: z.array(text),
  unreadableLines: count,
}) satisfies z.ZodType<Analysis>;

/** JSON Schema (draft 2020-12) of `findings.json`. Changes with ANALYSIS_SCHEMA_VERSION only. */
export function analysisJsonSchema(): Readonly<Record<string, unknown>> {
  return {
    title: `quotascope findings.json, version ${ANALYSIS_SCHEMA_VERSION}`,
    description: 'Everything a run found, as its reports print it. Times are milliseconds since the start of the run.',
    ...z.toJSONSchema(analysisSchema),
  };
}
