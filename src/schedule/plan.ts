import type { PlannedPhase, Source } from '../model/arrival.ts';
import type { Phase } from '../model/scenario.ts';
import { randomFor } from '../stats/random.ts';
import { slidingPeak } from '../stats/windows.ts';
import { microsecondsOf, millisecondsOf } from './microseconds.ts';
import { closedSource, openSource, type PhaseSource, sequenceSource } from './phase-sources.ts';
import { burstShape, pauseShape, rampShape, randomShape, replayShape, type Shape, stepsShape } from './shapes.ts';

export interface Schedule {
  readonly phases: readonly PlannedPhase[];
  /** A fresh walk from the first arrival; walks are independent of each other. */
  readonly source: () => Source;
  /** End of the last phase. */
  readonly endMs: number;
}

interface PlacedPhase {
  readonly planned: PlannedPhase;
  readonly open: () => PhaseSource;
}

/**
 * Places the phases one after the other on the time axis. Chance is keyed by (seed, phase index): editing one phase
 * leaves the gaps of the others alone. Counts are closed forms, except for poisson and gamma, whose gaps are walked once
 * here and not kept. Throws a RangeError on numbers that no scenario can hold (negative, not finite).
 */
export function planSchedule(traffic: readonly Phase[], options: { readonly seed: number }): Schedule {
  let startUs = 0;
  const placed = traffic.map((phase, index) => {
    assertPlannable(phase, index);
    const here = placePhase(phase, { index, startUs, seed: options.seed });
    startUs = microsecondsOf(here.planned.endMs);
    return here;
  });
  return {
    phases: placed.map((phase) => phase.planned),
    source: () => sequenceSource(placed.map((phase) => ({ index: phase.planned.index, open: phase.open }))),
    endMs: millisecondsOf(startUs),
  };
}

function placePhase(
  phase: Phase,
  place: { readonly index: number; readonly startUs: number; readonly seed: number },
): PlacedPhase {
  const { index, startUs } = place;
  const startMs = millisecondsOf(startUs);
  const common = { index, kind: phase.kind, label: phase.label ?? phase.kind, startMs };
  if (phase.kind === 'closed') {
    const endMs = millisecondsOf(startUs + microsecondsOf(phase.durationMs));
    return {
      planned: { ...common, endMs, plannedArrivals: null, peakPerSecond: null },
      open: () => closedSource({ startMs, endMs, concurrency: phase.concurrency }),
    };
  }
  const shape = shapeOf(phase, place);
  return {
    planned: {
      ...common,
      endMs: millisecondsOf(startUs + shape.durationUs),
      plannedArrivals: shape.count,
      peakPerSecond: shape.peakPerSecond,
    },
    open: () => openSource({ startUs, offsets: shape.offsets(), rows: phase.kind === 'replay' ? phase.rows : null }),
  };
}

function shapeOf(
  phase: Exclude<Phase, { kind: 'closed' }>,
  place: { readonly index: number; readonly seed: number },
): Shape {
  switch (phase.kind) {
    case 'burst':
      return burstShape(phase);
    case 'pause':
      return pauseShape(phase.durationMs);
    case 'ramp':
      return rampShape(phase);
    case 'steps':
      return stepsShape(phase);
    case 'hold':
      return randomShape(phase, () => randomFor(place.seed, 'arrivals', place.index));
    case 'replay':
      return replayShape(phase);
  }
}

/** Numbers of a phase that must be finite and not negative, by name. */
function numbersOf(phase: Phase): Readonly<Record<string, number>> {
  switch (phase.kind) {
    case 'burst':
      return { requests: phase.requests, overMs: phase.overMs };
    case 'pause':
      return { durationMs: phase.durationMs };
    case 'ramp':
      return { fromPerSecond: phase.fromPerSecond, toPerSecond: phase.toPerSecond, durationMs: phase.durationMs };
    case 'steps':
      return {
        fromPerSecond: phase.fromPerSecond,
        toPerSecond: phase.toPerSecond,
        eachMs: phase.eachMs,
        restMs: phase.restMs,
      };
    case 'hold':
      return { ratePerSecond: phase.ratePerSecond, durationMs: phase.durationMs };
    case 'replay':
      return {};
    case 'closed':
      return { concurrency: phase.concurrency, durationMs: phase.durationMs };
  }
}

/** The scenario room refuses these with a line and a hint; here they are a broken invariant. */
function assertPlannable(phase: Phase, index: number): void {
  const fail = (what: string): never => {
    throw new RangeError(`phase ${index} (${phase.kind}): ${what}`);
  };
  for (const [name, value] of Object.entries(numbersOf(phase))) {
    if (!(value >= 0 && value < Number.POSITIVE_INFINITY)) fail(`${name} must be finite and not negative, is ${value}`);
  }
  if (phase.kind === 'burst' && !Number.isInteger(phase.requests)) fail('requests must be a whole number');
  if (phase.kind === 'closed' && !Number.isInteger(phase.concurrency)) fail('concurrency must be a whole number');
  if (phase.kind === 'hold' && phase.arrivals.kind === 'gamma' && !(phase.arrivals.cv > 0)) fail('cv must be above 0');
  if (phase.kind === 'replay') {
    if (!(phase.speed > 0 && phase.speed < Number.POSITIVE_INFINITY)) fail(`speed must be above 0, is ${phase.speed}`);
    phase.rows.forEach((row, at) => {
      const before = phase.rows[at - 1]?.atMs ?? 0;
      if (!(row.atMs >= before && row.atMs < Number.POSITIVE_INFINITY)) {
        fail(`row ${at} at ${row.atMs} ms must not lie before ${before} ms`);
      }
    });
  }
}

/**
 * The most arrivals planned in any half-open window of each length, by one lazy walk over the schedule. Arrivals of
 * closed phases follow from the answers: they are left out, and only their first wave is walked.
 */
export function plannedPeaks(schedule: Schedule, windowsMs: readonly number[]): readonly number[] {
  const peaks = windowsMs.map((windowMs) => slidingPeak(windowMs));
  const source = schedule.source();
  while (source.nextDueMs() !== null) {
    const { scheduledMs } = source.take();
    for (const peak of peaks) peak.add(scheduledMs, 1);
  }
  return peaks.map((peak) => peak.peak());
}
