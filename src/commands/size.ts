import { basename, join } from 'node:path';
import { recommendation } from '../analysis/size-advice.ts';
import { monthlyCost } from '../analysis/size-cost.ts';
import { peakDemand } from '../analysis/size-demand.ts';
import type { Trial } from '../analysis/size-fold.ts';
import { QUOTA_PATHS } from '../catalog/quota-increase.ts';
import { writeFileAtomic } from '../journal/manifest-file.ts';
import { createRunFolder } from '../journal/run-folder.ts';
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
import { type CommandResult, diskFailure } from './failure.ts';
import type { LoadedScenario } from './load-scenario.ts';
import { readMeasured } from './size-measured.ts';
import { brokenRules, limitSet } from './size-needs.ts';
import { beginStudy, notesOf, type Study } from './size-study.ts';
import { type SizedTactic, sizedTactics } from './size-tactics.ts';
import { toolVersion } from './version.ts';

export interface SizeOptions {
  readonly loaded: LoadedScenario;
  /** Run folder; must not exist. */
  readonly folder: string;
  /** Where the name is taken, adds a number: two may start in the same second. */
  readonly numbered?: boolean;
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
  const created = createRunFolder({ path: options.folder, numbered: options.numbered ?? false });
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

/** The sheet alone, without a folder. */
export function sizeSheet(
  options: Omit<SizeOptions, 'folder' | 'measured'>,
  measured: MeasuredLimits | null,
): SizeSheet {
  const study = beginStudy(options);
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
