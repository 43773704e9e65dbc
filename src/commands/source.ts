import type { Source } from '../model/arrival.ts';
import type { Scenario } from '../model/scenario.ts';
import { planSchedule, type Schedule } from '../schedule/plan.ts';
import { withTurns } from '../schedule/turns.ts';

export function scheduleOf(scenario: Scenario): Schedule {
  return planSchedule(scenario.traffic, { seed: scenario.seed });
}

/** The arrivals of a scenario as its runner takes them: conversations included. */
export function sourceOf(scenario: Scenario, schedule: Schedule): Source {
  const source = schedule.source();
  return scenario.workload.turns === null ? source : withTurns(source, scenario.workload.turns);
}
