import { demandFold, type Peak } from '../analysis/size-demand.ts';
import { type Trial, type TrialOptions, trialFold } from '../analysis/size-fold.ts';
import type { Manifest } from '../model/manifest.ts';
import type { Scenario, TacticSpec, Variant } from '../model/scenario.ts';
import { NO_LIMITS, type SimulatorLimits, type TokenAccounting, type WindowLimit } from '../model/simulator.ts';
import { SIZED_LIMITS, type SizedLimit } from '../model/size.ts';
import { limiterFamily, withSeed } from './limiter-family.ts';
import type { LoadedScenario } from './load-scenario.ts';
import { manifestOf } from './manifest.ts';
import { type PreparedPlan, preparedPlan } from './prepared-plan.ts';
import { trafficOf } from './traffic.ts';
import { type RivalScenario, runVirtually } from './virtual-run.ts';

/** Limits that are on; the others are off. */
export type LimitSet = Partial<Record<SizedLimit, number>>;

/** One draw of chance under one member of the family of limiters. */
export interface TrialCase {
  readonly limiter: string;
  readonly seed: number;
}

export interface TrialRequest extends TrialCase {
  readonly limits: LimitSet;
  readonly tactics: readonly TacticSpec[];
  /** With the growth guard that the scenario assumes. */
  readonly guard: boolean;
}

export interface Trials {
  /** Every member that such limits can tell apart, for every seed; the strictest bookkeeping first. */
  cases(limits: LimitSet): readonly TrialCase[];
  run(request: TrialRequest): Trial;
  /** Without any limit: what the traffic asks for. */
  unlimited(seed: number, tactics: readonly TacticSpec[]): { readonly trial: Trial; readonly peaks: readonly Peak[] };
  /** Simulated runs so far. */
  count(): number;
}

/** Runs one variant of a scenario in virtual time, under limits of our choice. */
export function sizeTrials(options: {
  readonly loaded: LoadedScenario;
  readonly variant: Variant;
  readonly seeds: readonly number[];
  readonly onRun?: (runs: number) => void;
}): Trials {
  const { loaded, variant, seeds, onRun } = options;
  const scenario = unguarded(loaded.scenario, variant);
  const manifests = new Map<number, Manifest>();
  const played = new Map<string, Trial>();
  const plans = new Map<number, PreparedPlan | null>();
  /** How many runs there were, by setting. */
  const asked = new Map<string, number>();
  let runs = 0;

  const manifestFor = (seed: number): Manifest => {
    const known = manifests.get(seed);
    if (known !== undefined) return known;
    const seeded = withSeed(scenario, seed);
    const made = manifestOf({
      kind: 'forecast',
      runId: 'size',
      loaded: { ...loaded, scenario: seeded },
      variants: seeded.variants,
      phases: trafficOf(seeded).phases,
      t0WallMs: 0,
      proxy: null,
      forecastLimiter: null,
    });
    manifests.set(seed, made);
    return made;
  };
  const preparedFor = (scene: Scenario): PreparedPlan | null => {
    const known = plans.get(scene.seed);
    if (known !== undefined) return known;
    const plan = preparedPlan(scene);
    plans.set(scene.seed, plan);
    return plan;
  };
  const play = (scene: Scenario, options: PlayOptions = {}): Trial => {
    const manifest = manifestFor(scene.seed);
    const { onAttempt, rivals = [] } = options;
    const fold = trialFold({ manifest, ...(onAttempt === undefined ? {} : { onAttempt }) });
    runVirtually({
      scenario: scene,
      sink: { write: fold.add, failed: () => null },
      t0WallMs: 0,
      rivals,
      prepared: preparedFor(scene),
    });
    runs += 1;
    onRun?.(runs);
    return fold.finish();
  };

  /** Whoever asks about one setting again and again is going to ask about every member. */
  const mayBeAskedAll = (request: TrialRequest): boolean => {
    const setting = keyOf({ ...request, limiter: '', seed: 0 });
    const times = (asked.get(setting) ?? 0) + 1;
    asked.set(setting, times);
    return times > seeds.length;
  };

  return {
    cases: (limits) => familyOf(scenario, limits).flatMap(({ name }) => seeds.map((seed) => ({ limiter: name, seed }))),
    run(request) {
      const known = played.get(keyOf(request));
      if (known !== undefined) return known;
      const { limits, limiter, seed, tactics, guard } = request;
      const set = withLimits(scenario, { limits, tactics, burst: guard ? variant.simulator.limits.burst : null });
      const family = familyOf(set, limits);
      const member = family.find(({ name }) => name === limiter);
      if (member === undefined) throw new Error(`there is no limiter ${limiter}`);
      const open = mayBeAskedAll(request)
        ? family
            .filter(({ name }) => mayDecideAlike(name, limiter))
            .map(({ name, apply }) => ({
              key: keyOf({ ...request, limiter: name }),
              scenario: apply(withSeed(set, seed)),
              parted: false,
            }))
            .filter(({ key }) => !played.has(key) && key !== keyOf(request))
        : [];
      const trial = play(member.apply(withSeed(set, seed)), { rivals: open });
      for (const { key, parted } of open) if (!parted) played.set(key, trial);
      played.set(keyOf(request), trial);
      return trial;
    },
    unlimited(seed, tactics) {
      const demand = demandFold();
      const free = withLimits(scenario, { limits: {}, tactics, burst: null });
      const trial = play(withSeed(free, seed), { onAttempt: demand.add });
      return { trial, peaks: demand.finish() };
    },
    count: () => runs,
  };
}

