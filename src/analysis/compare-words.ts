import type { ComparedPair, ComparedQuestion, ComparisonVerdict } from '../model/comparison.ts';
import {
  amountText,
  differenceInterval,
  differenceText,
  formatInUnit,
  formatNumber,
  formatRange,
  plainSpaces,
} from '../model/written.ts';
import type { Tested } from './compare-test.ts';
import { figure, plural } from './format.ts';

type Said = Omit<ComparedQuestion, 'evidence' | 'why'>;

type Unit = ComparedQuestion['unit'];

/** A figure with its unit; a mean ratio and a share are both written in percent. */
export const written = (value: number, unit: Unit): string => plainSpaces(formatInUnit(value, unit));

/** The size of a difference: of shares in percentage points. */
export const amount = (value: number, unit: Unit): string => plainSpaces(amountText(value, unit));

/** Both ends of a difference, with their signs. */
export const between = ({ low, high }: { readonly low: number; readonly high: number }, unit: Unit): string =>
  plainSpaces(differenceInterval(low, high, unit));

function probability(p: number): string {
  return p < 0.0001 ? 'p < 0.0001' : `p = ${figure(p)}`;
}

/** The numbers behind a verdict, one fact a sentence. */
export function evidenceOf(test: Tested, said: Said): readonly string[] {
  const { figureA, figureB, difference, unit, p, adjustedP, detectable } = said;
  if (test.spec.unaskable !== null) return [];
  const facts: string[] = [];
  if (figureA !== null && figureB !== null) {
    const side = (name: string, { value, low, high }: NonNullable<Said['figureA']>) =>
      `${name}: ${written(value, unit)} (95 % interval ${plainSpaces(formatRange(low, high, unit))})`;
    facts.push(`${test.spec.figure}: ${side(said.a, figureA)}, ${side(said.b, figureB)}`);
    if (said.compared !== null) facts.push(`on ${together(test, said)}: ${sides(said)}`);
  }
  if (difference !== null) {
    facts.push(
      `${said.b} minus ${said.a}: ${plainSpaces(differenceText(difference.value, unit))} (95 % interval ${between(difference, unit)})`,
    );
  }
  if (p !== null && adjustedP !== null) {
    facts.push(`${probability(p)}, after the correction for all questions ${probability(adjustedP)}`);
  }
  facts.push(
    `${formatNumber(said.n)} compared in ${plural(said.blocks, 'block')}, worth ${formatNumber(said.effectiveN)} independent ones`,
    ...readingOf(test, said),
  );
  // An open verdict says it already.
  if (detectable !== null && said.verdict !== 'not_enough_data')
    facts.push(`nine such runs in ten would find a difference of ${amount(detectable, unit)}`);
  return facts;
}

/** What the test rested on, where that is not what the difference itself remembers. */
function readingOf({ reading, ownBlocks }: Tested, { a, b, blocks }: Said): readonly string[] {
  const slow = `the difference swings too slowly for blocks of its own (${ownBlocks})`;
  switch (reading) {
    case 'own':
      return [];
    case 'sooner':
      return [
        `${slow}: tested in blocks of the steadier of ${a} and ${b}, as long as equals would remember, and found again over 12 stretches of the run`,
      ];
    case 'throughout':
      return [
        `${slow}: of ${blocks} equal stretches of the run at least half show it by more than three times what matters (a time: twofold), and hardly one the contrary`,
      ];
  }
}

/** One sentence: the verdict with the number that decided. */
export function whyOf(test: Tested, said: Said): string {
  const { difference, unit, margin } = said;
  if (test.spec.unaskable !== null) return `cannot be asked: ${test.spec.unaskable}`;
  if (difference === null) return 'nothing was measured on both sides';
  const reach = between(difference, unit);
  switch (said.verdict) {
    case 'a_better':
    case 'b_better': {
      const winner = said.verdict === 'a_better' ? said.a : said.b;
      const where = said.compared === null ? '' : `on ${together(test, said)}, `;
      return `${winner} is better: ${where}${sides(said)}, a difference of ${reach}`;
    }
    case 'no_difference':
      return `no difference that matters: it lies in ${reach}, and less than ${amount(margin, unit)} does not matter`;
    case 'not_enough_data':
      return said.detectable === null
        ? `not enough data: ${plural(said.blocks, 'block')} cannot show any difference at this level`
        : `not enough data: the difference lies in ${reach}; nine such runs in ten would find ${amount(said.detectable, unit)}`;
  }
}

/** What the figures of a difference are of, where they are not of all requests. */
function together({ linked }: Tested, { n }: Pick<Said, 'n'>): string {
  return linked ? `the ${formatNumber(n)} pairs where it applies to both` : 'the requests that could be compared';
}

/** `1.43 s against 2.02 s`, the baseline's first: as they stand against each other. */
function sides({ compared, figureA, figureB, unit, a, b }: Said): string {
  const of = (name: string, value: number | undefined) => `${name} ${written(value ?? 0, unit)}`;
  return `${of(a, compared?.a ?? figureA?.value)}, ${of(b, compared?.b ?? figureB?.value)}`;
}

const AREAS: Readonly<Partial<Record<ComparedQuestion['id'], string>>> = {
  availability: 'answers',
  goodput: 'goodput',
  limited: 'rate limits',
  errors: 'errors',
  truncated: 'cut streams',
  ttft_median: 'median time to first token',
  ttft_p95: 'slow starts (p95)',
  total_time: 'total time',
  overhead: 'overhead per answer',
  stalls: 'standstills in streams',
  hidden_retries: 'signs of hidden retries',
  model_identity: 'the model that answers',
  usage: 'reported prompt tokens',
  kinds_lost: 'telling the kind of a limit',
  cost: 'cost per useful answer',
};

export function areaOf(id: ComparedQuestion['id']): string {
  // `request limits`, not `requests limits`.
  return AREAS[id] ?? `${id.slice('limited.'.length).replace('_', ' ').replace(/s$/, '')} limits`;
}

/** Where each side is better, and what stayed open. */
export function summaryOf({ a, b, questions }: Pick<ComparedPair, 'a' | 'b' | 'questions'>): string {
  const areas = (verdict: ComparisonVerdict) =>
    questions.filter((each) => each.verdict === verdict).map(({ id }) => areaOf(id));
  const parts = [
    [`${a} is better in`, areas('a_better')],
    [`${b} is better in`, areas('b_better')],
    ['no difference that matters in', areas('no_difference')],
    ['not enough data for', areas('not_enough_data')],
  ] as const;
  return parts
    .filter(([, names]) => names.length > 0)
    .map(([said, names]) => `${said} ${names.join(', ')}`)
    .join('; ');
}
