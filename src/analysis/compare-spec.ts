import type { QuestionId } from '../model/comparison.ts';
import type { ThresholdUnit } from '../model/threshold.ts';
import type { RequestTable, ValueOf } from './compare-table.ts';

/** What a question takes from each request, and how two sides are held against each other. */
export interface QuestionSpec {
  readonly id: QuestionId;
  /** As a person asks it; the side that does better has it less (`lower`) or more (`higher`). */
  readonly question: string;
  /** What the figure is, for sentences: "share of streams cut". */
  readonly figure: string;
  readonly unit: ThresholdUnit;
  readonly better: 'lower' | 'higher';
  readonly measure:
    | { readonly kind: 'share' }
    | { readonly kind: 'quantile'; readonly share: number }
    | { readonly kind: 'mean' }
    /** Total of the values over total of `per`, times `scale`. */
    | { readonly kind: 'ratio'; readonly per: ValueOf; readonly scale: number };
  readonly value: ValueOf;
  /** The question is about those requests of each side to which it applies, whatever became of their partners. */
  readonly eachSide?: true;
  /** Where a variant's own figure is read otherwise than beside the other's: without what was made alike for the test. */
  readonly own?: { readonly value?: ValueOf; readonly scale?: (table: RequestTable) => number };
  /** A second reading of the same that has to show the difference too: the larger p of both counts. */
  readonly mustAgree?: ValueOf;
  readonly margin: Margin;
  /** Why it cannot be asked of these two; null = it can. */
  readonly unaskable: string | null;
}

/** What does not matter: an absolute difference, or a share of the baseline's figure, whichever is larger. */
export interface Margin {
  readonly absolute: number;
  readonly relative: number;
}

/** In the unit of the figures, for this figure of the baseline. */
export const marginOf = ({ absolute, relative }: Margin, baseline: number): number =>
  Math.max(absolute, relative * Math.abs(baseline));

export const share = (absolute: number): Margin => ({ absolute, relative: 0 });

export type Shared = Pick<QuestionSpec, 'unit' | 'measure' | 'unaskable'>;
/** What all questions about shares have in common. */
export const SHARE: Shared = { unit: 'share', measure: { kind: 'share' }, unaskable: null };
