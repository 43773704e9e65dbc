import { type ComparedPairs, comparedPairs } from '../../src/analysis/compare-pairs.ts';
import { type RequestTable, tableFold } from '../../src/analysis/compare-table.ts';
import { type Judged, judged } from '../../src/analysis/judged.ts';
import type { ComparisonDesign, QuestionId } from '../../src/model/comparison.ts';
import { gapBucket } from '../../src/model/exchange.ts';
import type { Outcome } from '../../src/model/outcome.ts';
import { drawLognormal, drawNormal } from '../../src/stats/distributions.ts';
import { type Random, randomFor } from '../../src/stats/random.ts';
import { variant } from './manifest.ts';
import { end, limited, OK, type Shot, sent } from './records.ts';

/**
 * How often comparisons of equals raise an alarm, and how often a relay's fault is found: seeded, whole families of
 * questions, family-wise error 1 % (at most 12 alarms in 500). Measured 2026-11-22 with 6000 pairs (12,000 requests, ten
 * minutes at 10/s) and with 300, 500 A/A comparisons each, and 100 comparisons per fault with 6000 pairs:
 *
 *     weather          A/A 6000   A/A 300   +60 ms   retries   cuts 2 %   swaps 10 %   rewrites 429
 *     calm              1 / 500   2 / 500
 *     heavy tails       2 / 500   3 / 500      100       100       100         100          100
 *     bursts            4 / 500   3 / 500
 *     drift             1 / 500   3 / 500
 *     autocorrelation   1 / 500   3 / 500
 *     all at once       4 / 500   4 / 500       98        96       100         100          100
 *     long memory       2 / 500  11 / 500
 *
 * Latency that remembers longer than a run of 300 pairs can tell (autocorrelation 0.97 and more over 30 s) raises more:
 * no run is long enough to know of a memory longer than itself. Unpaired (`separate_runs`, 2000 a side) 1 to 3 in 300.
 * Pairs that find a fault nine times in ten (found of 100), heavy tails / all at once: +60 ms 1500 (95) / 5000 (90),
 * retries 2200 (91) / 5000 (94), cuts 1500 (100) / 1500 (97), swaps 500 / 500 (98), rewrites (3 % and 9 % refused)
 * 4000 (99) / 2000 (93). An autocorrelation of 0.9 leaves 6000 pairs worth 300: there +60 ms takes about 20,000.
 */

/** How the weather is, the same for both sides of an A/A comparison. */
export interface Weather {
  readonly name: string;
  /** Swing of the latency over minutes, common to both: 0.4 = up to 49 % slower and 33 % faster. */
  readonly drift: number;
  /** Share of answers ten times as slow. */
  readonly outliers: number;
  /** Correlation of neighbouring latencies of one side, apart from the other's. */
  readonly memory: number;
  /** Runs of refusals of each side by itself: chance to enter one, and to leave it, per request. */
  readonly refusals: { readonly enter: number; readonly leave: number };
  /** The same for server errors. */
  readonly failures: { readonly enter: number; readonly leave: number };
}

const RARE = { enter: 0.002, leave: 0.25 } as const;
const CALM: Weather = {
  name: 'calm',
  drift: 0,
  outliers: 0,
  memory: 0,
  refusals: { enter: 0.02, leave: 0.6 },
  failures: RARE,
};

export const WEATHERS: readonly Weather[] = [
  CALM,
  { ...CALM, name: 'heavy tails', outliers: 0.02 },
  {
    ...CALM,
    name: 'bursts',
    outliers: 0.02,
    refusals: { enter: 0.01, leave: 0.08 },
    failures: { enter: 0.002, leave: 0.08 },
  },
  { ...CALM, name: 'drift', outliers: 0.02, drift: 0.4 },
  { ...CALM, name: 'autocorrelation', outliers: 0.02, memory: 0.7 },
  { ...CALM, name: 'long memory', outliers: 0.02, memory: 0.9 },
  {
    name: 'all at once',
    drift: 0.4,
    outliers: 0.02,
    memory: 0.7,
    refusals: { enter: 0.01, leave: 0.1 },
    failures: { enter: 0.002, leave: 0.1 },
  },
];

/** What the relay (side B) does. */
export type RelayFault =
  | 'none'
  | 'adds_60_ms'
  | 'retries_twice'
  | 'cuts_2_percent'
  | 'swaps_10_percent'
  | 'rewrites_429';

