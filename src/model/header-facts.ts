import type { Percentiles } from './analysis.ts';

/** What headers (or a refusal's body) say about one limit, over all answers of a variant that said the same. */
export interface StatedLimit {
  /** Header family and resource: `x-ratelimit-tokens`, `ratelimit:burst`, `body:x-ratelimit`. */
  readonly source: string;
  readonly limit: number | null;
  /** Length of the window where a header states it. */
  readonly windowMs: number | null;
  readonly remainingMin: number | null;
  /** The longest time until a reset. */
  readonly resetMsMax: number | null;
  /** Answers that said so. */
  readonly count: number;
}

/** What the answers of one variant state about themselves: words of the other side, never measured limits. */
export interface HeaderFacts {
  readonly variant: string;
  /** Answered attempts: from arrival to the start of the answer, as the service counts. Null where no header says. */
  readonly serverTime: Percentiles | null;
  /** The same attempts: our time to headers minus theirs. */
  readonly networkTime: Percentiles | null;
  /** Attempts whose stated time is longer than our whole wait for headers: in `serverTime`, not in `networkTime`. */
  readonly statedTooLong: number;
  /** Time a relay says it added, answered attempts. */
  readonly relayTime: Percentiles | null;
  /** The 20 most frequent; distinct in source, limit and window. */
  readonly rateLimitHints: readonly StatedLimit[];
  /** Hints in answers that none of the listed ones counts. */
  readonly rateLimitHintsFurther: number;
  /** `name: value` lines in which relays state routing and retries, the 20 most frequent. */
  readonly relayHeaders: readonly { readonly text: string; readonly count: number }[];
  readonly relayHeadersFurther: number;
}
