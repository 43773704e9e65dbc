import type { PlannedPhase } from './arrival.ts';
import type { Price, QuotaSet } from './quota.ts';
import type { DriverName, Scenario, TacticSpec } from './scenario.ts';
import type { SimulatorSettings } from './simulator.ts';
import type { DialectName } from './target.ts';

export const SCHEMA_VERSION = 1;

export interface ManifestVariant {
  readonly name: string;
  readonly quotaGroup: string;
  readonly targetName: string;
  readonly baseUrl: string | null;
  readonly dialect: DialectName;
  readonly protocol: 'h1' | 'h2';
  readonly model: string;
  readonly driver: DriverName | 'simulated';
  /** Retries that the OpenAI SDK makes by itself (in a forecast: that are modelled); left out where it makes none. */
  readonly sdkRetries?: number | undefined;
  /** `key-1`, `key-2` ...: aliases, never keys. */
  readonly keyAliases: readonly string[];
  readonly headerNames: readonly string[];
  readonly waitTimeoutMs: number | null;
  readonly tactics: readonly TacticSpec[];
  readonly quota: QuotaSet;
  readonly price: Price | null;
  readonly isSimulator: boolean;
  /** What the simulator was set to, where the endpoint is one. */
  readonly simulator: SimulatorSettings | null;
}

/** Everything constant for a run. Written before the first request. */
export interface Manifest {
  readonly schemaVersion: typeof SCHEMA_VERSION;
  readonly runId: string;
  readonly kind: 'run' | 'forecast';
  readonly tool: { readonly name: 'quotascope'; readonly version: string; readonly git: string | null };
  /** The scenario as resolved, without bulk (replay rows, file prompts): enough to repeat the analysis. */
  readonly scenario: Scenario;
  readonly scenarioFile: string | null;
  /** SHA-256 of the scenario text. */
  readonly scenarioHash: string;
  readonly seed: number;
  readonly variants: readonly [ManifestVariant, ...ManifestVariant[]];
  readonly phases: readonly PlannedPhase[];
  /** ISO times of the wall clock. */
  readonly createdAt: string;
  /** Wall clock at t0, epoch ms. */
  readonly t0WallMs: number;
  readonly environment: {
    readonly node: string;
    readonly platform: string;
    readonly cpus: number;
    readonly proxy: string | null;
  };
  /** A send later than this after its due time is skipped and counted instead. */
  readonly lateToleranceMs: number;
  /** Named when a forecast assumed one limiter. */
  readonly forecastLimiter: string | null;
}
