import type { Comparison } from './comparison.ts';
import type { Estimate, Finding, QuotaVerdict } from './finding.ts';
import type { HeaderFacts } from './header-facts.ts';
import type { StopReason } from './journal.ts';
import type { Manifest } from './manifest.ts';
import type { Heals, LimitKind, Origin } from './outcome.ts';

/**
 * Raised whenever a reader of the version before would meet a field it does not know or miss one. 2: `comparison`,
 * `headerFacts`, and in `cost` the `unpricedModels`.
 */
export const ANALYSIS_SCHEMA_VERSION = 2;

/** planned = sent + notSent; sent = finished + cancelled + lost. Attempts, retries included in `planned`. */
export interface Conservation {
  readonly planned: number;
  readonly sent: number;
  readonly notSent: Readonly<Record<string, number>>;
  readonly finished: number;
  readonly cancelled: number;
  readonly lost: number;
  readonly holds: boolean;
}

/** Milliseconds. Null where too few samples: a percentile p needs n >= 5 / (1 - p). */
export interface Percentiles {
  readonly count: number;
  readonly min: number | null;
  readonly mean: number | null;
  readonly p50: number | null;
  readonly p90: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
  readonly p999: number | null;
  readonly max: number | null;
}

export interface HistogramPoint {
  /** Share of samples at or below `valueMs`. */
  readonly share: number;
  readonly valueMs: number;
}

/** One latency metric of one group of attempts. Admitted and refused never share one. */
export interface LatencyHistogram {
  readonly metric:
    | 'service'
    | 'response'
    | 'ttft'
    | 'answer_ttft'
    | 'itl'
    | 'tpot'
    | 'lag'
    | 'queued'
    | 'handshake'
    | 'headers';
  readonly group: 'admitted' | 'refused' | 'failed' | 'all';
  readonly variant: string;
  /** Phase label, or null for the whole run. */
  readonly phase: string | null;
  readonly percentiles: Percentiles;
  /** At most 60 points, for the percentile curve. Empty for groups of a single phase. */
  readonly curve: readonly HistogramPoint[];
  /** HdrHistogram V2, compressed, base64, microseconds; null for groups of a single phase. */
  readonly hdr: string | null;
}

/** Equal time buckets over the run; every array has the length of `startMs`. Counted by send time unless said. */
export interface Series {
  readonly bucketMs: number;
  readonly startMs: readonly number[];
  readonly planned: readonly number[];
  readonly sent: readonly number[];
  readonly ok: readonly number[];
  /** One array per outcome label that occurred (`limited.tokens`, `server_error`, ...). */
  readonly byOutcome: Readonly<Record<string, readonly number[]>>;
  readonly promptTokens: readonly number[];
  readonly completionTokens: readonly number[];
  readonly inFlightMax: readonly number[];
  /** p95 of the bucket; null where empty. By finish time. */
  readonly ttftP95Ms: readonly (number | null)[];
  readonly serviceP95Ms: readonly (number | null)[];
}

/** The most in any sliding window of this length. */
export interface WindowPeak {
  readonly windowMs: number;
  readonly planned: number;
  readonly sent: number;
  readonly admitted: number;
  readonly plannedTokens: number;
  readonly sentTokens: number;
  readonly admittedTokens: number;
  /** Published limit for this window; null where there is none. */
  readonly requestQuota: number | null;
  readonly tokenQuota: number | null;
  /** sent <= planned + what the late tolerance allows. */
  readonly withinPlan: boolean;
}

export interface RedactedSample {
  readonly status: number | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly requestId: string;
  /** The provider's own id, from headers or body. */
  readonly providerRequestId: string | null;
  readonly atMs: number;
}

/** Which limit error, from whom, how often, at what rate: the heart of the report. */
export interface LimitGroup {
  readonly limit: LimitKind;
  readonly origin: Origin;
  readonly originName: string | null;
  readonly rewrittenBy: string | null;
  readonly ruleId: string | null;
  readonly variant: string;
  /** Message with ids, numbers and times stripped: groups unknown ones. */
  readonly normalisedMessage: string;
  readonly count: number;
  /** Of all sent attempts of the variant. */
  readonly share: number;
  readonly shareLow: number;
  readonly shareHigh: number;
  readonly firstMs: number;
  readonly lastMs: number;
  readonly heals: Heals;
  readonly retryAfterMs: { readonly min: number; readonly max: number } | null;
  /** Sends (and prompt tokens) in the 1/10/60 s before the first refusal of each episode; medians over episodes. */
  readonly onset: {
    readonly episodes: number;
    readonly requests: { readonly in1s: number; readonly in10s: number; readonly in60s: number };
    readonly tokens: { readonly in1s: number; readonly in10s: number; readonly in60s: number };
  };
  readonly sample: RedactedSample;
}

/** From the first refusal of an episode to the first lasting admission, measured only in rest-and-poll stretches. */
export interface Recovery {
  readonly limit: LimitKind;
  readonly variant: string;
  readonly measurable: boolean;
  readonly episodesMs: readonly number[];
  readonly medianMs: number | null;
  readonly maxMs: number | null;
  readonly why: string;
}

