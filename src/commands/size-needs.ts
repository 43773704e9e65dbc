import type { Trial } from '../analysis/size-fold.ts';
import { searchStep } from '../analysis/size-round.ts';
import { type Pair, smallestHolding, smallestPair } from '../analysis/size-search.ts';
import type { Finding } from '../model/finding.ts';
import type { TacticSpec } from '../model/scenario.ts';
import type {
  JointNeed,
  LimitNeed,
  MinuteQuota,
  PeakDemand,
  SizedLimit,
  SizeProof,
  UndecidedRule,
} from '../model/size.ts';
import type { SizedTactic } from './size-tactics.ts';
import { FIRST_LIMITER, type LimitSet, STRICTEST, type TrialCase, type Trials } from './size-trials.ts';

/** A quota of this many times the peak demand is not searched beyond: what fails there fails for another reason. */
const CEILING_PEAKS = 64;

/** Joint search grows both limits together by this share at a time before each is lowered again. */
const JOINT_GROWTH = 0.01;

/** Which rules a quota decides: those that hold where nothing is refused, seed by seed. */
export interface Decided {
  /** Rule ids that have to hold, by seed. */
  readonly required: ReadonlyMap<number, ReadonlySet<string>>;
  readonly undecided: readonly UndecidedRule[];
}

/** A rule that fails without any limit and without any tactic is not about the quota. */
export function decidedRules(free: ReadonlyMap<number, Trial>): Decided {
  const required = new Map<number, ReadonlySet<string>>();
  const failed = new Map<string, { rule: string; seeds: number[]; why: string }>();
  for (const [seed, trial] of free) {
    required.set(seed, new Set(rulesOf(trial).flatMap(({ id, verdict }) => (verdict === 'holds' ? [id] : []))));
    for (const { id, claim, verdict, why } of rulesOf(trial)) {
      if (verdict === 'holds') continue;
      const known = failed.get(id) ?? { rule: claim, seeds: [], why };
      known.seeds.push(seed);
      failed.set(id, known);
    }
  }
  return { required, undecided: [...failed.values()] };
}

const rulesOf = (trial: Trial): readonly Finding[] => trial.rules.filter(({ kind }) => kind === 'threshold');

/** Rules that had to hold and do not, as written. */
export function brokenRules(trial: Trial, seed: number, decided: Decided): readonly string[] {
  const required = decided.required.get(seed) ?? new Set<string>();
  return rulesOf(trial)
    .filter(({ id, verdict }) => required.has(id) && verdict !== 'holds')
    .map(({ claim }) => claim);
}

export interface NeedsOptions {
  readonly trials: Trials;
  readonly decided: Decided;
  readonly peaks: readonly PeakDemand[];
}

export interface Needs {
  alone(limit: SizedLimit, tactics: readonly TacticSpec[]): LimitNeed;
  joint(tactic: SizedTactic, enforced: JointNeed['enforced']): JointNeed;
  /** The answer where no quota suffices. */
  none(enforced: JointNeed['enforced']): JointNeed;
  /** Broken rules with no limit at all: what a tactic spoils by itself, whatever the quota. */
  spoiled(tactic: SizedTactic): readonly string[];
}

