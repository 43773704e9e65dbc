import type { SimulatorSettings } from '../model/simulator.ts';
import { serviceEndpoint } from './core/endpoint.ts';
import type { SimulatedEndpoint } from './core/plan.ts';
import type { RivalSettings } from './core/rivals.ts';
import type { AnswerTiming } from './core/timing.ts';
import { relayEndpoint } from './relay/endpoint.ts';

/**
 * The endpoint that the settings describe: the service itself, or a relay in front of it. Throws a RangeError on a fault
 * that nothing stands for. `rivals`: limits of the service that are to be compared with its own, call by call. `timings`:
 * filled with what is drawn per call, for further endpoints with the same seed and latency.
 */
export function simulatedEndpoint(
  settings: SimulatorSettings,
  rivals: readonly RivalSettings[] = [],
  timings: Map<string, AnswerTiming> | null = null,
): SimulatedEndpoint {
  return settings.relay === null
    ? serviceEndpoint(settings, rivals, timings)
    : relayEndpoint(settings, settings.relay, rivals);
}
