import { describe, expect, test } from 'vitest';
import type { ComparisonVerdict } from '../../src/model/comparison.ts';
import {
  bestOf,
  claimsOf,
  overallOf,
  sidesOf,
  type standingOfB,
  variantLine,
  verdictText,
} from '../../src/report/comparison-facts.ts';
import { amountText, differenceInterval, differenceText, formatRange, plainSpaces } from '../../src/report/format.ts';
import { judgedComparison, tacticsComparison } from './sample-comparison.ts';
import { comparisonAnalysis } from './sample-variants.ts';

const comparisonIn = (analysis = judgedComparison()) => {
  if (analysis.comparison === null) throw new Error('no comparison');
  return analysis.comparison;
};
const side = (variant: string, value: number | null, standing: ReturnType<typeof standingOfB> | null) => ({
  variant,
  value,
  standing,
});

test('says a verdict in words, with the name of the better side', () => {
  const question = comparisonIn().pairs[0]?.questions[0];
  if (question === undefined) throw new Error('no question');
  const words = (verdict: ComparisonVerdict) => verdictText({ ...question, verdict });
  expect(words('a_better')).toBe('direct better');
  expect(words('b_better')).toBe('relay better');
  expect(words('no_difference')).toBe('no difference that matters');
  expect(words('not_enough_data')).toBe('not enough data');
});

const marks = (...args: Parameters<typeof bestOf>) => Object.fromEntries(bestOf(...args));

describe('the best value', () => {
  test('may be that of several, each shown or not by itself', () => {
    const sides = [side('a', 0.9, null), side('b', 1, 'better'), side('c', 1, 'open')];
    expect(marks('higher', sides)).toEqual({ b: 'proven', c: 'ahead' });
  });

  test('is proven where its variant is shown to be better than the baseline', () => {
    expect(marks('higher', [side('a', 0.9, null), side('b', 0.95, 'better')])).toEqual({ b: 'proven' });
    expect(marks('lower', [side('a', 0.9, null), side('b', 0.95, 'worse')])).toEqual({ a: 'proven' });
  });

  test('of the baseline is proven only against every other variant', () => {
    const sides = [side('a', 1, null), side('b', 2, 'worse'), side('c', 3, 'open')];
    expect(marks('lower', sides)).toEqual({ a: 'ahead' });
  });

  test('is only ahead where the data are not enough', () => {
    expect(marks('higher', [side('a', 0.9, null), side('b', 0.95, 'open')])).toEqual({ b: 'ahead' });
  });

  test('is nobody\u2019s where values tie, one side is unknown, or no difference matters', () => {
    expect(marks('higher', [side('a', 1, null), side('b', 1, 'open')])).toEqual({});
    expect(marks('higher', [side('a', 1, null), side('b', null, 'open')])).toEqual({});
    expect(marks('higher', [side('a', 1, null), side('b', 1.001, 'same')])).toEqual({});
  });
});

test('differences carry a sign, shares of them percentage points', () => {
  expect(plainSpaces(differenceText(0.043, 'share'))).toBe('+4.3 pp');
  expect(plainSpaces(differenceText(-0.052, 'share'))).toBe('−5.2 pp');
  expect(plainSpaces(differenceText(62, 'ms'))).toBe('+62 ms');
  expect(plainSpaces(differenceText(-0.05, 'usd'))).toBe('−$0.0500');
  expect(plainSpaces(differenceText(0, 'share'))).toBe('0 pp');
  expect(plainSpaces(amountText(0.00001, 'share'))).toBe('<0.01 pp');
  expect(plainSpaces(differenceText(0.00001, 'share'))).toBe('<0.01 pp');
});

test('an interval says its unit once, but never where its ends have different ones', () => {
  expect(plainSpaces(differenceInterval(41, 83, 'ms'))).toBe('+41 to +83 ms');
  expect(plainSpaces(differenceInterval(-0.148, -0.03, 'share'))).toBe('−14.8 to −3.0 pp');
  expect(plainSpaces(differenceInterval(-0.0031, 0.0062, 'share'))).toBe('−0.31 to +0.62 pp');
  expect(plainSpaces(differenceInterval(0.04, 0.14, 'perSecond'))).toBe('+0.04 to +0.14/s');
  expect(plainSpaces(differenceInterval(0, 0, 'share'))).toBe('0 to 0 pp');
  expect(plainSpaces(formatRange(561, 640, 'ms'))).toBe('561–640 ms');
  expect(plainSpaces(formatRange(900, 1205, 'ms'))).toBe('900 ms–1.21 s');
  expect(plainSpaces(formatRange(61_000, 75_000, 'ms'))).toBe('1 min 01 s–1 min 15 s');
  expect(plainSpaces(formatRange(1.99, 2.1, 'perSecond'))).toBe('1.99–2.1/s');
});

test('a variant is mixed where it is better in one question and worse in another', () => {
  expect(overallOf(comparisonIn(), 'relay')).toBe('mixed');
  expect(overallOf(comparisonIn(), 'direct')).toBe('baseline');
  const [pair] = comparisonIn().pairs;
  const only = (verdicts: readonly ComparisonVerdict[]) => ({
    ...comparisonIn(),
    pairs: pair ? [{ ...pair, questions: pair.questions.filter(({ verdict }) => verdicts.includes(verdict)) }] : [],
  });
  expect(overallOf(only(['b_better', 'no_difference', 'not_enough_data']), 'relay')).toBe('better');
  expect(overallOf(only(['a_better']), 'relay')).toBe('worse');
  expect(overallOf(only(['no_difference']), 'relay')).toBe('same');
  expect(overallOf(only(['no_difference', 'not_enough_data']), 'relay')).toBe('open');
});

test('one line says the main figures, then the questions that were decided', () => {
  expect(plainSpaces(variantLine(comparisonIn(), 'direct'))).toBe(
    '94.4 % answered (91.8–96.2 %), first token after 600 ms',
  );
  expect(plainSpaces(variantLine(comparisonIn(), 'relay'))).toContain(
    'Against direct: better in answers, goodput, burst limits; worse in time to first token; no difference that matters in 1 of 7 questions; not enough data in 2 of 7',
  );
});

test('figures stand in the order of the variants, the baseline from the first pair that measured it', () => {
  const sides = sidesOf(comparisonIn(tacticsComparison()), 'availability');
  expect(sides.map(({ variant, value, standing }) => [variant, value, standing])).toEqual([
    ['none', 0.944, null],
    ['backoff', 0.987, 'better'],
    ['smooth', 0.987, 'worse'],
    ['both', 0.987, 'same'],
    ['adaptive', 0.987, 'open'],
  ]);
});

test('claims come from the comparison, or from the findings where it judged none', () => {
  expect(claimsOf(judgedComparison()).map(({ verdict }) => verdict)).toEqual(['inconclusive', 'holds', 'violated']);
  const base = comparisonAnalysis();
  expect(claimsOf(base)).toEqual(base.findings.filter(({ kind }) => kind === 'claim'));
});
