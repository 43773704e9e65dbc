import type { Analysis, LimitGroup, RedactedSample } from '../../model/analysis.ts';
import type { QuotaVerdict } from '../../model/finding.ts';
import {
  documentedText,
  headroomOf,
  limitedTotal,
  measuredText,
  originText,
  recoveryOf,
  rewrittenGroups,
} from '../facts.ts';
import { formatMs, formatNumber, formatShare, formatShareRange, formatSignificant, NONE } from '../format.ts';
import { HEALS_WORDS, inWindow, KIND_WORDS, LIMIT_WORDS, QUOTA_WORDS } from '../words.ts';
import {
  type Block,
  type Cell,
  code,
  facts,
  figure,
  left,
  right,
  rowTable,
  type Section,
  strong,
  text,
} from './blocks.ts';

const several = (analysis: Analysis): boolean => analysis.manifest.variants.length > 1;

const onsetText = (onset: LimitGroup['onset']['requests']): string =>
  [onset.in1s, onset.in10s, onset.in60s].map((count) => formatNumber(count)).join(' / ');

function retryAfterText(group: LimitGroup): Cell {
  if (group.retryAfterMs === null) return { kind: 'blank', why: 'The answers named no waiting time.' };
  const { min, max } = group.retryAfterMs;
  return min === max ? formatMs(min) : `${formatMs(min)}–${formatMs(max)}`;
}

function recoveryCell(analysis: Analysis, group: LimitGroup): Cell {
  const recovery = recoveryOf(analysis, group);
  if (recovery === null) return { kind: 'blank', why: 'No recovery was observed.' };
  return recovery.measurable ? formatMs(recovery.medianMs) : { kind: 'blank', why: recovery.why };
}

const groupRow = (analysis: Analysis, group: LimitGroup, told: boolean): Cell[] => [
  { kind: 'outcome', label: `limited.${group.limit}` },
  originText(group),
  ...(several(analysis) ? [group.variant] : []),
  strong(formatNumber(group.count)),
  figure(formatShare(group.share), formatShareRange(group.shareLow, group.shareHigh)),
  onsetText(group.onset.requests),
  onsetText(group.onset.tokens),
  recoveryCell(analysis, group),
  ...(told ? [retryAfterText(group)] : []),
  HEALS_WORDS[group.heals],
];

/** What was seen on the wire, keys and identities already removed by the journal. */
export function sampleText(sample: RedactedSample): string {
  const headers = Object.entries(sample.headers)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, value]) => `${name}: ${value}`);
  const status = sample.status === null ? 'no status' : `HTTP ${sample.status}`;
  return [status, ...headers, '', sample.body].join('\n');
}

function groupDetails(analysis: Analysis, group: LimitGroup): Block {
  const { sample } = group;
  return {
    kind: 'details',
    summary: [
      KIND_WORDS[group.limit],
      originText(group),
      ...(several(analysis) ? [group.variant] : []),
      group.normalisedMessage || 'no message',
    ].join(' · '),
    blocks: [
      facts([
        ['First, last', `${formatMs(group.firstMs)}, ${formatMs(group.lastMs)} after start`],
        ['Episodes', formatNumber(group.onset.episodes)],
        ['Decided by rule', group.ruleId === null ? 'none matched' : code(group.ruleId)],
        ['Reworded by', group.rewrittenBy],
        ['Request', code(sample.requestId)],
        ['Provider’s request id', sample.providerRequestId === null ? NONE : code(sample.providerRequestId)],
        ['Seen at', `${formatMs(sample.atMs)} after start`],
      ]),
      { kind: 'code', text: sampleText(sample) },
    ],
  };
}

function lostKinds(analysis: Analysis): Block[] {
  const groups = rewrittenGroups(analysis);
  if (groups.length === 0) return [];
  const count = groups.reduce((sum, group) => sum + group.count, 0);
  const unknown = groups.filter((group) => group.limit === 'unknown').reduce((sum, group) => sum + group.count, 0);
  const names = [...new Set(groups.map((group) => group.rewrittenBy))].join(', ');
  return [
    text(
      `Kind lost by relay: ${formatNumber(count)} of ${formatNumber(limitedTotal(analysis))} refusals carry words of ${names} instead of the provider’s; for ${formatNumber(unknown)} of them the kind cannot be told.`,
      'warning',
    ),
  ];
}

/** DashScope queues burst refusals for a request that allows it (help.aliyun.com best practices, seen 2026-11-21). */
function waitedNote({ manifest }: Analysis): Block[] {
  const waiting = manifest.variants.filter(({ waitTimeoutMs }) => waitTimeoutMs !== null);
  if (waiting.length === 0) return [];
  const lengths = [...new Set(waiting.map(({ waitTimeoutMs }) => formatMs(waitTimeoutMs)))].join(', ');
  const names = manifest.variants.length > 1 ? ` by ${waiting.map(({ name }) => name).join(', ')}` : '';
  return [
    text(
      `X-DashScope-Wait-Timeout of ${lengths} was sent${names}: burst refusals may have become waiting time. What is missing from the burst row may stand in the time to first token.`,
      'warning',
    ),
  ];
}

