import { z } from 'zod';
import type { Comparison, QuestionId } from '../../model/comparison.ts';
import { LIMIT_KINDS } from '../../model/outcome.ts';
import { count, maybe } from './scenario-schema.ts';
import { estimate, finding, origin, text } from './shared-schema.ts';

const counts = z.array(count);
const maybes = z.array(maybe);
const interval = estimate.nullable();

const questionId = z.union([
  z.enum([
    'availability',
    'goodput',
    'limited',
    'errors',
    'truncated',
    'ttft_median',
    'ttft_p95',
    'total_time',
    'overhead',
    'stalls',
    'hidden_retries',
    'model_identity',
    'usage',
    'kinds_lost',
    'cost',
  ]),
  z.templateLiteral(['limited.', z.enum(LIMIT_KINDS)]),
]) satisfies z.ZodType<QuestionId>;

const question = z.strictObject({
  id: questionId,
  question: text,
  a: text,
  b: text,
  unit: z.enum(['ms', 'share', 'perSecond', 'usd', 'count', 'verdict']),
  better: z.enum(['lower', 'higher']),
  figureA: interval,
  figureB: interval,
  compared: z.strictObject({ a: count, b: count }).nullable(),
  difference: interval,
  margin: count,
  p: maybe,
  adjustedP: maybe,
  effect: z
    .strictObject({ name: z.enum(['cohens_h', 'rank_biserial', 'cliffs_delta', 'relative']), value: count })
    .nullable(),
  n: count,
  effectiveN: count,
  blocks: count,
  detectable: maybe,
  verdict: z.enum(['a_better', 'b_better', 'no_difference', 'not_enough_data']),
  evidence: z.array(text),
  why: text,
});

const pair = z.strictObject({
  a: text,
  b: text,
  paired: count,
  unpairedA: count,
  unpairedB: count,
  questions: z.array(question),
  summary: text,
});

const minutes = z.strictObject({
  bucketMs: count,
  startMs: counts,
  requests: counts,
  answered: counts,
  byOutcome: z.record(text, counts),
  ttftP50Ms: maybes,
  ttftP95Ms: maybes,
  totalP50Ms: maybes,
});

const stability = z.strictObject({
  variant: text,
  requests: count,
  availability: interval,
  errorMix: z.array(
    z.strictObject({
      label: text,
      origin: origin.nullable(),
      count,
      share: estimate,
      firstMs: count,
      lastMs: count,
    }),
  ),
  minutes,
  longestBadStretch: z.strictObject({ fromMs: count, toMs: maybe, requests: count, labels: z.array(text) }).nullable(),
  badStretches: count,
  recoveryMs: z.strictObject({ median: count, max: count }).nullable(),
  ttftMedianMs: interval,
  ttftP95Ms: interval,
  itlMedianMs: interval,
  totalMedianMs: interval,
  totalP95Ms: interval,
  betweenMinutes: z.strictObject({ ttftVariation: maybe, worstAnswered: count, bestAnswered: count }).nullable(),
  stalls: interval,
  longestStallMs: maybe,
  truncated: interval,
  wrongModel: interval,
  modelsAnswered: z.record(text, count),
  usageAnomalies: interval,
  hiddenRetries: z.strictObject({ lateModes: interval, reportedByHeader: count }),
  kindsLost: interval,
  connectionChurn: z.strictObject({ opened: count, perRequest: count }).nullable(),
});

const tactic = z.strictObject({
  variant: text,
  tactic: text,
  requests: count,
  goodputPerSecond: count,
  firstTrySuccess: interval,
  finalSuccess: interval,
  addedDelayMs: z.strictObject({ p50: count, p95: maybe, max: count }).nullable(),
  amplification: maybe,
  tokensPerAnswer: maybe,
  usdPerThousandAnswers: maybe,
  refusedAttempts: count,
});

/** The answer of a comparison, field by field. */
export const comparison = z.strictObject({
  design: z.enum(['paired', 'switchback', 'separate_runs']),
  baseline: text,
  variants: z.array(text),
  alpha: count,
  familySize: count,
  pairs: z.array(pair),
  stability: z.array(stability),
  tactics: z.array(tactic),
  claims: z.array(finding),
  recommendation: z.strictObject({ headline: text, sentences: z.array(text) }),
  warnings: z.array(text),
}) satisfies z.ZodType<Comparison>;