/** The question that has to find each fault. */
export const FOUND_BY: Readonly<Record<Exclude<RelayFault, 'none'>, readonly QuestionId[]>> = {
  adds_60_ms: ['overhead', 'ttft_median', 'total_time'],
  retries_twice: ['hidden_retries'],
  cuts_2_percent: ['truncated'],
  swaps_10_percent: ['model_identity'],
  rewrites_429: ['kinds_lost'],
};

export interface StudyOptions {
  readonly seed: number;
  readonly pairs: number;
  readonly weather: Weather;
  readonly fault: RelayFault;
  readonly design?: ComparisonDesign;
}

/** Upstream refuses this share of calls, in runs, where a relay retries. Portkey waits 1 s, then 2 s. */
const RETRIED = { enter: 0.04, leave: 0.5 } as const;
const REFUSED_AGAIN = 0.25;

function runs(random: Random, { enter, leave }: { readonly enter: number; readonly leave: number }): () => boolean {
  let inside = random() < enter / (enter + leave);
  return () => {
    inside = inside ? random() >= leave : random() < enter;
    return inside;
  };
}

/** One side of the comparison as judged attempts in send order; 10 requests per second unless told otherwise. */
function side(options: StudyOptions, variantIndex: number, at: (pairSeq: number) => number): Judged[] {
  const { seed, pairs, weather } = options;
  const fault = variantIndex === 0 ? 'none' : options.fault;
  const random = randomFor(seed, 'side', variantIndex);
  const common = randomFor(seed, 'common');
  const phaseShift = common() * 2 * Math.PI;
  const refused = runs(random, weather.refusals);
  const failed = runs(random, weather.failures);
  const retried = runs(random, RETRIED);
  let noise = drawNormal(random);
  const attempts: Judged[] = [];
  for (let pairSeq = 0; pairSeq < pairs; pairSeq += 1) {
    const sentMs = at(pairSeq);
    noise = weather.memory * noise + Math.sqrt(1 - weather.memory ** 2) * drawNormal(random);
    const swing = Math.exp(weather.drift * Math.sin((2 * Math.PI * sentMs) / 90_000 + phaseShift));
    let ttftMs = 600 * Math.exp(0.5 * noise) * swing * (random() < weather.outliers ? 10 : 1);
    const isRetried = retried();
    if (fault === 'adds_60_ms') ttftMs += 60;
    if (fault === 'retries_twice' && isRetried) ttftMs += random() < REFUSED_AGAIN ? 3000 : 1000;
    // Without a relay that tries again, what upstream refuses arrives as a refusal.
    const upstream = options.fault === 'retries_twice' && fault === 'none' && isRetried;
    const prompt = 150 + (pairSeq % 100);
    attempts.push(
      attempt({
        shot: { seq: pairSeq * 2 + variantIndex, sentMs, variantIndex, promptTokens: prompt },
        pairSeq,
        ttftMs,
        random,
        fault,
        failure: refused() || upstream ? 'refused' : failed() ? 'failed' : null,
      }),
    );
  }
  return attempts;
}

function attempt(given: {
  readonly shot: Shot;
  readonly pairSeq: number;
  readonly ttftMs: number;
  readonly random: Random;
  readonly fault: RelayFault;
  readonly failure: 'refused' | 'failed' | null;
}): Judged {
  const { shot, ttftMs, random, fault, failure } = given;
  const { outcome, ended } = failure === null ? answer(given) : refusal(failure, shot, fault, random);
  const whole: Shot = { ...shot, ...ended, outcome };
  const record = sent(whole);
  const paired = { ...record, arrival: { ...record.arrival, pairSeq: given.pairSeq } };
  void ttftMs;
  return judged({ sent: paired, end: end(whole), outcome, stalled: false, straggler: false });
}

function refusal(
  failure: 'refused' | 'failed',
  { sentMs }: Shot,
  fault: RelayFault,
  random: Random,
): { readonly outcome: Outcome; readonly ended: Partial<Shot> } {
  const finishedMs = sentMs + 20 + 60 * random();
  if (failure === 'failed') {
    return {
      outcome: { kind: 'server_error', status: 503, ruleId: null },
      ended: { finishedMs, exchange: { status: 503, finishReason: null } },
    };
  }
  const rewritten = fault === 'rewrites_429';
  const outcome = rewritten
    ? limited('unknown', { origin: 'unknown', rewrittenBy: 'one-api', ruleId: null })
    : limited(random() < 0.7 ? 'requests' : 'tokens');
  return { outcome, ended: { finishedMs, exchange: { status: 429, finishReason: null } } };
}

