import type { Analysis } from '../../model/analysis.ts';
import type { TacticRow } from '../../model/comparison.ts';
import type { Estimate } from '../../model/finding.ts';
import { formatMs, formatNumber, formatPerSecond, formatShare, formatShareRange, formatUsd } from '../format.ts';
import { type Cell, figure, left, right, type Section, table, text } from './blocks.ts';
import { variantColour } from './variant-colour.ts';

const COLUMNS = [
  left('Variant'),
  left('Tactic'),
  right('Goodput'),
  right('First try'),
  right('In the end'),
  right('Delay added, median'),
  right('Attempts per request'),
  right('Tokens per answer'),
  right('per 1,000 answers'),
];

const shareCell = (share: Estimate | null): Cell =>
  share === null
    ? { kind: 'blank', why: 'no request was attempted' }
    : figure(formatShare(share.value), formatShareRange(share.low, share.high));

const numberCell = (value: number | null, decimals: number, why: string): Cell =>
  value === null ? { kind: 'blank', why } : formatNumber(value, decimals);

function attemptsCell({ amplification, refusedAttempts }: TacticRow): Cell {
  if (amplification === null) return { kind: 'blank', why: 'no request was attempted' };
  const refused = refusedAttempts === 0 ? null : `${formatNumber(refusedAttempts)}\u00a0refused`;
  return figure(formatNumber(amplification, 2), refused);
}

function delayCell({ addedDelayMs }: TacticRow): Cell {
  if (addedDelayMs === null) return { kind: 'blank', why: 'nothing was answered' };
  const { p50, p95, max } = addedDelayMs;
  const tail = p95 === null ? [] : [`p95\u00a0${formatMs(p95)}`];
  return figure(formatMs(p50), max === 0 ? null : [...tail, `max\u00a0${formatMs(max)}`].join(', '));
}

/** What the client did about limits, what it gained and what that took. */
export function tacticsSection({ comparison }: Analysis): Section {
  const section = { id: 'tactics', title: 'Tactics and their price' };
  if (comparison === null || comparison.tactics.length === 0) return { ...section, blocks: [] };
  const rows = comparison.tactics.map((row): Cell[] => [
    { kind: 'variant', name: row.variant, colour: variantColour(comparison, row.variant) },
    row.tactic,
    formatPerSecond(row.goodputPerSecond),
    shareCell(row.firstTrySuccess),
    shareCell(row.finalSuccess),
    delayCell(row),
    attemptsCell(row),
    numberCell(row.tokensPerAnswer, row.tokensPerAnswer !== null && row.tokensPerAnswer < 100 ? 1 : 0, 'no answer'),
    row.usdPerThousandAnswers === null
      ? { kind: 'blank', why: 'no answer, or no known price' }
      : formatUsd(row.usdPerThousandAnswers),
  ]);
  return {
    ...section,
    blocks: [
      ...table(COLUMNS, rows),
      text(
        'First try, in the end: requests answered by their first attempt, and after all attempts. Delay added: from the planned instant to the send of the attempt that was answered. Tokens and money count every attempt, over the answers they brought.',
        'note',
      ),
    ],
  };
}
