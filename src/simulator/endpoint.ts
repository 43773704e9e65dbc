import type { SimulatorSettings } from '../model/simulator.ts';
import { serviceEndpoint } from './core/endpoint.ts';
import type { SimulatedEndpoint } from './core/plan.ts';
import { relayEndpoint } from './relay/endpoint.ts';

/**
 * The endpoint that the settings describe: the service itself, or a relay in front of it. Throws a RangeError on a fault
 * that nothing stands for.
 */
export function simulatedEndpoint(settings: SimulatorSettings): SimulatedEndpoint {
  return settings.relay === null ? serviceEndpoint(settings) : relayEndpoint(settings, settings.relay);
}