/** Searches quotas by running the traffic against them. */
export function sizeNeeds({ trials, decided, peaks }: NeedsOptions): Needs {
  const peakOf = (limit: SizedLimit): number => {
    const at = peaks.find(({ windowMs }) => windowMs === (limit === 'rps' || limit === 'tps' ? 1000 : 60_000));
    if (at === undefined) return 1;
    return Math.max(1, limit === 'rps' || limit === 'rpm' ? at.requests.max : at.reservedTokens.max);
  };
  const stepOf = (limit: SizedLimit) => searchStep(peakOf(limit), unitOf(limit));
  const failures = new Map<string, number>();
  const keyOf = ({ limiter, seed }: TrialCase) => `${limiter} ${seed}`;
  /** What failed most often so far comes first: it decides the next answer with the fewest trials. */
  const hardestFirst = (cases: readonly TrialCase[]) =>
    [...cases].sort((a, b) => (failures.get(keyOf(b)) ?? 0) - (failures.get(keyOf(a)) ?? 0));
  const broken = (item: TrialCase, limits: LimitSet, tactics: readonly TacticSpec[]) => {
    const rules = brokenRules(trials.run({ ...item, limits, tactics, guard: false }), item.seed, decided);
    if (rules.length > 0) failures.set(keyOf(item), (failures.get(keyOf(item)) ?? 0) + 1);
    return rules;
  };
  const firstBroken: JointOptions['firstBroken'] = (cases, limits, tactics) => {
    for (const item of hardestFirst(cases)) {
      const breaks = broken(item, limits, tactics);
      if (breaks.length > 0) return { ...item, breaks };
    }
    return null;
  };
  const search = (request: SearchRequest): Found | null => {
    const { at, tactics, cases } = request;
    const found = smallestHolding({
      cases: hardestFirst(cases),
      holds: (item, steps) => steps > 0 && broken(item, at(steps), tactics(steps)).length === 0,
      from: request.from,
      guess: request.guess,
      ceiling: request.ceiling,
    });
    if (found === null) return null;
    return { steps: found.steps, decidedBy: found.decidedBy };
  };

  const tools = { search, broken, firstBroken, hardestFirst, peakOf, stepOf, cases: trials.cases };

  return {
    alone(limit, tactics) {
      const step = stepOf(limit);
      const cases = trials.cases({ [limit]: 1 });
      const guess = Math.ceil(peakOf(limit) / step);
      const least = (among: readonly TrialCase[]) =>
        search({
          cases: among,
          at: (steps) => ({ [limit]: steps * step }),
          tactics: () => tactics,
          from: 0,
          guess,
          ceiling: guess * CEILING_PEAKS,
        });
      const exact = least(cases.filter(({ limiter }) => isExact(limiter)));
      const found = exact === null ? null : least(cases);
      return {
        limit,
        needed: found === null ? null : found.steps * step,
        exact: exact === null ? null : exact.steps * step,
        step,
        proof: found?.decidedBy ? firstBroken([found.decidedBy], { [limit]: (found.steps - 1) * step }, tactics) : null,
        limiters: new Set(cases.map(({ limiter }) => limiter)).size,
      };
    },
    joint: (tactic, enforced) => jointNeed({ ...tools, tactic, enforced }),
    none: (enforced) => noNeed({ ...tools, enforced }),
    spoiled: (tactic) =>
      [...decided.required.keys()].flatMap((seed) => {
        const { trial } = trials.unlimited(seed, tactic.at(UNBOUNDED));
        return brokenRules(trial, seed, decided);
      }),
  };
}

/** For tactics that follow the quota: none that could be reached. */
const UNBOUNDED: MinuteQuota = { rpm: 6e9, tpm: 6e12 };

/** An exact sliding window; tokens, where they are limited, reserved at admission. */
const isExact = (limiter: string) => limiter === FIRST_LIMITER || limiter === `${FIRST_LIMITER}, ${STRICTEST}`;

const unitOf = (limit: SizedLimit) => (limit === 'rps' || limit === 'rpm' ? 'requests' : 'tokens');

interface SearchRequest {
  readonly cases: readonly TrialCase[];
  readonly at: (steps: number) => LimitSet;
  readonly tactics: (steps: number) => readonly TacticSpec[];
  readonly from: number;
  readonly guess: number;
  readonly ceiling: number;
}

interface Found {
  readonly steps: number;
  readonly decidedBy: TrialCase | null;
}

type Search = (request: SearchRequest) => Found | null;

/** A minute quota as the limits it means: per second, a sixtieth "may be applied" (help.aliyun.com/zh/model-studio/rate-limit, seen 2026-11-21). */
export function limitSet(quota: Partial<MinuteQuota>, enforced: JointNeed['enforced']): LimitSet {
  const { rpm, tpm } = quota;
  const perSecond = enforced === 'second';
  return {
    ...(rpm === undefined ? {} : { rpm, ...(perSecond ? { rps: rpm / 60 } : {}) }),
    ...(tpm === undefined ? {} : { tpm, ...(perSecond ? { tps: Math.floor(tpm / 60) } : {}) }),
  };
}

interface JointOptions {
  readonly tactic: SizedTactic;
  readonly enforced: JointNeed['enforced'];
  readonly search: Search;
  readonly broken: (item: TrialCase, limits: LimitSet, tactics: readonly TacticSpec[]) => readonly string[];
  readonly hardestFirst: (cases: readonly TrialCase[]) => readonly TrialCase[];
  readonly firstBroken: (
    cases: readonly TrialCase[],
    limits: LimitSet,
    tactics: readonly TacticSpec[],
  ) => SizeProof | null;
  readonly peakOf: (limit: SizedLimit) => number;
  readonly stepOf: (limit: SizedLimit) => number;
  readonly cases: Trials['cases'];
}

