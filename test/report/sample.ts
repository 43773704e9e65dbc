import type { Analysis, LatencyHistogram, LimitGroup, Percentiles, Series } from '../../src/model/analysis.ts';
import type { Finding, QuotaVerdict } from '../../src/model/finding.ts';
import { sampleManifest } from './sample-manifest.ts';

/** A run of 180 s against the simulated qwen3-max account: every kind of refusal, one rewritten, some errors. */

const NO_PERCENTILES: Percentiles = {
  count: 0,
  min: null,
  mean: null,
  p50: null,
  p90: null,
  p95: null,
  p99: null,
  p999: null,
  max: null,
};

const finding = (part: Partial<Finding> & Pick<Finding, 'id' | 'claim' | 'verdict'>): Finding => ({
  kind: 'threshold',
  result: null,
  estimate: null,
  evidence: [],
  why: '',
  subject: null,
  variant: 'default',
  ...part,
});

const findings: readonly Finding[] = [
  finding({
    id: 'threshold-2',
    claim: 'limited.share < 1%',
    subject: 'limited.share < 1%',
    verdict: 'violated',
    result: '0.0734',
    estimate: { value: 0.0734, low: 0.0612, high: 0.0873, unit: 'share' },
    why: '141 of 1,921 sent attempts were refused.',
    evidence: ['96 tokens, 31 requests, 8 burst, 4 unknown, 2 free quota'],
  }),
  finding({
    id: 'threshold-4',
    claim: 'ttft.p999 < 5s',
    subject: 'ttft.p999 < 5s',
    verdict: 'inconclusive',
    why: 'p99.9 needs 5,000 samples, there are 1,764.',
  }),
  finding({
    id: 'threshold-1',
    claim: 'ttft.p95 < 2s',
    subject: 'ttft.p95 < 2s',
    verdict: 'holds',
    result: '1284.4',
    estimate: { value: 1284.4, low: 1241, high: 1330, unit: 'ms' },
    why: 'p95 of 1,764 accepted attempts is 1.28 s.',
  }),
  finding({
    id: 'threshold-3',
    claim: 'goodput.rate{phase="hold"} over 60s >= 520/min',
    subject: 'goodput.rate{phase="hold"} over 60s >= 520/min',
    verdict: 'holds',
    result: '9.02',
    estimate: null,
    why: 'The worst 60 s window inside "hold" answered 541.',
  }),
  finding({
    id: 'claim-1',
    kind: 'claim',
    claim: 'default: availability >= 90%',
    subject: 'default: availability >= 90%',
    verdict: 'holds',
    result: '0.918',
    estimate: { value: 0.918, low: 0.904, high: 0.931, unit: 'share' },
    why: '1,764 of 1,921 attempted requests were answered.',
  }),
  finding({
    id: 'observation-1',
    kind: 'observation',
    claim: 'Four refusals of unknown kind recovered after 41 s: they behave like tokens per minute.',
    verdict: 'holds',
    why: 'The first admission followed the oldest tokens leaving the 60 s window.',
  }),
];

const verdict = (part: Partial<QuotaVerdict> & Pick<QuotaVerdict, 'limit' | 'result'>): QuotaVerdict => ({
  variant: 'default',
  documented: null,
  estimate: null,
  maskedBy: null,
  binding: false,
  offered: { windowMs: 60_000, max: 0 },
  admitted: { windowMs: 60_000, max: 0 },
  refusals: 0,
  evidence: [],
  why: '',
  ...part,
});

