import type { ComparedPair, ComparedQuestion, ComparisonVerdict } from '../model/comparison.ts';
import type { Tested } from './compare-test.ts';
import { figure, inUnit, plural } from './format.ts';

type Said = Omit<ComparedQuestion, 'evidence' | 'why'>;

/** A figure with its unit; a mean ratio and a share are both written in percent. */
export const written = (value: number, unit: ComparedQuestion['unit']): string => inUnit(value, unit);

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
      `${name}: ${written(value, unit)} (95 % interval ${written(low, unit)} to ${written(high, unit)})`;
    facts.push(`${test.spec.figure}: ${side(said.a, figureA)}, ${side(said.b, figureB)}`);
  }
  if (difference !== null) {
    facts.push(
      `${said.b} minus ${said.a}: ${written(difference.value, unit)}, between ${written(difference.low, unit)} and ${written(difference.high, unit)}`,
    );
  }
  if (p !== null && adjustedP !== null) {
    facts.push(`${probability(p)}, after the correction for all questions ${probability(adjustedP)}`);
  }
  facts.push(
    `${said.n} compared in ${said.blocks} blocks, worth ${figure(Math.round(said.effectiveN))} independent ones`,
    ...readingOf(test, said),
  );
  if (detectable !== null) facts.push(`this run would have found a difference of ${written(detectable, unit)}`);
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
      return [`${slow}: each of ${blocks} stretches of the run shows more than three times what matters`];
  }
}

/** One sentence: the verdict with the number that decided. */
export function whyOf(test: Tested, said: Said): string {
  const { difference, unit, margin } = said;
  if (test.spec.unaskable !== null) return `cannot be asked: ${test.spec.unaskable}`;
  if (difference === null) return 'nothing was measured on both sides';
  const reach = `between ${written(difference.low, unit)} and ${written(difference.high, unit)}`;
  switch (said.verdict) {
    case 'a_better':
    case 'b_better': {
      const winner = said.verdict === 'a_better' ? said.a : said.b;
      const [better, worse] = said.verdict === 'a_better' ? [said.figureA, said.figureB] : [said.figureB, said.figureA];
      return `${winner} is better: ${written(better?.value ?? 0, unit)} against ${written(worse?.value ?? 0, unit)}, a difference ${reach}`;
    }
    case 'no_difference':
      return `no difference that matters: it lies ${reach}, and less than ${written(margin, unit)} does not matter`;
    case 'not_enough_data':
      return said.detectable === null
        ? `not enough data: ${plural(said.blocks, 'block')} cannot show any difference at this level`
        : `not enough data: the difference lies ${reach}; this run could have seen ${written(said.detectable, unit)}`;
  }
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
  return AREAS[id] ?? `${id.slice('limited.'.length).replace('_', ' ')} limits`;
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
