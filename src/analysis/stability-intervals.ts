import type { Estimate } from '../model/finding.ts';
import { blockBootstrapInterval, blockLengthFor } from '../stats/bootstrap.ts';
import { effectiveSampleSize } from '../stats/intervals.ts';
import { quantile } from '../stats/quantiles.ts';
import { randomFor } from '../stats/random.ts';
import { blockNumbers, blockPlan } from './compare-blocks.ts';
import { type Figure, quantileFigure, type Sample, shareFigure } from './compare-figures.ts';

/** What a resampling's chance belongs to: the same journal gives the same interval. */
export interface Chance {
  readonly seed: number;
  readonly variant: string;
  readonly metric: string;
}

/** Longer series have their quantile's interval from the share at or below it, which then says the same for less. */
const BOOTSTRAP_MAX = 1000;

/** The bounds of a 95 % interval rest on the 12 most extreme resamples each. */
const RESAMPLES = 500;

function sampleOf(values: Float64Array, series: Float64Array): Sample {
  const plan = blockPlan(series);
  return { values, units: blockNumbers(values.length, plan), unitCount: plan.count };
}

function estimate(figure: Figure | null, unit: string): Estimate | null {
  return figure === null ? null : { value: figure.value, low: figure.low, high: figure.high, unit };
}

/** A share of 0/1 values in time order, with an interval that respects their runs. Null without values. */
export function ownShare(flags: Float64Array): Estimate | null {
  return estimate(shareFigure(sampleOf(flags, flags)), 'share');
}

/** A quantile of milliseconds in time order: block bootstrap, or Woodruff's interval for long series. Null without values. */
export function ownQuantile(values: Float64Array, share: number, chance: Chance): Estimate | null {
  if (values.length > BOOTSTRAP_MAX) {
    const middle = quantile(values.slice().sort(), share) ?? 0;
    const below = values.map((value) => (value <= middle ? 1 : 0));
    return estimate(quantileFigure(sampleOf(values, below), share), 'ms');
  }
  const interval = blockBootstrapInterval(values, (sample) => quantile(sample.sort(), share) ?? 0, {
    random: randomFor(chance.seed, 'stability', chance.variant, chance.metric),
    resamples: RESAMPLES,
    blockLength: blockLengthFor({ length: values.length, effectiveLength: effectiveSampleSize(values) }),
  });
  return interval === null ? null : { value: interval.value, low: interval.low, high: interval.high, unit: 'ms' };
}
