import type { Analysis } from '../../src/model/analysis.ts';
import type {
  ComparedQuestion,
  Comparison,
  ComparisonVerdict,
  MinuteSeries,
  QuestionId,
  TacticRow,
  VariantStability,
} from '../../src/model/comparison.ts';
import type { Estimate, Finding } from '../../src/model/finding.ts';
import type { ThresholdUnit } from '../../src/model/threshold.ts';
import { comparisonAnalysis } from './sample-variants.ts';

const estimate = (value: number, low: number, high: number, unit: string): Estimate => ({ value, low, high, unit });
const share = (value: number, low: number, high: number) => estimate(value, low, high, 'share');
const ms = (value: number, low: number, high: number) => estimate(value, low, high, 'ms');

type Three = readonly [value: number, low: number, high: number];

interface Asked {
  readonly id: QuestionId;
  readonly question: string;
  readonly unit: ThresholdUnit;
  readonly better: 'lower' | 'higher';
  readonly a: Three | null;
  readonly b: Three | null;
  readonly difference: Three | null;
  readonly margin: number;
  readonly detectable: number | null;
  readonly verdict: ComparisonVerdict;
  readonly why: string;
}

function compared({ a, b, difference, ...asked }: Asked, names: { a: string; b: string }): ComparedQuestion {
  const of = (three: Three | null) => (three === null ? null : estimate(...three, asked.unit));
  const measured = difference !== null;
  return {
    ...asked,
    ...names,
    figureA: of(a),
    figureB: of(b),
    compared: null,
    difference: of(difference),
    p: measured ? 0.00004 : null,
    adjustedP: measured ? 0.0006 : null,
    effect: measured ? { name: 'cohens_h', value: 0.31 } : null,
    n: 460,
    effectiveN: 212.4,
    blocks: 46,
    evidence: measured ? ['460 compared in 46 blocks, worth 212 independent ones'] : [],
  };
}

const RELAY: readonly Asked[] = [
  {
    id: 'availability',
    question: 'Which answers more of the requests that were sent?',
    unit: 'share',
    better: 'higher',
    a: [0.944, 0.918, 0.962],
    b: [0.987, 0.971, 0.994],
    difference: [0.043, 0.021, 0.068],
    margin: 0.005,
    detectable: 0.031,
    verdict: 'b_better',
    why: 'relay is better: 98.7 % against 94.4 %, a difference between 2.1 and 6.8 percentage points',
  },
  {
    id: 'goodput',
    question: 'Which gives more useful answers per time at the same schedule?',
    unit: 'perSecond',
    better: 'higher',
    a: [2.05, 1.99, 2.1],
    b: [2.14, 2.1, 2.17],
    difference: [0.09, 0.04, 0.14],
    margin: 0.02,
    detectable: 0.07,
    verdict: 'b_better',
    why: 'relay is better: 2.14/s against 2.05/s',
  },
  {
    id: 'limited.burst',
    question: 'Which meets fewer burst limits?',
    unit: 'share',
    better: 'lower',
    a: [0.056, 0.038, 0.082],
    b: [0.0045, 0.0011, 0.016],
    difference: [-0.0515, -0.078, -0.031],
    margin: 0.005,
    detectable: 0.03,
    verdict: 'b_better',
    why: 'relay is better: 0.45 % against 5.6 %',
  },
  {
    id: 'truncated',
    question: 'Which cuts fewer streams?',
    unit: 'share',
    better: 'lower',
    a: [0, 0, 0.009],
    b: [0.009, 0.0035, 0.023],
    difference: [0.009, -0.001, 0.023],
    margin: 0.005,
    detectable: 0.034,
    verdict: 'not_enough_data',
    why: 'not enough data: the difference lies between -0.1 and 2.3 percentage points',
  },
  {
    id: 'ttft_median',
    question: 'Which starts to answer sooner?',
    unit: 'ms',
    better: 'lower',
    a: [600, 561, 640],
    b: [662, 622, 704],
    difference: [62, 41, 83],
    margin: 60,
    detectable: 33,
    verdict: 'a_better',
    why: 'direct is better: 600 ms against 662 ms, a difference between 41 ms and 83 ms',
  },
  {
    id: 'usage',
    question: 'Which reports fewer prompt tokens for the same prompts?',
    unit: 'share',
    better: 'lower',
    a: [1.002, 1.001, 1.003],
    b: [1.002, 1.001, 1.003],
    difference: [0, -0.0004, 0.0004],
    margin: 0.01,
    detectable: 0.0007,
    verdict: 'no_difference',
    why: 'no difference that matters: it lies between -0.04 and 0.04 percentage points',
  },
  {
    id: 'hidden_retries',
    question: 'Which shows fewer signs of retries behind our back?',
    unit: 'share',
    better: 'lower',
    a: [0.12, 0.09, 0.15],
    b: null,
    difference: null,
    margin: 0.01,
    detectable: null,
    verdict: 'not_enough_data',
    why: 'nothing was measured on both sides',
  },
  {
    id: 'cost',
    question: 'Which costs less per thousand useful answers?',
    unit: 'usd',
    better: 'lower',
    a: null,
    b: null,
    difference: null,
    margin: 0,
    detectable: null,
    verdict: 'not_enough_data',
    why: 'cannot be asked: the price of relay is not known',
  },
];

