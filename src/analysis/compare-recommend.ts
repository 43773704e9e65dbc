import type { ComparedPair, ComparedQuestion, Comparison, Recommendation, TacticRow } from '../model/comparison.ts';
import { amount, areaOf, between, written } from './compare-words.ts';
import { figure } from './format.ts';

/** Why people would change: the others are what they must not lose by it. */
const GAINS: readonly ComparedQuestion['id'][] = [
  'goodput',
  'availability',
  'limited',
  'cost',
  'total_time',
  'ttft_median',
];

/** Losses that make an answer worth less or untrustworthy, whatever its speed. */
const INTEGRITY: readonly ComparedQuestion['id'][] = [
  'truncated',
  'model_identity',
  'usage',
  'errors',
  'kinds_lost',
  'hidden_retries',
];

export interface RecommendOptions {
  /** Some variant uses several keys or accounts, or stands on another account than the first. */
  readonly severalAccounts: boolean;
}

type Compared = Pick<Comparison, 'design' | 'baseline' | 'pairs' | 'tactics' | 'claims' | 'warnings'>;

interface Standing {
  readonly pair: ComparedPair;
  readonly gains: readonly ComparedQuestion[];
  readonly losses: readonly ComparedQuestion[];
  readonly harm: readonly ComparedQuestion[];
}

/** The course that the verdicts carry, with their numbers; nothing that was not shown. */
export function recommend(comparison: Compared, { severalAccounts }: RecommendOptions): Recommendation {
  const standings = comparison.pairs.map(standingOf);
  const { headline, reasons } = course(comparison, standings);
  return {
    headline,
    sentences: [
      ...reasons,
      ...tacticSentences(comparison.tactics),
      ...claimSentences(comparison),
      ...openSentences(comparison.pairs),
      ...(comparison.design === 'separate_runs' ? [NOT_INTERLEAVED] : []),
      ...(severalAccounts ? [TERMS] : []),
    ],
  };
}

const NOT_INTERLEAVED =
  'The two runs were not interleaved: whatever changed between them (hour, load, limits) is part of every difference; an interleaved comparison would settle it.';

const TERMS =
  "Using several accounts or a relay to get around a quota may break a provider's terms; use only keys that you own, and read the terms before you rely on this.";

function standingOf(pair: ComparedPair): Standing {
  const gains = pair.questions.filter(({ verdict }) => verdict === 'b_better');
  const losses = pair.questions.filter(({ verdict }) => verdict === 'a_better');
  return { pair, gains, losses, harm: losses.filter(({ id }) => INTEGRITY.includes(id)) };
}

function course(
  { baseline, pairs }: Compared,
  standings: readonly Standing[],
): { readonly headline: string; readonly reasons: readonly string[] } {
  const worthwhile = standings.filter(({ gains }) => gains.some(({ id }) => GAINS.includes(id)));
  const clean = worthwhile.filter(({ harm, losses }) => harm.length === 0 && !losses.some(({ id }) => isCore(id)));
  // Cheaper or faster is no reason while it is open whether it answers as well.
  const best = byGoodput(clean.filter(({ pair, gains }) => gains.some(({ id }) => isCore(id)) || settled(pair)))[0];
  if (best !== undefined) {
    return { headline: `Use ${best.pair.b} for this traffic`, reasons: [gainSentence(best), ...lossSentence(best)] };
  }
  const unsettled = byGoodput(clean)[0];
  if (unsettled !== undefined && worthwhile.length === clean.length) {
    const { b } = unsettled.pair;
    return {
      headline: `${b} looks better, but this run does not show that it answers as well`,
      reasons: [gainSentence(unsettled), ...lossSentence(unsettled)],
    };
  }
  const mixed = byGoodput(worthwhile)[0];
  if (mixed !== undefined) {
    const { b } = mixed.pair;
    return {
      headline: `${b} gains something and loses something: decide which counts more`,
      reasons: [gainSentence(mixed), ...lossSentence(mixed)],
    };
  }
  const worse = standings.filter(({ losses }) => losses.length > 0);
  if (worse.length > 0) {
    return { headline: `Stay with ${baseline}`, reasons: worse.flatMap(lossSentence) };
  }
  const shown = pairs.flatMap(({ questions }) => questions).filter(({ verdict }) => verdict === 'no_difference');
  const core = shown.filter(({ id }) => isCore(id));
  if (core.length > 0 && pairs.every((pair) => settled(pair))) {
    return {
      headline: `No difference that matters: keep ${baseline}, or choose by price`,
      reasons: core.map(sameSentence),
    };
  }
  return { headline: 'This run does not decide between the variants', reasons: shown.slice(0, 3).map(sameSentence) };
}

const isCore = (id: ComparedQuestion['id']) => id === 'availability' || id === 'goodput';

/** What people would change for is known to be equal. */
function settled({ questions }: ComparedPair): boolean {
  return questions.some(({ id, verdict }) => id === 'availability' && verdict === 'no_difference');
}

