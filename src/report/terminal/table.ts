import { plainSpaces } from '../format.ts';
import { displayWidth, pad, printable, truncate, wrap } from '../text-width.ts';
import type { Paint, Style } from './ansi.ts';

export interface TerminalCell {
  readonly text: string;
  readonly style?: Style;
}

export interface TerminalColumn {
  readonly title: string;
  readonly align: 'left' | 'right';
  /** The one column that gives way first when the screen is narrow. */
  readonly flexible?: boolean;
}

const GAP = 2;
const INDENT = 2;

/** No figure is ever cut while words can still be wrapped: a column keeps the width of its longest word if it can. */
function columnWidths(columns: readonly TerminalColumn[], texts: readonly (readonly string[])[], available: number) {
  const widths = columns.map((_, index) => Math.max(0, ...texts.map((row) => displayWidth(row[index] ?? ''))));
  const words = columns.map((_, index) =>
    Math.max(0, ...texts.flatMap((row) => (row[index] ?? '').split(' ').map(displayWidth))),
  );
  const excess = () => widths.reduce((sum, width) => sum + width, 0) - available;
  const shrink = (index: number, floor: number) => {
    widths[index] = Math.max(Math.min(widths[index] ?? 0, floor), (widths[index] ?? 0) - Math.max(0, excess()));
  };
  const flexible = columns.findIndex((column) => column.flexible);
  if (flexible >= 0) shrink(flexible, Math.max(words[flexible] ?? 0, 20));
  for (const floors of [words, columns.map(() => 3)]) {
    while (excess() > 0) {
      const spare = widths.map((width, index) => width - (floors[index] ?? 0));
      const widest = spare.indexOf(Math.max(...spare));
      if ((spare[widest] ?? 0) <= 0) break;
      widths[widest] = (widths[widest] ?? 0) - 1;
    }
  }
  return widths;
}

/** An aligned table, indented by two: for each row its lines (cells wrap). The first entry is the head, if there are titles. */
export function terminalRows(
  columns: readonly TerminalColumn[],
  rows: readonly (readonly TerminalCell[])[],
  screen: { readonly columns: number; readonly paint: Paint },
): string[][] {
  const titled = columns.some((column) => column.title !== '');
  const head = columns.map((column) => ({ text: column.title, style: 'dim' as const }));
  const safe = (titled ? [head, ...rows] : rows).map((row) =>
    row.map((cell) => ({ ...cell, text: printable(cell.text) })),
  );
  const texts = safe.map((row) => row.map((cell) => cell.text));
  const widths = columnWidths(columns, texts, screen.columns - INDENT - GAP * (columns.length - 1));
  return safe.map((row) => rowLines(columns, row, widths, screen.paint));
}

export const terminalTable = (...table: Parameters<typeof terminalRows>): string[] => terminalRows(...table).flat();

function rowLines(
  columns: readonly TerminalColumn[],
  row: readonly TerminalCell[],
  widths: readonly number[],
  paint: Paint,
): string[] {
  const cells = columns.map((_, index) => wrap(row[index]?.text ?? '', widths[index] ?? 1));
  const height = Math.max(...cells.map((lines) => lines.length));
  return Array.from({ length: height }, (_, line) => {
    const texts = columns.map((_column, index) => cells[index]?.[line] ?? '');
    const last = texts.findLastIndex((text) => text !== '');
    const parts = columns.slice(0, last + 1).map((column, index) => {
      const width = index === last && column.align === 'left' ? 0 : (widths[index] ?? 0);
      const text = pad(truncate(texts[index] ?? '', widths[index] ?? 1), width, column.align);
      const style = row[index]?.style;
      return style === undefined || texts[index] === '' ? text : paint(style, text);
    });
    return plainSpaces(' '.repeat(INDENT) + parts.join(' '.repeat(GAP)));
  });
}
