import type { Analysis } from '../../model/analysis.ts';
import type { ComparedPair, Comparison } from '../../model/comparison.ts';
import { claimsOf, OVERALL_WORDS, overallOf, variantLine } from '../comparison-facts.ts';
import { formatNumber } from '../format.ts';
import { DESIGN_WORDS } from '../words.ts';
import { type Block, type Cell, left, rowTable, type Section, text } from './blocks.ts';
import { variantColour } from './variant-colour.ts';

const variantCell = (comparison: Comparison, name: string): Cell => ({
  kind: 'variant',
  name,
  colour: variantColour(comparison, name),
});

function claimsText(analysis: Analysis, variant: string): Cell {
  const claims = claimsOf(analysis).filter((claim) => claim.variant === variant);
  if (claims.length === 0) return { kind: 'blank', why: 'no claim about this variant' };
  const count = (verdict: 'holds' | 'violated' | 'inconclusive') =>
    claims.filter((claim) => claim.verdict === verdict).length;
  return (['violated', 'inconclusive', 'holds'] as const)
    .filter((verdict) => count(verdict) > 0)
    .map((verdict) => `${formatNumber(count(verdict))}\u00a0${verdict}`)
    .join(', ');
}

function variantRow(analysis: Analysis, comparison: Comparison, variant: string): Cell[] {
  const overall = overallOf(comparison, variant);
  return [
    variantCell(comparison, variant),
    { kind: 'standing', standing: overall, text: OVERALL_WORDS[overall] },
    `${variantLine(comparison, variant)}.`,
    ...(claimsOf(analysis).length === 0 ? [] : [claimsText(analysis, variant)]),
  ];
}

const complete = ({ unpairedA, unpairedB }: ComparedPair): boolean => unpairedA + unpairedB === 0;

function designText({ design, pairs }: Comparison): string {
  const [first] = pairs;
  const alike = pairs.length > 1 && pairs.every(({ paired }) => paired === first?.paired) && pairs.every(complete);
  if (design === 'paired' && alike) {
    return `${DESIGN_WORDS[design]}. ${formatNumber(first?.paired)} requests with a partner in every pair.`;
  }
  const counted = pairs.map(({ a, b, paired, unpairedA, unpairedB }) => {
    const alone = unpairedA + unpairedB;
    const rest = alone === 0 ? '' : `, ${formatNumber(alone)} without a partner`;
    return `${pairs.length > 1 ? `${a} and ${b}: ` : ''}${formatNumber(paired)} requests with a partner${rest}`;
  });
  return `${DESIGN_WORDS[design]}.${design === 'paired' ? ` ${counted.join('; ')}.` : ''}`;
}

/** What to do, one line per variant, and what limits the answer. */
export function decisionSection(analysis: Analysis): Section {
  const { comparison } = analysis;
  const section = { id: 'decision', title: 'Decision' };
  if (comparison === null) return { ...section, blocks: [] };
  const { headline, sentences } = comparison.recommendation;
  const claims = claimsOf(analysis).length > 0;
  const blocks: readonly Block[] = [
    { kind: 'callout', title: 'Recommended course', headline, sentences },
    ...comparison.warnings.map((warning) => text(warning, 'warning')),
    ...rowTable(
      [
        left('Variant'),
        left(`Against ${comparison.baseline}`),
        left('In one line'),
        ...(claims ? [left('Claims')] : []),
      ],
      comparison.variants.map((variant) => variantRow(analysis, comparison, variant)),
    ),
    text(designText(comparison), 'note'),
  ];
  return { ...section, blocks };
}
