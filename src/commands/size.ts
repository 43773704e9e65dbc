import { basename, join } from 'node:path';
import { recommendation } from '../analysis/size-advice.ts';
import { monthlyCost, type PriceChannel, priceChannels } from '../analysis/size-cost.ts';
import { type Peak, peakDemand } from '../analysis/size-demand.ts';
import type { Trial } from '../analysis/size-fold.ts';
import { priceFor } from '../catalog/prices.ts';
import { QUOTA_PATHS } from '../catalog/quota-increase.ts';
import { writeFileAtomic } from '../journal/manifest-file.ts';
import { createRunFolder } from '../journal/run-folder.ts';
import type { Scenario, Variant } from '../model/scenario.ts';
import {
  type JointNeed,
  type LimitNeed,
  type MeasuredLimits,
  SIZE_SCHEMA_VERSION,
  SIZED_LIMITS,
  type SizeSheet,
  type TacticEffect,
  type TacticNeed,
} from '../model/size.ts';
import { sizeMarkdown } from '../report/size-markdown.ts';
import { parseThreshold } from '../scenario/threshold.ts';
import { type CommandResult, diskFailure } from './failure.ts';
import type { LoadedScenario } from './load-scenario.ts';
import { planOf } from './plan.ts';
import { readMeasured } from './size-measured.ts';
import { brokenRules, type Decided, decidedRules, limitSet, type Needs, sizeNeeds } from './size-needs.ts';
import { type SizedTactic, sizedTactics } from './size-tactics.ts';
import { sizeTrials, type Trials } from './size-trials.ts';
import { trafficOf } from './traffic.ts';
import { toolVersion } from './version.ts';

/** Draws of arrivals, sizes and latencies; one where a plan is so long that more would take minutes. */
const SEEDS = 3;
const LONG_PLAN_REQUESTS = 10_000;

/** What a scenario is sized for when none of its own rules depends on the quota. */
const DEFAULT_RULE = 'availability >= 99%';

/** Dollars of the published list: the price a relay's share is a share of. */
const LIST_TARGET = 'dashscope-intl';

export interface SizeOptions {
  readonly loaded: LoadedScenario;
  /** Run folder; must not exist. */
  readonly folder: string;
  /** Growth to allow for: 0.3 = 30 %. */
  readonly marginShare: number;
  /** Folder of an earlier run whose measured limits belong on the sheet. */
  readonly measured: string | null;
  readonly now: Date;
  readonly onProgress?: (stage: string, runs: number) => void;
}

export interface SizeOutput {
  readonly sheet: SizeSheet;
  readonly folder: string;
}

/** The quota that a scenario's traffic needs, found in virtual time, and the sheet to ask for it. Nothing is sent. */
export function size(options: SizeOptions): CommandResult<SizeOutput> {
  const measured = options.measured === null ? null : readMeasured(options.measured);
  if (measured !== null && !measured.ok) return measured;
  const created = createRunFolder({ path: options.folder });
  if (!created.ok) return { ok: false, exitCode: 5, problems: created.problems };
  const folder = created.value;
  const sheet = sizeSheet(options, measured === null ? null : measured.measured);
  try {
    writeFileAtomic(join(folder, 'size.json'), `${JSON.stringify(sheet, null, 2)}\n`);
    writeFileAtomic(join(folder, 'size.md'), sizeMarkdown(sheet));
  } catch (error) {
    return diskFailure('size', 'cannot write the sheet', error);
  }
  return { ok: true, sheet, folder };
}

/** One draw of the traffic without any limit. */
interface Free {
  readonly trial: Trial;
  readonly peaks: readonly Peak[];
}

