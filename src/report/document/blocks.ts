import type { FindingVerdict, QuotaResult } from '../../model/finding.ts';
import type { BestMark, Overall, Standing } from '../comparison-facts.ts';
import type { Chart } from './charts.ts';

/**
 * The report as data, before any markup: HTML and Markdown render the same document, so they cannot disagree. All texts
 * are plain and may hold anything; the renderer escapes them.
 */

export type Cell =
  | string
  | { readonly kind: 'strong'; readonly text: string }
  | { readonly kind: 'code'; readonly text: string }
  /** Nothing to show, and why. */
  | { readonly kind: 'blank'; readonly why: string }
  | { readonly kind: 'verdict'; readonly verdict: FindingVerdict; readonly text: string }
  | { readonly kind: 'result'; readonly result: QuotaResult; readonly text: string }
  /** A value, its interval in brackets behind it, and what else belongs to it below. */
  | {
      readonly kind: 'figure';
      readonly text: string;
      readonly range: string | null;
      readonly note: string | null;
      /** What the note says about the variant of this column. */
      readonly standing?: Standing;
      readonly mark: BestMark;
      /** In a column that is read for this value. */
      readonly strong?: boolean;
    }
  /** How a variant stands against another. */
  | { readonly kind: 'standing'; readonly standing: Overall; readonly text: string }
  /** The name of a variant with the colour of its lines. */
  | { readonly kind: 'variant'; readonly name: string; readonly colour: string }
  /** An outcome label with its colour. */
  | { readonly kind: 'outcome'; readonly label: string }
  /** A value with its interval on an axis from 0 to `axisMax`, beside a reference where there is one. */
  | { readonly kind: 'interval'; readonly text: string; readonly bar: IntervalBar };

export interface IntervalBar {
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly reference: number | null;
  readonly axisMax: number;
}

export interface Column {
  readonly title: string;
  readonly align: 'left' | 'right';
  /** Of the variant whose column it is. */
  readonly colour?: string;
}

export type Block =
  | { readonly kind: 'text'; readonly text: string; readonly tone: 'plain' | 'note' | 'warning' }
  /** The course that the numbers recommend. */
  | {
      readonly kind: 'callout';
      readonly title: string;
      readonly headline: string;
      readonly sentences: readonly string[];
    }
  | { readonly kind: 'list'; readonly items: readonly string[] }
  | { readonly kind: 'facts'; readonly rows: readonly (readonly [string, Cell])[] }
  | {
      readonly kind: 'table';
      readonly caption: string | null;
      readonly columns: readonly Column[];
      readonly rows: readonly (readonly Cell[])[];
      /** On a narrow screen every row becomes a card instead of scrolling sideways: for tables that are read row by row. */
      readonly stack: boolean;
    }
  | { readonly kind: 'code'; readonly text: string }
  | { readonly kind: 'details'; readonly summary: string; readonly blocks: readonly Block[] }
  | { readonly kind: 'heading'; readonly text: string }
  | { readonly kind: 'chart'; readonly chart: Chart };

export interface Section {
  readonly id: string;
  readonly title: string;
  readonly blocks: readonly Block[];
}

interface Banner {
  readonly verdict: FindingVerdict;
  readonly word: string;
  readonly exit: string;
  readonly sentence: string;
  readonly forecast: string | null;
  /** Target, model, start and duration. */
  readonly subtitle: readonly string[];
}

export interface ReportDocument {
  readonly title: string;
  readonly banner: Banner;
  readonly sections: readonly Section[];
  readonly generatedAt: string;
  readonly tool: string;
}

export const left = (title: string): Column => ({ title, align: 'left' });
export const right = (title: string): Column => ({ title, align: 'right' });

export const text = (content: string, tone: 'plain' | 'note' | 'warning' = 'plain'): Block => ({
  kind: 'text',
  text: content,
  tone,
});

export const heading = (content: string): Block => ({ kind: 'heading', text: content });

/** A table, or nothing where it would have no rows. */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  caption: string | null = null,
): readonly Block[] {
  return rows.length === 0 ? [] : [{ kind: 'table', caption, columns, rows, stack: false }];
}

/** A table that is read row by row, not compared down its columns. */
export const rowTable = (...args: Parameters<typeof table>): readonly Block[] =>
  table(...args).map((block) => (block.kind === 'table' ? { ...block, stack: true } : block));

/** Facts without empty lines. */
export const facts = (rows: readonly (readonly [string, Cell | null])[]): Block => ({
  kind: 'facts',
  rows: rows.flatMap(([name, cell]) => (cell === null || cell === '' ? [] : [[name, cell] as const])),
});

export const code = (content: string): Cell => ({ kind: 'code', text: content });
export const strong = (content: string): Cell => ({ kind: 'strong', text: content });

/** A value with its interval, and nothing else. */
export const figure = (content: string, range: string | null): Cell => ({
  kind: 'figure',
  text: content,
  range,
  note: null,
  mark: null,
});
