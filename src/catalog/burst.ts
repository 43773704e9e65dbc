import type { BurstGuard } from '../model/simulator.ts';

/**
 * Assumption, not a published number: DashScope documents that a request rate which rises too quickly is refused
 * (`Throttling.BurstRate`, alibabacloud.com/help/en/model-studio/error-code, seen 2026-11-21) and calls the threshold
 * dynamic. With these settings 5 requests in a second always pass, and more pass at up to three times the mean rate
 * of the ten seconds before.
 */
export const ASSUMED_BURST_GUARD: BurstGuard = { baselinePerSecond: 5, factor: 3, overMs: 10_000 };
