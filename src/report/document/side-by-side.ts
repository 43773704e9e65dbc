import type { Analysis } from '../../model/analysis.ts';
import type { ComparedPair, ComparedQuestion, Comparison } from '../../model/comparison.ts';
import type { Estimate } from '../../model/finding.ts';
import {
  bestOf,
  isMeasured,
  OVERALL_WORDS,
  questionIds,
  questionOf,
  STANDING_WORDS,
  type Standing,
  sidesOf,
  standingOfB,
  verdictText,
} from '../comparison-facts.ts';
import { amountText, differenceInterval, differenceText, formatInUnit, formatNumber, formatRange } from '../format.ts';
import { areaWords, figureWords } from '../words.ts';
import {
  type Block,
  type Cell,
  type Column,
  facts,
  left,
  right,
  rowTable,
  type Section,
  table,
  text,
} from './blocks.ts';
import { variantColour } from './variant-colour.ts';

const columnOf = (comparison: Comparison, variant: string): Column => ({
  ...right(variant),
  colour: variantColour(comparison, variant),
});

const questionCell = (question: ComparedQuestion): Cell => ({
  kind: 'figure',
  text: question.question,
  range: null,
  note: figureWords(question.id),
  mark: null,
});

const printed = (estimate: Estimate, unit: string): { readonly text: string; readonly range: string | null } => ({
  text: formatInUnit(estimate.value, unit),
  range: estimate.low === estimate.high ? null : formatRange(estimate.low, estimate.high, unit),
});

/** In a narrow column. */
const SHORT_WORDS: Readonly<Record<Standing, string>> = { ...STANDING_WORDS, same: OVERALL_WORDS.same };

function figureCells(comparison: Comparison, sample: ComparedQuestion, standings: boolean): Cell[] {
  const sides = sidesOf(comparison, sample.id);
  const best = bestOf(sample.better, sides);
  return sides.map(({ variant, estimate, standing }): Cell => {
    if (estimate === null) return { kind: 'blank', why: 'not measured for this variant' };
    return {
      kind: 'figure',
      ...printed(estimate, sample.unit),
      ...(standings && standing !== null ? { note: SHORT_WORDS[standing], standing } : { note: null }),
      mark: best.get(variant) ?? null,
    };
  });
}

/** With the figures it is of, where fewer requests stand against each other than a side has. */
function differenceCell({ difference, compared, unit, why, n }: ComparedQuestion): Cell {
  if (difference === null) return { kind: 'blank', why };
  const of = compared === null ? null : `${formatInUnit(compared.a, unit)} → ${formatInUnit(compared.b, unit)}`;
  return {
    kind: 'figure',
    text: differenceText(difference.value, unit),
    range: differenceInterval(difference.low, difference.high, unit),
    note: of === null ? null : `${of} on ${formatNumber(n)} that met`,
    mark: null,
  };
}

function detectableCell({ detectable, margin, unit, blocks }: ComparedQuestion): Cell {
  const matters = `matters\u00a0from\u00a0${amountText(margin, unit)}`;
  if (detectable === null) return { kind: 'blank', why: `${formatNumber(blocks)} blocks cannot say; ${matters}` };
  return { kind: 'figure', text: amountText(detectable, unit), range: null, note: matters, mark: null };
}

const verdictCell = (question: ComparedQuestion): Cell => ({
  kind: 'standing',
  standing: question.verdict === 'a_better' ? 'better' : standingOfB(question),
  text: question.verdict === 'no_difference' ? SHORT_WORDS.same : verdictText(question),
});

const pairTail = (a: string, b: string): Column[] => [
  right(`${b} − ${a}`),
  right('Difference that 9 such runs in 10 see'),
  left('Verdict'),
];

const tailCells = (question: ComparedQuestion): Cell[] => [
  differenceCell(question),
  detectableCell(question),
  verdictCell(question),
];

function unmeasuredText(pair: ComparedPair): readonly Block[] {
  const unmeasured = pair.questions.filter((question) => !isMeasured(question));
  if (unmeasured.length === 0) return [];
  const named = unmeasured.map(({ id, why }) => `${areaWords(id)} (${why})`).join('; ');
  return [text(`Not measured: ${named}.`, 'note')];
}

function evidenceBlock(pair: ComparedPair): Block {
  return {
    kind: 'details',
    summary: `Evidence behind each verdict on ${pair.a} and ${pair.b}`,
    blocks: [
      facts(
        pair.questions.map((question) => [
          areaWords(question.id),
          [question.why, ...question.evidence].filter((line) => line !== '').join(' · '),
        ]),
      ),
    ],
  };
}

/** Two variants: the whole answer in one table. */
function pairBlocks(comparison: Comparison, pair: ComparedPair): readonly Block[] {
  const two = { ...comparison, variants: [pair.a, pair.b], baseline: pair.a, pairs: [pair] };
  const rows = pair.questions
    .filter(isMeasured)
    .map((question) => [questionCell(question), ...figureCells(two, question, false), ...tailCells(question)]);
  return [
    ...rowTable(
      [left('Question'), columnOf(comparison, pair.a), columnOf(comparison, pair.b), ...pairTail(pair.a, pair.b)],
      rows,
    ),
    ...unmeasuredText(pair),
    evidenceBlock(pair),
  ];
}

/** More than two: every variant in one table against the baseline, the full table of each pair folded away. */
function matrixBlocks(comparison: Comparison): readonly Block[] {
  const samples = questionIds(comparison).flatMap((id) => {
    const asked = comparison.pairs.map((pair) => questionOf(pair, id)).filter((question) => question !== null);
    return asked.find(isMeasured) ?? [];
  });
  return [
    ...table(
      [left('Question'), ...comparison.variants.map((variant) => columnOf(comparison, variant))],
      samples.map((sample) => [questionCell(sample), ...figureCells(comparison, sample, true)]),
    ),
    ...comparison.pairs.map(
      (pair): Block => ({
        kind: 'details',
        summary: `${pair.a} and ${pair.b}: differences with intervals, what could have been seen, evidence`,
        blocks: [...(pair.summary === '' ? [] : [text(pair.summary)]), ...pairBlocks(comparison, pair)],
      }),
    ),
  ];
}

/** Every question with figures, intervals and a verdict in words. */
export function sideBySideSection({ comparison }: Analysis): Section {
  const section = { id: 'side-by-side', title: 'Side by side' };
  const [only, ...others] = comparison?.pairs ?? [];
  if (comparison === null || only === undefined) return { ...section, blocks: [] };
  const { alpha, familySize, baseline } = comparison;
  const against = others.length === 0 ? '' : ` Verdicts are against ${baseline}.`;
  return {
    ...section,
    blocks: [
      ...(others.length === 0 ? pairBlocks(comparison, only) : matrixBlocks(comparison)),
      text(
        `◂ the best value, shown by this run; ◃ the better value, its lead not shown. Intervals are 95 %.${against} A verdict is one of ${formatNumber(familySize)} questions that share an error of ${formatNumber(alpha * 100, 1)}\u00a0% (Holm’s correction); pp are percentage points. A difference below “matters from” makes no verdict. The figures are of all requests of a variant, as everywhere in this report; a difference is of the requests that met, named with it where these are fewer.`,
        'note',
      ),
    ],
  };
}
