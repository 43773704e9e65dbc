import type { Analysis, LatencyHistogram, LimitGroup } from '../../model/analysis.ts';
import type { FindingVerdict, QuotaResult } from '../../model/finding.ts';
import {
  actualOf,
  conservationText,
  documentedText,
  findingsOf,
  measuredText,
  originText,
  recoveryOf,
  rewrittenGroups,
  sharedReason,
  statementOf,
} from '../facts.ts';
import { formatMs, formatNumber, formatShare, formatShareRange, formatUsd, plainSpaces } from '../format.ts';
import { printable, wrap } from '../text-width.ts';
import {
  GROUP_WORDS,
  HEALS_WORDS,
  KIND_WORDS,
  limiterWords,
  METRIC_WORDS,
  outcomeWords,
  QUOTA_WORDS,
} from '../words.ts';
import type { Paint, Style } from './ansi.ts';
import { type TerminalCell, type TerminalColumn, terminalRows, terminalTable } from './table.ts';

export interface Screen {
  readonly columns: number;
  readonly paint: Paint;
}

type Lines = (analysis: Analysis, screen: Screen) => string[];

const MARKS: Readonly<Record<FindingVerdict, TerminalCell>> = {
  holds: { text: '✓', style: 'green' },
  violated: { text: '✗', style: 'red' },
  inconclusive: { text: '?', style: 'yellow' },
};

const QUOTA_STYLE: Readonly<Record<QuotaResult, Style>> = {
  as_documented: 'green',
  lower: 'red',
  higher: 'cyan',
  masked: 'yellow',
  not_reached: 'yellow',
  inconclusive: 'yellow',
};

const left = (title: string): TerminalColumn => ({ title, align: 'left' });
const right = (title: string): TerminalColumn => ({ title, align: 'right' });
const flexible = (title: string): TerminalColumn => ({ title, align: 'left', flexible: true });

const several = (analysis: Analysis): boolean => analysis.manifest.variants.length > 1;

/** Adds the variant in front where there is more than one. */
const named = (analysis: Analysis, variant: string, text: string): string =>
  several(analysis) ? `${variant}: ${text}` : text;

const paragraph = (text: string, { columns }: Screen): string[] =>
  wrap(printable(text), columns - 2).map((line) => plainSpaces(`  ${line}`));

/** Names in one column, values wrapped in the other. */
const pairs = (rows: readonly (readonly [string, string])[], screen: Screen): string[] =>
  terminalTable(
    [left(''), flexible('')],
    rows.map(([name, text]) => [{ text: name, style: 'dim' }, { text }]),
    screen,
  );

export const thresholdLines: Lines = (analysis, screen) => {
  const rules = findingsOf(analysis, 'threshold', 'claim');
  if (rules.length === 0) return paragraph('none declared', screen);
  const rows = terminalRows(
    [left(''), flexible(''), left('')],
    rules.map((rule) => [
      MARKS[rule.verdict],
      { text: statementOf(analysis, rule) },
      { text: actualOf(analysis, rule), style: 'bold' },
    ]),
    screen,
  );
  const shared = sharedReason(rules);
  const said = shared === null ? [] : paragraph(`Undecided: ${shared}`, screen);
  const lines = rules.flatMap((rule, index) => [
    ...(rows[index] ?? []),
    ...(rule.verdict === 'holds' || rule.why === shared
      ? []
      : wrap(printable(rule.why), screen.columns - 5).map((line) => `     ${screen.paint('dim', line)}`)),
  ]);
  return [...said, ...lines];
};

export const quotaLines: Lines = (analysis, screen) => {
  // Of several variants, the limits that nothing reached would fill a screen.
  const shown = analysis.quota.filter(({ result }) => !several(analysis) || result !== 'not_reached');
  const hidden = analysis.quota.length - shown.length;
  const rest = hidden === 0 ? [] : paragraph(`${formatNumber(hidden)} limits of the variants were not reached`, screen);
  if (shown.length === 0) return rest;
  return terminalTable(
    [left('limit'), left('verdict'), right('documented'), flexible('measured'), right('refusals')],
    shown.map((verdict) => [
      { text: named(analysis, verdict.variant, verdict.limit) + (verdict.binding ? ' *' : ''), style: 'bold' },
      {
        text: QUOTA_WORDS[verdict.result] + (verdict.maskedBy === null ? '' : ` by ${verdict.maskedBy}`),
        style: QUOTA_STYLE[verdict.result],
      },
      { text: documentedText(verdict) },
      { text: measuredText(verdict) },
      { text: formatNumber(verdict.refusals) },
    ]),
    screen,
  ).concat(shown.some((verdict) => verdict.binding) ? paragraph('* the binding one of its pair', screen) : [], rest);
};

function groupCells(analysis: Analysis, group: LimitGroup): TerminalCell[] {
  const { requests, tokens } = group.onset;
  const recovery = recoveryOf(analysis, group);
  const perWindow = (onset: typeof requests) =>
    [onset.in1s, onset.in10s, onset.in60s].map((count) => formatNumber(count)).join(' / ');
  return [
    { text: named(analysis, group.variant, KIND_WORDS[group.limit]), style: 'bold' },
    { text: originText(group) },
    { text: formatNumber(group.count) },
    { text: formatShare(group.share) },
    { text: group.limit === 'tokens' ? `${perWindow(tokens)} tok` : perWindow(requests) },
    { text: recovery?.measurable ? formatMs(recovery.medianMs) : HEALS_WORDS[group.heals] },
  ];
}

