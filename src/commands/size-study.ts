import { type PriceChannel, priceChannels } from '../analysis/size-cost.ts';
import { type Peak, peakDemand } from '../analysis/size-demand.ts';
import type { Trial } from '../analysis/size-fold.ts';
import { priceFor } from '../catalog/prices.ts';
import type { Scenario, Variant } from '../model/scenario.ts';
import { parseThreshold } from '../scenario/threshold.ts';
import type { LoadedScenario } from './load-scenario.ts';
import { planOf } from './plan.ts';
import { brokenRules, type Decided, decidedRules, type Needs, sizeNeeds } from './size-needs.ts';
import { sizeTrials, type Trials } from './size-trials.ts';
import { trafficOf } from './traffic.ts';

/** Draws of arrivals, sizes and latencies; one where a plan is so long that more would take minutes. */
const SEEDS = 3;
const LONG_PLAN_REQUESTS = 4000;

/** What a scenario is sized for when none of its own rules depends on the quota. */
const DEFAULT_RULE = 'availability >= 99%';

/** Dollars of the published list: the price a relay's share is a share of. */
const LIST_TARGET = 'dashscope-intl';

/** One draw of the traffic without any limit. */
interface Free {
  readonly trial: Trial;
  readonly peaks: readonly Peak[];
}

/** Everything that sizing one variant works with. */
export interface Study {
  readonly loaded: LoadedScenario;
  readonly variant: Variant;
  readonly seeds: readonly number[];
  readonly trials: Trials;
  readonly free: ReadonlyMap<number, Free>;
  readonly decided: Decided;
  readonly needs: Needs;
  readonly trafficMs: number;
  readonly channels: readonly PriceChannel[];
  readonly stage: (name: string) => void;
}

export interface StudyOptions {
  readonly loaded: LoadedScenario;
  readonly onProgress?: (stage: string, runs: number) => void;
}

/** Measures the demand and settles which rules a quota decides. */
export function beginStudy(options: StudyOptions): Study {
  const given = options.loaded;
  const [variant] = given.scenario.variants;
  const requests = planOf(given.scenario).requests ?? 0;
  const seeds = Array.from(
    { length: requests > LONG_PLAN_REQUESTS ? 1 : SEEDS },
    (_, draw) => given.scenario.seed + draw,
  );
  let stage = 'demand';
  let runs = 0;
  const report = () => options.onProgress?.(stage, runs);
  const trialsOf = (loaded: LoadedScenario) =>
    sizeTrials({
      loaded,
      variant,
      seeds,
      onRun: () => {
        runs += 1;
        report();
      },
    });
  const measure = (loaded: LoadedScenario) => {
    const trials = trialsOf(loaded);
    const free = new Map(seeds.map((seed) => [seed, trials.unlimited(seed, [])]));
    const decided = decidedRules(new Map([...free].map(([seed, { trial }]) => [seed, trial])));
    return { loaded, trials, free, decided };
  };
  const first = measure(given);
  const chosen = isDecisive(first.trials, first.decided, seeds) ? first : measure(withDefaultRule(given));
  const peaks = peakDemand([...chosen.free.values()].map((each) => each.peaks));
  return {
    ...chosen,
    variant,
    seeds,
    needs: sizeNeeds({ trials: chosen.trials, decided: chosen.decided, peaks }),
    trafficMs: trafficOf({ ...given.scenario, variants: [variant] }).endMs,
    channels: channelsOf(given.scenario, variant),
    stage: (name) => {
      stage = name;
      report();
    },
  };
}

/** Rules that hold even where next to nothing is admitted say nothing about a quota. */
function isDecisive(trials: Trials, decided: Decided, seeds: readonly number[]): boolean {
  const limits = { rpm: 1 };
  const limiter = trials.cases(limits)[0]?.limiter;
  if (limiter === undefined) return false;
  return seeds.some((seed) => {
    const starved = trials.run({ limiter, seed, limits, tactics: [], guard: false });
    return brokenRules(starved, seed, decided).length > 0;
  });
}

function withDefaultRule(loaded: LoadedScenario): LoadedScenario {
  const parsed = parseThreshold(DEFAULT_RULE, null);
  if (!parsed.ok) throw new Error(`the default rule ${DEFAULT_RULE} is not a threshold`);
  return { ...loaded, scenario: { ...loaded.scenario, thresholds: [...loaded.scenario.thresholds, parsed.value] } };
}

function channelsOf(scenario: Scenario, variant: Variant): readonly PriceChannel[] {
  return priceChannels({
    own: { name: variant.target.isSimulator ? 'direct' : variant.target.name, price: variant.target.price },
    list: priceFor(LIST_TARGET, variant.model),
    others: scenario.variants
      .filter((each) => each !== variant && each.model === variant.model)
      .map(({ name, target }) => ({ name, price: target.price })),
  });
}

/** What a reader has to know to believe the sheet. */
export function notesOf({ loaded, variant, seeds, channels }: Study, given: Scenario): readonly string[] {
  const { burst } = variant.simulator.limits;
  const guard =
    burst === null
      ? null
      : `${burst.baselinePerSecond}/s always, else up to ${burst.factor} times the mean of the last ${burst.overMs / 1000} s`;
  return [
    'Found in virtual time: nothing was sent. The provider publishes numbers, not the algorithm behind them, nor when tokens are booked: a need holds for the worst member of the family of limiters and for every seed. Clock-aligned windows begin with the first request.',
    'Latencies and output lengths are those of the simulated endpoint; prompt sizes are estimates until a run has compared them with reported usage.',
    ...(loaded.scenario === given ? [] : [`No rule of the scenario depends on the quota: sized for ${DEFAULT_RULE}.`]),
    ...(guard === null
      ? []
      : [
          `No quota request changes how fast a rate may rise, and its threshold is not published. Needs are found without that guard; the guard that the scenario assumes (${guard}) is tried at the answer.`,
        ]),
    ...(loaded.scenario.thresholds.some(({ metric }) => metric.startsWith('limited'))
      ? ['Rules on limited.* count refused attempts: a tactic that retries does not meet them with less.']
      : []),
    ...(seeds.length === 1 ? ['The plan is long: one draw of chance only.'] : []),
    ...(given.variants.length > 1
      ? [
          `Sized for the first variant, ${variant.name}, alone: each of the others (${given.variants
            .slice(1)
            .map(({ name }) => name)
            .join(', ')}) would need a sheet of its own. They lend prices and fallback chains.`,
        ]
      : []),
    ...(given.claims.length > 0
      ? ['Claims compare variants and are not sized for: only the thresholds of the scenario decide a need.']
      : []),
    ...(given.traffic.some(({ kind }) => kind === 'closed')
      ? ['Closed-model phases follow the answers: their demand depends on the latency assumed.']
      : []),
    'A month is this traffic around the clock for 30 days: scale it to the hours it really runs.',
    ...(channels.some(({ price }) => price === null) ? ['Unknown prices stay unknown.'] : []),
  ];
}
