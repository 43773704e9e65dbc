import type { BadStretch, VariantStability } from '../model/comparison.ts';
import { median } from '../stats/quantiles.ts';
import { FLAG } from './compare-columns.ts';
import type { RequestTable } from './compare-table.ts';

export interface BadStretches {
  readonly count: number;
  readonly longest: BadStretch | null;
  readonly recoveryMs: VariantStability['recoveryMs'];
}

/** A single failure is no stretch. */
const REQUESTS_MIN = 2;

/** Requests in a row, by planned time, that got no answer. Rows must be in time order; what was never sent is passed over. */
export function badStretches(table: RequestTable, rows: Int32Array): BadStretches {
  const { scheduledMs } = table.doubles;
  const lastMs = rows.length === 0 ? 0 : (scheduledMs[rows[rows.length - 1] as number] as number);
  const lengthOf = ({ fromMs, toMs }: BadStretch) => (toMs ?? lastMs) - fromMs;
  const recoveries: number[] = [];
  let count = 0;
  let longest: BadStretch | null = null;
  let failing: number[] = [];
  const close = (toMs: number | null) => {
    if (failing.length >= REQUESTS_MIN) {
      const fromMs = scheduledMs[failing[0] as number] as number;
      const stretch = { fromMs, toMs, requests: failing.length, labels: labelsOf(table, failing) };
      count += 1;
      if (toMs !== null) recoveries.push(toMs - fromMs);
      if (longest === null || lengthOf(stretch) > lengthOf(longest)) longest = stretch;
    }
    failing = [];
  };
  for (const row of rows) {
    const flags = table.words.flags[row] as number;
    if ((flags & FLAG.attempted) === 0) continue;
    if ((flags & FLAG.answered) === 0) failing.push(row);
    else if (failing.length > 0) close(scheduledMs[row] as number);
  }
  close(null);
  const middle = median(recoveries);
  const most = recoveries.reduce((max, each) => Math.max(max, each), 0);
  return { count, longest, recoveryMs: middle === null ? null : { median: middle, max: most } };
}

function labelsOf({ bytes, labels }: RequestTable, rows: readonly number[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const row of rows) {
    const label = labels[bytes.label[row] as number]?.label ?? 'unknown';
    counts.set(label, (counts.get(label) ?? 0) + 1);
  }
  return [...counts].sort(([, x], [, y]) => y - x).map(([label]) => label);
}