interface PlayOptions {
  readonly onAttempt?: TrialOptions['onAttempt'];
  /** Shown every decision: those that decide alike need no run of their own. */
  readonly rivals?: readonly RivalScenario[];
}

const keyOf = (request: TrialRequest): string => JSON.stringify(request);

/**
 * Members with one window algorithm differ in when tokens are booked, which often decides nothing; a bucket of a second
 * and one of a minute differ where either runs dry. Others part at once, and to watch them costs more than it saves.
 */
function mayDecideAlike(one: string, other: string): boolean {
  const windowOf = (name: string) => (name.startsWith('bucket') ? 'bucket' : name.split(',')[0]);
  return windowOf(one) === windowOf(other);
}

/** One variant alone. Nothing is sent or spent, so no cap may cut the traffic short: only the client's own concurrency stays. */
function unguarded(scenario: Scenario, variant: Variant): Scenario {
  const safety = {
    maxRequests: null,
    maxTokens: null,
    maxCostUsd: null,
    maxDurationMs: null,
    maxJournalBytes: null,
    maxInFlight: Math.min(scenario.safety.maxInFlight, variant.safety.maxInFlight),
    stopOn: [],
  };
  return { ...scenario, safety, variants: [{ ...variant, safety }] };
}

interface TrialSettings {
  readonly limits: LimitSet;
  readonly tactics: readonly TacticSpec[];
  readonly burst: SimulatorLimits['burst'];
}

function withLimits(scenario: Scenario, settings: TrialSettings): Scenario {
  const [variant] = scenario.variants;
  const { tactics } = settings;
  const limits = limitsOf(variant.simulator.limits, settings);
  return { ...scenario, variants: [{ ...variant, tactics, simulator: { ...variant.simulator, limits } }] };
}

function limitsOf(given: SimulatorLimits, { limits, burst }: TrialSettings): SimulatorLimits {
  const on = (name: SizedLimit): WindowLimit | null => {
    const limit = limits[name];
    return limit === undefined
      ? null
      : { limit, window: 'sliding_log', countsRefused: given[name]?.countsRefused ?? false };
  };
  const onTokens = (name: 'tps' | 'tpm') => {
    const limit = on(name);
    return limit === null ? null : { ...limit, accounting: 'prompt_at_admission' as const };
  };
  return { ...NO_LIMITS, rps: on('rps'), rpm: on('rpm'), tps: onTokens('tps'), tpm: onTokens('tpm'), burst };
}

/** Exact, and among the strictest: the search begins with it. */
export const FIRST_LIMITER = 'sliding_log';
/** Books the most. */
export const STRICTEST: TokenAccounting = 'reserve_max_tokens';

/** A reservation books the most, completion the least: trying the strictest first saves trials. */
const STRICTEST_FIRST: readonly TokenAccounting[] = [
  STRICTEST,
  'reserve_and_refund',
  'prompt_at_admission',
  'at_completion',
];

/** Members of the family under which these limits, and no others, are on. */
function familyOf(scenario: Scenario, limits: LimitSet) {
  const named = SIZED_LIMITS.filter((name) => limits[name] !== undefined);
  const set = withLimits(scenario, { limits, tactics: [], burst: null });
  const rank = (name: string) => STRICTEST_FIRST.findIndex((accounting) => name.endsWith(accounting));
  return limiterFamily(set, null)
    .filter((member) => {
      const applied = member.apply(set).variants[0].simulator.limits;
      const on = SIZED_LIMITS.filter((name) => applied[name] !== null);
      return on.length > 0 && on.every((name) => named.includes(name));
    })
    .sort((a, b) => rank(a.name) - rank(b.name));
}
