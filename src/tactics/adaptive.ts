import type { Outcome } from '../model/outcome.ts';
import type { TacticSpec } from '../model/scenario.ts';
import type { EndedTry, Pace } from './layers.ts';

type Adaptive = Extract<TacticSpec, { kind: 'adaptive' }>;

/** One try per published window (a minute): slower than this, a limit that has healed would not be noticed. */
const FLOOR_PER_SECOND = 1 / 60;

/** A departure this close behind the pace (share of the interval) was held back by it. */
const BINDING_SHARE = 0.05;

/**
 * Additive increase, multiplicative decrease (Chiu & Jain 1989). Successes raise the rate by `increasePerSecond` for
 * each second they cover, but only while the pace is what holds the traffic back: an unused rate proves nothing (RFC
 * 7661). Refusals of attempts that left before the last decrease are the same event and lower it no further (RFC 6582).
 * In steady state the mean is about (1 + decrease) / 2 of the limit.
 */
export function adaptivePace(spec: Adaptive): Pace {
  const floorPerSecond = Math.min(FLOOR_PER_SECOND, spec.startPerSecond);
  let ratePerSecond = spec.startPerSecond;
  let lastLeftMs = Number.NEGATIVE_INFINITY;
  let boundAtMs = Number.NEGATIVE_INFINITY;
  let countedToMs = Number.NEGATIVE_INFINITY;
  let loweredAtMs = Number.NEGATIVE_INFINITY;

  const intervalMs = () => 1000 / ratePerSecond;
  const raise = (nowMs: number) => {
    const isBinding = nowMs - boundAtMs <= Math.max(1000, 2 * intervalMs());
    const coveredMs = Math.min(1000, nowMs - countedToMs);
    countedToMs = nowMs;
    if (isBinding) ratePerSecond += (spec.increasePerSecond * coveredMs) / 1000;
  };
  const lower = ({ sent, atMs }: EndedTry) => {
    if (sent.atMs < loweredAtMs) return;
    loweredAtMs = atMs;
    countedToMs = atMs;
    ratePerSecond = Math.max(floorPerSecond, ratePerSecond * spec.decrease);
  };
  return {
    readyMs: () => lastLeftMs + intervalMs(),
    left(_request, nowMs) {
      if (nowMs - (lastLeftMs + intervalMs()) <= BINDING_SHARE * intervalMs()) boundAtMs = nowMs;
      if (countedToMs === Number.NEGATIVE_INFINITY) countedToMs = nowMs;
      lastLeftMs = nowMs;
    },
    ended(ended) {
      if (ended.outcome.kind === 'ok') raise(ended.atMs);
      else if (isTooFast(ended.outcome)) lower(ended);
    },
  };
}

/** Money and free quota do not come back by slowing down. */
function isTooFast(outcome: Outcome): boolean {
  return outcome.kind === 'limited' && outcome.limit !== 'billing' && outcome.limit !== 'free_quota';
}
