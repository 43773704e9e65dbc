import type { Analysis } from '../../model/analysis.ts';
import { exitSentence, verdictSentence } from '../facts.ts';
import { printable, wrap } from '../text-width.ts';
import { VERDICT_WORDS } from '../words.ts';
import { type Paint, painter, type Style } from './ansi.ts';
import {
  caveatLines,
  conservationLines,
  costLines,
  forecastLines,
  healthLines,
  latencyLines,
  limitLines,
  quotaLines,
  type Screen,
  thresholdLines,
} from './blocks.ts';
import { courseLines, sideBySideLines } from './comparison.ts';

const VERDICT_STYLE: Readonly<Record<Analysis['verdict'], Style>> = {
  holds: 'green',
  violated: 'red',
  inconclusive: 'yellow',
};

const MIN_COLUMNS = 40;

const rulesTitle = ({ findings }: Analysis): string =>
  findings.some(({ kind }) => kind === 'claim') ? 'THRESHOLDS AND CLAIMS' : 'THRESHOLDS';

/** Heading and body, or nothing where a block has nothing to say. */
function block(title: string, lines: readonly string[], paint: Paint): string[] {
  return lines.length === 0 ? [] : ['', paint('bold', title), ...lines];
}

/** The verdict with its exit code beside it, or below where the screen is narrow. */
function exitLines(analysis: Analysis, verdict: string, { columns, paint }: Screen): string[] {
  const exit = exitSentence(analysis);
  const oneLine = VERDICT_WORDS[analysis.verdict].length + 2 + exit.length <= columns;
  if (oneLine) return [`${verdict}  ${paint('dim', exit)}`];
  return [verdict, ...wrap(exit, columns - 2).map((line) => `  ${paint('dim', line)}`)];
}

/**
 * The end-of-run summary for a terminal: thresholds first, the measured value beside each rule. Never wider than
 * `columns` (40 at least; paths stay whole), free of colour codes unless `color`; ends with a line break.
 */
export function terminalSummary(
  analysis: Analysis,
  options: { readonly color: boolean; readonly columns: number; readonly paths?: readonly string[] },
): string {
  const paint = painter(options.color);
  const screen: Screen = { columns: Math.max(MIN_COLUMNS, options.columns), paint };
  const verdict = paint(VERDICT_STYLE[analysis.verdict], paint('bold', VERDICT_WORDS[analysis.verdict]));
  const paragraph = (text: string) => wrap(printable(text), screen.columns - 2).map((line) => `  ${line}`);
  const lines = [
    ...(analysis.manifest.kind === 'forecast' ? [paint('bold', 'FORECAST: nothing was sent'), ''] : []),
    ...[
      ...block('RECOMMENDED COURSE', courseLines(analysis, screen), paint),
      ...block('SIDE BY SIDE', sideBySideLines(analysis, screen), paint),
      ...block(rulesTitle(analysis), thresholdLines(analysis, screen), paint),
    ].slice(1),
    ...block('LIMITS', quotaLines(analysis, screen), paint),
    ...block('WHICH 429 AT WHAT RATE', limitLines(analysis, screen), paint),
    ...block('FORECAST RANGE', forecastLines(analysis, screen), paint),
    ...block('LATENCY', latencyLines(analysis, screen), paint),
    ...block('GENERATOR', healthLines(analysis, screen), paint),
    ...block('COUNTS', conservationLines(analysis, screen), paint),
    ...block('COST', costLines(analysis, screen), paint),
    ...block('CAVEATS', caveatLines(analysis, screen), paint),
    '',
    ...exitLines(analysis, verdict, screen),
    ...paragraph(verdictSentence(analysis)),
    ...(options.paths ?? []).map((path) => `  ${printable(path)}`),
  ];
  return `${lines.join('\n')}\n`;
}
