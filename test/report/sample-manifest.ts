import type { Manifest, ManifestVariant } from '../../src/model/manifest.ts';
import type { QuotaSet } from '../../src/model/quota.ts';
import type { Safety } from '../../src/model/safety.ts';
import type { Scenario } from '../../src/model/scenario.ts';
import type { SimulatorSettings } from '../../src/model/simulator.ts';
import type { Threshold } from '../../src/model/threshold.ts';

const QUOTA: QuotaSet = {
  rps: 10,
  rpm: 600,
  tps: 16_666,
  tpm: 1_000_000,
  concurrency: null,
  freeTokens: 1_000_000,
  source: 'https://www.alibabacloud.com/help/en/model-studio/rate-limit',
  seenOn: '2026-06-30',
};

const SAFETY: Safety = {
  maxRequests: 2000,
  maxTokens: 5_000_000,
  maxCostUsd: 10,
  maxDurationMs: 600_000,
  maxJournalBytes: null,
  maxInFlight: 200,
  stopOn: ['auth', 'billing'],
};

const SIMULATOR: SimulatorSettings = {
  preset: 'qwen3-max',
  limits: {
    rps: { limit: 10, window: 'sliding_log', countsRefused: false },
    rpm: { limit: 600, window: 'sliding_log', countsRefused: false },
    tps: null,
    tpm: { limit: 800_000, window: 'sliding_log', countsRefused: false, accounting: 'prompt_at_admission' },
    burst: { baselinePerSecond: 2, factor: 3, overMs: 10_000 },
    freeTokens: null,
    concurrency: null,
  },
  latency: {
    ttftMs: { kind: 'lognormal', mu: 6.4, sigma: 0.5, max: null },
    tokensPerSecond: 40,
    networkMs: 20,
  },
  refusals: 'status',
  wording: 'current',
  relay: null,
  faults: [{ fromMs: 100_000, toMs: 102_000, answer: 500, share: 0.2 }],
  seed: 7,
};

const threshold = (text: string, part: Omit<Threshold, 'text' | 'tags' | 'where' | 'overMs'>): Threshold => ({
  text,
  tags: {},
  overMs: null,
  where: null,
  ...part,
});

const THRESHOLDS: readonly Threshold[] = [
  threshold('ttft.p95 < 2s', { metric: 'ttft', aggregate: 'p95', operator: '<', value: 2000, unit: 'ms' }),
  threshold('limited.share < 1%', { metric: 'limited', aggregate: 'share', operator: '<', value: 0.01, unit: 'share' }),
  {
    ...threshold('goodput.rate{phase="hold"} over 60s >= 520/min', {
      metric: 'goodput',
      aggregate: 'rate',
      operator: '>=',
      value: 520 / 60,
      unit: 'perSecond',
    }),
    tags: { phase: 'hold' },
    overMs: 60_000,
  },
  threshold('ttft.p999 < 5s', { metric: 'ttft', aggregate: 'p999', operator: '<', value: 5000, unit: 'ms' }),
];

const SCENARIO: Scenario = {
  name: 'qwen3-max launch',
  description: 'Does the evening launch fit the quota of the Singapore account?',
  seed: 7,
  account: { exclusive: 'unknown', region: 'ap-southeast-1', workspace: 'default' },
  restMs: 120_000,
  workload: {
    content: { kind: 'prompt_tokens', size: { kind: 'fixed', value: 1500 } },
    language: 'en',
    maxTokens: { kind: 'fixed', value: 32 },
    stream: true,
    cache: 'avoid',
    turns: null,
    extraBody: { enable_thinking: false },
  },
  traffic: [
    { kind: 'burst', requests: 8, overMs: 0, label: null, limitTo: { promptTokens: 200, maxTokens: null } },
    { kind: 'pause', durationMs: 20_000, label: null, limitTo: { promptTokens: null, maxTokens: null } },
    {
      kind: 'hold',
      ratePerSecond: 10,
      durationMs: 110_000,
      arrivals: { kind: 'uniform' },
      label: null,
      limitTo: { promptTokens: null, maxTokens: null },
    },
  ],
  variants: [
    {
      name: 'default',
      quotaGroup: 'default',
      target: {
        name: 'simulator',
        baseUrl: null,
        dialect: 'dashscope',
        keyEnvs: [],
        headers: {},
        waitTimeoutMs: null,
        protocol: 'h1',
        price: null,
        isSimulator: true,
      },
      model: 'qwen3-max',
      driver: 'undici',
      sdkRetries: 0,
      tactics: [],
      quota: QUOTA,
      safety: SAFETY,
      simulator: SIMULATOR,
    },
  ],
  pairing: 'paired',
  thresholds: THRESHOLDS,
  claims: [],
  safety: SAFETY,
  timeouts: { connectMs: 5000, firstByteMs: 60_000, idleMs: 30_000, totalMs: 300_000 },
  record: 'outcomes',
  published: [
    {
      resource: 'requests',
      limit: 600,
      periodMs: 60_000,
      scope: 'account',
      region: 'ap-southeast-1',
      source: 'https://www.alibabacloud.com/help/en/model-studio/rate-limit',
      seenOn: '2026-06-30',
    },
  ],
};

const VARIANT: ManifestVariant = {
  name: 'default',
  quotaGroup: 'default',
  targetName: 'simulator',
  baseUrl: 'http://127.0.0.1:39127/compatible-mode/v1',
  dialect: 'dashscope',
  protocol: 'h1',
  model: 'qwen3-max',
  driver: 'undici',
  keyAliases: ['key-1'],
  headerNames: [],
  waitTimeoutMs: 30_000,
  tactics: [],
  quota: QUOTA,
  price: {
    inputUsdPerMillion: 1.2,
    outputUsdPerMillion: 6,
    source: 'https://www.alibabacloud.com/help/en/model-studio/models',
    seenOn: '2026-06-30',
  },
  isSimulator: true,
  simulator: SIMULATOR,
};

export function sampleManifest(): Manifest {
  return {
    schemaVersion: 1,
    runId: '2026-07-01T12-00-00Z-qwen3-max-launch',
    kind: 'run',
    tool: { name: 'quotascope', version: '0.1.0', git: '7fde5fb' },
    scenario: SCENARIO,
    scenarioFile: 'scenarios/launch.yaml',
    scenarioHash: '2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae',
    seed: 7,
    variants: [VARIANT],
    phases: [
      { index: 0, kind: 'burst', label: 'burst', startMs: 0, endMs: 1000, plannedArrivals: 8, peakPerSecond: 8 },
      {
        index: 1,
        kind: 'pause',
        label: 'pause',
        startMs: 1000,
        endMs: 20_000,
        plannedArrivals: 0,
        peakPerSecond: null,
      },
      {
        index: 2,
        kind: 'hold',
        label: 'hold',
        startMs: 40_000,
        endMs: 150_000,
        plannedArrivals: 1100,
        peakPerSecond: 10,
      },
    ],
    createdAt: '2026-07-01T11:57:58.000Z',
    t0WallMs: 1_782_907_200_000,
    environment: { node: 'v24.21.0', platform: 'linux x64', cpus: 2, proxy: null },
    lateToleranceMs: 6,
    forecastLimiter: null,
  };
}
