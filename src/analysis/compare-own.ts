import type { QuestionId } from '../model/comparison.ts';
import type { Estimate } from '../model/finding.ts';
import { inTimeOrder } from './compare-layout.ts';
import type { QuestionSpec } from './compare-spec.ts';
import type { RequestTable, ValueOf } from './compare-table.ts';
import { ownQuantile, ownRatio, ownShare } from './stability-intervals.ts';

type Asked = Pick<QuestionSpec, 'id' | 'unit' | 'measure' | 'value' | 'own'>;

/** A variant's own figure of a question, over all of its requests to which the question applies. Null without any. */
export type OwnFigures = (table: RequestTable, asked: Asked) => Estimate | null;

/** Every page that shows a figure takes it from here, and it is computed once: no two places can differ. */
export function ownFigures(seed: number): OwnFigures {
  const known = new Map<RequestTable, Map<QuestionId, Estimate | null>>();
  return (table, asked) => {
    const figures = known.get(table) ?? new Map<QuestionId, Estimate | null>();
    known.set(table, figures);
    const found = figures.get(asked.id);
    if (found !== undefined) return found;
    const figure = computed(table, asked, seed);
    figures.set(asked.id, figure);
    return figure;
  };
}

function computed(table: RequestTable, { id, unit, measure, value, own }: Asked, seed: number): Estimate | null {
  // Retries end in another order than they were planned in: one order of runs for this share, that of the thresholds.
  if (id === 'availability') return table.summary.availability;
  const rows = inTimeOrder(table).filter((row) => !Number.isNaN(value(table, row)));
  const column = (of: ValueOf) => Float64Array.from(rows, (row) => of(table, row));
  const values = column(own?.value ?? value);
  switch (measure.kind) {
    case 'share':
      return ownShare(values);
    case 'quantile':
      return ownQuantile(values, measure.share, { seed, variant: table.variant.name, metric: id });
    case 'mean':
      return ownRatio(values, null, { unit, scale: 1 });
    case 'ratio':
      return ownRatio(values, column(measure.per), { unit, scale: own?.scale?.(table) ?? measure.scale });
  }
}
