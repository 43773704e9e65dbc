import type { Analysis } from '../../model/analysis.ts';
import type { BadStretch, Comparison, VariantStability } from '../../model/comparison.ts';
import type { Estimate } from '../../model/finding.ts';
import { formatInUnit, formatMs, formatNumber, formatRange, formatShare, formatShareRange, NONE } from '../format.ts';
import { labelWords } from '../words.ts';
import { type Block, type Cell, figure, left, right, type Section, table, text } from './blocks.ts';
import { overlayCharts } from './overlay-charts.ts';
import { variantColour } from './variant-colour.ts';

const NO_DATA = 'no data for this variant';

function estimateCell(estimate: Estimate | null, note: string | null = null): Cell {
  if (estimate === null) return { kind: 'blank', why: NO_DATA };
  const { value, low, high, unit } = estimate;
  const range = low === high ? null : formatRange(low, high, unit);
  return { kind: 'figure', text: formatInUnit(value, unit), range, note, mark: null };
}

const plain = (content: string | null, note: string | null = null): Cell =>
  content === null ? { kind: 'blank', why: NO_DATA } : { kind: 'figure', text: content, range: null, note, mark: null };

function stretchText({ fromMs, toMs, requests, labels }: BadStretch): {
  readonly length: string;
  readonly note: string;
} {
  const named = labels.map((label) =>
    label.startsWith('limited.') ? `${labelWords(label)} limit` : labelWords(label),
  );
  const why = named.length === 0 ? '' : `: ${named.join(', ')}`;
  const length = toMs === null ? 'until the run ended' : formatMs(toMs - fromMs);
  return { length, note: `from ${formatMs(fromMs)}, ${formatNumber(requests)} requests${why}` };
}

function badStretchCell({ longestBadStretch }: VariantStability): Cell {
  if (longestBadStretch === null) return 'none';
  const { length, note } = stretchText(longestBadStretch);
  return { kind: 'figure', text: length, range: null, note, mark: null };
}

function answeredBetween({ betweenMinutes }: VariantStability): string | null {
  return betweenMinutes === null ? null : formatShareRange(betweenMinutes.worstAnswered, betweenMinutes.bestAnswered);
}

const modelsText = ({ modelsAnswered }: VariantStability): string =>
  Object.entries(modelsAnswered)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([model, count]) => `${model} ${formatNumber(count)}`)
    .join(', ') || NONE;

/** `every`: the length of the stretches that the minutes were cut into. */
const rowsFor = (every: string): readonly (readonly [string, (entry: VariantStability) => Cell])[] => [
  ['Requests', (entry) => formatNumber(entry.requests)],
  ['Availability', (entry) => estimateCell(entry.availability)],
  ['Longest stretch without an answer', badStretchCell],
  ['Such stretches', (entry) => formatNumber(entry.badStretches)],
  [
    'Recovery after one, median',
    ({ recoveryMs }) =>
      recoveryMs === null ? plain(null) : plain(formatMs(recoveryMs.median), `longest ${formatMs(recoveryMs.max)}`),
  ],
  [`Answered within ${every}, worst to best`, (entry) => plain(answeredBetween(entry))],
  ['Time to first token, median', (entry) => estimateCell(entry.ttftMedianMs)],
  ['Time to first token, p95', (entry) => estimateCell(entry.ttftP95Ms)],
  [
    `Its variation, ${every} to ${every}`,
    ({ betweenMinutes }) => {
      const variation = betweenMinutes?.ttftVariation ?? null;
      return plain(variation === null ? null : formatShare(variation));
    },
  ],
  ['Inter-token latency, median', (entry) => estimateCell(entry.itlMedianMs)],
  ['Total time, median', (entry) => estimateCell(entry.totalMedianMs)],
  ['Total time, p95', (entry) => estimateCell(entry.totalP95Ms)],
  [
    'Streams that stalled',
    (entry) =>
      estimateCell(entry.stalls, entry.longestStallMs === null ? null : `longest ${formatMs(entry.longestStallMs)}`),
  ],
  ['Streams cut', (entry) => estimateCell(entry.truncated)],
  ['Answers by another model', (entry) => estimateCell(entry.wrongModel)],
  ['Models that answered', (entry) => modelsText(entry)],
  ['Usage that cannot be right', (entry) => estimateCell(entry.usageAnomalies)],
  [
    'Signs of hidden retries',
    ({ hiddenRetries }) =>
      estimateCell(
        hiddenRetries.lateModes,
        hiddenRetries.reportedByHeader === 0 ? null : `${formatNumber(hiddenRetries.reportedByHeader)} told by header`,
      ),
  ],
  ['Kind of limit lost', (entry) => estimateCell(entry.kindsLost)],
  [
    'New connections per request',
    ({ connectionChurn }) =>
      connectionChurn === null
        ? plain(null)
        : plain(formatNumber(connectionChurn.perRequest, 3), `${formatNumber(connectionChurn.opened)} opened`),
  ],
];

/** Rows in which nothing was measured for anyone are left out. */
function stabilityTable(comparison: Comparison): readonly Block[] {
  const columns = comparison.stability.map(({ variant }) => ({
    ...right(variant),
    colour: variantColour(comparison, variant),
  }));
  const every = formatMs(Math.max(0, ...comparison.stability.map(({ minutes }) => minutes.bucketMs)));
  const rows = rowsFor(every)
    .map(([name, cell]): Cell[] => [name, ...comparison.stability.map(cell)])
    .filter((row) => row.slice(1).some((cell) => typeof cell === 'string' || cell.kind !== 'blank'));
  return table([left(''), ...columns], rows);
}

function errorMix(comparison: Comparison): readonly Block[] {
  const rows = comparison.stability.flatMap(({ variant, errorMix: mix }) =>
    mix.map((error): Cell[] => [
      { kind: 'variant', name: variant, colour: variantColour(comparison, variant) },
      { kind: 'outcome', label: error.label },
      error.origin ?? '',
      formatNumber(error.count),
      figure(formatShare(error.share.value), formatShareRange(error.share.low, error.share.high)),
      formatMs(error.firstMs),
      formatMs(error.lastMs),
    ]),
  );
  const columns = [
    left('Variant'),
    left('How requests ended without an answer'),
    left('Said by'),
    right('Count'),
    right('Share of requests'),
    right('First'),
    right('Last'),
  ];
  return table(columns, rows, 'Error mix');
}

/** How steady each variant was, and the same minutes of all of them on one axis. */
export function stabilitySection({ comparison }: Analysis): Section {
  const section = { id: 'stability', title: 'Stability' };
  if (comparison === null || comparison.stability.length === 0) return { ...section, blocks: [] };
  return {
    ...section,
    blocks: [
      ...overlayCharts(comparison).map((chart): Block => ({ kind: 'chart', chart })),
      ...stabilityTable(comparison),
      ...errorMix(comparison),
      text(
        'A stretch without an answer lasts from the first of several requests in a row that got none to the next that did. Intervals are 95 % and respect that failures come in runs. Signs of hidden retries are answers that start as late as a retry would make them; a long tail of latency shows some as well, so that only a difference between variants tells.',
        'note',
      ),
    ],
  };
}
