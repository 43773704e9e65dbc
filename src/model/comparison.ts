import type { Estimate, Finding } from './finding.ts';
import type { LimitKind, Origin } from './outcome.ts';
import type { ThresholdUnit } from './threshold.ts';

/**
 * How the variants met. `paired`: every arrival went to both, in quota groups of their own. `switchback`: they took turns
 * in blocks of random order inside one quota group. `separate_runs`: two runs at different times, which proves least.
 */
export type ComparisonDesign = 'paired' | 'switchback' | 'separate_runs';

/** What is asked of every two variants. `limited.<kind>` stands only for kinds that one of them met. */
export type QuestionId =
  | 'availability'
  | 'goodput'
  | 'limited'
  | `limited.${LimitKind}`
  | 'errors'
  | 'truncated'
  | 'ttft_median'
  | 'ttft_p95'
  | 'total_time'
  | 'overhead'
  | 'stalls'
  | 'hidden_retries'
  | 'model_identity'
  | 'usage'
  | 'kinds_lost'
  | 'cost';

/**
 * `no_difference`: none that matters, the interval of the difference lies inside the margin. `not_enough_data`: neither a
 * difference nor its absence is shown; `detectable` says what this run could have seen.
 */
export type ComparisonVerdict = 'a_better' | 'b_better' | 'no_difference' | 'not_enough_data';

export interface EffectSize {
  /**
   * `cohens_h` for shares (0.2 small, 0.5 medium, 0.8 large), `rank_biserial` for pairs and `cliffs_delta` for unpaired
   * values (both -1 .. 1), `relative` for a ratio of totals minus 1. Positive = B above A.
   */
  readonly name: 'cohens_h' | 'rank_biserial' | 'cliffs_delta' | 'relative';
  readonly value: number;
}

/** One question about two variants, A the baseline. */
export interface ComparedQuestion {
  readonly id: QuestionId;
  /** As a person would ask it. */
  readonly question: string;
  readonly a: string;
  readonly b: string;
  /** Unit of `figureA`, `figureB`, `difference`, `margin` and `detectable`. */
  readonly unit: ThresholdUnit;
  readonly better: 'lower' | 'higher';
  /** Each side over all its requests. 95 % intervals that respect runs and autocorrelation. Null without data. */
  readonly figureA: Estimate | null;
  readonly figureB: Estimate | null;
  /**
   * The same over the requests that stand against each other (of pairs: those to which the question applies on both sides),
   * where they are not all: the difference and the verdict are about these. Null where the figures above are meant.
   */
  readonly compared: { readonly a: number; readonly b: number } | null;
  /** B minus A. */
  readonly difference: Estimate | null;
  /** A difference of less than this, either way, does not matter. */
  readonly margin: number;
  /** Null where nothing could be tested. */
  readonly p: number | null;
  /** After Holm's correction over the whole family of questions. */
  readonly adjustedP: number | null;
  readonly effect: EffectSize | null;
  /** Pairs compared (`paired`), requests of the smaller side (`separate_runs`), or rounds of blocks (`switchback`). */
  readonly n: number;
  /** Independent observations `n` is worth, given how long its differences remember. */
  readonly effectiveN: number;
  /** Blocks the test rests on. */
  readonly blocks: number;
  /** Smallest difference this run would have found with 90 % power after the correction; null where it cannot be said. */
  readonly detectable: number | null;
  readonly verdict: ComparisonVerdict;
  readonly evidence: readonly string[];
  /** One sentence, with the numbers. */
  readonly why: string;
}

/** Two variants side by side. */
export interface ComparedPair {
  readonly a: string;
  readonly b: string;
  /** Requests that have a partner on the other side, and those that have none. */
  readonly paired: number;
  readonly unpairedA: number;
  readonly unpairedB: number;
  readonly questions: readonly ComparedQuestion[];
  /** One sentence: where B is better, where A is, and what stayed open. */
  readonly summary: string;
}

/** Equal stretches of one minute from t0 (shorter ones where the run is shorter); every array has the length of `startMs`. */
export interface MinuteSeries {
  readonly bucketMs: number;
  readonly startMs: readonly number[];
  readonly requests: readonly number[];
  readonly answered: readonly number[];
  /** One array per outcome label and origin that occurred: `limited.requests (relay)`, `server_error`, ... By last outcome. */
  readonly byOutcome: Readonly<Record<string, readonly number[]>>;
  readonly ttftP50Ms: readonly (number | null)[];
  readonly ttftP95Ms: readonly (number | null)[];
  readonly totalP50Ms: readonly (number | null)[];
}

