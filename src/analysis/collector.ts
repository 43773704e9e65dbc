import type { PlannedPhase } from '../model/arrival.ts';
import type { Manifest } from '../model/manifest.ts';
import type { Operator, Threshold } from '../model/threshold.ts';
import { enoughForQuantile } from '../stats/quantiles.ts';
import type { Due } from './due-order.ts';
import { figure } from './format.ts';
import { DurationHistogram } from './histogram.ts';
import type { Judged } from './judged.ts';
import { reachedMs } from './phases.ts';
import type { Probe } from './probes.ts';
import { runShare } from './share.ts';
import { type Interval, joined, sliding } from './sliding.ts';

/** What a rule's metric came to, or why nothing can be said. */
export type Measured =
  | {
      readonly ok: true;
      readonly value: number;
      readonly low: number | null;
      readonly high: number | null;
      readonly evidence: readonly string[];
    }
  | { readonly ok: false; readonly why: string };

/** Of what the tagged phases planned, what the generator itself left out. */
export interface Skipped {
  readonly planned: number;
  readonly skipped: number;
}

export interface Collector {
  add(attempt: Judged): void;
  planned(due: Due, atMs: number): void;
  skipped(): Skipped;
  finish(endMs: number): Measured;
}

type Inner = Omit<Collector, 'skipped'>;

interface Sums {
  counted: number;
  outOf: number;
}

/** How far a value goes in the direction that breaks the rule: the worst window has the largest. */
function badness(operator: Operator, target: number): (value: number) => number {
  switch (operator) {
    case '<':
    case '<=':
      return (value) => value;
    case '>':
    case '>=':
      return (value) => -value;
    case '==':
      return (value) => Math.abs(value - target);
    case '!=':
      return (value) => -Math.abs(value - target);
  }
}

/** Phases select by label or by kind. */
function taggedPhases(manifest: Manifest, phase: string | undefined): readonly PlannedPhase[] {
  return manifest.phases.filter((each) => phase === undefined || each.label === phase || each.kind === phase);
}

/** The rule's own measurement, taken while the attempts go by: thresholds are known before the run. */
export function collector(threshold: Threshold, probe: Probe, manifest: Manifest): Collector {
  const { tags, overMs } = threshold;
  const phases = taggedPhases(manifest, tags.phase);
  const inPhase = manifest.phases.map((phase) => phases.includes(phase));
  const inVariant = manifest.variants.map(({ name }) => tags.variant === undefined || tags.variant === name);
  const model = tags.model ?? null;
  const inside = (variant: number, phase: number) => inVariant[variant] === true && inPhase[phase] === true;
  const fits = (attempt: Judged) =>
    inside(attempt.variant, attempt.phase) && (model === null || attempt.sent.model === model);
  const measure = probe.kind === 'values' ? valuesMeasure : ratioMeasure;
  const inner = measure(threshold, probe, phases);
  let planned = 0;
  let skipped = 0;
  return {
    add(attempt) {
      if (probe.kind !== 'plan' && fits(attempt)) inner.add(attempt);
    },
    planned(due, atMs) {
      if (!inside(due.variant, due.phase)) return;
      planned += 1;
      if (due.skipped) skipped += 1;
      if (probe.kind === 'plan') inner.planned(due, atMs);
    },
    skipped: () => ({ planned, skipped }),
    finish(endMs) {
      if (phases.length === 0) return { ok: false, why: `no phase is called ${JSON.stringify(tags.phase)}` };
      if (!inVariant.includes(true)) return { ok: false, why: `no variant is called ${JSON.stringify(tags.variant)}` };
      const longest = Math.max(...joined(spansOf(phases)).map(({ fromMs, toMs }) => toMs - fromMs));
      if (overMs !== null && longest < overMs) {
        return { ok: false, why: `the tagged phases are shorter than the window of ${overMs / 1000} s` };
      }
      return inner.finish(endMs);
    },
  };
}

const spansOf = (phases: readonly PlannedPhase[]): readonly Interval[] =>
  phases.map(({ startMs, endMs }) => ({ fromMs: startMs, toMs: endMs }));

type Measure = (threshold: Threshold, probe: Probe, phases: readonly PlannedPhase[]) => Inner;

