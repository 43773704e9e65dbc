import type { Forecast, ForecastMember } from '../model/analysis.ts';
import type { JournalRecord } from '../model/journal.ts';
import { outcomeLabel } from '../model/outcome.ts';
import type { Scenario } from '../model/scenario.ts';
import { limiterFamily, withSeed } from './limiter-family.ts';
import { plannedRequests } from './plan.ts';
import { type RivalScenario, runVirtually } from './virtual-run.ts';

/** Draws of chance per member of the family, fewer where a scenario is so long that they would take minutes. */
const SEEDS_PER_MEMBER = 3;
const LONG_PLAN_REQUESTS = 50_000;

/** One limiter under one draw of chance, and what came of it once that is known. */
interface Candidate {
  readonly limiter: string;
  readonly seed: number;
  readonly scenario: Scenario;
  result: ForecastMember | null;
}

/** Shows its decisions to the rivals and counts what became of its requests; null where that says nothing. */
type CountedRun = (rivals: readonly RivalScenario[]) => OutcomeCounts | null;

/**
 * The range of outcomes over every algorithm that the published numbers allow. `detailed` runs the scenario as it is,
 * once. Algorithms that decide alike are not run again: where no limit is met, the detailed run speaks for them all.
 */
export function familyForecast(scenario: Scenario, detailed: CountedRun): Forecast {
  const candidates = candidatesOf(scenario);
  settle(scenario, candidates, detailed);
  for (const each of candidates) if (each.result === null) settle(each.scenario, candidates, countedRun(each.scenario));
  return forecastOf(candidates.flatMap(({ result }) => (result === null ? [] : [result])));
}

function candidatesOf(scenario: Scenario): readonly Candidate[] {
  const requests = plannedRequests(scenario) ?? 0;
  const draws = requests > LONG_PLAN_REQUESTS ? 1 : SEEDS_PER_MEMBER;
  return limiterFamily(scenario, null).flatMap((member) =>
    Array.from({ length: draws }, (_, draw) => {
      const seed = scenario.seed + draw;
      return { limiter: member.name, seed, scenario: member.apply(withSeed(scenario, seed)), result: null };
    }),
  );
}

/** Runs `scenario` and gives its result to every candidate of the same chance that decided all of its calls alike. */
function settle(scenario: Scenario, candidates: readonly Candidate[], run: CountedRun): void {
  const open = candidates.filter((each) => each.result === null && sameChance(each.scenario, scenario));
  const rivals = open.map((each) => ({ scenario: each.scenario, parted: false }));
  const counts = run(rivals.filter((rival) => rival.scenario !== scenario));
  if (counts === null) return;
  open.forEach((each, index) => {
    if (rivals[index]?.parted === false) each.result = memberOf(each, counts);
  });
}

function sameChance(one: Scenario, other: Scenario): boolean {
  return (
    one.seed === other.seed &&
    one.variants.every(({ simulator }, index) => simulator.seed === other.variants[index]?.simulator.seed)
  );
}

function countedRun(scenario: Scenario): CountedRun {
  return (rivals) => {
    const counts = outcomeCounts();
    runVirtually({ scenario, sink: { write: counts.add, failed: () => null }, t0WallMs: 0, rivals });
    return counts;
  };
}

/** How the requests of a run ended, by outcome label. */
export interface OutcomeCounts {
  add(record: JournalRecord): void;
  readonly requests: () => number;
  readonly byLabel: ReadonlyMap<string, number>;
}

export function outcomeCounts(): OutcomeCounts {
  const byLabel = new Map<string, number>();
  let requests = 0;
  return {
    byLabel,
    requests: () => requests,
    add(record) {
      if (record.type !== 'end' || !record.final) return;
      requests += 1;
      const label = outcomeLabel(record.outcome);
      byLabel.set(label, (byLabel.get(label) ?? 0) + 1);
    },
  };
}

function memberOf({ limiter, seed }: Candidate, { requests, byLabel }: OutcomeCounts): ForecastMember {
  const all = requests();
  const share = (count: number) => (all === 0 ? 0 : count / all);
  const limited = [...byLabel].filter(([label]) => label.startsWith('limited.'));
  return {
    limiter,
    seed,
    okShare: share(byLabel.get('ok') ?? 0),
    limitedShare: Object.fromEntries(limited.map(([label, count]) => [label, share(count)])),
  };
}

function forecastOf(members: readonly ForecastMember[]): Forecast {
  const byOk = [...members].sort((a, b) => a.okShare - b.okShare);
  const [worst] = byOk;
  const best = byOk.at(-1);
  if (worst === undefined || best === undefined) throw new Error('the family of limiters is empty');
  return { members, range: rangesOf(members), worst, best };
}

function rangesOf(members: readonly ForecastMember[]): Forecast['range'] {
  const labels = new Set(members.flatMap((member) => Object.keys(member.limitedShare)));
  const range: Record<string, { low: number; high: number }> = {
    ok: extent(members.map((member) => member.okShare)),
  };
  for (const label of labels) range[label] = extent(members.map((member) => member.limitedShare[label] ?? 0));
  return range;
}

function extent(values: readonly number[]): { low: number; high: number } {
  return { low: Math.min(...values), high: Math.max(...values) };
}
