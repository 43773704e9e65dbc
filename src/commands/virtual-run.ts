import { simulatedTransport } from '../drivers/simulated-transport.ts';
import { type VirtualClock, virtualClock } from '../drivers/virtual-clock.ts';
import type { Arrival } from '../model/arrival.ts';
import type { JournalSink, StopReason } from '../model/journal.ts';
import type { Scenario, Variant } from '../model/scenario.ts';
import { classify } from '../outcomes/classify.ts';
import type { Lane } from '../runner/lane.ts';
import { startRun } from '../runner/run.ts';
import { simulatedEndpoint } from '../simulator/endpoint.ts';
import { tacticFor } from '../tactics/tactic-for.ts';
import { requestsOf } from './live-lanes.ts';
import { LATE_TOLERANCE_MS } from './manifest.ts';
import { scheduleOf, sourceOf } from './source.ts';

export interface VirtualRunOptions {
  readonly scenario: Scenario;
  readonly sink: JournalSink;
  /** Wall clock at t0, epoch ms. */
  readonly t0WallMs: number;
}

/** The same run loop under the virtual clock, against the simulated endpoint in this process: no sockets, no waiting. */
export function runVirtually(options: VirtualRunOptions): StopReason {
  const { scenario, sink } = options;
  const clock = virtualClock({ t0WallMs: options.t0WallMs });
  let reason: StopReason | null = null;
  startRun({
    clock,
    source: sourceOf(scenario, scheduleOf(scenario)),
    lanes: virtualLanes(scenario, clock),
    sink,
    safety: scenario.safety,
    lateToleranceMs: LATE_TOLERANCE_MS,
    onDone: (given) => {
      reason = given;
    },
  });
  clock.run();
  if (reason === null) throw new Error('virtual time ran out before the run did');
  return reason;
}

/** Variants of one quota group share one endpoint, as they share an account. */
function virtualLanes(scenario: Scenario, clock: VirtualClock): Lane[] {
  const endpoints = new Map<string, ReturnType<typeof simulatedEndpoint>>();
  return scenario.variants.map((variant) => {
    const endpoint = endpoints.get(variant.quotaGroup) ?? simulatedEndpoint(variant.simulator);
    endpoints.set(variant.quotaGroup, endpoint);
    return virtualLane({ scenario, variant, clock, endpoint });
  });
}

function virtualLane(options: {
  readonly scenario: Scenario;
  readonly variant: Variant;
  readonly clock: VirtualClock;
  readonly endpoint: ReturnType<typeof simulatedEndpoint>;
}): Lane {
  const { scenario, variant, clock } = options;
  const { dialect, baseUrl } = variant.target;
  const keys = virtualKeys(variant);
  const request: (arrival: Arrival) => ReturnType<Lane['request']> = requestsOf(scenario, variant);
  return {
    transport: simulatedTransport({
      endpoint: options.endpoint,
      clock,
      dialect,
      networkMs: variant.simulator.latency.networkMs,
      waitTimeoutMs: variant.target.waitTimeoutMs,
      timeouts: scenario.timeouts,
      keys,
    }),
    tactic: tacticFor(variant.tactics, { seed: scenario.seed, keyCount: keys.length, model: variant.model }),
    request,
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