const ratioMeasure: Measure = (threshold, probe, phases) => {
  const { aggregate, overMs } = threshold;
  const worse = badness(threshold.operator, Number(threshold.value));
  const total: Sums = { counted: 0, outOf: 0 };
  const runs = runShare();
  let worst: { readonly value: number; readonly startMs: number } | null = null;
  const aggregated = ({ counted, outOf }: Sums, seconds: number): number | null => {
    if (aggregate === 'share') return outOf === 0 ? null : counted / outOf;
    if (aggregate === 'rate') return counted / seconds;
    if (aggregate === 'perThousandAnswers') return outOf === 0 ? null : (counted / outOf) * 1000;
    if (aggregate === 'perMonth') return (counted / seconds) * 30 * 24 * 3600;
    return counted;
  };
  const window = (slots: readonly Sums[], startMs: number) => {
    const sums: Sums = { counted: 0, outOf: 0 };
    for (const slot of slots) {
      sums.counted += slot.counted;
      sums.outOf += slot.outOf;
    }
    const value = aggregated(sums, (overMs ?? 0) / 1000);
    if (value !== null && (worst === null || worse(value) > worse(worst.value))) worst = { value, startMs };
  };
  const slide =
    overMs === null
      ? null
      : sliding<Sums>(overMs, spansOf(phases), { empty: () => ({ counted: 0, outOf: 0 }), window });
  const book = (atMs: number, counted: number, outOf: number) => {
    total.counted += counted;
    total.outOf += outOf;
    if (outOf === 1) runs.add(counted === 1);
    const slot = slide === null ? null : slide.slot(atMs);
    if (slot === null) return;
    slot.counted += counted;
    slot.outOf += outOf;
  };
  const measuredWorst = (): Measured => {
    if (worst === null) return { ok: false, why: 'no whole window of this length was reached, or none had samples' };
    const at = `the worst window began ${(worst.startMs / 1000).toFixed(1)} s after the start`;
    return { ok: true, value: worst.value, low: null, high: null, evidence: [at] };
  };
  let attempts = 0;
  return {
    add(attempt) {
      attempts += 1;
      if (probe.kind === 'ratio') book(attempt.sentMs, probe.counted(attempt), probe.outOf(attempt));
    },
    planned(due, atMs) {
      attempts += 1;
      if (probe.kind === 'plan') book(atMs, probe.counted(due), 1);
    },
    finish(endMs) {
      slide?.finish(endMs);
      if (attempts === 0) return { ok: false, why: 'nothing was sent in the tagged phases' };
      if (overMs !== null) return measuredWorst();
      const seconds = phases.reduce((sum, phase) => sum + reachedMs(phase, endMs), 0) / 1000;
      const value = aggregated(total, seconds);
      if (value === null) return { ok: false, why: 'there is nothing to take a share of' };
      const estimate = aggregate === 'share' ? runs.estimate() : null;
      const evidence = [`${figure(total.counted)} of ${figure(total.outOf)} in the tagged phases`];
      return { ok: true, value, low: estimate?.low ?? null, high: estimate?.high ?? null, evidence };
    },
  };
};

const PERCENTILE = /^p(\d+(?:\.\d+)?)$/;

/** The share an aggregate asks for: 0.95 of `p95`; null for min, mean and max. */
function percentileOf(aggregate: string | null): number | null {
  const match = PERCENTILE.exec(aggregate ?? '');
  return match === null ? null : Number(match[1]) / 100;
}

function aggregateOf(histogram: DurationHistogram, aggregate: string | null): number | null {
  const share = percentileOf(aggregate);
  if (share !== null) return enoughForQuantile(histogram.count, share) ? histogram.quantileMs(share) : null;
  const { min, mean, max } = histogram.percentiles();
  return aggregate === 'min' ? min : aggregate === 'mean' ? mean : max;
}

/** Order statistics: the sample quantiles at p +- 1.96 standard errors of the binomial. */
function interval(histogram: DurationHistogram, aggregate: string | null): readonly [number | null, number | null] {
  const share = percentileOf(aggregate);
  if (share === null) return [null, null];
  const error = 1.96 * Math.sqrt((share * (1 - share)) / histogram.count);
  return [histogram.quantileMs(Math.max(0, share - error)), histogram.quantileMs(Math.min(1, share + error))];
}

const valuesMeasure: Measure = (threshold, probe, phases) => {
  const { aggregate, overMs } = threshold;
  const worse = badness(threshold.operator, Number(threshold.value));
  const total = new DurationHistogram();
  let worst: { readonly value: number; readonly startMs: number } | null = null;
  const window = (slots: readonly DurationHistogram[], startMs: number) => {
    const sum = new DurationHistogram('coarse');
    for (const slot of slots) if (slot.count > 0) sum.merge(slot);
    const value = aggregateOf(sum, aggregate);
    if (value !== null && (worst === null || worse(value) > worse(worst.value))) worst = { value, startMs };
  };
  const slide =
    overMs === null
      ? null
      : sliding<DurationHistogram>(overMs, spansOf(phases), { empty: () => new DurationHistogram('coarse'), window });
  return {
    add(attempt) {
      if (probe.kind !== 'values') return;
      probe.record(attempt, total);
      const slot = slide === null ? null : slide.slot(attempt.sentMs);
      if (slot !== null) probe.record(attempt, slot);
    },
    planned() {},
    finish(endMs) {
      slide?.finish(endMs);
      const { count } = total;
      if (count === 0) return { ok: false, why: 'there are no samples' };
      const found =
        overMs === null ? aggregateOf(total, aggregate) : ((worst as { value: number } | null)?.value ?? null);
      if (found === null) {
        const share = percentileOf(aggregate) ?? 0;
        const needed = Math.ceil(5 / (1 - share) - 1e-6);
        return {
          ok: false,
          why: `${count} samples are too few for ${aggregate}: it needs ${needed}${overMs === null ? '' : ' in a window'}`,
        };
      }
      const [low, high] = overMs === null ? interval(total, aggregate) : [null, null];
      return { ok: true, value: found, low, high, evidence: [`${count} samples`] };
    },
  };
};
