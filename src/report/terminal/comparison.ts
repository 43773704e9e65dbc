import type { Analysis } from '../../model/analysis.ts';
import type { ComparedQuestion, Comparison, ComparisonVerdict, QuestionId } from '../../model/comparison.ts';
import {
  BEST_SIGNS,
  bestOf,
  isMeasured,
  pairOf,
  questionIds,
  questionOf,
  sidesOf,
  standingOfB,
  verdictText,
} from '../comparison-facts.ts';
import { differenceInterval, formatInUnit, NONE, plainSpaces } from '../format.ts';
import { printable, wrap } from '../text-width.ts';
import { areaWords, DESIGN_WORDS } from '../words.ts';
import type { Style } from './ansi.ts';
import type { Screen } from './blocks.ts';
import { type TerminalCell, type TerminalColumn, terminalTable } from './table.ts';

type Lines = (analysis: Analysis, screen: Screen) => string[];

const column = (title: string, align: 'left' | 'right' = 'left'): TerminalColumn => ({ title, align });

const wrapped = (text: string, { columns }: Screen): string[] =>
  wrap(printable(text), columns - 2).map((line) => plainSpaces(`  ${line}`));

/** The course, its reasons, and what limits the comparison. */
export const courseLines: Lines = ({ comparison }, screen) => {
  if (comparison === null) return [];
  const { recommendation, warnings, design } = comparison;
  return [
    ...wrapped(recommendation.headline, screen).map((line) => screen.paint('bold', line)),
    ...recommendation.sentences.flatMap((sentence) => wrapped(sentence, screen)),
    ...warnings.flatMap((warning) => wrapped(`! ${warning}`, screen).map((line) => screen.paint('yellow', line))),
    ...wrapped(`${DESIGN_WORDS[design]}.`, screen).map((line) => screen.paint('dim', line)),
  ];
};

const VERDICT_STYLE: Readonly<Record<ComparisonVerdict, Style>> = {
  a_better: 'green',
  b_better: 'green',
  no_difference: 'dim',
  not_enough_data: 'yellow',
};

/** Figures of a question in the order of the variants, the best one marked. */
function figureCells(comparison: Comparison, question: ComparedQuestion): TerminalCell[] {
  const sides = sidesOf(comparison, question.id);
  const best = bestOf(question.better, sides);
  return sides.map(({ variant, estimate }) => {
    const text = estimate === null ? NONE : formatInUnit(estimate.value, question.unit);
    const mark = best.get(variant);
    return mark === undefined ? { text } : { text: `${text} ${BEST_SIGNS[mark]}`, style: 'bold' as const };
  });
}

function pairRow(comparison: Comparison, question: ComparedQuestion): TerminalCell[] {
  const { difference, unit, verdict } = question;
  return [
    { text: areaWords(question.id) },
    ...figureCells(comparison, question),
    { text: difference === null ? NONE : differenceInterval(difference.low, difference.high, unit) },
    { text: verdictText(question), style: VERDICT_STYLE[verdict] },
  ];
}

const SIGNS = { better: '+', worse: '-', same: '=', open: '?' } as const;

/** Many variants: the figure with how it stands against the baseline behind it. */
function matrixRow(comparison: Comparison, id: QuestionId): TerminalCell[] {
  const asked = comparison.pairs.map((pair) => questionOf(pair, id)).filter((question) => question !== null);
  const sample = asked.find(isMeasured);
  if (sample === undefined) return [];
  return [
    { text: areaWords(id) },
    ...sidesOf(comparison, id).map(({ variant, estimate }) => {
      const question = questionOf(pairOf(comparison, variant), id);
      const text = estimate === null ? NONE : formatInUnit(estimate.value, sample.unit);
      return { text: question === null ? text : `${text} ${SIGNS[standingOfB(question)]}` };
    }),
  ];
}

/** Every question in a line: figures, the interval of the difference, the verdict in words. */
export const sideBySideLines: Lines = ({ comparison }, screen) => {
  const [only, ...others] = comparison?.pairs ?? [];
  if (comparison === null || only === undefined) return [];
  const figures = comparison.variants.map((variant) => column(variant, 'right'));
  if (others.length === 0) {
    return terminalTable(
      [
        { ...column('question'), flexible: true },
        ...figures,
        column(`${only.b} - ${only.a}`, 'right'),
        column('verdict'),
      ],
      only.questions.filter(isMeasured).map((question) => pairRow(comparison, question)),
      screen,
    );
  }
  const rows = questionIds(comparison).map((id) => matrixRow(comparison, id));
  return [
    ...terminalTable(
      [{ ...column('question'), flexible: true }, ...figures],
      rows.filter((row) => row.length > 0),
      screen,
    ),
    ...wrapped(
      `+ better than ${comparison.baseline}, - worse, = no difference that matters, ? not enough data`,
      screen,
    ).map((line) => screen.paint('dim', line)),
  ];
};