/** From the first of several requests in a row that got no answer to the next that did. */
export interface BadStretch {
  readonly fromMs: number;
  /** Null when the run ended inside it. */
  readonly toMs: number | null;
  readonly requests: number;
  /** Outcome labels, most frequent first. */
  readonly labels: readonly string[];
}

/** One kind of failure of a variant, by its last outcome. */
export interface ErrorShare {
  readonly label: string;
  readonly origin: Origin | null;
  readonly count: number;
  readonly share: Estimate;
  readonly firstMs: number;
  readonly lastMs: number;
}

/** How steady one variant was. Intervals are 95 %, block bootstrap for durations. Null = no data. */
export interface VariantStability {
  readonly variant: string;
  readonly requests: number;
  readonly availability: Estimate | null;
  readonly errorMix: readonly ErrorShare[];
  readonly minutes: MinuteSeries;
  readonly longestBadStretch: BadStretch | null;
  readonly badStretches: number;
  readonly recoveryMs: { readonly median: number; readonly max: number } | null;
  readonly ttftMedianMs: Estimate | null;
  readonly ttftP95Ms: Estimate | null;
  readonly itlMedianMs: Estimate | null;
  readonly totalMedianMs: Estimate | null;
  readonly totalP95Ms: Estimate | null;
  /** Coefficient of variation of the minutes' TTFT medians, and the lowest and highest share answered of a whole minute. */
  readonly betweenMinutes: {
    readonly ttftVariation: number | null;
    readonly worstAnswered: number;
    readonly bestAnswered: number;
  } | null;
  /** Streams that stood still for longer than `stallMs`. */
  readonly stalls: Estimate | null;
  readonly longestStallMs: number | null;
  readonly truncated: Estimate | null;
  readonly wrongModel: Estimate | null;
  readonly modelsAnswered: Readonly<Record<string, number>>;
  /** Answers whose reported usage cannot be right: none, zero tokens for text, or far off the estimate of this variant. */
  readonly usageAnomalies: Estimate | null;
  readonly hiddenRetries: {
    /** Answers 0.7-1.5 s or 2.5-4 s slower to start than the variant's own median. */
    readonly lateModes: Estimate | null;
    /** Answers whose headers report retries of the relay itself. */
    readonly reportedByHeader: number;
  };
  readonly kindsLost: Estimate | null;
  /** New connections per request, and the share of attempts that waited for one. */
  readonly connectionChurn: { readonly opened: number; readonly perRequest: number } | null;
}

/** What a client tactic did for a variant. */
export interface TacticRow {
  readonly variant: string;
  /** `none`, or the tactics from the outermost in. */
  readonly tactic: string;
  readonly requests: number;
  readonly goodputPerSecond: number;
  readonly firstTrySuccess: Estimate | null;
  readonly finalSuccess: Estimate | null;
  /** From the planned instant to the send of the attempt that was answered. */
  readonly addedDelayMs: { readonly p50: number; readonly p95: number | null; readonly max: number } | null;
  /** Attempts per request that was attempted. */
  readonly amplification: number | null;
  readonly tokensPerAnswer: number | null;
  readonly usdPerThousandAnswers: number | null;
  readonly refusedAttempts: number;
}

/** The course that follows from the numbers, in words, never beyond the evidence. */
export interface Recommendation {
  readonly headline: string;
  readonly sentences: readonly string[];
}

/** The answer of a comparison; null in an analysis of a single variant. */
export interface Comparison {
  readonly design: ComparisonDesign;
  /** What the others are compared with: the first variant. */
  readonly baseline: string;
  readonly variants: readonly string[];
  /** Family-wise error of all verdicts together: 0.01. */
  readonly alpha: number;
  /** Questions that could have been answered and are corrected for. */
  readonly familySize: number;
  readonly pairs: readonly ComparedPair[];
  readonly stability: readonly VariantStability[];
  readonly tactics: readonly TacticRow[];
  readonly claims: readonly Finding[];
  readonly recommendation: Recommendation;
  /** What limits this comparison: not interleaved, capped, a generator that was the bottleneck ... */
  readonly warnings: readonly string[];
}
