import type { QuotaSet } from '../model/quota.ts';
import type { JointNeed, MinuteQuota, QuotaPath, Recommendation, SizedLimit, TacticNeed } from '../model/size.ts';
import { percent } from './format.ts';
import { roundedUp } from './size-round.ts';

export interface AdviceFacts {
  /** The scenario's own tactic first. */
  readonly tactics: readonly [TacticNeed, ...TacticNeed[]];
  readonly minuteOnly: JointNeed;
  readonly current: QuotaSet;
  readonly marginShare: number;
  readonly paths: readonly QuotaPath[];
}

/** Quantities a client can lower by a tactic are worth a sentence from this share on. */
const WORTH_SAYING = 0.1;

/** Below this share of answers, meeting the rules is not what anyone means by enough. */
const FEW_ANSWERED = 0.95;

const count = (value: number) => String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ',');
const quotaText = ({ rpm, tpm }: MinuteQuota) => `${count(rpm)} RPM and ${count(tpm)} TPM`;

/** What to apply for, in words that follow from the numbers; null when nothing that was tried meets the rules. */
export function recommendation(facts: AdviceFacts): Recommendation | null {
  const chosen = facts.tactics.find(({ joint }) => joint.needed !== null);
  const needed = chosen?.joint.needed;
  if (chosen === undefined || needed === null || needed === undefined) return null;
  const { current, marginShare } = facts;
  const grown = (value: number, unit: 'requests' | 'tokens') => roundedUp(value * (1 + marginShare), unit);
  const quota = { rpm: grown(needed.rpm, 'requests'), tpm: grown(needed.tpm, 'tokens') };
  const raise = (['rpm', 'tpm'] as const).filter((name) => (current[name] ?? 0) < quota[name]);
  const sentences = [
    ...ownTacticFails(facts, chosen),
    applySentence({ quota, needed, raise, marginShare, current }),
    ...fewAnswers(chosen),
    ...minuteSentence(facts.minuteOnly, needed),
    ...tacticSentences(facts.tactics, chosen, needed),
    ...pathSentences(facts.paths, raise),
  ];
  return { tactic: chosen.name, quota, raise, sentences };
}

function ownTacticFails({ tactics: [own] }: AdviceFacts, chosen: TacticNeed): readonly string[] {
  if (own.name === chosen.name) return [];
  return [`As the scenario stands, no quota suffices (${own.why ?? 'none was found'}); sized for ${chosen.name}.`];
}

/** Rules about one phase, or about refusals of one kind, can hold while most requests fail. */
function fewAnswers({ effect }: TacticNeed): readonly string[] {
  const answered = effect?.availability ?? null;
  if (answered === null || answered >= FEW_ANSWERED) return [];
  return [
    `Careful: with that quota only ${percent(answered)} of the requests are answered, since the rules ask for no more. Add a rule on availability.`,
  ];
}

interface Applied {
  readonly quota: MinuteQuota;
  readonly needed: MinuteQuota;
  readonly raise: readonly ('rpm' | 'tpm')[];
  readonly marginShare: number;
  readonly current: QuotaSet;
}

function applySentence({ quota, needed, raise, marginShare, current }: Applied): string {
  const reason = `${quotaText(needed)} are needed, ${percent(marginShare)} added for growth, rounded up`;
  if (raise.length === 0) return `The current quota is enough, growth included: ${reason} to ${quotaText(quota)}.`;
  const missing = raise.map((name) => {
    const has = current[name];
    const state =
      has === null
        ? 'the current value is not known'
        : has < needed[name]
          ? `${count(has)} is too little`
          : `${count(has)} is enough today`;
    return `${count(quota[name])} ${name.toUpperCase()} (${state})`;
  });
  return `Apply for ${missing.join(' and ')}: ${reason}.`;
}

function minuteSentence({ needed: minute }: JointNeed, needed: MinuteQuota): readonly string[] {
  if (minute === null || (minute.rpm >= needed.rpm && minute.tpm >= needed.tpm)) return [];
  return [
    `The peak within single seconds decides: were the limits only enforced over the minute, ${quotaText(minute)} would do.`,
  ];
}

function tacticSentences(tactics: readonly TacticNeed[], chosen: TacticNeed, needed: MinuteQuota): readonly string[] {
  return tactics.flatMap(({ name, text, joint, effect }) => {
    const other = joint.needed;
    if (name === chosen.name || other === null) return [];
    const saved = Math.max(1 - other.rpm / needed.rpm, 1 - other.tpm / needed.tpm);
    const worse = other.rpm > needed.rpm || other.tpm > needed.tpm;
    if (saved < WORTH_SAYING || worse) return [];
    const delay = effect?.addedDelayP95Ms;
    const cost = delay == null ? '' : `, at an added delay of up to ${(delay / 1000).toFixed(1)} s (p95)`;
    return [`With ${name} (${text}) ${quotaText(other)} suffice${cost}.`];
  });
}

function pathSentences(paths: readonly QuotaPath[], raise: readonly SizedLimit[]): readonly string[] {
  const temporary = paths.find(({ limits }) => !limits.includes('rpm'));
  if (temporary === undefined || raise.length === 0) return [];
  return raise.includes('rpm')
    ? ['RPM cannot be raised by the temporary raise of the console: it needs an application.']
    : ['TPM alone is missing: the temporary raise of the console can cover it at once, for 30 days.'];
}
