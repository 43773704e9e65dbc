import { demandFold, type Peak } from '../analysis/size-demand.ts';
import { type Trial, trialFold } from '../analysis/size-fold.ts';
import type { Manifest } from '../model/manifest.ts';
import type { Scenario, TacticSpec, Variant } from '../model/scenario.ts';
import type { SimulatorLimits, TokenAccounting, WindowLimit } from '../model/simulator.ts';
import { SIZED_LIMITS, type SizedLimit } from '../model/size.ts';
import { limiterFamily, withSeed } from './limiter-family.ts';
import type { LoadedScenario } from './load-scenario.ts';
import { manifestOf } from './manifest.ts';
import { trafficOf } from './traffic.ts';
import { runVirtually } from './virtual-run.ts';

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

const NO_LIMITS: SimulatorLimits = {
  rps: null,
  rpm: null,
  tps: null,
  tpm: null,
  burst: null,
  freeTokens: null,
  concurrency: null,
};

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
  const play = (scene: Scenario, onAttempt?: Parameters<typeof trialFold>[0]['onAttempt']): Trial => {
    const manifest = manifestFor(scene.seed);
    const fold = trialFold(onAttempt === undefined ? { manifest } : { manifest, onAttempt });
    runVirtually({ scenario: scene, sink: { write: fold.add, failed: () => null }, t0WallMs: 0 });
    runs += 1;
    onRun?.(runs);
    return fold.finish();
  };

  return {
    cases: (limits) => familyOf(scenario, limits).flatMap(({ name }) => seeds.map((seed) => ({ limiter: name, seed }))),
    run(request) {
      const key = JSON.stringify(request);
      const known = played.get(key);
      if (known !== undefined) return known;
      const { limits, limiter, seed, tactics, guard } = request;
      const set = withLimits(scenario, { limits, tactics, burst: guard ? variant.simulator.limits.burst : null });
      const member = familyOf(set, limits).find(({ name }) => name === limiter);
      if (member === undefined) throw new Error(`there is no limiter ${limiter}`);
      const trial = play(member.apply(withSeed(set, seed)));
      played.set(key, trial);
      return trial;
    },
    unlimited(seed, tactics) {
      const demand = demandFold();
      const free = withLimits(scenario, { limits: {}, tactics, burst: null });
      const trial = play(withSeed(free, seed), demand.add);
      return { trial, peaks: demand.finish() };
    },
    count: () => runs,
  };
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