function answer(given: {
  readonly shot: Shot;
  readonly ttftMs: number;
  readonly random: Random;
  readonly fault: RelayFault;
}): { readonly outcome: Outcome; readonly ended: Partial<Shot> } {
  const { shot, ttftMs, random, fault } = given;
  const tokens = 10 + Math.floor(40 * random());
  const gapMs = drawLognormal({ mu: 3.2, sigma: 0.2 }, random);
  const stallMs = random() < 0.01 ? 1000 + 2000 * random() : gapMs;
  const isCut = fault === 'cuts_2_percent' && random() < 0.02;
  const isSwapped = fault === 'swaps_10_percent' && random() < 0.1;
  const firstTokenMs = shot.sentMs + ttftMs;
  return {
    outcome: isCut ? { kind: 'truncated' } : OK,
    ended: {
      finishedMs: firstTokenMs + tokens * gapMs + stallMs,
      exchange: {
        firstTokenMs,
        firstAnswerTokenMs: firstTokenMs,
        finishReason: isCut ? null : 'stop',
        gaps: {
          count: tokens - 1,
          totalMs: (tokens - 1) * gapMs,
          maxMs: stallMs,
          buckets: [gapBucket(gapMs), tokens - 1],
        },
        reportedModel: isSwapped ? 'qwen-plus' : 'qwen3-max-2025-09-23',
        usage: isCut
          ? null
          : {
              promptTokens: shot.promptTokens ?? 0,
              completionTokens: tokens,
              cachedTokens: null,
              reasoningTokens: null,
            },
      },
    },
  };
}

/** Requests per block of a switchback. */
const BLOCK = 50;

/** Both sides folded and compared, as a run of this design would be. */
export function study(options: StudyOptions): ComparedPairs {
  return comparedPairs(studyTables(options), options.design ?? 'paired');
}

export function studyTables(options: StudyOptions): readonly RequestTable[] {
  const { design = 'paired', seed } = options;
  const order = randomFor(seed, 'order');
  const firsts: boolean[] = [];
  const times: Readonly<Record<ComparisonDesign, (variantIndex: number) => (pairSeq: number) => number>> = {
    paired: () => (pairSeq) => pairSeq * 100,
    separate_runs: (variantIndex) => (pairSeq) => variantIndex * 1e7 + pairSeq * 100,
    switchback: (variantIndex) => (pairSeq) => {
      const round = Math.floor(pairSeq / BLOCK);
      while (firsts.length <= round) firsts.push(order() < 0.5);
      const second = firsts[round] === (variantIndex === 1) ? 1 : 0;
      return (2 * round + second) * (BLOCK * 100 + 2000) + (pairSeq % BLOCK) * 100;
    },
  };
  return ['direct', 'relay'].map((name, variantIndex) => {
    const fold = tableFold(variant({ name, quotaGroup: design === 'switchback' ? 'one' : name }));
    for (const each of side(options, variantIndex, times[design](variantIndex))) fold.add(each);
    return fold.finish();
  });
}

/** Questions that were answered with a difference. */
export function alarmsOf({ pairs }: ComparedPairs): readonly QuestionId[] {
  return pairs.flatMap(({ questions }) =>
    questions.filter(({ verdict }) => verdict === 'a_better' || verdict === 'b_better').map(({ id }) => id),
  );
}

/** How many of `runs` A/A comparisons raise at least one alarm, and by which questions. */
export function falseAlarms(options: Omit<StudyOptions, 'seed' | 'fault'> & { readonly runs: number }): {
  readonly alarms: number;
  readonly by: Readonly<Record<string, number>>;
} {
  const by: Record<string, number> = {};
  let alarms = 0;
  for (let run = 0; run < options.runs; run += 1) {
    const raised = alarmsOf(study({ ...options, seed: 1000 + run, fault: 'none' }));
    if (raised.length > 0) alarms += 1;
    for (const id of raised) by[id] = (by[id] ?? 0) + 1;
  }
  return { alarms, by };
}

/** In how many of `runs` comparisons the fault is found, by a question that has to find it and against side B. */
export function found(
  options: Omit<StudyOptions, 'seed' | 'fault'> & { readonly runs: number; readonly fault: keyof typeof FOUND_BY },
): number {
  let count = 0;
  for (let run = 0; run < options.runs; run += 1) {
    const { pairs } = study({ ...options, seed: 5000 + run });
    const questions = pairs.flatMap((pair) => pair.questions);
    const seen = questions.some(({ id, verdict }) => verdict === 'a_better' && FOUND_BY[options.fault].includes(id));
    if (seen) count += 1;
  }
  return count;
}
