import type { SimulatorLatency } from '../model/simulator.ts';

/**
 * Assumption: no trustworthy measurement of qwen3-max was found. Log-normal time to the first token with median
 * 600 ms and p99 of about 2.5 s (0.6 s x e^(0.62 x 2.326) = 2.54 s), 40 tokens per second, no network.
 */
export const ASSUMED_LATENCY: SimulatorLatency = {
  ttftMs: { kind: 'lognormal', mu: Math.log(600), sigma: 0.62, max: null },
  tokensPerSecond: 40,
  networkMs: 0,
};
