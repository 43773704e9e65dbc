import type { Analysis } from '../model/analysis.ts';
import type { ComparedPair, ComparedQuestion, Comparison, QuestionId } from '../model/comparison.ts';
import type { Estimate, Finding } from '../model/finding.ts';
import { findingsOf } from './facts.ts';
import { formatInUnit, formatNumber, formatShareRange, formatUsd, NONE } from './format.ts';
import { areaWords } from './words.ts';

/** What several formats print of a comparison: derived once, so that no two of them can differ. */

/** How a variant did against another in one question. `open`: not enough data. */
export type Standing = 'better' | 'worse' | 'same' | 'open';

export const STANDING_WORDS: Readonly<Record<Standing, string>> = {
  better: 'better',
  worse: 'worse',
  same: 'no difference that matters',
  open: 'not enough data',
};

/** Of the second variant of the pair. */
export function standingOfB({ verdict }: Pick<ComparedQuestion, 'verdict'>): Standing {
  switch (verdict) {
    case 'a_better':
      return 'worse';
    case 'b_better':
      return 'better';
    case 'no_difference':
      return 'same';
    case 'not_enough_data':
      return 'open';
  }
}

/** `relay better`, `no difference that matters`, `not enough data`. */
export function verdictText(question: ComparedQuestion): string {
  switch (question.verdict) {
    case 'a_better':
      return `${question.a} better`;
    case 'b_better':
      return `${question.b} better`;
    case 'no_difference':
      return STANDING_WORDS.same;
    case 'not_enough_data':
      return STANDING_WORDS.open;
  }
}

/** Something was measured on at least one side. */
export const isMeasured = (question: ComparedQuestion): boolean =>
  question.figureA !== null || question.figureB !== null;

/** The pair in which a variant is held against the baseline; none for the baseline itself. */
export const pairOf = (comparison: Comparison, variant: string): ComparedPair | null =>
  comparison.pairs.find((pair) => pair.b === variant && pair.a === comparison.baseline) ?? null;

export const questionOf = (pair: ComparedPair | null, id: QuestionId): ComparedQuestion | null =>
  pair?.questions.find((question) => question.id === id) ?? null;

/** Ids in the order of the first pair, those only later pairs have behind them. */
export const questionIds = ({ pairs }: Comparison): readonly QuestionId[] => [
  ...new Set(pairs.flatMap((pair) => pair.questions.map((question) => question.id))),
];

/** `proven`: this run shows it against the baseline (the baseline: against every other). `ahead`: a better value, no more. */
export type BestMark = 'proven' | 'ahead' | null;

/** The best value, as every format marks it. */
export const BEST_SIGNS = { proven: '◂', ahead: '◃' } as const satisfies Record<Exclude<BestMark, null>, string>;

interface Side {
  readonly variant: string;
  readonly value: number | null;
  /** Null for the baseline. */
  readonly standing: Standing | null;
}

/** The variants with the best value of a question, and for each whether the run shows it. Empty where no value stands out. */
export function bestOf(
  better: ComparedQuestion['better'],
  sides: readonly Side[],
): ReadonlyMap<string, Exclude<BestMark, null>> {
  const known = sides.flatMap(({ variant, value, standing }) => (value === null ? [] : [{ variant, value, standing }]));
  const others = known.filter(({ standing }) => standing !== null);
  if (known.length < 2 || others.every(({ standing }) => standing === 'same')) return new Map();
  const values = known.map(({ value }) => value);
  const best = better === 'higher' ? Math.max(...values) : Math.min(...values);
  const winners = known.filter(({ value }) => value === best);
  if (winners.length === known.length) return new Map();
  const proven = ({ standing }: Side) =>
    standing === null ? others.every((other) => other.standing === 'worse') : standing === 'better';
  return new Map(winners.map((winner) => [winner.variant, proven(winner) ? 'proven' : 'ahead']));
}

/** Claims of the scenario with their verdicts; the comparison's own where it judged them, for they carry more evidence. */
export function claimsOf(analysis: Analysis): readonly Finding[] {
  const judged = analysis.comparison?.claims ?? [];
  return judged.length > 0 ? judged : findingsOf(analysis, 'claim');
}

