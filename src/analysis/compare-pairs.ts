import type { ComparedPair, ComparisonDesign } from '../model/comparison.ts';
import { type Layout, pairedLayout, separateLayout, switchbackLayout, switchbackRounds } from './compare-layout.ts';
import type { OwnFigures } from './compare-own.ts';
import { questionsFor } from './compare-questions.ts';
import type { RequestTable } from './compare-table.ts';
import { testQuestion } from './compare-test.ts';
import { judge } from './compare-verdict.ts';
import { summaryOf } from './compare-words.ts';

export interface ComparedPairs {
  readonly design: ComparisonDesign;
  readonly familySize: number;
  readonly pairs: readonly ComparedPair[];
}

/**
 * Every other variant against the first. Variants of one quota group took turns; others met request by request. The
 * figures of each side are its own where `own` is given, else those of the requests that stand against each other.
 */
export function comparedPairs(
  tables: readonly RequestTable[],
  design: ComparisonDesign,
  own: OwnFigures | null = null,
): ComparedPairs {
  const [baseline, ...others] = tables;
  if (baseline === undefined) return { design, familySize: 0, pairs: [] };
  const rounds = design === 'switchback' ? switchbackRounds(tables) : null;
  const layoutOf = (other: RequestTable): Layout => {
    if (design === 'separate_runs') return separateLayout(baseline, other);
    return rounds === null ? pairedLayout(baseline, other) : switchbackLayout(baseline, other, rounds);
  };
  const laidOut = others.map((other) => ({ other, layout: layoutOf(other) }));
  const tested = laidOut.map(({ other, layout }) => ({
    a: baseline.variant.name,
    b: other.variant.name,
    tests: questionsFor(baseline, other).map((spec) => {
      const tested = testQuestion(spec, baseline, other, layout);
      if (own === null || spec.unaskable !== null) return tested;
      return { ...tested, ownA: own(baseline, spec), ownB: own(other, spec) };
    }),
  }));
  const { familySize, questions } = judge(tested);
  const pairs = laidOut.map(({ layout }, index): ComparedPair => {
    const { a, b } = tested[index] ?? { a: '', b: '' };
    const answered = questions[index] ?? [];
    return {
      a,
      b,
      paired: layout.design === 'paired' ? layout.rowsA.length : 0,
      unpairedA: layout.unpairedA,
      unpairedB: layout.unpairedB,
      questions: answered,
      summary: summaryOf({ a, b, questions: answered }),
    };
  });
  return { design, familySize, pairs };
}
