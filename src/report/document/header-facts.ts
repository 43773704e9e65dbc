import type { Analysis, Percentiles } from '../../model/analysis.ts';
import type { HeaderFacts } from '../../model/header-facts.ts';
import { formatMs, formatNumber } from '../format.ts';
import { type Block, type Cell, code, left, right, type Section, table, text } from './blocks.ts';

/** A column only where variants have to be told apart. */
interface Named {
  readonly column: readonly ReturnType<typeof left>[];
  readonly cell: (facts: HeaderFacts) => readonly Cell[];
}

function timeRows(facts: HeaderFacts, named: Named): Cell[][] {
  const rows: readonly (readonly [string, Percentiles | null])[] = [
    ['Inside the service, as stated', facts.serverTime],
    ['Network: our time to headers − theirs', facts.networkTime],
    ['Added by the relay, as stated', facts.relayTime],
  ];
  return rows.flatMap(([name, times]) => {
    if (times === null) return [];
    const { count, p50, p95, p99, max } = times;
    return [[name, ...named.cell(facts), formatNumber(count), ...[p50, p95, p99, max].map((value) => formatMs(value))]];
  });
}

function timeBlocks(all: readonly HeaderFacts[], named: Named): readonly Block[] {
  const columns = [
    left('Time'),
    ...named.column,
    right('Answers'),
    ...['p50', 'p95', 'p99', 'Longest'].map((title) => right(title)),
  ];
  const rows = all.flatMap((facts) => timeRows(facts, named));
  const tooLong = all.reduce((sum, { statedTooLong }) => sum + statedTooLong, 0);
  if (rows.length === 0) return [];
  return [
    ...table(columns, rows),
    text(
      'Answered attempts only. The network row holds the way there and back and whatever its headers leave out.',
      'note',
    ),
    ...(tooLong === 0
      ? []
      : [
          text(
            `${formatNumber(tooLong)} answers state more time than we waited for their headers; they are not in the network row.`,
            'warning',
          ),
        ]),
  ];
}

function hintBlocks(all: readonly HeaderFacts[], named: Named): readonly Block[] {
  const columns = [
    left('Rate limit stated by'),
    ...named.column,
    right('Limit'),
    right('Window'),
    right('Least remaining'),
    right('Longest to reset'),
    right('Answers'),
  ];
  const rows = all.flatMap((facts) =>
    facts.rateLimitHints.map((hint): Cell[] => [
      code(hint.source),
      ...named.cell(facts),
      formatNumber(hint.limit, 3),
      formatMs(hint.windowMs),
      formatNumber(hint.remainingMin, 3),
      formatMs(hint.resetMsMax),
      formatNumber(hint.count),
    ]),
  );
  return [...table(columns, rows), ...furtherNote(all.reduce((sum, facts) => sum + facts.rateLimitHintsFurther, 0))];
}

function relayBlocks(all: readonly HeaderFacts[], named: Named): readonly Block[] {
  const columns = [left('Header of a relay'), ...named.column, right('Answers')];
  const rows = all.flatMap((facts) =>
    facts.relayHeaders.map((line): Cell[] => [code(line.text), ...named.cell(facts), formatNumber(line.count)]),
  );
  return [...table(columns, rows), ...furtherNote(all.reduce((sum, facts) => sum + facts.relayHeadersFurther, 0))];
}

const furtherNote = (further: number): readonly Block[] =>
  further === 0 ? [] : [text(`Less frequent ones, not listed: ${formatNumber(further)} mentions.`, 'note')];

/** Server times, rate-limit hints and lines of relays, as they came; left out where no header said anything. */
export function headerFactsSection({ headerFacts, manifest }: Analysis): Section {
  const named: Named =
    manifest.variants.length > 1
      ? { column: [left('Variant')], cell: ({ variant }) => [variant] }
      : { column: [], cell: () => [] };
  const blocks = [timeBlocks, hintBlocks, relayBlocks].flatMap((part) => part(headerFacts, named));
  return {
    id: 'headers',
    title: 'What the headers said',
    blocks:
      blocks.length === 0
        ? []
        : [text('Hints in the words of the other side. None of them was ever used as a measured limit.'), ...blocks],
  };
}
