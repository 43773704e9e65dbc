import { type Outcome, outcomeLabel } from '../model/outcome.ts';

/** Running counts for the live display; every figure of the report is derived from the journal instead. */
export interface Tally {
  readonly taken: number;
  readonly sent: number;
  readonly ended: number;
  readonly notSent: number;
  readonly inFlight: number;
  readonly inFlightMax: number;
  readonly byOutcome: ReadonlyMap<string, number>;
}

export interface TallyKeeper {
  took(): void;
  sent(): void;
  ended(outcome: Outcome): void;
  notSent(outcome: Outcome): void;
  current(): Tally;
}

export function createTally(): TallyKeeper {
  const byOutcome = new Map<string, number>();
  const counts = { taken: 0, sent: 0, ended: 0, notSent: 0, inFlight: 0, inFlightMax: 0 };
  const count = (outcome: Outcome) => {
    const label = outcomeLabel(outcome);
    byOutcome.set(label, (byOutcome.get(label) ?? 0) + 1);
  };
  return {
    took() {
      counts.taken += 1;
    },
    sent() {
      counts.sent += 1;
      counts.inFlight += 1;
      if (counts.inFlight > counts.inFlightMax) counts.inFlightMax = counts.inFlight;
    },
    ended(outcome) {
      counts.ended += 1;
      counts.inFlight -= 1;
      count(outcome);
    },
    notSent(outcome) {
      counts.notSent += 1;
      count(outcome);
    },
    current: () => ({ ...counts, byOutcome }),
  };
}
