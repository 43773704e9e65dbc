import type { Estimate } from '../model/finding.ts';
import { wilsonInterval } from '../stats/intervals.ts';

/**
 * Effective number of independent trials of a 0/1 sequence with `count` ones, `pairs` of which directly follow another
 * one: n (1 - r) / (1 + r) with the lag-1 correlation r of a two-state Markov chain (Zwiers and von Storch, 1995).
 * Refusals come in runs; an interval that took each for an independent trial would be far too narrow.
 */
function effectiveTrials(runs: { readonly trials: number; readonly count: number; readonly pairs: number }): number {
  const { trials, count, pairs } = runs;
  if (trials === 0 || count === 0 || count === trials) return trials;
  const share = count / trials;
  const correlation = Math.min(1, Math.max(0, (pairs / count - share) / (1 - share)));
  return Math.max(1, (trials * (1 - correlation)) / (1 + correlation));
}

/** A share of `trials` with its 95 % interval, made for runs; null without trials. */
export function shareEstimate(runs: {
  readonly trials: number;
  readonly count: number;
  readonly pairs: number;
}): Estimate | null {
  const { trials, count } = runs;
  if (trials === 0) return null;
  const effective = effectiveTrials(runs);
  const value = count / trials;
  const interval = wilsonInterval({ successes: value * effective, trials: effective });
  return interval === null ? null : { value, low: interval.low, high: interval.high, unit: 'share' };
}

export interface RunShare {
  add(one: boolean): void;
  trials(): number;
  count(): number;
  estimate(): Estimate | null;
}

/** Counts the ones of a sequence, and how often one directly follows another. */
export function runShare(): RunShare {
  let trials = 0;
  let count = 0;
  let pairs = 0;
  let before = false;
  return {
    add(one) {
      trials += 1;
      if (one) {
        count += 1;
        if (before) pairs += 1;
      }
      before = one;
    },
    trials: () => trials,
    count: () => count,
    estimate: () => shareEstimate({ trials, count, pairs }),
  };
}