export const limitLines: Lines = (analysis, screen) => {
  if (analysis.limits.length === 0) return paragraph('no limit error was met', screen);
  const hidden = rewrittenGroups(analysis);
  const lost = hidden.reduce((sum, group) => sum + group.count, 0);
  return [
    ...terminalTable(
      [
        left('kind'),
        flexible('who'),
        right('count'),
        right('share'),
        right('sent in 1/10/60 s before'),
        left('recovers'),
      ],
      analysis.limits.map((group) => groupCells(analysis, group)),
      screen,
    ),
    ...(hidden.length === 0
      ? []
      : paragraph(
          `kind lost by relay: ${formatNumber(lost)} refusals reworded by ${[...new Set(hidden.map((group) => group.rewrittenBy))].join(', ')}`,
          screen,
        )),
  ];
};

export const forecastLines: Lines = (analysis, screen) => {
  const { forecast } = analysis;
  if (forecast === null) return [];
  const labels = Object.keys(forecast.range).sort();
  return pairs(
    [
      ...labels.map((label): [string, string] => {
        const range = forecast.range[label];
        return [outcomeWords(label), range ? formatShareRange(range.low, range.high) : ''];
      }),
      ['worst', `${limiterWords(forecast.worst.limiter)}: ${formatShare(forecast.worst.okShare)} answered`],
      ['best', `${limiterWords(forecast.best.limiter)}: ${formatShare(forecast.best.okShare)} answered`],
    ],
    screen,
  );
};

/** What a caller waits for; the rest is in the report. */
const SHOWN: readonly LatencyHistogram['metric'][] = ['service', 'response', 'ttft', 'itl', 'tpot'];
/** Of several variants, whose rows would fill a screen. */
const SHOWN_OF_MANY: readonly LatencyHistogram['metric'][] = ['response', 'ttft'];

export const latencyLines: Lines = (analysis, screen) => {
  const many = several(analysis);
  const rows = (many ? SHOWN_OF_MANY : SHOWN).flatMap((metric) =>
    analysis.histograms.filter(
      (entry) =>
        entry.metric === metric &&
        entry.phase === null &&
        entry.percentiles.count > 0 &&
        (!many || entry.group === 'admitted'),
    ),
  );
  if (rows.length === 0) return [];
  return terminalTable(
    [flexible(''), left(''), right('n'), right('p50'), right('p95'), right('p99'), right('max')],
    rows.map(({ metric, group, variant, percentiles }) => [
      { text: named(analysis, variant, METRIC_WORDS[metric].name) },
      { text: GROUP_WORDS[group], style: 'dim' },
      { text: formatNumber(percentiles.count) },
      ...[percentiles.p50, percentiles.p95, percentiles.p99, percentiles.max].map((value) => ({
        text: formatMs(value),
      })),
    ]),
    screen,
  );
};

const HEALTH_STYLE = { valid: 'green', degraded: 'yellow', invalid: 'red' } as const;

export const healthLines: Lines = (analysis, screen) => {
  if (analysis.manifest.kind === 'forecast') return [];
  const { health } = analysis;
  const lag = `lag p50 ${formatMs(health.lag.p50)}, p99 ${formatMs(health.lag.p99)}, max ${formatMs(health.lag.max)}`;
  const skipped = `skipped ${formatNumber(health.skippedLate)} late, ${formatNumber(health.skippedInFlightCap)} at the in-flight cap`;
  const machine = `loop delay max ${formatMs(health.loopDelayMaxMs)}; CPU ${formatShare(health.cpuShareMean)}`;
  return [
    `  ${screen.paint(HEALTH_STYLE[health.verdict], health.verdict)}`,
    ...paragraph(`${lag}; ${skipped}; in flight max ${formatNumber(health.inFlightMax)}; ${machine}`, screen),
    ...health.reasons.flatMap((reason) => paragraph(reason, screen)),
  ];
};

export const conservationLines: Lines = (analysis, screen) =>
  conservationText(analysis)
    .split('; ')
    .flatMap((line) => paragraph(line, screen));

export const costLines: Lines = (analysis, screen) =>
  pairs(
    analysis.cost.map((cost): [string, string] => [
      several(analysis) ? cost.variant : 'total',
      [
        formatUsd(cost.totalUsd),
        `${formatNumber(cost.promptTokens)} prompt + ${formatNumber(cost.completionTokens)} output tokens`,
        ...(cost.perThousandAnswersUsd === null ? [] : [`${formatUsd(cost.perThousandAnswersUsd)} per 1,000 answers`]),
        ...(cost.unpricedModels.length === 0 ? [] : [`no known price of ${cost.unpricedModels.join(', ')}`]),
        ...(cost.priceSeenOn === null ? [] : [`prices of ${cost.priceSeenOn}`]),
      ].join('; '),
    ]),
    screen,
  );

export const caveatLines: Lines = (analysis, screen) =>
  analysis.caveats.flatMap((caveat) =>
    terminalTable([left(''), flexible('')], [[{ text: '-' }, { text: caveat }]], screen),
  );
