import { windowPeaks } from '../analysis/window-peaks.ts';
import type { PlannedPhase } from '../model/arrival.ts';
import type { Price } from '../model/quota.ts';
import type { Scenario, Variant } from '../model/scenario.ts';
import { workloadBounds } from '../workload/bounds.ts';
import { requestsOf } from './live-lanes.ts';
import { hasClosedPhases, plannedCount, type Traffic, trafficOf } from './traffic.ts';

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
  const traffic = trafficOf(scenario);
  const [first] = scenario.variants;
  const counted = countArrivals(scenario, traffic);
  const { promptTokens, maxTokens } = counted;
  return {
    scenarioName: scenario.name,
    description: scenario.description,
    variants: scenario.variants,
    isReal: scenario.variants.some((variant) => !variant.target.isSimulator),
    phases: traffic.phases,
    restMs: scenario.restMs,
    trafficMs: traffic.endMs,
    requests: hasClosedPhases(traffic) ? null : counted.requests,
    promptTokens,
    maxCompletionTokens: maxTokens,
    costUsdMax: costUsd(promptTokens, maxTokens, first.target.price),
    peaks: counted.peaks,
    mayTrip: tripped(counted.peaks, first),
  };
}

interface Counted {
  readonly requests: number;
  readonly promptTokens: number;
  readonly maxTokens: number | null;
  /** Of the variant that is asked most. */
  readonly peaks: readonly PlanPeak[];
}

function countArrivals(scenario: Scenario, traffic: Traffic): Counted {
  const { workload, variants } = scenario;
  const requestOf = requestsOf(scenario, variants[0], traffic.traffic);
  const windows = variants.map(() => peakWindows());
  const source = traffic.source();
  let requests = 0;
  let promptTokens = 0;
  let maxTokens: number | null = 0;
  while (requests < COUNTED_ARRIVALS_MAX && source.nextDueMs() !== null) {
    const arrival = source.take();
    const request = requestOf(arrival);
    requests += 1;
    promptTokens += request.promptTokens;
    maxTokens = maxTokens === null || request.maxTokens === null ? null : maxTokens + request.maxTokens;
    windows[arrival.variantIndex]?.add(arrival.scheduledMs, request.promptTokens);
  }
  const peaks = mostOf(windows.map((each) => each.peaks()));
  const rest = Math.max(1, plannedCount(traffic) / Math.max(1, requests));
  if (workload.turns === null) {
    return {
      requests: requests * rest,
      promptTokens: promptTokens * rest,
      maxTokens: maxTokens && maxTokens * rest,
      peaks,
    };
  }
  // Later turns follow answers, which do not exist yet: their number is known, their sizes only on average.
  const all = requests * rest * workload.turns.count;
  const bounds = workloadBounds(workload, { promptTokens: null, maxTokens: null });
  const meanMax = bounds.maxTokens?.mean ?? null;
  return {
    requests: all,
    promptTokens: all * bounds.promptTokens.mean,
    maxTokens: meanMax === null ? null : all * meanMax,
    peaks,
  };
}

/** Requests of the whole plan, without walking it; null with closed-model phases. */
export function plannedRequests(scenario: Scenario): number | null {
  const traffic = trafficOf(scenario);
  if (hasClosedPhases(traffic)) return null;
  return plannedCount(traffic) * (scenario.workload.turns?.count ?? 1);
}

const PEAKS_MS = [1000, 10_000, 60_000] as const;
const requestsIn = 0;
const tokensIn = 1;

function peakWindows() {
  const windows = windowPeaks(PEAKS_MS);
  return {
    add: (atMs: number, tokens: number) => windows.add(atMs, 1, tokens),
    peaks: (): PlanPeak[] =>
      PEAKS_MS.map((windowMs, index) => ({
        windowMs,
        requests: windows.peak(index, requestsIn),
        tokens: windows.peak(index, tokensIn),
      })),
  };
}

function mostOf(all: readonly (readonly PlanPeak[])[]): readonly PlanPeak[] {
  const [first = []] = all;
  return first.map(({ windowMs }, index) => ({
    windowMs,
    requests: Math.max(...all.map((peaks) => peaks[index]?.requests ?? 0)),
    tokens: Math.max(...all.map((peaks) => peaks[index]?.tokens ?? 0)),
  }));
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
