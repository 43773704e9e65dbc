import type { NumberSpec } from './number-spec.ts';
import type { Quota, QuotaSet } from './quota.ts';
import type { Message } from './request.ts';
import type { Safety } from './safety.ts';
import type { SimulatorSettings } from './simulator.ts';
import type { Target } from './target.ts';
import type { Claim, Threshold } from './threshold.ts';

export type WorkloadContent =
  | { readonly kind: 'prompt_tokens'; readonly size: NumberSpec }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'messages'; readonly messages: readonly Message[] }
  /** One prompt per line (.txt), or per row with `messages` or `prompt` (.jsonl); taken in turn. Read by the command. */
  | { readonly kind: 'file'; readonly path: string; readonly prompts: readonly (readonly Message[])[] };

export interface Workload {
  readonly content: WorkloadContent;
  readonly language: 'zh' | 'en' | 'mixed';
  readonly maxTokens: NumberSpec | null;
  readonly stream: boolean;
  readonly cache: 'avoid' | 'allow';
  readonly turns: { readonly count: number; readonly thinkMs: number } | null;
  readonly extraBody: Readonly<Record<string, unknown>>;
}

export type Arrivals =
  | { readonly kind: 'uniform' }
  | { readonly kind: 'poisson' }
  /** Coefficient of variation of the gaps; shape = 1 / cv^2. */
  | { readonly kind: 'gamma'; readonly cv: number };

interface PhaseBase {
  readonly label: string | null;
  /** Upper bounds on the sizes drawn in this phase. */
  readonly limitTo: { readonly promptTokens: number | null; readonly maxTokens: number | null };
}

/** One row of a replayed trace: milliseconds after the phase's start, before `speed` is applied. */
export interface ReplayRow {
  readonly atMs: number;
  readonly promptTokens: number | null;
  readonly maxTokens: number | null;
}

export type Phase = PhaseBase &
  (
    | { readonly kind: 'burst'; readonly requests: number; readonly overMs: number }
    | { readonly kind: 'pause'; readonly durationMs: number }
    | {
        readonly kind: 'ramp';
        readonly fromPerSecond: number;
        readonly toPerSecond: number;
        readonly durationMs: number;
      }
    | {
        readonly kind: 'steps';
        readonly fromPerSecond: number;
        readonly toPerSecond: number;
        readonly byPerSecond: number;
        readonly eachMs: number;
        readonly restMs: number;
      }
    | {
        readonly kind: 'hold';
        readonly ratePerSecond: number;
        readonly durationMs: number;
        readonly arrivals: Arrivals;
      }
    | { readonly kind: 'replay'; readonly file: string; readonly speed: number; readonly rows: readonly ReplayRow[] }
    | { readonly kind: 'closed'; readonly concurrency: number; readonly durationMs: number }
  );

export interface Timeouts {
  readonly connectMs: number;
  readonly firstByteMs: number;
  readonly idleMs: number;
  readonly totalMs: number;
}

export interface Backoff {
  readonly kind: 'backoff';
  readonly baseMs: number;
  readonly factor: number;
  readonly jitter: 'full' | 'equal' | 'plus' | 'decorrelated' | 'none';
  readonly maxMs: number;
  /** Attempts in all, the first included. */
  readonly attempts: number;
  readonly honourRetryAfter: boolean;
}

export type TacticSpec =
  | Backoff
  | {
      readonly kind: 'smooth';
      readonly perSecond: number | null;
      readonly tokensPerSecond: number | null;
      readonly queue: number;
      readonly concurrency: number | null;
    }
  | {
      readonly kind: 'keys';
      readonly envs: readonly string[];
      readonly policy: 'round_robin' | 'least_limited' | 'sticky';
    }
  | { readonly kind: 'fallback'; readonly models: readonly string[]; readonly on: readonly string[] }
  | {
      readonly kind: 'adaptive';
      readonly startPerSecond: number;
      readonly increasePerSecond: number;
      readonly decrease: number;
    };

export interface Account {
  readonly exclusive: 'yes' | 'no' | 'unknown';
  readonly region: string;
  readonly workspace: string;
}

/** What one column of a comparison differs in, already resolved against the scenario. */
export interface Variant {
  readonly name: string;
  readonly quotaGroup: string;
  readonly target: Target;
  readonly model: string;
  readonly driver: DriverName;
  /** Of the OpenAI SDK itself, after a failed attempt; 0 with any other driver. */
  readonly sdkRetries: number;
  /** Outermost first; empty = none. */
  readonly tactics: readonly TacticSpec[];
  readonly quota: QuotaSet;
  readonly safety: Safety;
  readonly simulator: SimulatorSettings;
}

/** A place of the scenario file that an environment variable decides. Never a key: keys are named, not filled in. */
export interface EnvironmentReference {
  readonly name: string;
  /** Path in the file: `variants.relay.target`. */
  readonly at: string;
  /** Not set or empty: the default of the file holds. */
  readonly isSet: boolean;
  /** A preset, an address or a model; null where not set, or where the value is a map (its parts are the variant's target). */
  readonly value: string | null;
}

export type DriverName = 'undici' | 'openai' | 'autocannon';

/** A scenario with every unit resolved and every default filled in. What a run does follows from it and nothing else. */
export interface Scenario {
  readonly name: string;
  readonly description: string;
  readonly seed: number;
  readonly account: Account;
  readonly restMs: number;
  readonly workload: Workload;
  readonly traffic: readonly Phase[];
  /** Never empty; a plain scenario has exactly one, called `default`. */
  readonly variants: readonly [Variant, ...Variant[]];
  readonly pairing: 'paired' | 'switchback';
  readonly thresholds: readonly Threshold[];
  readonly claims: readonly Claim[];
  /** Of the whole run. */
  readonly safety: Safety;
  readonly timeouts: Timeouts;
  readonly record: 'outcomes' | 'bodies';
  /** Left out where the file has none. */
  readonly references?: readonly EnvironmentReference[] | undefined;
  /** Published quotas behind the first variant's numbers, with their sources. */
  readonly published: readonly Quota[];
}
