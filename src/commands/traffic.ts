import type { PlannedPhase, Source } from '../model/arrival.ts';
import type { Phase, Scenario } from '../model/scenario.ts';
import { SWITCHBACK } from '../model/switchback.ts';
import { pairedSource, type SwitchbackBlock, switchbackPlan } from '../schedule/pairing.ts';
import { planSchedule } from '../schedule/plan.ts';
import { withTurns } from '../schedule/turns.ts';

/** A scenario's traffic over all of its variants, as the run loop takes it. */
export interface Traffic {
  /** On the time axis; `phaseIndex` of an arrival points into it, and into `traffic`. */
  readonly phases: readonly PlannedPhase[];
  readonly traffic: readonly Phase[];
  readonly endMs: number;
  /** Null unless variants take turns. */
  readonly blocks: readonly SwitchbackBlock[] | null;
  /** How many times the planned arrivals of `phases` are sent: once per variant where they are paired. */
  readonly copies: number;
  source(): Source;
}

/** One variant: the plan itself. Paired: every arrival to every variant. Switchback: variants take turns in random blocks. */
export function trafficOf(scenario: Scenario): Traffic {
  const { traffic, seed, variants } = scenario;
  const conversations = (source: Source) =>
    scenario.workload.turns === null ? source : withTurns(source, scenario.workload.turns);
  if (variants.length > 1 && scenario.pairing === 'switchback') {
    const plan = switchbackPlan({
      variants: variants.length,
      traffic,
      blocksPerVariant: SWITCHBACK.rounds,
      restMs: SWITCHBACK.restMs,
      seed,
    });
    return { ...plan, copies: 1, source: () => conversations(plan.source()) };
  }
  const plan = planSchedule(traffic, { seed });
  const one = () => conversations(plan.source());
  const copies = variants.length;
  const source = copies === 1 ? one : () => pairedSource(variants.map(one));
  return { ...plan, traffic, blocks: null, copies, source };
}

/** Arrivals of the whole plan, over all variants; a closed phase counts for nothing, since how often it asks follows from the answers. */
export function plannedCount({ phases, copies }: Traffic): number {
  return phases.reduce((sum, phase) => sum + (phase.plannedArrivals ?? 0), 0) * copies;
}

/** Phases whose number of requests nobody knows beforehand. */
export function hasClosedPhases({ phases }: Traffic): boolean {
  return phases.some((phase) => phase.plannedArrivals === null);
}