function byGoodput(standings: readonly Standing[]): readonly Standing[] {
  const rank = ({ pair }: Standing) =>
    pair.questions.find(({ id }) => id === 'goodput')?.figureB?.value ?? Number.NEGATIVE_INFINITY;
  const usd = ({ pair }: Standing) =>
    pair.questions.find(({ id }) => id === 'cost')?.figureB?.value ?? Number.POSITIVE_INFINITY;
  return [...standings].sort((x, y) => rank(y) - rank(x) || usd(x) - usd(y));
}

/** With the figures that every table shows; where fewer requests stand against each other, with theirs. */
function phrase({ id, unit, figureA, figureB, compared }: ComparedQuestion): string {
  const of = (value: number | undefined) => (value === undefined ? 'unknown' : written(value, unit));
  const own = `${of(figureB?.value)} against ${of(figureA?.value)}`;
  if (compared === null) return `${areaOf(id)} (${own})`;
  const met = `${of(compared.b)} against ${of(compared.a)}`;
  return `${areaOf(id)} (${own}${met === own ? '' : `; where both can be compared ${met}`})`;
}

/** Those people ask about first. */
function inOrder(questions: readonly ComparedQuestion[]): readonly ComparedQuestion[] {
  const rank = ({ id }: ComparedQuestion) => {
    const place = [...GAINS, ...INTEGRITY].indexOf(id);
    return place < 0 ? Number.MAX_SAFE_INTEGER : place;
  };
  // Where limits are named as a whole, their kinds say it again.
  const whole = questions.some(({ id }) => id === 'limited');
  return questions.filter(({ id }) => !(whole && id.startsWith('limited.'))).sort((x, y) => rank(x) - rank(y));
}

function gainSentence({ pair, gains }: Standing): string {
  return `${pair.b} does better than ${pair.a} in ${inOrder(gains).map(phrase).join(', ')}.`;
}

function lossSentence({ pair, losses }: Standing): readonly string[] {
  if (losses.length === 0) return [];
  return [`${pair.b} does worse than ${pair.a} in ${inOrder(losses).map(phrase).join(', ')}.`];
}

function sameSentence({ id, a, b, unit, difference, margin }: ComparedQuestion): string {
  const reach = difference === null ? '' : ` lies in ${between(difference, unit)}`;
  return `In ${areaOf(id)} the difference of ${b} to ${a}${reach}, inside the ${amount(margin, unit)} that would matter.`;
}

/** Intervals that do not touch: only then is one tactic said to answer more than another. */
function tacticSentences(tactics: readonly TacticRow[]): readonly string[] {
  if (new Set(tactics.map(({ tactic }) => tactic)).size < 2) return [];
  const ranked = [...tactics].sort((x, y) => (y.finalSuccess?.value ?? 0) - (x.finalSuccess?.value ?? 0));
  const [best, next] = ranked;
  if (best?.finalSuccess == null || next?.finalSuccess == null) return [];
  if (best.finalSuccess.low <= next.finalSuccess.high) {
    return [
      `Of the tactics, ${best.variant} answered ${written(best.finalSuccess.value, 'share')}${priceOf(best)} and ${next.variant} ${written(next.finalSuccess.value, 'share')}${priceOf(next)}: this run does not rank them by answers.`,
    ];
  }
  return [
    `Of the tactics, ${best.variant} (${best.tactic}) answered most, ${written(best.finalSuccess.value, 'share')} of the requests${priceOf(best)}; next is ${next.variant} (${next.tactic}) with ${written(next.finalSuccess.value, 'share')}.`,
  ];
}

/** What a tactic takes for it. */
function priceOf({ amplification, addedDelayMs }: TacticRow): string {
  const parts = [
    amplification === null
      ? null
      : `${figure(amplification)} ${amplification === 1 ? 'attempt' : 'attempts'} per request`,
    addedDelayMs === null
      ? null
      : `${written(addedDelayMs.p95 ?? addedDelayMs.max, 'ms')} of added delay (${addedDelayMs.p95 === null ? 'longest' : 'p95'})`,
  ].filter((each) => each !== null);
  return parts.length === 0 ? '' : ` (at ${parts.join(' and ')})`;
}

function claimSentences({ claims }: Compared): readonly string[] {
  return claims
    .filter(({ verdict }) => verdict !== 'holds')
    .map(
      ({ claim, verdict, why }) =>
        `The claim "${claim}" ${verdict === 'violated' ? 'does not hold' : 'is open'}: ${why}.`,
    );
}

/** What the run could not tell, with what it could have seen: so that nobody reads silence as "equal". */
function openSentences(pairs: readonly ComparedPair[]): readonly string[] {
  return pairs.flatMap(({ a, b, questions }) => {
    const open = questions.filter(
      ({ id, verdict, difference }) =>
        verdict === 'not_enough_data' && difference !== null && (GAINS.includes(id) || INTEGRITY.includes(id)),
    );
    if (open.length === 0) return [];
    const areas = open.map(({ id, unit, detectable }) =>
      detectable === null ? areaOf(id) : `${areaOf(id)} (nine such runs in ten would see ${amount(detectable, unit)})`,
    );
    return [`Between ${a} and ${b} this run is too short to decide ${areas.join(', ')}.`];
  });
}
