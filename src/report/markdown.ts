import type { Reporter } from '../model/reporter.ts';
import { BEST_SIGNS } from './comparison-facts.ts';
import type { Block, Cell, Column, Section } from './document/blocks.ts';
import { reportDocument } from './document/document.ts';
import { NONE, plainSpaces } from './format.ts';
import { printable } from './text-width.ts';
import { outcomeWords } from './words.ts';

/** Plain text inside Markdown: no markup, link, HTML or table cell can be opened from it (CommonMark 0.31, 2.4). */
export const markdown = (text: string): string =>
  plainSpaces(printable(text))
    .replace(/[\\`*_[\]<>|~#]/g, '\\$&')
    .replace(/&(?=[#\w])/g, '&amp;')
    .replace(/^([-+]|\d+[.)])(?=\s)/, '\\$1');

/** Inside a raw HTML line, where Markdown's escapes do not count. */
const htmlText = (text: string): string =>
  plainSpaces(printable(text)).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** A code span longer than any run of backticks inside (CommonMark 0.31, 6.1); the pipe must still be escaped in tables. */
function codeSpan(text: string): string {
  const safe = printable(text).replaceAll('|', '\\|');
  const longest = Math.max(0, ...[...safe.matchAll(/`+/g)].map((run) => run[0].length));
  const fence = '`'.repeat(longest + 1);
  const space = safe.startsWith('`') || safe.endsWith('`') || safe.trim() === '' ? ' ' : '';
  return `${fence}${space}${safe}${space}${fence}`;
}

/** A fenced block longer than any fence inside; control characters other than line breaks become visible. */
function codeBlock(text: string): string {
  const safe = text
    .split(/\r\n|[\r\n\u2028\u2029]/)
    .map(printable)
    .join('\n');
  const longest = Math.max(2, ...[...safe.matchAll(/`+/g)].map((run) => run[0].length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}text\n${safe}\n${fence}`;
}

function figureText({ text, range, note, mark, strong }: Extract<Cell, { kind: 'figure' }>): string {
  const marked = mark === null ? markdown(text) : `${markdown(text)} ${BEST_SIGNS[mark]}`;
  const value = (mark !== null || strong === true) && text !== '' ? `**${marked}**` : marked;
  return [
    value,
    ...(range === null ? [] : [markdown(`(${range})`)]),
    ...(note === null ? [] : [markdown(`· ${note}`)]),
  ].join(' ');
}

function cellText(cell: Cell): string {
  if (typeof cell === 'string') return markdown(cell);
  switch (cell.kind) {
    case 'strong':
      return cell.text === '' ? '' : `**${markdown(cell.text)}**`;
    case 'code':
      return codeSpan(cell.text);
    case 'blank':
      return NONE;
    case 'verdict':
      return cell.verdict === 'holds' ? markdown(cell.text) : `**${markdown(cell.text)}**`;
    case 'result':
      return cell.result === 'lower' ? `**${markdown(cell.text)}**` : markdown(cell.text);
    case 'figure':
      return figureText(cell);
    case 'standing':
      return cell.standing === 'better' || cell.standing === 'worse'
        ? `**${markdown(cell.text)}**`
        : markdown(cell.text);
    case 'variant':
      return markdown(cell.name);
    case 'outcome':
      return markdown(outcomeWords(cell.label));
    case 'interval':
      return markdown(cell.text);
  }
}

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

const tableText = (columns: readonly Column[], rows: readonly (readonly Cell[])[]): string =>
  [
    row(columns.map((column) => markdown(column.title))),
    row(columns.map((column) => (column.align === 'right' ? '---:' : '---'))),
    ...rows.map((cells) => row(cells.map(cellText))),
  ].join('\n');

function blockText(block: Block): string[] {
  switch (block.kind) {
    case 'text':
      return [block.tone === 'warning' ? `> **Note:** ${markdown(block.text)}` : markdown(block.text)];
    case 'heading':
      return [`### ${markdown(block.text)}`];
    case 'callout':
      return [
        `> **${markdown(`${block.title}: ${block.headline}`)}**`,
        ...(block.sentences.length === 0
          ? []
          : [block.sentences.map((sentence) => `- ${markdown(sentence)}`).join('\n')]),
      ];
    case 'list':
      return [block.items.map((item) => `- ${markdown(item)}`).join('\n')];
    case 'facts':
      return [block.rows.map(([name, cell]) => `- **${markdown(name)}**: ${cellText(cell)}`).join('\n')];
    case 'table':
      return [
        ...(block.caption === null ? [] : [`**${markdown(block.caption)}**`]),
        tableText(block.columns, block.rows),
      ];
    case 'code':
      return [codeBlock(block.text)];
    case 'details':
      return [
        `<details>\n<summary>${htmlText(block.summary)}</summary>`,
        ...block.blocks.flatMap(blockText),
        '</details>',
      ];
    case 'chart':
      return [];
  }
}

export const sectionMarkdown = (section: Section): string[] => {
  const blocks = section.blocks.flatMap(blockText);
  return blocks.length === 0 ? [] : [`## ${markdown(section.title)}`, ...blocks];
};

/** `report.md`: the document without its charts, for issues, wikis and pull requests. */
export const markdownReporter: Reporter = (analysis, options) => {
  const { title, banner, sections, generatedAt, tool } = reportDocument(analysis, options);
  const parts = [
    `# ${markdown(title)}`,
    ...(banner.forecast === null ? [] : [`> **${markdown(banner.forecast)}**`]),
    `**${banner.word}**, ${markdown(banner.exit)}. ${markdown(banner.sentence)}`,
    banner.subtitle.map(markdown).join(' · '),
    ...sections.flatMap(sectionMarkdown),
    `---\n\nWritten ${markdown(generatedAt)} by ${markdown(tool)}.`,
  ];
  return { files: [{ name: 'report.md', bytes: `${parts.join('\n\n')}\n` }] };
};