const quota: readonly QuotaVerdict[] = [
  verdict({
    limit: 'rps',
    documented: 10,
    result: 'as_documented',
    estimate: { value: 10, low: 9.8, high: 10.2, unit: 'requests/s' },
    binding: true,
    offered: { windowMs: 1000, max: 14 },
    admitted: { windowMs: 1000, max: 10 },
    refusals: 31,
    evidence: ['11th request inside one second refused in 31 of 31 cases'],
    why: 'No second admitted more than 10; every 11th was refused.',
  }),
  verdict({
    limit: 'rpm',
    documented: 600,
    result: 'masked',
    maskedBy: 'rps',
    offered: { windowMs: 60_000, max: 648 },
    admitted: { windowMs: 60_000, max: 597 },
    why: '10 a second already caps a minute at 600.',
  }),
  verdict({
    limit: 'tpm',
    documented: 1_000_000,
    result: 'lower',
    estimate: { value: 801_500, low: 794_000, high: 812_000, unit: 'tokens/min' },
    offered: { windowMs: 60_000, max: 1_104_230 },
    admitted: { windowMs: 60_000, max: 811_204 },
    refusals: 96,
    evidence: ['96 refusals, all with 794,000 to 812,000 tokens admitted in the 60 s before'],
    why: 'Refused at 80 % of the documented tokens per minute.',
  }),
  verdict({
    limit: 'tps',
    documented: 16_666,
    result: 'not_reached',
    offered: { windowMs: 1000, max: 15_120 },
    admitted: { windowMs: 1000, max: 14_980 },
    why: 'Never offered more than 91 % of it.',
  }),
  verdict({
    limit: 'burst',
    result: 'inconclusive',
    offered: { windowMs: 1000, max: 14 },
    admitted: { windowMs: 1000, max: 10 },
    refusals: 8,
    why: 'One episode only; two are needed for an interval.',
  }),
];

const BODY =
  '{"error":{"message":"You exceeded your current quota, please check your plan and billing details. For details, see: https://help.aliyun.com/zh/model-studio/error-code#token-limit","type":"insufficient_quota","code":"insufficient_quota"},"request_id":"9b1c2f1e-7a55-9a0e-8d1e-0f6c11d6c0aa"}';

const group = (part: Partial<LimitGroup> & Pick<LimitGroup, 'limit' | 'count'>): LimitGroup => ({
  origin: 'provider',
  originName: 'dashscope',
  rewrittenBy: null,
  ruleId: null,
  variant: 'default',
  normalisedMessage: '',
  share: part.count / 1921,
  shareLow: (part.count / 1921) * 0.8,
  shareHigh: (part.count / 1921) * 1.25,
  firstMs: 62_000,
  lastMs: 141_000,
  heals: 'seconds',
  retryAfterMs: null,
  onset: {
    episodes: 3,
    requests: { in1s: 9, in10s: 88, in60s: 541 },
    tokens: { in1s: 14_200, in10s: 138_400, in60s: 803_100 },
  },
  sample: {
    status: 429,
    headers: { 'content-type': 'application/json', 'x-request-id': '9b1c2f1e-7a55-9a0e-8d1e-0f6c11d6c0aa' },
    body: BODY,
    requestId: 'r-000541',
    providerRequestId: '9b1c2f1e-7a55-9a0e-8d1e-0f6c11d6c0aa',
    atMs: 62_000,
  },
  ...part,
});

const limits: readonly LimitGroup[] = [
  group({
    limit: 'tokens',
    count: 96,
    ruleId: 'dashscope.insufficient-quota.tokens',
    normalisedMessage: 'You exceeded your current quota, please check your plan and billing details.',
    retryAfterMs: { min: 11_000, max: 38_000 },
  }),
  group({
    limit: 'requests',
    count: 31,
    ruleId: 'dashscope.limit-requests',
    normalisedMessage: 'You have exceeded your current request limit.',
    onset: {
      episodes: 4,
      requests: { in1s: 11, in10s: 104, in60s: 586 },
      tokens: { in1s: 2_300, in10s: 21_000, in60s: 119_800 },
    },
  }),
  group({
    limit: 'burst',
    count: 8,
    ruleId: 'dashscope.limit-burst-rate',
    normalisedMessage: 'Request rate increased too quickly.',
    firstMs: 120,
    lastMs: 900,
    onset: {
      episodes: 1,
      requests: { in1s: 8, in10s: 8, in60s: 8 },
      tokens: { in1s: 1_600, in10s: 1_600, in60s: 1_600 },
    },
  }),
  group({
    limit: 'unknown',
    count: 4,
    origin: 'relay',
    originName: 'one-api',
    rewrittenBy: 'one-api',
    heals: 'unknown',
    normalisedMessage: '当前分组上游负载已饱和，请稍后再试',
    sample: {
      status: 429,
      headers: { 'content-type': 'application/json' },
      body: '{"error":{"message":"当前分组上游负载已饱和，请稍后再试","type":"one_api_error"}}',
      requestId: 'r-000912',
      providerRequestId: null,
      atMs: 98_000,
    },
  }),
  group({
    limit: 'free_quota',
    count: 2,
    ruleId: 'dashscope.free-quota',
    heals: 'never',
    normalisedMessage: 'Free allocated quota exceeded.',
    firstMs: 176_000,
    lastMs: 176_400,
  }),
];

