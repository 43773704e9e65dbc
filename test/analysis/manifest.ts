import type { PlannedPhase } from '../../src/model/arrival.ts';
import type { Manifest, ManifestVariant } from '../../src/model/manifest.ts';
import type { QuotaSet } from '../../src/model/quota.ts';
import type { Scenario, Variant } from '../../src/model/scenario.ts';
import type { SimulatorSettings } from '../../src/model/simulator.ts';
import type { Claim, Threshold } from '../../src/model/threshold.ts';

const QUOTA: QuotaSet = {
  rps: 10,
  rpm: 600,
  tps: null,
  tpm: 1_000_000,
  concurrency: null,
  freeTokens: null,
  source: 'help.aliyun.com/zh/model-studio/rate-limit',
  seenOn: '2026-11-21',
};

const SIMULATOR: SimulatorSettings = {
  preset: 'qwen3-max',
  limits: { rps: null, rpm: null, tps: null, tpm: null, burst: null, freeTokens: null, concurrency: null },
  latency: { ttftMs: { kind: 'fixed', value: 600 }, tokensPerSecond: 40, networkMs: 0 },
  refusals: 'status',
  wording: 'current',
  relay: null,
  faults: [],
  seed: 7,
};

export function phase(over: Partial<PlannedPhase> & { readonly index: number }): PlannedPhase {
  const { kind = 'hold' } = over;
  return { kind, label: kind, startMs: 0, endMs: 60_000, plannedArrivals: null, peakPerSecond: null, ...over };
}

export function variant(over: Partial<ManifestVariant> = {}): ManifestVariant {
  return {
    name: 'default',
    quotaGroup: 'default',
    targetName: 'simulator',
    baseUrl: 'http://127.0.0.1:8080',
    dialect: 'dashscope',
    protocol: 'h1',
    model: 'qwen3-max',
    driver: 'undici',
    keyAliases: ['key-1'],
    headerNames: [],
    waitTimeoutMs: null,
    tactics: [],
    quota: QUOTA,
    price: { inputUsdPerMillion: 1.2, outputUsdPerMillion: 6, source: 'example', seenOn: '2026-11-21' },
    isSimulator: true,
    simulator: SIMULATOR,
    ...over,
  };
}

function scenarioVariant(of: ManifestVariant, safety: Scenario['safety']): Variant {
  return {
    name: of.name,
    quotaGroup: of.quotaGroup,
    target: {
      name: of.targetName,
      baseUrl: of.baseUrl,
      dialect: of.dialect,
      keyEnvs: [],
      headers: {},
      waitTimeoutMs: of.waitTimeoutMs,
      protocol: of.protocol,
      price: of.price,
      isSimulator: of.isSimulator,
    },
    model: of.model,
    driver: of.driver === 'simulated' ? 'undici' : of.driver,
    sdkRetries: of.sdkRetries ?? 0,
    tactics: of.tactics,
    quota: of.quota,
    safety,
    simulator: SIMULATOR,
  };
}

export interface ManifestOptions {
  readonly phases?: readonly PlannedPhase[];
  readonly variants?: readonly [ManifestVariant, ...ManifestVariant[]];
  readonly thresholds?: readonly Threshold[];
  readonly claims?: readonly Claim[];
  readonly scenario?: Partial<Scenario>;
  readonly over?: Partial<Manifest>;
}

/** A manifest of one variant against the simulator and one hold of a minute, unless told otherwise. */
export function manifest(options: ManifestOptions = {}): Manifest {
  const { phases = [phase({ index: 0 })], variants = [variant()], thresholds = [], claims = [] } = options;
  const safety: Scenario['safety'] = {
    maxRequests: 2000,
    maxTokens: 500_000,
    maxCostUsd: 2,
    maxDurationMs: 600_000,
    maxJournalBytes: null,
    maxInFlight: 200,
    stopOn: [],
  };
  const [first, ...others] = variants;
  const scenario: Scenario = {
    name: 'example',
    description: 'Does the evening launch fit the quota?',
    seed: 7,
    account: { exclusive: 'yes', region: 'ap-southeast-1', workspace: 'default' },
    restMs: 0,
    workload: {
      content: { kind: 'prompt_tokens', size: { kind: 'fixed', value: 100 } },
      language: 'en',
      maxTokens: { kind: 'fixed', value: 32 },
      stream: true,
      cache: 'avoid',
      turns: null,
      extraBody: {},
    },
    traffic: [],
    variants: [scenarioVariant(first, safety), ...others.map((each) => scenarioVariant(each, safety))],
    pairing: 'paired',
    thresholds,
    claims,
    safety,
    timeouts: { connectMs: 5000, firstByteMs: 60_000, idleMs: 30_000, totalMs: 300_000 },
    record: 'outcomes',
    published: [],
    ...options.scenario,
  };
  return {
    schemaVersion: 1,
    runId: 'run-1',
    kind: 'run',
    tool: { name: 'quotascope', version: '0.1.0', git: null },
    scenario,
    scenarioFile: 'scenarios/example.yaml',
    scenarioHash: 'a'.repeat(64),
    seed: 7,
    variants,
    phases,
    createdAt: '2026-11-21T20:00:00.000Z',
    t0WallMs: 1_795_291_200_000,
    environment: { node: 'v24.21.0', platform: 'linux', cpus: 2, proxy: null },
    lateToleranceMs: 6,
    forecastLimiter: null,
    ...options.over,
  };
}
