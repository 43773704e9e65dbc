import type { Arrival, Source } from '../model/arrival.ts';
import type { Request } from '../model/request.ts';
import type { Phase, Scenario } from '../model/scenario.ts';
import type { AnswerTiming } from '../simulator/core/timing.ts';
import { requestsOf } from './live-lanes.ts';
import { hasClosedPhases, plannedCount, trafficOf } from './traffic.ts';

/** What every run of one scenario and seed has in common, whatever its limits and tactics: drawn once. */
export interface PreparedPlan {
  /** As the traffic runs them. */
  readonly phases: readonly Phase[];
  source(): Source;
  request(arrival: Arrival): Request;
  /** Length and pace of answers by request and attempt, filled by the runs. */
  readonly timings: Map<string, AnswerTiming>;
}

/** Longer plans would hold too much memory, and take their time elsewhere. */
const PREPARED_REQUESTS_MAX = 20_000;

/** Null where later arrivals depend on answers (conversations, closed phases), with several variants, and for long plans. */
export function preparedPlan(scenario: Scenario): PreparedPlan | null {
  const traffic = trafficOf(scenario);
  const [variant] = scenario.variants;
  const depends = scenario.workload.turns !== null || hasClosedPhases(traffic) || scenario.variants.length > 1;
  if (depends || plannedCount(traffic) > PREPARED_REQUESTS_MAX) return null;
  const requestOf = requestsOf(scenario, variant, traffic.traffic);
  const arrivals: Arrival[] = [];
  const requests = new Map<number, Request>();
  for (const source = traffic.source(); source.nextDueMs() !== null; ) {
    const arrival = source.take();
    arrivals.push(arrival);
    requests.set(arrival.seq, requestOf(arrival));
  }
  return {
    phases: traffic.traffic,
    source: () => listed(arrivals),
    request: (arrival) => requests.get(arrival.seq) ?? requestOf(arrival),
    timings: new Map(),
  };
}

function listed(arrivals: readonly Arrival[]): Source {
  let next = 0;
  return {
    nextDueMs: () => arrivals[next]?.scheduledMs ?? null,
    take() {
      const arrival = arrivals[next];
      if (arrival === undefined) throw new Error('take() without a due arrival');
      next += 1;
      return arrival;
    },
    onFinished() {},
  };
}
