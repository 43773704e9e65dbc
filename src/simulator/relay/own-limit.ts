import { slidingLog } from '../../limiters/sliding-log.ts';
import type { RelaySettings } from '../../model/simulator.ts';

/**
 * new-api's limit on successful answers (middleware/model-rate-limit.go, Redis mode, seen 2026-11-21): the log of the last
 * N successes is read when a call comes and written when its answer ended, both in whole seconds. Calls in flight are
 * not in it, so a parallel burst overshoots where a sequential one does not.
 */
export function ownLimit(limit: RelaySettings['ownLimit']) {
  if (limit === null) return { admits: () => true, succeeded: () => {} };
  const log = slidingLog({ ...limit, countsRefused: false });
  const state = log.init();
  const wholeSecond = (nowMs: number) => Math.floor(nowMs / 1000) * 1000;
  return {
    admits: (nowMs: number): boolean => log.decide(state, wholeSecond(nowMs), 1).admitted,
    succeeded: (nowMs: number): void => log.observe(state, wholeSecond(nowMs), 1, true),
  };
}
