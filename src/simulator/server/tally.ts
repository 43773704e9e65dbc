import type { AnswerPlan } from '../core/plan.ts';

/** How many arrival stamps are kept: half an hour at 50 per second. */
const ARRIVALS_MAX = 100_000;

/** What the endpoint saw; the receiver's side of every count a generator makes. */
export interface SimulatorStats {
  readonly requests: number;
  readonly admitted: number;
  /** By name in the error table, or of the fault. */
  readonly refused: Readonly<Record<string, number>>;
  /** By what decided it: the limit's name, `fault`, `request`, `relay_limit`. */
  readonly causes: Readonly<Record<string, number>>;
  readonly models: Readonly<Record<string, number>>;
  readonly transportFaults: number;
  /** Calls that had to wait in the burst queue. */
  readonly queued: number;
  /** Answers whose client left before the end. */
  readonly aborted: number;
  readonly inFlight: number;
  readonly inFlightMax: number;
  readonly connections: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
}

export function tally() {
  const refused: Record<string, number> = {};
  const causes: Record<string, number> = {};
  const models: Record<string, number> = {};
  const counts = {
    requests: 0,
    admitted: 0,
    transportFaults: 0,
    queued: 0,
    aborted: 0,
    inFlight: 0,
    inFlightMax: 0,
    connections: 0,
    promptTokens: 0,
    completionTokens: 0,
  };
  const arrivals: number[] = [];
  const add = (bag: Record<string, number>, name: string) => {
    bag[name] = (bag[name] ?? 0) + 1;
  };
  return {
    connected() {
      counts.connections += 1;
    },
    arrived(epochMs: number) {
      counts.requests += 1;
      counts.inFlight += 1;
      counts.inFlightMax = Math.max(counts.inFlightMax, counts.inFlight);
      if (arrivals.length < ARRIVALS_MAX) arrivals.push(epochMs);
    },
    model(name: string) {
      add(models, name);
    },
    planned(plan: AnswerPlan) {
      if (plan.kind === 'answer') {
        counts.admitted += 1;
        counts.promptTokens += plan.call.promptTokens;
        counts.completionTokens += plan.completionTokens;
      } else if (plan.kind === 'refusal') {
        add(refused, plan.error);
        add(causes, plan.cause);
      } else if (plan.kind !== 'queued') counts.transportFaults += 1;
    },
    queued() {
      counts.queued += 1;
    },
    left(complete: boolean) {
      counts.inFlight -= 1;
      if (!complete) counts.aborted += 1;
    },
    stats: (): SimulatorStats => ({ ...counts, refused, causes, models }),
    /** Wall-clock milliseconds, in order of arrival. */
    arrivals: (): readonly number[] => arrivals,
  };
}

export type Tally = ReturnType<typeof tally>;
