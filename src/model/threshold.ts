import type { Location } from './problem.ts';

export type Operator = '<' | '<=' | '==' | '>=' | '>' | '!=';

/** Unit family of a threshold's value; values are stored in the base unit named here. */
export type ThresholdUnit = 'ms' | 'share' | 'perSecond' | 'usd' | 'count' | 'verdict';

/** One pass/fail rule: `metric[.aggregate][{tags}] [over WINDOW] OP VALUE`. */
export interface Threshold {
  /** As written. */
  readonly text: string;
  /** Without aggregate: `ttft`, `limited.burst`, `quota.rpm`, `tokens.input`. */
  readonly metric: string;
  /** `p95`, `share`, `rate`, `count`, `total` ...; null only for quota verdicts. */
  readonly aggregate: string | null;
  readonly tags: Readonly<Partial<Record<ThresholdTag, string>>>;
  /** Worst sliding window of this length inside the tagged phases; null = the whole tagged stretch. */
  readonly overMs: number | null;
  readonly operator: Operator;
  /** In the base unit; a verdict name for `quota.*`. */
  readonly value: number | string;
  readonly unit: ThresholdUnit;
  readonly where: Location | null;
}

export const THRESHOLD_TAGS = ['phase', 'variant', 'limit', 'origin', 'model'] as const;
export type ThresholdTag = (typeof THRESHOLD_TAGS)[number];

/**
 * `relay: availability >= 99.9%`: a rule about one variant. Relative claims (`relay: cost <= 88% of direct`) name the
 * variant they are measured against.
 */
export interface Claim {
  readonly text: string;
  readonly variant: string;
  readonly threshold: Threshold;
  /** For `... <= 88% of direct`: the value is a share of this variant's figure. */
  readonly relativeTo: string | null;
}