const BUCKETS = 180;
const perBucket = (value: (second: number) => number): number[] =>
  Array.from({ length: BUCKETS }, (_, second) => value(second));

const planned = perBucket((s) =>
  s === 0 ? 8 : s < 20 ? 0 : s < 40 ? 1 + Math.floor((s - 20) / 2.5) : s < 150 ? 10 : 14,
);
const refusedTokens = perBucket((s) => (s > 62 && s < 142 && s % 20 < 6 ? 1 : 0));
const refusedRequests = perBucket((s) => (s >= 150 ? 1 : 0));
const refusedBurst = perBucket((s) => (s === 0 ? 6 : 0));
const errors = perBucket((s) => (s === 100 || s === 101 ? 2 : 0));
const refused = (s: number) =>
  [refusedTokens, refusedRequests, refusedBurst, errors].reduce((sum, row) => sum + (row[s] ?? 0), 0);

const series: Series = {
  bucketMs: 1000,
  startMs: perBucket((s) => s * 1000),
  planned,
  sent: planned,
  ok: perBucket((s) => (planned[s] ?? 0) - refused(s)),
  byOutcome: {
    ok: perBucket((s) => (planned[s] ?? 0) - refused(s)),
    'limited.tokens': refusedTokens,
    'limited.requests': refusedRequests,
    'limited.burst': refusedBurst,
    server_error: errors,
  },
  promptTokens: planned.map((count) => count * 1500),
  completionTokens: planned.map((count) => count * 32),
  inFlightMax: planned.map((count) => Math.ceil(count * 1.4)),
  ttftP95Ms: planned.map((count) => (count === 0 ? null : 700 + count * 40)),
  serviceP95Ms: planned.map((count) => (count === 0 ? null : 1400 + count * 60)),
};

const curve = (scale: number) =>
  Array.from({ length: 40 }, (_, i) => {
    const share = 1 - 10 ** (-i / 12);
    return { share, valueMs: scale * (1 + i / 6) ** 1.3 };
  });

/** HdrHistogram V2, compressed: three values of 500, 700 and 1,300 µs. Written by hdr-histogram-js 3.0.1. */
const SAMPLE_HDR = 'HISTFAAAACx4nJNpmSzMwMDAycDAwMjAwMDMAAEgNsO1yUsYYPzn7Ey9zExrOZkAdfkFnQ==';

const histogram = (
  metric: LatencyHistogram['metric'],
  groupName: LatencyHistogram['group'],
  percentiles: Percentiles,
  scale: number,
): LatencyHistogram => ({
  metric,
  group: groupName,
  variant: 'default',
  phase: null,
  percentiles,
  curve: curve(scale),
  hdr: SAMPLE_HDR,
});

const spread = (count: number, scale: number): Percentiles => ({
  count,
  min: scale * 0.41,
  mean: scale * 1.12,
  p50: scale,
  p90: scale * 1.52,
  p95: scale * 1.81,
  p99: count >= 500 ? scale * 2.4 : null,
  p999: count >= 5000 ? scale * 4 : null,
  max: scale * 4.3,
});

