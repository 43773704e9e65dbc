import type { Estimate, QuotaResult } from './finding.ts';
import type { LimitName, QuotaSet } from './quota.ts';
import type { TacticSpec } from './scenario.ts';

export const SIZE_SCHEMA_VERSION = 1;

/** Limits a quota can be sized for; the others are no numbers that one applies for. */
export const SIZED_LIMITS = ['rps', 'rpm', 'tps', 'tpm'] as const;
export type SizedLimit = (typeof SIZED_LIMITS)[number];

/** Requests and tokens per minute: what a provider's application form asks for. */
export interface MinuteQuota {
  readonly rpm: number;
  readonly tpm: number;
}

/** What breaks with one step less than the needed quota: where, and which rules. */
export interface SizeProof {
  /** Member of the family of limiters. */
  readonly limiter: string;
  readonly seed: number;
  /** Rules that no longer hold, as written. */
  readonly breaks: readonly string[];
}

/** One limit alone, every other one off. */
export interface LimitNeed {
  readonly limit: SizedLimit;
  /** Under the worst member of the family; null when no finite number was found. */
  readonly needed: number | null;
  /** Under an exact sliding window (tokens reserved at admission): what counting by hand gives. */
  readonly exact: number | null;
  /** Resolution of the search: with `needed - step` some rule breaks. */
  readonly step: number;
  readonly proof: SizeProof | null;
  readonly limiters: number;
}

/** Both minute limits together, by what is taken to be enforced. */
export interface JointNeed {
  /** `minute`: RPM and TPM over a minute. `second`: also a sixtieth of each within a second. */
  readonly enforced: 'minute' | 'second';
  readonly needed: MinuteQuota | null;
  readonly step: MinuteQuota;
  readonly requests: SizeProof | null;
  readonly tokens: SizeProof | null;
  readonly limiters: number;
}

/** What a tactic does at the quota it needs, over the seeds; null where nothing could be found. */
export interface TacticEffect {
  /** Lowest over the seeds. */
  readonly availability: number | null;
  readonly attemptsPerRequest: number;
  /** Longest over the seeds; null with too few answers. */
  readonly addedDelayP95Ms: number | null;
  /** Rules that the assumed growth guard breaks at this quota; null when the scenario assumes none. */
  readonly guardBreaks: readonly string[] | null;
}

export interface TacticNeed {
  readonly name: string;
  /** As the scenario would write it. */
  readonly text: string;
  readonly specs: readonly TacticSpec[];
  readonly joint: JointNeed;
  /** Why no quota suffices, where none does. */
  readonly why: string | null;
  readonly effect: TacticEffect | null;
  readonly monthly: readonly MonthlyCost[];
}

/** The most in any window of this length, over the seeds. */
export interface PeakDemand {
  readonly windowMs: number;
  readonly requests: { readonly p50: number; readonly max: number };
  /** Input and output as used, counted at the time of sending. */
  readonly tokens: { readonly p50: number; readonly max: number };
  /** Input plus `maxTokens`: what a provider that reserves would count. */
  readonly reservedTokens: { readonly p50: number; readonly max: number };
}

/** A rule that no quota decides, and why. */
export interface UndecidedRule {
  readonly rule: string;
  readonly seeds: readonly number[];
  readonly why: string;
}

/** A price at one channel, and what a month of this traffic costs there. Null = unknown. */
export interface MonthlyCost {
  readonly channel: string;
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly usd: number | null;
  /** Were the prompts of refused attempts charged too; refusals are free as far as anyone has seen. */
  readonly usdIfRefusedBilled: number | null;
  readonly perThousandAnswersUsd: number | null;
  /** How the price came about, with its date. */
  readonly basis: string;
}

export interface MeasuredLimit {
  readonly limit: LimitName;
  readonly variant: string;
  readonly documented: number | null;
  readonly result: QuotaResult;
  readonly estimate: Estimate | null;
  readonly why: string;
}

/** What an earlier run found out about the limits. */
export interface MeasuredLimits {
  readonly run: string;
  readonly kind: 'run' | 'forecast';
  readonly startedAt: string;
  readonly target: string;
  readonly model: string;
  readonly isSimulator: boolean;
  readonly limits: readonly MeasuredLimit[];
}

/** A documented way to a higher quota. */
export interface QuotaPath {
  readonly name: string;
  /** Limits it can raise. */
  readonly limits: readonly SizedLimit[];
  /** Regions it exists in; null = all. */
  readonly regions: readonly string[] | null;
  readonly facts: readonly string[];
  readonly source: string;
  readonly seenOn: string;
}

/** What to apply for: the need with its margin, rounded up. */
export interface Recommendation {
  readonly tactic: string;
  readonly quota: MinuteQuota;
  /** Limits whose current value is too low, or not known. */
  readonly raise: readonly ('rpm' | 'tpm')[];
  readonly sentences: readonly string[];
}

/** `size.json`: the sheet to attach to a quota request. */
export interface SizeSheet {
  readonly schemaVersion: typeof SIZE_SCHEMA_VERSION;
  readonly tool: string;
  readonly createdAt: string;
  readonly scenario: {
    readonly name: string;
    readonly description: string;
    readonly file: string | null;
    readonly hash: string;
  };
  readonly target: string;
  readonly model: string;
  readonly region: string;
  readonly variant: string;
  readonly seeds: readonly number[];
  readonly limiters: readonly string[];
  readonly rules: readonly string[];
  readonly undecided: readonly UndecidedRule[];
  readonly trafficMs: number;
  readonly requests: number;
  readonly tokens: { readonly prompt: number; readonly completion: number };
  readonly peaks: readonly PeakDemand[];
  readonly current: QuotaSet;
  readonly alone: readonly LimitNeed[];
  /** With the scenario's own tactic, RPM and TPM enforced over the minute alone. */
  readonly minuteOnly: JointNeed;
  /** The scenario's own tactic first. */
  readonly tactics: readonly [TacticNeed, ...TacticNeed[]];
  readonly marginShare: number;
  readonly recommendation: Recommendation | null;
  readonly measured: MeasuredLimits | null;
  readonly paths: readonly QuotaPath[];
  readonly notes: readonly string[];
  /** Simulated runs it took. */
  readonly runs: number;
}
