import type { Analysis, CostSummary, ErrorGroup } from '../../model/analysis.ts';
import { formatMs, formatNumber, formatUsd } from '../format.ts';
import { KIND_WORDS, outcomeWords } from '../words.ts';
import { type Block, type Cell, code, facts, left, right, type Section, table, text } from './blocks.ts';
import { sampleText } from './limits.ts';

const several = (analysis: Analysis): boolean => analysis.manifest.variants.length > 1;

function errorDetails(analysis: Analysis, group: ErrorGroup): Block[] {
  if (group.sample === null) return [];
  return [
    {
      kind: 'details',
      summary: [
        outcomeWords(group.label),
        ...(several(analysis) ? [group.variant] : []),
        group.normalisedMessage || 'no message',
      ].join(' · '),
      blocks: [
        facts([
          ['Request', code(group.sample.requestId)],
          [
            'Provider’s request id',
            group.sample.providerRequestId === null ? null : code(group.sample.providerRequestId),
          ],
          ['Seen at', `${formatMs(group.sample.atMs)} after start`],
        ]),
        { kind: 'code', text: sampleText(group.sample) },
      ],
    },
  ];
}

export function errorsSection(analysis: Analysis): Section {
  const columns = [
    left('Error'),
    ...(several(analysis) ? [left('Variant')] : []),
    right('Count'),
    right('First'),
    right('Last'),
    left('Message'),
  ];
  const rows = analysis.errors.map((group): Cell[] => [
    { kind: 'outcome', label: group.label },
    ...(several(analysis) ? [group.variant] : []),
    formatNumber(group.count),
    formatMs(group.firstMs),
    formatMs(group.lastMs),
    group.normalisedMessage,
  ]);
  const { sent } = analysis.conservation;
  return {
    id: 'errors',
    title: 'Errors that are no limits',
    blocks:
      rows.length === 0
        ? [text(`None among ${formatNumber(sent)} sent attempts.`)]
        : [...table(columns, rows), ...analysis.errors.flatMap((group) => errorDetails(analysis, group))],
  };
}

function pricesText({ priceSource, priceSeenOn, unpricedModels }: CostSummary): string {
  const known = priceSource === null ? [] : [[priceSource, priceSeenOn].filter(Boolean).join(', seen ')];
  const unknown = unpricedModels.length === 0 ? [] : [`no known price of ${unpricedModels.join(', ')}`];
  return [...unknown, ...known].join('; ') || 'unknown';
}

export function costSection(analysis: Analysis): Section {
  const estimated = analysis.cost.reduce((sum, cost) => sum + cost.estimatedAttempts, 0);
  const columns = [
    ...(several(analysis) ? [left('Variant')] : []),
    right('Prompt tokens'),
    right('of them cached'),
    right('Output tokens'),
    right('Cost'),
    right('per 1,000 answers'),
    right('per month'),
    left('Prices'),
  ];
  const rows = analysis.cost.map((cost): Cell[] => [
    ...(several(analysis) ? [cost.variant] : []),
    formatNumber(cost.promptTokens),
    cost.cachedTokens === null
      ? { kind: 'blank', why: 'The answers did not report it.' }
      : formatNumber(cost.cachedTokens),
    formatNumber(cost.completionTokens),
    formatUsd(cost.totalUsd),
    formatUsd(cost.perThousandAnswersUsd),
    formatUsd(cost.perMonthUsd),
    pricesText(cost),
  ]);
  const note = `Token counts are the provider’s own usage; ${formatNumber(estimated)} attempts reported none and were counted by estimate.`;
  return {
    id: 'cost',
    title: 'Cost and tokens',
    blocks: rows.length === 0 ? [] : [...table(columns, rows), text(note, 'note')],
  };
}

export function recoverySection(analysis: Analysis): Section {
  const columns = [
    left('Kind'),
    ...(several(analysis) ? [left('Variant')] : []),
    right('Episodes'),
    right('Median'),
    right('Longest'),
    left('Why'),
  ];
  const rows = analysis.recovery.map((entry): Cell[] => [
    KIND_WORDS[entry.limit],
    ...(several(analysis) ? [entry.variant] : []),
    entry.measurable ? formatNumber(entry.episodesMs.length) : { kind: 'blank', why: entry.why },
    entry.measurable ? formatMs(entry.medianMs) : 'not measurable here',
    entry.measurable ? formatMs(entry.maxMs) : { kind: 'blank', why: entry.why },
    entry.why,
  ]);
  return { id: 'recovery', title: 'Recovery', blocks: table(columns, rows) };
}
