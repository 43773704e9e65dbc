import type { SimulatorSettings } from '../model/simulator.ts';
import { serviceEndpoint } from './core/endpoint.ts';
import type { SimulatedEndpoint } from './core/plan.ts';

/** The endpoint that the settings describe: the service itself, or a relay in front of it. */
export function simulatedEndpoint(settings: SimulatorSettings): SimulatedEndpoint {
  return serviceEndpoint(settings);
}