export function sampleAnalysis(): Analysis {
  return {
    schemaVersion: 2,
    manifest: sampleManifest(),
    verdict: 'violated',
    exitCode: 1,
    stop: { kind: 'completed' },
    durationMs: 181_240,
    conservation: {
      planned: 1938,
      sent: 1921,
      notSent: { late: 12, in_flight_cap: 5 },
      finished: 1919,
      cancelled: 2,
      lost: 0,
      holds: true,
    },
    findings,
    quota,
    limits,
    recovery: [
      {
        limit: 'tokens',
        variant: 'default',
        measurable: true,
        episodesMs: [38_200, 41_050, 44_800],
        medianMs: 41_050,
        maxMs: 44_800,
        why: 'Three episodes followed by rest and poll.',
      },
      {
        limit: 'burst',
        variant: 'default',
        measurable: false,
        episodesMs: [],
        medianMs: null,
        maxMs: null,
        why: 'The load went on after the refusal.',
      },
    ],
    errors: [
      {
        label: 'server_error',
        variant: 'default',
        normalisedMessage: 'Internal server error, request id <id>',
        count: 4,
        firstMs: 100_100,
        lastMs: 101_900,
        sample: {
          status: 500,
          headers: { 'content-type': 'text/plain' },
          body: 'InternalError.Algo: An error occurred in model serving',
          requestId: 'r-000930',
          providerRequestId: null,
          atMs: 100_100,
        },
      },
      {
        label: 'timeout.idle',
        variant: 'default',
        normalisedMessage: 'no byte for 30 s',
        count: 1,
        firstMs: 120_000,
        lastMs: 120_000,
        sample: null,
      },
    ],
    phases: [
      {
        index: 0,
        label: 'burst',
        kind: 'burst',
        variant: 'default',
        startMs: 0,
        endMs: 1000,
        planned: 8,
        sent: 8,
        notSent: 0,
        ok: 2,
        limited: { burst: 6 },
        errors: 0,
        offeredPerSecond: 8,
        admittedPerSecond: 2,
        promptTokens: 1600,
        completionTokens: 64,
      },
      {
        index: 2,
        label: 'hold',
        kind: 'hold',
        variant: 'default',
        startMs: 40_000,
        endMs: 150_000,
        planned: 1100,
        sent: 1083,
        notSent: 17,
        ok: 982,
        limited: { tokens: 96 },
        errors: 5,
        offeredPerSecond: 9.85,
        admittedPerSecond: 8.93,
        promptTokens: 1_624_500,
        completionTokens: 31_424,
      },
    ],
    variants: [
      {
        variant: 'default',
        requests: 1921,
        attempts: 1921,
        answered: 1764,
        availability: { value: 0.918, low: 0.904, high: 0.931, unit: 'share' },
        offeredPerSecond: 10.6,
        admittedPerSecond: 9.73,
        goodputPerSecond: 9.73,
        firstTrySuccess: null,
        attemptsPerRequest: 1,
        addedDelayMs: NO_PERCENTILES,
        truncated: 3,
        wrongModel: 0,
        modelsAnswered: { 'qwen3-max': 1764 },
        keyAttempts: [{ alias: 'key-1', sent: 1921, limited: 141 }],
        promptTokenRatio: 1.031,
        relayFacts: {},
      },
    ],
    headerFacts: [
      {
        variant: 'default',
        serverTime: spread(1764, 688),
        networkTime: spread(1762, 21.4),
        statedTooLong: 2,
        relayTime: null,
        rateLimitHints: [
          {
            source: 'x-ratelimit-requests',
            limit: 600,
            windowMs: null,
            remainingMin: 0,
            resetMsMax: 58_200,
            count: 1905,
          },
          { source: 'ratelimit:burst', limit: 10, windowMs: 1000, remainingMin: null, resetMsMax: null, count: 16 },
        ],
        rateLimitHintsFurther: 0,
        relayHeaders: [{ text: 'x-portkey-provider: dashscope', count: 1905 }],
        relayHeadersFurther: 7,
      },
    ],
    series: [series],
    windows: [
      {
        variant: 'default',
        peaks: [
          {
            windowMs: 1000,
            planned: 14,
            sent: 14,
            admitted: 10,
            plannedTokens: 21_000,
            sentTokens: 21_000,
            admittedTokens: 15_000,
            requestQuota: 10,
            tokenQuota: 16_666,
            withinPlan: true,
          },
          {
            windowMs: 10_000,
            planned: 140,
            sent: 139,
            admitted: 100,
            plannedTokens: 210_000,
            sentTokens: 208_500,
            admittedTokens: 150_000,
            requestQuota: null,
            tokenQuota: null,
            withinPlan: true,
          },
          {
            windowMs: 60_000,
            planned: 720,
            sent: 715,
            admitted: 597,
            plannedTokens: 1_110_000,
            sentTokens: 1_104_230,
            admittedTokens: 811_204,
            requestQuota: 600,
            tokenQuota: 1_000_000,
            withinPlan: true,
          },
        ],
      },
    ],
    histograms: [
      histogram('service', 'admitted', spread(1764, 1690), 1100),
      histogram('service', 'refused', spread(141, 84), 60),
      histogram('response', 'admitted', spread(1764, 1692), 1102),
      histogram('ttft', 'admitted', spread(1764, 709.6), 480),
      histogram('itl', 'admitted', spread(54_684, 24.8), 20),
      histogram('lag', 'all', spread(1921, 0.31), 0.2),
      { ...histogram('ttft', 'admitted', spread(982, 720), 480), phase: 'hold', curve: [], hdr: null },
    ],
    health: {
      verdict: 'degraded',
      reasons: ['12 arrivals were skipped because they were more than 6 ms late.'],
      lag: spread(1921, 0.31),
      skippedLate: 12,
      skippedInFlightCap: 5,
      inFlightMax: 48,
      loopDelayMaxMs: 14.2,
      cpuShareMean: 0.08,
      cpuShareMax: 0.31,
      gcPauseMaxMs: 3.1,
      rssMaxBytes: 121_634_816,
      socketsOpened: 52,
      socketsReusedShare: 0.973,
      stalls: 1,
      stalledAttempts: 9,
      wallClockDriftMs: -1.8,
      wallClockSteps: 0,
    },
    cost: [
      {
        variant: 'default',
        promptTokens: 2_881_500,
        completionTokens: 56_448,
        cachedTokens: 0,
        estimatedAttempts: 3,
        totalUsd: 3.7965,
        perThousandAnswersUsd: 2.1522,
        perMonthUsd: null,
        unpricedModels: [],
        priceSource: 'https://www.alibabacloud.com/help/en/model-studio/models',
        priceSeenOn: '2026-06-30',
      },
    ],
    forecast: null,
    comparison: null,
    caveats: [
      'Other traffic on the account is unknown: the verdicts read "under the traffic present".',
      'One relay refusal hid the kind it was refused for.',
    ],
    unreadableLines: 0,
  };
}