const MINUTES: MinuteSeries = {
  bucketMs: 60_000,
  startMs: [0, 60_000, 120_000, 180_000],
  requests: [110, 121, 132, 97],
  answered: [98, 121, 120, 95],
  byOutcome: { ok: [98, 121, 120, 95], 'limited.burst (provider)': [12, 0, 12, 2] },
  ttftP50Ms: [612, 588, 604, 597],
  ttftP95Ms: [1740, 1690, 1820, null],
  totalP50Ms: [1430, 1410, 1440, 1425],
};

const DIRECT: VariantStability = {
  variant: 'direct',
  requests: 460,
  availability: share(0.944, 0.918, 0.962),
  errorMix: [
    {
      label: 'limited.burst',
      origin: 'provider',
      count: 26,
      share: share(0.056, 0.038, 0.082),
      firstMs: 20_140,
      lastMs: 181_900,
    },
  ],
  minutes: MINUTES,
  longestBadStretch: { fromMs: 140_020, toMs: 143_310, requests: 9, labels: ['limited.burst'] },
  badStretches: 4,
  recoveryMs: { median: 1290, max: 3290 },
  ttftMedianMs: ms(600, 561, 640),
  ttftP95Ms: ms(1740, 1610, 1905),
  itlMedianMs: ms(63, 61, 65),
  totalMedianMs: ms(1430, 1390, 1475),
  totalP95Ms: ms(2690, 2510, 2890),
  betweenMinutes: { ttftVariation: 0.017, worstAnswered: 0.891, bestAnswered: 1 },
  stalls: share(0.0024, 0.0004, 0.013),
  longestStallMs: 2440,
  truncated: share(0, 0, 0.009),
  wrongModel: share(0, 0, 0.009),
  modelsAnswered: { 'qwen3-max': 434 },
  usageAnomalies: share(0, 0, 0.009),
  hiddenRetries: { lateModes: share(0.12, 0.09, 0.15), reportedByHeader: 0 },
  kindsLost: share(0, 0, 0.008),
  connectionChurn: { opened: 17, perRequest: 0.037 },
};

const THROUGH_RELAY: VariantStability = {
  ...DIRECT,
  variant: 'relay',
  availability: share(0.987, 0.971, 0.994),
  errorMix: [
    {
      label: 'limited.burst',
      origin: 'provider',
      count: 2,
      share: share(0.0045, 0.0011, 0.016),
      firstMs: 140_300,
      lastMs: 140_310,
    },
    {
      label: 'truncated',
      origin: null,
      count: 4,
      share: share(0.009, 0.0035, 0.023),
      firstMs: 31_000,
      lastMs: 170_200,
    },
  ],
  minutes: {
    ...MINUTES,
    answered: [109, 120, 129, 96],
    byOutcome: { ok: [109, 120, 129, 96], 'limited.burst (provider)': [0, 0, 2, 0], truncated: [1, 1, 1, 1] },
    ttftP50Ms: [660, null, 668, 659],
  },
  longestBadStretch: { fromMs: 240_100, toMs: null, requests: 2, labels: ['truncated', 'limited.burst'] },
  badStretches: 1,
  recoveryMs: null,
  ttftMedianMs: ms(662, 622, 704),
  truncated: share(0.009, 0.0035, 0.023),
  hiddenRetries: { lateModes: null, reportedByHeader: 7 },
  modelsAnswered: { 'qwen3-max': 440, 'qwen-plus': 14 },
  kindsLost: share(0.0045, 0.0011, 0.016),
  connectionChurn: null,
};

const PLAIN: TacticRow = {
  variant: 'direct',
  tactic: 'none',
  requests: 460,
  goodputPerSecond: 2.05,
  firstTrySuccess: share(0.944, 0.918, 0.962),
  finalSuccess: share(0.944, 0.918, 0.962),
  addedDelayMs: { p50: 0, p95: 0, max: 0 },
  amplification: 1,
  tokensPerAnswer: 231.8,
  usdPerThousandAnswers: 0.4306,
  refusedAttempts: 26,
};

const claim = (id: string, given: Partial<Finding>): Finding => ({
  id,
  kind: 'claim',
  claim: '',
  verdict: 'holds',
  result: null,
  estimate: null,
  evidence: [],
  why: '',
  subject: null,
  variant: 'relay',
  ...given,
});