/** Errors that are no limits: grouped by label and normalised message. */
export interface ErrorGroup {
  readonly label: string;
  readonly variant: string;
  readonly normalisedMessage: string;
  readonly count: number;
  readonly firstMs: number;
  readonly lastMs: number;
  readonly sample: RedactedSample | null;
}

export interface PhaseSummary {
  readonly index: number;
  readonly label: string;
  readonly kind: string;
  readonly variant: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly planned: number;
  readonly sent: number;
  readonly notSent: number;
  readonly ok: number;
  readonly limited: Readonly<Record<string, number>>;
  readonly errors: number;
  readonly offeredPerSecond: number;
  readonly admittedPerSecond: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
}

export interface GeneratorHealth {
  readonly verdict: 'valid' | 'degraded' | 'invalid';
  readonly reasons: readonly string[];
  readonly lag: Percentiles;
  readonly skippedLate: number;
  readonly skippedInFlightCap: number;
  readonly inFlightMax: number;
  readonly loopDelayMaxMs: number;
  readonly cpuShareMean: number;
  readonly cpuShareMax: number;
  readonly gcPauseMaxMs: number;
  readonly rssMaxBytes: number;
  readonly socketsOpened: number;
  readonly socketsReusedShare: number | null;
  readonly stalls: number;
  readonly stalledAttempts: number;
  readonly wallClockDriftMs: number | null;
  readonly wallClockSteps: number;
}

/** Null = unknown, never 0. */
export interface CostSummary {
  readonly variant: string;
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly cachedTokens: number | null;
  /** Attempts that reported no usage and were counted by estimate. */
  readonly estimatedAttempts: number;
  readonly totalUsd: number | null;
  readonly perThousandAnswersUsd: number | null;
  readonly perMonthUsd: number | null;
  /** Models that were paid for and have no known price: why the amounts are unknown. */
  readonly unpricedModels: readonly string[];
  readonly priceSource: string | null;
  readonly priceSeenOn: string | null;
}

/** Per variant, over the whole run. */
export interface VariantSummary {
  readonly variant: string;
  readonly requests: number;
  readonly attempts: number;
  readonly answered: number;
  /** Answered over requests that were attempted. */
  readonly availability: Estimate | null;
  readonly offeredPerSecond: number;
  readonly admittedPerSecond: number;
  readonly goodputPerSecond: number;
  readonly firstTrySuccess: Estimate | null;
  readonly attemptsPerRequest: number | null;
  readonly addedDelayMs: Percentiles;
  readonly truncated: number;
  readonly wrongModel: number;
  readonly modelsAnswered: Readonly<Record<string, number>>;
  readonly keyAttempts: readonly { readonly alias: string; readonly sent: number; readonly limited: number }[];
  /** Reported prompt tokens over estimated ones, mean; how far the estimate was off. */
  readonly promptTokenRatio: number | null;
  readonly relayFacts: Readonly<Record<string, number>>;
}

/** One member of the family of limiters that the published numbers allow, in a forecast. */
export interface ForecastMember {
  readonly limiter: string;
  readonly seed: number;
  readonly okShare: number;
  readonly limitedShare: Readonly<Record<string, number>>;
}

export interface Forecast {
  readonly members: readonly ForecastMember[];
  /** Per outcome label: the range of shares over the family. */
  readonly range: Readonly<Record<string, { readonly low: number; readonly high: number }>>;
  readonly worst: ForecastMember;
  readonly best: ForecastMember;
}

/** The document all reporters get; `findings.json`. */
export interface Analysis {
  readonly schemaVersion: typeof ANALYSIS_SCHEMA_VERSION;
  readonly manifest: Manifest;
  /** Worst first: `violated`, then `inconclusive`, then `holds`. */
  readonly verdict: 'holds' | 'violated' | 'inconclusive';
  readonly exitCode: number;
  readonly stop: StopReason | { readonly kind: 'killed' };
  readonly durationMs: number;
  readonly conservation: Conservation;
  readonly findings: readonly Finding[];
  readonly quota: readonly QuotaVerdict[];
  readonly limits: readonly LimitGroup[];
  readonly recovery: readonly Recovery[];
  readonly errors: readonly ErrorGroup[];
  readonly phases: readonly PhaseSummary[];
  readonly variants: readonly VariantSummary[];
  /** One per variant, in the manifest's order. */
  readonly headerFacts: readonly HeaderFacts[];
  /** One per variant, in the manifest's order. */
  readonly series: readonly Series[];
  readonly windows: readonly { readonly variant: string; readonly peaks: readonly WindowPeak[] }[];
  readonly histograms: readonly LatencyHistogram[];
  readonly health: GeneratorHealth;
  readonly cost: readonly CostSummary[];
  readonly forecast: Forecast | null;
  /** Null in an analysis of a single variant. */
  readonly comparison: Comparison | null;
  readonly caveats: readonly string[];
  /** Lines of the journal that could not be read. */
  readonly unreadableLines: number;
}