/** Where limits are named as a whole, their kinds say it again. */
function areas(questions: readonly ComparedQuestion[], standing: Standing): readonly string[] {
  const alike = questions.filter((question) => standingOfB(question) === standing);
  const whole = alike.some(({ id }) => id === 'limited');
  return alike.filter(({ id }) => !(whole && id.startsWith('limited.'))).map(({ id }) => areaWords(id));
}

/** How a variant did on the whole: against the baseline over all questions. */
export type Overall = Standing | 'mixed' | 'baseline';

export const OVERALL_WORDS: Readonly<Record<Overall, string>> = {
  baseline: 'baseline',
  better: 'better',
  worse: 'worse',
  mixed: 'mixed',
  same: 'no difference',
  open: 'open',
};

export function overallOf(comparison: Comparison, variant: string): Overall {
  const pair = pairOf(comparison, variant);
  if (pair === null) return 'baseline';
  const standings = pair.questions.filter(isMeasured).map(standingOfB);
  const better = standings.includes('better');
  const worse = standings.includes('worse');
  if (better && worse) return 'mixed';
  if (better || worse) return better ? 'better' : 'worse';
  return standings.length > 0 && !standings.includes('open') ? 'same' : 'open';
}

/** One line of verdict: the main figures of a variant, and how it stands against the baseline. */
export function variantLine(comparison: Comparison, variant: string): string {
  const pair = pairOf(comparison, variant);
  return [figuresLine(comparison, variant), ...(pair === null ? [] : [againstLine(pair)])].join('. ');
}

/** The figures of the table below the line: those of the requests on which the variants can be held against each other. */
function figuresLine(comparison: Comparison, variant: string): string {
  const figure = (id: QuestionId): Estimate | null =>
    sidesOf(comparison, id).find((side) => side.variant === variant)?.estimate ?? null;
  const [answered, ttft, cost] = [figure('availability'), figure('ttft_median'), figure('cost')];
  const parts = [
    ...(answered === null
      ? []
      : [`${formatInUnit(answered.value, 'share')} answered (${formatShareRange(answered.low, answered.high)})`]),
    ...(ttft === null ? [] : [`first token after ${formatInUnit(ttft.value, 'ms')}`]),
    ...(cost === null ? [] : [`${formatUsd(cost.value)} per 1,000 answers`]),
  ];
  return parts.join(', ') || NONE;
}

function againstLine({ a, questions }: ComparedPair): string {
  const measured = questions.filter(isMeasured);
  const standing = (wanted: Standing) => measured.filter((question) => standingOfB(question) === wanted).length;
  const [open, same] = [standing('open'), standing('same')];
  const [better, worse] = [areas(measured, 'better'), areas(measured, 'worse')];
  const count = (number: number) => `${formatNumber(number)} of ${formatNumber(measured.length)}`;
  const parts = [
    ...(better.length === 0 ? [] : [`better in ${better.join(', ')}`]),
    ...(worse.length === 0 ? [] : [`worse in ${worse.join(', ')}`]),
    ...(same === 0 ? [] : [`no difference that matters in ${count(same)} questions`]),
    ...(open === 0 ? [] : [`not enough data in ${count(open)}`]),
  ];
  return parts.length === 0 ? `Against ${a}: nothing was measured on both sides` : `Against ${a}: ${parts.join('; ')}`;
}

/** Figures of one question in the order of the variants. The baseline's own comes from the first pair that has one. */
export function sidesOf(comparison: Comparison, id: QuestionId) {
  return comparison.variants.map((variant) => {
    const question = questionOf(pairOf(comparison, variant), id);
    const asBaseline = comparison.pairs.map((pair) => questionOf(pair, id)?.figureA ?? null);
    const estimate =
      variant === comparison.baseline
        ? (asBaseline.find((entry) => entry !== null) ?? null)
        : (question?.figureB ?? null);
    const standing: Standing | null = question === null ? null : standingOfB(question);
    return { variant, estimate, value: estimate?.value ?? null, standing };
  });
}