interface Study {
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

export function sizeSheet(
  options: Omit<SizeOptions, 'folder' | 'measured'>,
  measured: MeasuredLimits | null,
): SizeSheet {
  const study = begin(options);
  const { loaded, variant, seeds, trials, needs, free, stage } = study;
  const { scenario } = loaded;
  const alone = SIZED_LIMITS.map((limit): LimitNeed => {
    stage(`${limit.toUpperCase()} alone`);
    return needs.alone(limit, variant.tactics);
  });
  const [own, ...others] = sizedTactics(scenario, variant);
  stage('RPM and TPM over the minute');
  const minuteOnly = needs.joint(own, 'minute');
  const tactics = [tacticNeed(study, own), ...others.map((tactic) => tacticNeed(study, tactic))] as const;
  const paths = QUOTA_PATHS.filter(({ regions }) => regions === null || regions.includes(scenario.account.region));
  const { marginShare } = options;
  const trialsFree = [...free.values()].map(({ trial }) => trial);
  const mean = (value: (trial: Trial) => number) =>
    Math.round(trialsFree.reduce((sum, trial) => sum + value(trial), 0) / trialsFree.length);
  return {
    schemaVersion: SIZE_SCHEMA_VERSION,
    tool: `quotascope ${toolVersion()}`,
    createdAt: options.now.toISOString(),
    scenario: {
      name: scenario.name,
      description: scenario.description,
      file: basename(loaded.file),
      hash: loaded.hash,
    },
    target: variant.target.name,
    model: variant.model,
    region: scenario.account.region,
    variant: variant.name,
    seeds,
    limiters: [...new Set(trials.cases(limitSet({ rpm: 1, tpm: 60 }, 'second')).map(({ limiter }) => limiter))],
    rules: scenario.thresholds.map(({ text }) => text),
    undecided: study.decided.undecided,
    trafficMs: study.trafficMs,
    requests: mean(({ requests }) => requests),
    tokens: { prompt: mean((trial) => trial.promptTokens), completion: mean((trial) => trial.completionTokens) },
    peaks: peakDemand([...free.values()].map(({ peaks }) => peaks)),
    current: variant.quota,
    alone,
    minuteOnly,
    tactics,
    marginShare,
    recommendation: recommendation({ tactics, minuteOnly, current: variant.quota, marginShare, paths }),
    measured,
    paths,
    notes: notesOf(study, options.loaded.scenario),
    runs: trials.count(),
  };
}

function begin(options: Omit<SizeOptions, 'folder' | 'measured'>): Study {
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

function tacticNeed(study: Study, tactic: SizedTactic): TacticNeed {
  const { needs, stage } = study;
  stage(`with ${tactic.name}`);
  const spoiled = [...new Set(needs.spoiled(tactic))];
  const joint: JointNeed = spoiled.length === 0 ? needs.joint(tactic, 'second') : needs.none('second');
  const effect = joint.needed === null ? null : effectOf(study, tactic, joint);
  return {
    name: tactic.name,
    text: tactic.text,
    specs: joint.needed === null ? [] : tactic.at(joint.needed),
    joint,
    why: joint.needed !== null ? null : whyNone(spoiled),
    effect: effect === null ? null : effect.effect,
    monthly: effect === null ? [] : effect.monthly,
  };
}

function whyNone(spoiled: readonly string[]): string {
  return spoiled.length === 0
    ? 'no finite quota was found'
    : `with no limit at all it already breaks ${spoiled.join(' and ')}`;
}

/** The traffic at the quota it needs, under the member that decided it. */
function effectOf(
  study: Study,
  tactic: SizedTactic,
  joint: JointNeed,
): { readonly effect: TacticEffect; readonly monthly: TacticNeed['monthly'] } | null {
  const { trials, seeds, decided, variant, channels, trafficMs } = study;
  const { needed } = joint;
  if (needed === null) return null;
  const limits = limitSet(needed, 'second');
  const limiter = (joint.tokens ?? joint.requests)?.limiter ?? trials.cases(limits)[0]?.limiter;
  if (limiter === undefined) return null;
  const at = (seed: number, guard: boolean) => trials.run({ limiter, seed, limits, tactics: tactic.at(needed), guard });
  const runs = seeds.map((seed) => at(seed, false));
  const sum = (value: (trial: Trial) => number) => runs.reduce((total, trial) => total + value(trial), 0);
  const delays = runs.flatMap(({ addedDelayP95Ms }) => (addedDelayP95Ms === null ? [] : [addedDelayP95Ms]));
  const used = {
    promptTokens: sum((trial) => trial.promptTokens),
    completionTokens: sum((trial) => trial.completionTokens),
    refusedPromptTokens: sum((trial) => trial.refusedPromptTokens),
    answered: sum(({ answered }) => answered),
    durationMs: trafficMs * runs.length,
    otherModel: runs.some(({ otherModel }) => otherModel),
  };
  const hasGuard = variant.simulator.limits.burst !== null;
  const guardBreaks = () => [...new Set(seeds.flatMap((seed) => brokenRules(at(seed, true), seed, decided)))];
  return {
    effect: {
      availability: Math.min(...runs.map(({ answered, requests }) => answered / Math.max(1, requests))),
      attemptsPerRequest:
        sum(({ attempts }) => attempts) /
        Math.max(
          1,
          sum(({ requests }) => requests),
        ),
      addedDelayP95Ms: delays.length < runs.length ? null : Math.max(...delays),
      guardBreaks: hasGuard ? guardBreaks() : null,
    },
    monthly: channels.map((channel) => monthlyCost(channel, used)),
  };
}

function notesOf({ loaded, variant, seeds, channels }: Study, given: Scenario): readonly string[] {
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
      ? [`Sized for the variant ${variant.name}; the others lend prices and fallback chains.`]
      : []),
    ...(given.traffic.some(({ kind }) => kind === 'closed')
      ? ['Closed-model phases follow the answers: their demand depends on the latency assumed.']
      : []),
    'A month is this traffic around the clock for 30 days: scale it to the hours it really runs.',
    ...(channels.some(({ price }) => price === null) ? ['Unknown prices stay unknown.'] : []),
  ];
}
