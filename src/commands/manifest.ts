import { cpus, platform, release } from 'node:os';
import type { PlannedPhase } from '../model/arrival.ts';
import { type Manifest, type ManifestVariant, SCHEMA_VERSION } from '../model/manifest.ts';
import type { Scenario, Variant } from '../model/scenario.ts';
import type { LoadedScenario } from './load-scenario.ts';
import { gitCommit, toolVersion } from './version.ts';

/** 5 ms and one tick of the clock: what a healthy event loop keeps; later sends would bunch up into a false burst. */
export const LATE_TOLERANCE_MS = 6;

export interface ManifestOptions {
  readonly kind: Manifest['kind'];
  readonly runId: string;
  readonly loaded: LoadedScenario;
  /** With addresses filled in. */
  readonly variants: readonly Variant[];
  readonly phases: readonly PlannedPhase[];
  readonly t0WallMs: number;
  readonly proxy: string | null;
  readonly forecastLimiter: string | null;
}

export function manifestOf(options: ManifestOptions): Manifest {
  const { loaded } = options;
  const [first, ...others] = options.variants.map((variant) => manifestVariant(variant, options.kind));
  if (first === undefined) throw new Error('a run has at least one variant');
  return {
    schemaVersion: SCHEMA_VERSION,
    runId: options.runId,
    kind: options.kind,
    tool: { name: 'quotascope', version: toolVersion(), git: gitCommit() },
    scenario: withoutBulk(loaded.scenario),
    scenarioFile: loaded.file,
    scenarioHash: loaded.hash,
    seed: loaded.scenario.seed,
    variants: [first, ...others],
    phases: options.phases,
    createdAt: new Date(options.t0WallMs).toISOString(),
    t0WallMs: options.t0WallMs,
    environment: {
      node: process.version,
      platform: `${platform()} ${release()} ${process.arch}`,
      cpus: cpus().length,
      proxy: options.proxy,
    },
    lateToleranceMs: LATE_TOLERANCE_MS,
    forecastLimiter: options.forecastLimiter,
  };
}

function manifestVariant(variant: Variant, kind: Manifest['kind']): ManifestVariant {
  const { target } = variant;
  const keys = variant.tactics.flatMap((tactic) => (tactic.kind === 'keys' ? tactic.envs : []));
  const envs = keys.length > 0 ? keys : target.keyEnvs;
  return {
    name: variant.name,
    quotaGroup: variant.quotaGroup,
    targetName: target.name,
    baseUrl: target.baseUrl === null ? null : withoutCredentials(target.baseUrl),
    dialect: target.dialect,
    protocol: target.protocol,
    model: variant.model,
    driver: kind === 'forecast' ? 'simulated' : variant.driver,
    ...(variant.sdkRetries > 0 ? { sdkRetries: variant.sdkRetries } : {}),
    keyAliases: envs.map((_, index) => `key-${index + 1}`),
    headerNames: Object.keys(target.headers),
    waitTimeoutMs: target.waitTimeoutMs,
    tactics: variant.tactics,
    quota: variant.quota,
    price: target.price,
    isSimulator: target.isSimulator,
    simulator: target.isSimulator ? variant.simulator : null,
  };
}

/** A base URL may carry a user name and password: they never reach a file. */
function withoutCredentials(baseUrl: string): string {
  const url = new URL(baseUrl);
  url.username = '';
  url.password = '';
  return url.toString().replace(/\/$/, '');
}

/** Contents of files, texts and header values stay out of the manifest: sizes and names are enough to read the run. */
function withoutBulk(scenario: Scenario): Scenario {
  const { content } = scenario.workload;
  const kept =
    content.kind === 'file'
      ? { ...content, prompts: [] }
      : content.kind === 'text'
        ? { ...content, text: `(${content.text.length} characters)` }
        : content.kind === 'messages'
          ? {
              ...content,
              messages: content.messages.map(({ role, content: text }) => ({
                role,
                content: `(${text.length} characters)`,
              })),
            }
          : content;
  const [first, ...others] = scenario.variants.map((variant) => ({
    ...variant,
    target: {
      ...variant.target,
      baseUrl: variant.target.baseUrl === null ? null : withoutCredentials(variant.target.baseUrl),
      headers: Object.fromEntries(Object.keys(variant.target.headers).map((name) => [name, '(set)'])),
    },
  }));
  if (first === undefined) throw new Error('a scenario has at least one variant');
  return {
    ...scenario,
    workload: { ...scenario.workload, content: kept },
    traffic: scenario.traffic.map((phase) => (phase.kind === 'replay' ? { ...phase, rows: [] } : phase)),
    variants: [first, ...others],
  };
}
