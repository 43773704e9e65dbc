import type { Analysis } from '../../model/analysis.ts';
import type { Finding } from '../../model/finding.ts';
import type { Phase } from '../../model/scenario.ts';
import { actualPartsOf, findingsOf, sharedReason, statementOf } from '../facts.ts';
import { formatMs, formatNumber, formatSignificant } from '../format.ts';
import { VERDICT_WORDS } from '../words.ts';
import { type Block, type Cell, code, facts, heading, left, right, rowTable, type Section, text } from './blocks.ts';

/** What was measured for a rule, or why it was not. */
export function actualCell(analysis: Analysis, finding: Finding): Cell {
  const actual = actualPartsOf(analysis, finding);
  if (actual === null) return { kind: 'blank', why: finding.why };
  return { kind: 'figure', ...actual, note: null, mark: null, strong: true };
}

const ruleRow = (analysis: Analysis, finding: Finding, shared: string | null): Cell[] => [
  { kind: 'verdict', verdict: finding.verdict, text: VERDICT_WORDS[finding.verdict] },
  code(statementOf(analysis, finding)),
  actualCell(analysis, finding),
  [...(finding.why === shared ? [] : [finding.why]), ...finding.evidence].filter((line) => line !== '').join(' · '),
];

const RULE_COLUMNS = [left('Verdict'), left('Rule'), right('Actual'), left('Why')];

export function thresholdsSection(analysis: Analysis): Section {
  const thresholds = findingsOf(analysis, 'threshold');
  // A comparison has a section of its own for them.
  const claims = analysis.comparison === null ? findingsOf(analysis, 'claim') : [];
  const observations = findingsOf(analysis, 'observation');
  const shared = sharedReason([...thresholds, ...claims]);
  const blocks: readonly Block[] = [
    ...(shared === null ? [] : [text(`Undecided: ${shared}`, 'warning')]),
    ...rowTable(
      RULE_COLUMNS,
      thresholds.map((finding) => ruleRow(analysis, finding, shared)),
    ),
    ...(thresholds.length === 0 && findingsOf(analysis, 'claim').length === 0
      ? [text('The scenario declares no threshold: this run measures and decides nothing.', 'note')]
      : []),
    ...rowTable(
      RULE_COLUMNS,
      claims.map((finding) => ruleRow(analysis, finding, shared)),
      'Claims checked',
    ),
    ...(observations.length === 0
      ? []
      : [
          heading('Observed'),
          {
            kind: 'list' as const,
            items: observations.map((finding) =>
              [statementOf(analysis, finding), finding.why].filter((part) => part !== '').join(' — '),
            ),
          },
        ]),
  ];
  return { id: 'thresholds', title: 'Thresholds', blocks };
}

/** One line of traffic as a person would say it. */
function phaseText(phase: Phase): string {
  const rate = (perSecond: number) => `${formatSignificant(perSecond)}/s`;
  switch (phase.kind) {
    case 'burst':
      return phase.overMs === 0
        ? `burst of ${formatNumber(phase.requests)} at once`
        : `burst of ${formatNumber(phase.requests)} over ${formatMs(phase.overMs)}`;
    case 'pause':
      return `pause ${formatMs(phase.durationMs)}`;
    case 'ramp':
      return `ramp ${rate(phase.fromPerSecond)} to ${rate(phase.toPerSecond)} over ${formatMs(phase.durationMs)}`;
    case 'steps':
      return `steps ${rate(phase.fromPerSecond)} to ${rate(phase.toPerSecond)} by ${rate(phase.byPerSecond)}, each ${formatMs(phase.eachMs)}, rest ${formatMs(phase.restMs)}`;
    case 'hold':
      return `hold ${rate(phase.ratePerSecond)} for ${formatMs(phase.durationMs)}, ${phase.arrivals.kind} arrivals`;
    case 'replay':
      return `replay ${phase.file} at ${formatSignificant(phase.speed)}×`;
    case 'closed':
      return `closed model, ${formatNumber(phase.concurrency)} in flight for ${formatMs(phase.durationMs)}`;
  }
}

const phaseName = (phase: Phase): string =>
  phase.label === null ? phaseText(phase) : `${phase.label}: ${phaseText(phase)}`;

/** What was asked and what would count as an answer, both declared before the run. */
export function questionSection({ manifest }: Analysis): Section {
  const { scenario } = manifest;
  const criteria = [...scenario.thresholds, ...scenario.claims].map((rule) => rule.text);
  const peaks = manifest.phases.flatMap((phase) => phase.peakPerSecond ?? []);
  return {
    id: 'question',
    title: 'Question and criteria',
    blocks: [
      ...(scenario.description === '' ? [] : [text(scenario.description)]),
      facts([
        ['Criteria', criteria.length === 0 ? 'none declared' : criteria.join(' · ')],
        ['Traffic', scenario.traffic.map(phaseName).join(' → ')],
        ['Highest planned rate', peaks.length === 0 ? null : `${formatSignificant(Math.max(...peaks))}/s`],
        ['Rest before start', scenario.restMs === 0 ? 'none' : formatMs(scenario.restMs)],
      ]),
    ],
  };
}