/** RPM and TPM together: refusals of two limits add up. Each side alone is where the search begins. */
function jointNeed(options: JointOptions): JointNeed {
  const { tactic, enforced, broken, firstBroken } = options;
  const none = noNeed(options);
  const { step } = none;
  const cases = options.hardestFirst(options.cases(limitSet({ rpm: 1, tpm: 60 }, enforced)));
  const rpm = leastOf(options, 'rpm', (each) => ({ ...UNBOUNDED, rpm: each }));
  if (rpm === null) return none;
  const tpm = leastOf(options, 'tpm', (each) => ({ rpm: rpm * step.rpm, tpm: each }));
  if (tpm === null) return none;

  const quotaOf = ({ first, second }: Pair): MinuteQuota => ({ rpm: first * step.rpm, tpm: second * step.tpm });
  const found = smallestPair({
    cases,
    core: cases.filter(({ limiter }) => isExact(limiter)),
    holds: (item, pair) => broken(item, limitSet(quotaOf(pair), enforced), tactic.at(quotaOf(pair))).length === 0,
    least: { first: rpm, second: tpm },
    growth: JOINT_GROWTH,
    growthMax: CEILING_PEAKS,
  });
  if (found === null) return none;
  const tried = [...found.active, ...cases];
  const down = (pair: Pair, side: keyof Pair) =>
    stepDown(pair, side, (less) => firstBroken(tried, limitSet(quotaOf(less), enforced), tactic.at(quotaOf(less))));
  const requests = down(found.pair, 'first');
  const tokens = down(requests.pair, 'second');
  return { ...none, needed: quotaOf(tokens.pair), requests: requests.proof, tokens: tokens.proof };
}

function noNeed(options: Omit<JointOptions, 'tactic'>): JointNeed {
  const { enforced, cases } = options;
  const limiters = new Set(cases(limitSet({ rpm: 1, tpm: 60 }, enforced)).map(({ limiter }) => limiter)).size;
  return { enforced, needed: null, step: jointStep(options), requests: null, tokens: null, limiters };
}

/** A tactic that reacts can do better with a little less; after so many steps the answer is left as it is. */
const STEPS_DOWN_MAX = 3;

/** The proof that one step less is too little; goes down itself where it is not. */
function stepDown(
  from: Pair,
  side: keyof Pair,
  breaks: (pair: Pair) => SizeProof | null,
): { readonly pair: Pair; readonly proof: SizeProof | null } {
  let pair = from;
  for (let step = 0; step < STEPS_DOWN_MAX && pair[side] > 1; step += 1) {
    const less = { ...pair, [side]: pair[side] - 1 };
    const proof = breaks(less);
    if (proof !== null) return { pair, proof };
    pair = less;
  }
  return { pair, proof: null };
}

/** A second counts whole requests: between 600 and 660 a minute, a limit of a sixtieth per second admits ten. */
function jointStep({ enforced, stepOf }: Pick<JointOptions, 'enforced' | 'stepOf'>): MinuteQuota {
  return enforced === 'minute'
    ? { rpm: stepOf('rpm'), tpm: stepOf('tpm') }
    : { rpm: 60 * stepOf('rps'), tpm: 60 * stepOf('tps') };
}

/** The least steps of one side with the other side's limits off, under one plain limiter: a lower bound of the pair. */
function leastOf(options: JointOptions, minute: 'rpm' | 'tpm', quotaAt: (limit: number) => MinuteQuota): number | null {
  const { tactic, enforced, search, peakOf } = options;
  const step = jointStep(options)[minute];
  const second = 60 * peakOf(minute === 'rpm' ? 'rps' : 'tps');
  const peak = Math.max(peakOf(minute), enforced === 'second' ? second : 0);
  const at = (steps: number) => limitSet({ [minute]: steps * step }, enforced);
  const found = search({
    cases: options.cases(at(1)).filter(({ limiter }) => isExact(limiter)),
    at,
    tactics: (steps) => tactic.at(quotaAt(steps * step)),
    from: 0,
    guess: Math.ceil(peak / step),
    ceiling: Math.ceil(peak / step) * CEILING_PEAKS,
  });
  return found === null ? null : found.steps;
}
