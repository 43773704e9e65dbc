import type { LimitName } from './quota.ts';

/** An estimate with its 95 % interval. */
export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly unit: string;
}

export type FindingVerdict = 'holds' | 'violated' | 'inconclusive';

export const QUOTA_RESULTS = ['as_documented', 'lower', 'higher', 'masked', 'not_reached', 'inconclusive'] as const;
export type QuotaResult = (typeof QUOTA_RESULTS)[number];

/** A checked statement: a threshold, a claim, a published limit. */
export interface Finding {
  readonly id: string;
  readonly kind: 'threshold' | 'claim' | 'quota' | 'generator' | 'observation';
  /** The statement, as a person would say it. */
  readonly claim: string;
  readonly verdict: FindingVerdict;
  /** Machine-readable detail per kind: a QuotaResult, a number, ... */
  readonly result: string | null;
  readonly estimate: Estimate | null;
  /** Facts it rests on, one sentence each. */
  readonly evidence: readonly string[];
  /** One sentence: why this verdict. */
  readonly why: string;
  /** Threshold text or limit name it answers. */
  readonly subject: string | null;
  readonly variant: string | null;
}

/** Verification of one published limit. */
export interface QuotaVerdict {
  readonly limit: LimitName;
  readonly variant: string;
  readonly documented: number | null;
  readonly result: QuotaResult;
  readonly estimate: Estimate | null;
  /** The limit that refused first, where this one is masked. */
  readonly maskedBy: LimitName | null;
  /** min(RPM, 60 x RPS) names the binding one of a pair. */
  readonly binding: boolean;
  readonly offered: { readonly windowMs: number; readonly max: number };
  readonly admitted: { readonly windowMs: number; readonly max: number };
  readonly refusals: number;
  readonly evidence: readonly string[];
  readonly why: string;
}
