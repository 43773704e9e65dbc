import type { ErrorGroup, RedactedSample } from '../model/analysis.ts';
import type { Evidence } from './evidence.ts';
import { isError, isOwnFailure, type Judged } from './judged.ts';
import { FURTHER_MESSAGES, GROUPS_MAX } from './limits.ts';

interface Group {
  readonly label: string;
  readonly normalisedMessage: string;
  readonly firstMs: number;
  readonly sample: RedactedSample | null;
  lastMs: number;
  count: number;
}

export interface ErrorsFold {
  add(attempt: Judged): void;
  finish(variant: string): readonly ErrorGroup[];
}

/** Errors of one variant that are no limits, by label and normalised message; `lost`, `cancelled` and our own failures included. */
export function errors(evidence: Evidence): ErrorsFold {
  const groups = new Map<string, Group>();
  return {
    add(attempt) {
      const { label, sentMs, outcome } = attempt;
      const others = outcome.kind === 'lost' || outcome.kind === 'cancelled' || isOwnFailure(outcome);
      if (!isError(outcome) && !others) return;
      let normalisedMessage = evidence.message(attempt);
      let key = `${label}\n${normalisedMessage}`;
      if (groups.size >= GROUPS_MAX && !groups.has(key)) {
        normalisedMessage = FURTHER_MESSAGES;
        key = `${label}\n${normalisedMessage}`;
      }
      let group = groups.get(key);
      if (group === undefined) {
        const sample = attempt.exchange === null ? null : evidence.sample(attempt);
        group = { label, normalisedMessage, firstMs: sentMs, sample, lastMs: sentMs, count: 0 };
        groups.set(key, group);
      }
      group.count += 1;
      if (sentMs > group.lastMs) group.lastMs = sentMs;
    },
    finish: (variant) =>
      [...groups.values()]
        .map(({ label, normalisedMessage, count, firstMs, lastMs, sample }) => {
          return { label, variant, normalisedMessage, count, firstMs, lastMs, sample };
        })
        .sort((a, b) => b.count - a.count || a.firstMs - b.firstMs || (a.label < b.label ? -1 : 1)),
  };
}
