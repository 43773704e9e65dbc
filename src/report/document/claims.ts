import type { Analysis } from '../../model/analysis.ts';
import { claimsOf } from '../comparison-facts.ts';
import { statementOf } from '../facts.ts';
import { type Cell, code, left, right, rowTable, type Section } from './blocks.ts';
import { actualCell } from './verdicts.ts';

/** What was advertised, and what this run says about it. */
export function claimsSection(analysis: Analysis): Section {
  const section = { id: 'claims', title: 'Claims' };
  if (analysis.comparison === null) return { ...section, blocks: [] };
  const rows = claimsOf(analysis).map((claim): Cell[] => {
    return [
      { kind: 'verdict', verdict: claim.verdict, text: claim.verdict },
      code(statementOf(analysis, claim)),
      actualCell(analysis, claim),
      [claim.why, ...claim.evidence].filter((line) => line !== '').join(' · '),
    ];
  });
  return { ...section, blocks: rowTable([left('Verdict'), left('Claim'), right('Measured'), left('Evidence')], rows) };
}
