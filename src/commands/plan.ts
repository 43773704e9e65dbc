import type { PlannedPhase } from '../model/arrival.ts';
import type { Price } from '../model/quota.ts';
import type { Scenario, Variant } from '../model/scenario.ts';
import type { Schedule } from '../schedule/plan.ts';
import { slidingPeak } from '../stats/windows.ts';
import { buildRequests } from '../workload/requests.ts';
import { scheduleOf } from './source.ts';

/** Counting the plan stops here: the rest is extrapolated from the mean, and said so. */
const COUNTED_ARRIVALS_MAX = 2_000_000;

export interface PlanPeak {
  readonly windowMs: number;
  readonly requests: number;
  readonly tokens: number;
}

/** What a run is going to do, before it does it. Tokens and money are estimates of this side; null = cannot be known. */
export interface Plan {
  readonly scenarioName: string;
  readonly description: string;
  readonly variants: readonly Variant[];
  /** Something other than a simulator of our own is called: it may cost money and shares its account's quota. */
  readonly isReal: boolean;
  readonly phases: readonly PlannedPhase[];
  readonly restMs: number;
  readonly trafficMs: number;
  /** Null with closed-model phases: their count follows from the answers. */
  readonly requests: number | null;
  readonly promptTokens: number;
  readonly maxCompletionTokens: number | null;
  readonly costUsdMax: number | null;
  readonly peaks: readonly PlanPeak[];
  /** Published limits that the plan passes in some window, in words. */
  readonly mayTrip: readonly string[];
}

export function planOf(scenario: Scenario): Plan {
  const schedule = scheduleOf(scenario);
  const [first] = scenario.variants;
  const counted = countArrivals(scenario, schedule);
  const copies = scenario.pairing === 'paired' ? scenario.variants.length : 1;
  const turns = scenario.workload.turns?.count ?? 1;
  const closed = schedule.phases.some((phase) => phase.plannedArrivals === null);
  const planned = schedule.phases.reduce((sum, phase) => sum + (phase.plannedArrivals ?? 0), 0);
  const promptTokens = counted.promptTokens * copies * turns;
  const completion = counted.maxTokens === null ? null : counted.maxTokens * copies * turns;
  return {
    scenarioName: scenario.name,
    description: scenario.description,
    variants: scenario.variants,
    isReal: scenario.variants.some((variant) => !variant.target.isSimulator),
    phases: schedule.phases,
    restMs: scenario.restMs,
    trafficMs: schedule.endMs,
    requests: closed ? null : planned * copies * turns,
    promptTokens,
    maxCompletionTokens: completion,
    costUsdMax: costUsd(promptTokens, completion, first.target.price),
    peaks: counted.peaks,
    mayTrip: tripped(counted.peaks, first),
  };
}

interface Counted {
  readonly promptTokens: number;
  readonly maxTokens: number | null;
  readonly peaks: readonly PlanPeak[];
}

function countArrivals(scenario: Scenario, schedule: Schedule): Counted {
  const windows = [1000, 10_000, 60_000].map((windowMs) => ({
    windowMs,
    requests: slidingPeak(windowMs),
    tokens: slidingPeak(windowMs),
  }));
  const requestOf = buildRequests({
    workload: scenario.workload,
    seed: scenario.seed,
    model: scenario.variants[0].model,
    limitToOf: (phaseIndex) => scenario.traffic[phaseIndex]?.limitTo ?? { promptTokens: null, maxTokens: null },
  });
  const source = schedule.source();
  let promptTokens = 0;
  let maxTokens: number | null = 0;
  for (let count = 0; count < COUNTED_ARRIVALS_MAX && source.nextDueMs() !== null; count += 1) {
    const arrival = source.take();
    const request = requestOf(arrival);
    promptTokens += request.promptTokens;
    maxTokens = maxTokens === null || request.maxTokens === null ? null : maxTokens + request.maxTokens;
    for (const window of windows) {
      window.requests.add(arrival.scheduledMs, 1);
      window.tokens.add(arrival.scheduledMs, request.promptTokens);
    }
  }
  const peaks = windows.map(({ windowMs, requests, tokens }) => ({
    windowMs,
    requests: requests.peak(),
    tokens: tokens.peak(),
  }));
  return { promptTokens, maxTokens, peaks };
}

function costUsd(promptTokens: number, completionTokens: number | null, price: Price | null): number | null {
  if (price === null || completionTokens === null) return null;
  return (promptTokens * price.inputUsdPerMillion + completionTokens * price.outputUsdPerMillion) / 1_000_000;
}

function tripped(peaks: readonly PlanPeak[], variant: Variant): string[] {
  const { quota } = variant;
  const at = (windowMs: number) => peaks.find((peak) => peak.windowMs === windowMs);
  const rows: readonly (readonly [string, number | null, number | undefined])[] = [
    ['RPS', quota.rps, at(1000)?.requests],
    ['RPM', quota.rpm, at(60_000)?.requests],
    ['TPS', quota.tps, at(1000)?.tokens],
    ['TPM', quota.tpm, at(60_000)?.tokens],
  ];
  return rows.flatMap(([name, limit, peak]) =>
    limit !== null && peak !== undefined && peak > limit
      ? [`${name} ${limit} (up to ${Math.round(peak)} planned)`]
      : [],
  );
}