export function limitErrorsSection(analysis: Analysis): Section {
  const told = analysis.limits.some((group) => group.retryAfterMs !== null);
  const columns = [
    left('Kind'),
    left('Refused by'),
    ...(several(analysis) ? [left('Variant')] : []),
    right('Count'),
    right('Share, 95 % interval'),
    right('Sent in 1 / 10 / 60 s before'),
    right('Tokens in 1 / 10 / 60 s before'),
    right('Recovered after'),
    ...(told ? [right('Retry-After')] : []),
    left('Waiting helps'),
  ];
  const rows = analysis.limits.map((group) => groupRow(analysis, group, told));
  const blocks: readonly Block[] =
    rows.length === 0
      ? [text(`No limit error among ${formatNumber(analysis.conservation.sent)} sent attempts.`)]
      : [
          ...rowTable(columns, rows),
          text(
            `Sent before: requests and prompt tokens in the 1, 10 and 60 s before the first refusal of an episode, median over episodes.${told ? '' : ' No refusal named a Retry-After.'}`,
            'note',
          ),
          ...lostKinds(analysis),
          ...analysis.limits.map((group) => groupDetails(analysis, group)),
        ];
  return { id: 'limit-errors', title: 'Which 429 appears at what rate', blocks: [...blocks, ...waitedNote(analysis)] };
}

function intervalCell(verdict: QuotaVerdict): Cell {
  const { estimate, documented } = verdict;
  if (estimate === null) {
    return verdict.result === 'not_reached' ? measuredText(verdict) : { kind: 'blank', why: verdict.why };
  }
  return {
    kind: 'interval',
    text: measuredText(verdict),
    bar: {
      value: estimate.value,
      low: estimate.low,
      high: estimate.high,
      reference: documented,
      axisMax: Math.max(estimate.high, estimate.value, documented ?? 0) * 1.15,
    },
  };
}

function headroomCell(analysis: Analysis, verdict: QuotaVerdict): Cell {
  const headroom = headroomOf(analysis, verdict);
  if (headroom === null) return { kind: 'blank', why: 'Needs a measured limit and a planned peak in its window.' };
  return `${formatSignificant(headroom)}×`;
}

/** `14 → 10 in 1 s`: the most offered and admitted, in the windows they were counted in. */
function deliveredText({ offered, admitted }: QuotaVerdict): string {
  const from = formatNumber(offered.max);
  const to = `${formatNumber(admitted.max)} ${inWindow(admitted.windowMs)}`;
  return offered.windowMs === admitted.windowMs ? `${from} → ${to}` : `${from} ${inWindow(offered.windowMs)} → ${to}`;
}

function quotaRow(analysis: Analysis, verdict: QuotaVerdict): Cell[] {
  const masked = verdict.maskedBy === null ? '' : ` by ${verdict.maskedBy.toUpperCase()}`;
  return [
    strong(`${verdict.limit.toUpperCase()}${verdict.binding ? ' *' : ''}`),
    ...(several(analysis) ? [verdict.variant] : []),
    { kind: 'result', result: verdict.result, text: QUOTA_WORDS[verdict.result] + masked },
    verdict.documented === null ? documentedText(verdict) : documentedText(verdict).replace(' ', '\u00a0'),
    intervalCell(verdict),
    headroomCell(analysis, verdict),
    deliveredText(verdict),
    formatNumber(verdict.refusals),
  ];
}

const whyRow = (analysis: Analysis, verdict: QuotaVerdict): readonly [string, Cell] => [
  `${verdict.limit.toUpperCase()}${several(analysis) ? `, ${verdict.variant}` : ''}`,
  [verdict.why, ...verdict.evidence].filter((line) => line !== '').join(' · '),
];

export function limitsSection(analysis: Analysis): Section {
  const columns = [
    left('Limit'),
    ...(several(analysis) ? [left('Variant')] : []),
    left('Verdict'),
    right('Documented'),
    left('Measured, 95 % interval'),
    right('Headroom'),
    right('Most offered → admitted'),
    right('Refused'),
  ];
  const rows = analysis.quota.map((verdict) => quotaRow(analysis, verdict));
  const names = [...new Set(analysis.quota.map((verdict) => verdict.limit))]
    .map((limit) => `${limit.toUpperCase()}: ${LIMIT_WORDS[limit].name}`)
    .join(', ');
  const binding = analysis.quota.some((verdict) => verdict.binding) ? ' * the binding one of its pair.' : '';
  const sources = [
    ...new Set(
      analysis.manifest.variants.map(
        ({ quota }) => `${quota.source}${quota.seenOn === null ? '' : `, seen ${quota.seenOn}`}`,
      ),
    ),
  ];
  return {
    id: 'limits',
    title: 'Limits found against documented',
    blocks:
      rows.length === 0
        ? []
        : [
            ...rowTable(columns, rows),
            facts(analysis.quota.map((verdict) => whyRow(analysis, verdict))),
            text(
              `${names}.${binding} Headroom: measured limit ÷ the most planned in its window. Documented: ${sources.join('; ')}.`,
              'note',
            ),
          ],
  };
}
