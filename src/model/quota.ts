/** What the provider publishes; a quota is a claim, a limit is what is enforced. */
export type QuotaResource = 'requests' | 'tokens' | 'concurrency' | 'rate_increase' | 'free_tokens';

/** One published number. */
export interface Quota {
  readonly resource: QuotaResource;
  readonly limit: number;
  /** Window the limit counts over; null where it has none (concurrency, free tokens). */
  readonly periodMs: number | null;
  readonly scope: 'account' | 'workspace' | 'key';
  readonly region: string;
  /** Page or file the number was read in. */
  readonly source: string;
  /** ISO date on which it was read. */
  readonly seenOn: string;
}

/** The names under which limits are verified and written in scenarios. */
export const LIMIT_NAMES = ['rps', 'rpm', 'tps', 'tpm', 'burst', 'concurrency'] as const;
export type LimitName = (typeof LIMIT_NAMES)[number];

/** The quotas one scenario is held against; null = not published or not stated. Requests and tokens, never mixed. */
export interface QuotaSet {
  readonly rps: number | null;
  readonly rpm: number | null;
  readonly tps: number | null;
  readonly tpm: number | null;
  readonly concurrency: number | null;
  readonly freeTokens: number | null;
  /** `scenario`, or the page the preset was read in. */
  readonly source: string;
  /** ISO date of the preset; null when the scenario states the numbers itself. */
  readonly seenOn: string | null;
}

/** US dollars per million tokens. */
export interface Price {
  readonly inputUsdPerMillion: number;
  readonly outputUsdPerMillion: number;
  readonly source: string;
  readonly seenOn: string | null;
}
