import type { SizeSheet } from '../../model/size.ts';
import type { Block, Cell } from '../document/blocks.ts';
import { sizeSections } from '../document/size.ts';
import { plainSpaces } from '../format.ts';
import { printable, wrap } from '../text-width.ts';
import { type Paint, painter } from './ansi.ts';
import { type TerminalCell, terminalTable } from './table.ts';

interface Screen {
  readonly columns: number;
  readonly paint: Paint;
}

const MIN_COLUMNS = 60;

/** The sheet for a terminal: never wider than `columns` (60 at least), free of colour codes unless `color`. */
export function terminalSize(sheet: SizeSheet, options: { readonly color: boolean; readonly columns: number }): string {
  const screen = { columns: Math.max(MIN_COLUMNS, options.columns), paint: painter(options.color) };
  const lines = sizeSections(sheet).flatMap(({ title, blocks }) => [
    '',
    screen.paint('bold', title.toUpperCase()),
    ...blocks.flatMap((block) => blockLines(block, screen)),
  ]);
  return `${lines.slice(1).join('\n')}\n`;
}

function blockLines(block: Block, screen: Screen): readonly string[] {
  switch (block.kind) {
    case 'text':
      return paragraph(block.text, screen);
    case 'heading':
      return [`  ${screen.paint('bold', printable(block.text))}`];
    case 'list':
      return block.items.flatMap((item) =>
        terminalTable(
          [
            { title: '', align: 'left' },
            { title: '', align: 'left', flexible: true },
          ],
          [[{ text: '-' }, { text: item }]],
          screen,
        ),
      );
    case 'facts':
      return terminalTable(
        [
          { title: '', align: 'left' },
          { title: '', align: 'left', flexible: true },
        ],
        block.rows.map(([name, cell]) => [{ text: name, style: 'dim' }, terminalCell(cell)]),
        screen,
      );
    case 'table':
      return terminalTable(
        block.columns.map((column, index) => ({ ...column, flexible: index === block.columns.length - 1 })),
        block.rows.map((cells) => cells.map(terminalCell)),
        screen,
      );
    default:
      // The sheet has no other blocks.
      return [];
  }
}

const paragraph = (text: string, { columns }: Screen): readonly string[] =>
  wrap(printable(text), columns - 2).map((line) => plainSpaces(`  ${line}`));

function terminalCell(cell: Cell): TerminalCell {
  if (typeof cell === 'string') return { text: cell };
  if (cell.kind === 'strong') return { text: cell.text, style: 'bold' };
  return { text: 'text' in cell ? cell.text : '' };
}