const CLAIMS: readonly Finding[] = [
  claim('claim.1', {
    claim: 'relay: availability >= 99%',
    subject: 'relay: availability >= 99%',
    verdict: 'inconclusive',
    estimate: share(0.987, 0.971, 0.994),
    why: 'the interval reaches over 99 %',
    evidence: ['454 of 460 requests answered'],
  }),
  claim('claim.2', {
    claim: 'relay: cost <= 90% of direct',
    subject: 'relay: cost <= 90% of direct',
    result: '0.888',
    why: '88.8 % of direct, asked for at most 90 %',
  }),
  claim('claim.3', {
    claim: 'relay: ttft.p50 <= 105% of direct',
    subject: 'relay: ttft.p50 <= 105% of direct',
    verdict: 'violated',
    estimate: share(1.103, 1.07, 1.14),
    why: '110.3 % of direct, asked for at most 105 %',
  }),
];

const TWO: Comparison = {
  design: 'paired',
  baseline: 'direct',
  variants: ['direct', 'relay'],
  alpha: 0.01,
  familySize: 14,
  pairs: [
    {
      a: 'direct',
      b: 'relay',
      paired: 458,
      unpairedA: 2,
      unpairedB: 1,
      questions: RELAY.map((asked) => compared(asked, { a: 'direct', b: 'relay' })),
      summary: 'relay is better in answers, goodput, burst limits; direct is better in time to first token',
    },
  ],
  stability: [DIRECT, THROUGH_RELAY],
  tactics: [
    PLAIN,
    {
      ...PLAIN,
      variant: 'relay',
      goodputPerSecond: 2.14,
      firstTrySuccess: null,
      addedDelayMs: null,
      tokensPerAnswer: null,
      usdPerThousandAnswers: null,
      refusedAttempts: 2,
    },
  ],
  claims: CLAIMS,
  recommendation: {
    headline: 'Call through relay: it answered 98.7 % against 94.4 %, for 62 ms more before the first token.',
    sentences: [
      'relay met 2 burst refusals where direct met 26.',
      'It cut 4 of 442 streams; whether more than direct cannot be said from this run.',
    ],
  },
  warnings: ['relay: the price is not known, so cost was not compared.'],
};

/** Direct against relay, judged: every verdict, an unmeasured side, and a question that cannot be asked. */
export const judgedComparison = (): Analysis => {
  const base = comparisonAnalysis();
  return { ...base, findings: [...base.findings, ...CLAIMS], comparison: TWO };
};

const TACTICS = ['none', 'backoff', 'smooth', 'both', 'adaptive'] as const;

/** Five tactics against the first of them, in turns; no claims, one minute only, so nothing to overlay. */
export function tacticsComparison(): Analysis {
  const base = judgedComparison();
  const [first] = base.manifest.variants;
  const one: MinuteSeries = {
    ...MINUTES,
    startMs: [0],
    requests: [110],
    answered: [98],
    byOutcome: {},
    ttftP50Ms: [612],
  };
  const asked = RELAY.slice(0, 5);
  const verdicts: readonly ComparisonVerdict[] = ['b_better', 'a_better', 'no_difference', 'not_enough_data'];
  return {
    ...base,
    findings: base.findings.filter(({ kind }) => kind !== 'claim'),
    manifest: {
      ...base.manifest,
      variants: [
        { ...first, name: 'none', quotaGroup: 'none' },
        ...TACTICS.slice(1).map((name) => ({ ...first, name, quotaGroup: name })),
      ],
    },
    comparison: {
      ...TWO,
      design: 'switchback',
      baseline: 'none',
      variants: TACTICS,
      familySize: 20,
      pairs: TACTICS.slice(1).map((b, index) => ({
        a: 'none',
        b,
        paired: 0,
        unpairedA: 0,
        unpairedB: 0,
        questions: asked.map((entry, place) => ({
          ...compared(entry, { a: 'none', b }),
          verdict: verdicts[(index + place) % verdicts.length] ?? 'not_enough_data',
        })),
        summary: `${b} against none: see the table`,
      })),
      stability: TACTICS.map((variant) => ({ ...DIRECT, variant, minutes: one })),
      tactics: TACTICS.map((variant, index) => ({
        ...PLAIN,
        variant,
        tactic: variant === 'both' ? 'backoff, then smooth' : variant,
        goodputPerSecond: 2 + index / 10,
        amplification: 1 + index / 8,
        addedDelayMs: { p50: index * 40, p95: index * 1700, max: index * 31_000 },
      })),
      claims: [],
      warnings: [],
      recommendation: { headline: 'Smooth the traffic.', sentences: [] },
    },
  };
}
