import type { Estimate } from '../model/finding.ts';
import { blockBootstrapInterval, blockLengthFor } from '../stats/bootstrap.ts';
import { effectiveSampleSize } from '../stats/intervals.ts';
import { quantile } from '../stats/quantiles.ts';
import { randomFor } from '../stats/random.ts';
import { blockNumbers, blockPlan } from './compare-blocks.ts';
import { type Figure, quantileFigure, ratioFigure, type Sample } from './compare-figures.ts';
import { INTERVAL_BLOCKS_MIN } from './compare-units.ts';
import { runShare } from './share.ts';

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

/** Fewer independent values than this: resampled blocks would all be nearly the series itself. */
const INDEPENDENT_MIN = 30;

function sampleOf(values: Float64Array, series: Float64Array): Sample {
  const plan = blockPlan(series);
  const count = Math.min(values.length, Math.max(plan.count, INTERVAL_BLOCKS_MIN));
  const length = plan.count >= count ? plan.length : Math.max(1, Math.floor(values.length / Math.max(1, count)));
  return { values, units: blockNumbers(values.length, { ...plan, length, count }), unitCount: count };
}

function estimate(figure: Figure | null, unit: string): Estimate | null {
  return figure === null ? null : { value: figure.value, low: figure.low, high: figure.high, unit };
}

/** A share of 0/1 values in time order, with an interval that respects their runs. Null without values. */
export function ownShare(flags: Float64Array): Estimate | null {
  const runs = runShare();
  for (const flag of flags) runs.add(flag === 1);
  return runs.estimate();
}

/** Mean of the values, or their total over the total of `per`, times `scale`. Null without values or a total. */
export function ownRatio(
  values: Float64Array,
  per: Float64Array | null,
  { unit, scale }: { readonly unit: string; readonly scale: number },
): Estimate | null {
  const figure = ratioFigure(sampleOf(values, values), per);
  if (figure === null || Number.isNaN(figure.value)) return null;
  return { value: figure.value * scale, low: figure.low * scale, high: figure.high * scale, unit };
}

/** A quantile of milliseconds in time order: block bootstrap, or Woodruff's interval for long or slow series. Null without values. */
export function ownQuantile(values: Float64Array, share: number, chance: Chance): Estimate | null {
  const effectiveLength = effectiveSampleSize(values);
  if (values.length > BOOTSTRAP_MAX || (effectiveLength < INDEPENDENT_MIN && values.length > INDEPENDENT_MIN)) {
    const middle = quantile(values.slice().sort(), share) ?? 0;
    const below = values.map((value) => (value <= middle ? 1 : 0));
    return estimate(quantileFigure(sampleOf(values, below), share), 'ms');
  }
  const interval = blockBootstrapInterval(values, (sample) => quantile(sample.sort(), share) ?? 0, {
    random: randomFor(chance.seed, 'stability', chance.variant, chance.metric),
    resamples: RESAMPLES,
    blockLength: blockLengthFor({ length: values.length, effectiveLength }),
  });
  return interval === null ? null : { value: interval.value, low: interval.low, high: interval.high, unit: 'ms' };
}
