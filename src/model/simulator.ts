import type { NumberSpec } from './number-spec.ts';

/** Settings of the embedded endpoint: only read when the target is the simulator. */
export type WindowKind = 'sliding_log' | 'sliding_counter' | 'fixed_clock' | 'fixed_first' | 'bucket';

/** When and how much a request's tokens are booked. */
export type TokenAccounting = 'prompt_at_admission' | 'reserve_max_tokens' | 'reserve_and_refund' | 'at_completion';
export const TOKEN_ACCOUNTINGS: readonly TokenAccounting[] = [
  'prompt_at_admission',
  'reserve_max_tokens',
  'reserve_and_refund',
  'at_completion',
];

export interface WindowLimit {
  readonly limit: number;
  readonly window: WindowKind;
  readonly countsRefused: boolean;
}

export interface TokenLimit extends WindowLimit {
  readonly accounting: TokenAccounting;
}

/** Requests in the last second may not exceed max(baseline, factor x mean rate over the `overMs` before it). */
export interface BurstGuard {
  readonly baselinePerSecond: number;
  readonly factor: number;
  readonly overMs: number;
}

/** Null = that limit is off. */
export interface SimulatorLimits {
  readonly rps: WindowLimit | null;
  readonly rpm: WindowLimit | null;
  readonly tps: TokenLimit | null;
  readonly tpm: TokenLimit | null;
  readonly burst: BurstGuard | null;
  readonly freeTokens: { readonly limit: number; readonly then: 429 | 403 } | null;
  readonly concurrency: number | null;
}

export const NO_LIMITS: SimulatorLimits = {
  rps: null,
  rpm: null,
  tps: null,
  tpm: null,
  burst: null,
  freeTokens: null,
  concurrency: null,
};

export interface SimulatorLatency {
  /** Milliseconds from admission to the first token. */
  readonly ttftMs: NumberSpec;
  readonly tokensPerSecond: number;
  /** One way; applied before the limiter sees a request and before the client sees an answer. */
  readonly networkMs: number;
}

export interface RelaySettings {
  readonly channels: number;
  /** Hidden retries on other channels after an upstream refusal. */
  readonly retries: number;
  /** Before the first hidden retry; doubles with every further one. 0 = at once. */
  readonly retryWaitMs: number;
  readonly rewrites: 'none' | 'one-api' | 'new-api';
  readonly addsLatencyMs: number;
  /** Share of streams cut in the middle that nevertheless end cleanly. */
  readonly cutsStreams: number;
  readonly swapsModel: { readonly to: string; readonly share: number } | null;
  /** The relay's own limit, in its own words. */
  readonly ownLimit: { readonly limit: number; readonly periodMs: number } | null;
  /** Answers upstream errors of this status with another status. */
  readonly mapsStatus: { readonly from: number; readonly to: number } | null;
  /** Multiplies the usage it reports. */
  readonly usageFactor: number;
}

/** Something scripted by time: between `fromMs` and `toMs` a share of requests gets this answer. */
export interface Fault {
  readonly fromMs: number;
  readonly toMs: number;
  /** An HTTP status, or the name of an error of the DashScope table (`limit_burst_rate`, `Arrearage`, `reset` ...). */
  readonly answer: number | string;
  readonly share: number;
}

export interface SimulatorSettings {
  /** Model whose published limits apply. */
  readonly preset: string;
  readonly limits: SimulatorLimits;
  /** Left out: keys share one account, as a provider's keys do. `per_key`: each key is an account of its own. */
  readonly accounts?: 'per_key' | undefined;
  readonly latency: SimulatorLatency;
  readonly refusals: 'status' | 'in_stream';
  readonly wording: 'old' | 'current' | 'international';
  readonly relay: RelaySettings | null;
  readonly faults: readonly Fault[];
  readonly seed: number;
}
