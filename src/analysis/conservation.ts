import type { Conservation } from '../model/analysis.ts';
import type { NotSentRecord } from '../model/journal.ts';
import type { Judged } from './judged.ts';

export interface ConservationFold {
  sent(): void;
  notSent(record: NotSentRecord): void;
  add(attempt: Judged): void;
  finish(): Conservation;
}

/** planned = sent + not sent, sent = finished + cancelled + lost: each side is counted from other records. */
export function conservation(): ConservationFold {
  let sent = 0;
  let planned = 0;
  const notSent: Record<string, number> = {};
  let finished = 0;
  let cancelled = 0;
  let lost = 0;
  return {
    sent() {
      sent += 1;
      planned += 1;
    },
    notSent({ reason }) {
      planned += 1;
      notSent[reason] = (notSent[reason] ?? 0) + 1;
    },
    add({ outcome }) {
      if (outcome.kind === 'lost') lost += 1;
      else if (outcome.kind === 'cancelled') cancelled += 1;
      else finished += 1;
    },
    finish() {
      const skipped = Object.values(notSent).reduce((sum, count) => sum + count, 0);
      const holds = planned === sent + skipped && sent === finished + cancelled + lost;
      return { planned, sent, notSent, finished, cancelled, lost, holds };
    },
  };
}
