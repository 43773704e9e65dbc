import type { Analysis, WindowPeak } from '../../model/analysis.ts';
import { conservationText } from '../facts.ts';
import { formatBytes, formatMs, formatNumber, formatShare, NONE } from '../format.ts';
import { windowWords } from '../words.ts';
import { type Block, type Cell, facts, heading, left, right, type Section, table, text } from './blocks.ts';
import { windowChart } from './charts.ts';

const COLUMNS = [
  right('Window'),
  right('Planned'),
  right('Sent'),
  right('Admitted'),
  right('Quota'),
  right('Tokens planned'),
  right('Tokens sent'),
  right('Tokens admitted'),
  right('Token quota'),
  left('Within plan'),
];

const peakRow = (peak: WindowPeak): Cell[] => [
  windowWords(peak.windowMs),
  ...[peak.planned, peak.sent, peak.admitted, peak.requestQuota].map((value) => formatNumber(value)),
  ...[peak.plannedTokens, peak.sentTokens, peak.admittedTokens, peak.tokenQuota].map((value) => formatNumber(value)),
  peak.withinPlan
    ? { kind: 'verdict', verdict: 'holds', text: 'yes' }
    : { kind: 'verdict', verdict: 'violated', text: 'exceeded' },
];

function windowBlocks(analysis: Analysis): Block[] {
  const several = analysis.manifest.variants.length > 1;
  return analysis.windows.flatMap(({ variant, peaks }, index) => {
    const name = several ? variant : null;
    const charts = (['requests', 'tokens'] as const).flatMap((unit): Block[] => {
      const chart = windowChart(peaks, { id: `most-${unit}-${index + 1}`, variant: name, unit });
      return chart === null ? [] : [{ kind: 'chart', chart }];
    });
    return [...charts, ...table(COLUMNS, peaks.map(peakRow), name)];
  });
}

/** Whether the figures can be believed: how well the generator kept its own plan. */
function healthBlocks(analysis: Analysis): Block[] {
  const { health } = analysis;
  const { lag } = health;
  const verdict = { valid: 'holds', degraded: 'inconclusive', invalid: 'violated' } as const;
  return [
    heading('Generator health'),
    ...(health.verdict === 'valid'
      ? []
      : [text(`The generator was ${health.verdict}: ${health.reasons.join(' ') || 'no reason recorded.'}`, 'warning')]),
    facts([
      ['Verdict', { kind: 'verdict', verdict: verdict[health.verdict], text: health.verdict }],
      [
        'Send lag',
        `p50 ${formatMs(lag.p50)}, p99 ${formatMs(lag.p99)}, max ${formatMs(lag.max)}; tolerance ${formatMs(analysis.manifest.lateToleranceMs)}`,
      ],
      [
        'Arrivals skipped',
        `${formatNumber(health.skippedLate)} late, ${formatNumber(health.skippedInFlightCap)} at the in-flight cap`,
      ],
      ['In flight, most', formatNumber(health.inFlightMax)],
      [
        'Stalls of our own',
        `${formatNumber(health.stalls)}, touching ${formatNumber(health.stalledAttempts)} attempts (left out of percentiles)`,
      ],
      ['Event-loop delay, worst', formatMs(health.loopDelayMaxMs)],
      ['CPU (1 core = 100 %)', `mean ${formatShare(health.cpuShareMean)}, max ${formatShare(health.cpuShareMax)}`],
      ['Longest GC pause', formatMs(health.gcPauseMaxMs)],
      ['Memory, most', formatBytes(health.rssMaxBytes)],
      [
        'Sockets',
        `${formatNumber(health.socketsOpened)} opened, ${health.socketsReusedShare === null ? NONE : formatShare(health.socketsReusedShare)} of attempts on a reused one`,
      ],
      ['Wall clock', `drift ${formatMs(health.wallClockDriftMs)}, ${formatNumber(health.wallClockSteps)} steps`],
    ]),
  ];
}

export function deliveredSection(analysis: Analysis): Section {
  const broken = analysis.conservation.holds
    ? []
    : [text('Planned, sent and finished attempts do not add up: treat every count with care.', 'warning')];
  const unreadable =
    analysis.unreadableLines === 0
      ? []
      : [text(`${formatNumber(analysis.unreadableLines)} lines of the journal could not be read.`, 'warning')];
  return {
    id: 'delivered',
    title: analysis.manifest.kind === 'forecast' ? 'Load simulated' : 'Load really delivered',
    blocks: [
      text(`${conservationText(analysis)}.`),
      ...broken,
      ...unreadable,
      ...windowBlocks(analysis),
      ...(analysis.manifest.kind === 'forecast' ? [] : healthBlocks(analysis)),
    ],
  };
}
