import { sdkRetrying } from '../drivers/sdk-retries.ts';
import { simulatedTransport } from '../drivers/simulated-transport.ts';
import { type VirtualClock, virtualClock } from '../drivers/virtual-clock.ts';
import type { JournalSink, StopReason } from '../model/journal.ts';
import type { Phase, Scenario, Variant } from '../model/scenario.ts';
import { classify } from '../outcomes/classify.ts';
import type { Lane } from '../runner/lane.ts';
import { startRun } from '../runner/run.ts';
import type { RivalSettings } from '../simulator/core/rivals.ts';
import { simulatedEndpoint } from '../simulator/endpoint.ts';
import { randomFor } from '../stats/random.ts';
import { tacticFor } from '../tactics/tactic-for.ts';
import { requestsOf } from './live-lanes.ts';
import { LATE_TOLERANCE_MS } from './manifest.ts';
import type { PreparedPlan } from './prepared-plan.ts';
import { trafficOf } from './traffic.ts';

export interface VirtualRunOptions {
  readonly scenario: Scenario;
  readonly sink: JournalSink;
  /** Wall clock at t0, epoch ms. */
  readonly t0WallMs: number;
  /** Scenarios that differ in their limits alone, shown every decision of this one. */
  readonly rivals?: readonly RivalScenario[];
  /** Of this scenario and seed. */
  readonly prepared?: PreparedPlan | null;
}

/** Until it has parted, a run of `scenario` would have gone exactly as the run that it is compared with. */
export interface RivalScenario {
  readonly scenario: Scenario;
  parted: boolean;
}

/** The same run loop under the virtual clock, against the simulated endpoint in this process: no sockets, no waiting. */
export function runVirtually(options: VirtualRunOptions): StopReason {
  const { scenario, sink } = options;
  const clock = virtualClock({ t0WallMs: options.t0WallMs });
  const prepared = options.prepared ?? null;
  const { source, phases } = prepared ?? walked(scenario);
  let reason: StopReason | null = null;
  startRun({
    clock,
    source: source(),
    lanes: virtualLanes(scenario, { clock, phases, rivals: options.rivals ?? [], prepared }),
    sink,
    safety: scenario.safety,
    lateToleranceMs: () => LATE_TOLERANCE_MS,
    onDone: (given) => {
      reason = given;
    },
  });
  clock.run();
  if (reason === null) throw new Error('virtual time ran out before the run did');
  return reason;
}

function walked(scenario: Scenario): Pick<PreparedPlan, 'source' | 'phases'> {
  const { source, traffic } = trafficOf(scenario);
  return { source, phases: traffic };
}

interface VirtualStage {
  readonly clock: VirtualClock;
  /** As the traffic runs them; `phaseIndex` of an arrival points into it. */
  readonly phases: readonly Phase[];
  readonly rivals: readonly RivalScenario[];
  readonly prepared: PreparedPlan | null;
}

/** Variants of one quota group share one endpoint, as they share an account. */
function virtualLanes(scenario: Scenario, stage: VirtualStage): Lane[] {
  const endpoints = new Map<string, ReturnType<typeof simulatedEndpoint>>();
  return scenario.variants.map((variant, index) => {
    const endpoint =
      endpoints.get(variant.quotaGroup) ??
      simulatedEndpoint(variant.simulator, rivalSettings(stage.rivals, index), stage.prepared?.timings ?? null);
    endpoints.set(variant.quotaGroup, endpoint);
    return virtualLane({ scenario, variant, stage, endpoint });
  });
}

function rivalSettings(rivals: readonly RivalScenario[], variant: number): readonly RivalSettings[] {
  return rivals.map((rival) => {
    const settings = rival.scenario.variants[variant]?.simulator;
    if (settings === undefined) throw new Error('a rival scenario lacks a variant');
    const onParted = () => {
      rival.parted = true;
    };
    return { settings, hasParted: () => rival.parted, onParted };
  });
}

function virtualLane(options: {
  readonly scenario: Scenario;
  readonly variant: Variant;
  readonly stage: VirtualStage;
  readonly endpoint: ReturnType<typeof simulatedEndpoint>;
}): Lane {
  const { scenario, variant, stage } = options;
  const { clock } = stage;
  const { dialect, baseUrl } = variant.target;
  const keys = virtualKeys(variant);
  const simulated = simulatedTransport({
    endpoint: options.endpoint,
    clock,
    dialect,
    networkMs: variant.simulator.latency.networkMs,
    waitTimeoutMs: variant.target.waitTimeoutMs,
    timeouts: scenario.timeouts,
    keys,
  });
  const chance = (requestId: string, attemptNo: number) => randomFor(scenario.seed, 'sdk', requestId, attemptNo)();
  return {
    transport:
      variant.sdkRetries === 0 ? simulated : sdkRetrying(simulated, { clock, maxRetries: variant.sdkRetries, chance }),
    tactic: tacticFor(variant.tactics, { seed: scenario.seed, keyCount: keys.length, model: variant.model }),
    request: stage.prepared?.request ?? requestsOf(scenario, variant, stage.phases),
    judge: (exchange) => classify(exchange, { dialect, baseUrl, model: variant.model, nowWallMs: clock.wallMs() }),
    price: variant.target.price,
    safety: variant.safety,
  };
}

/** A forecast never sees a real key: one stand-in per key that the variant would use. */
function virtualKeys(variant: Variant): readonly string[] {
  const rotated = variant.tactics.flatMap((tactic) => (tactic.kind === 'keys' ? tactic.envs : []));
  const count = Math.max(1, rotated.length > 0 ? rotated.length : variant.target.keyEnvs.length);
  return Array.from({ length: count }, (_, index) => `sk-forecast-${index + 1}`);
}