/** The document of a run that ended before its first request: nothing counted, nothing measured. */
export function emptyAnalysis(): Analysis {
  return {
    ...sampleAnalysis(),
    verdict: 'inconclusive',
    exitCode: 3,
    stop: { kind: 'killed' },
    durationMs: 0,
    conservation: { planned: 0, sent: 0, notSent: {}, finished: 0, cancelled: 0, lost: 0, holds: true },
    findings: [],
    quota: [],
    limits: [],
    recovery: [],
    errors: [],
    phases: [],
    variants: [],
    headerFacts: [],
    series: [],
    windows: [],
    histograms: [],
    health: {
      verdict: 'invalid',
      reasons: [],
      lag: NO_PERCENTILES,
      skippedLate: 0,
      skippedInFlightCap: 0,
      inFlightMax: 0,
      loopDelayMaxMs: 0,
      cpuShareMean: 0,
      cpuShareMax: 0,
      gcPauseMaxMs: 0,
      rssMaxBytes: 0,
      socketsOpened: 0,
      socketsReusedShare: null,
      stalls: 0,
      stalledAttempts: 0,
      wallClockDriftMs: null,
      wallClockSteps: 0,
    },
    cost: [],
    forecast: null,
    comparison: null,
    caveats: [],
    unreadableLines: 1,
  };
}

/** Every histogram present, no sample in any of them. */
export function unsampledAnalysis(): Analysis {
  const sample = sampleAnalysis();
  return {
    ...sample,
    histograms: sample.histograms.map((entry) => ({ ...entry, percentiles: NO_PERCENTILES, curve: [], hdr: null })),
    health: { ...sample.health, lag: NO_PERCENTILES },
  };
}
