import type { Heals, LimitKind, Origin } from '../model/outcome.ts';
import type { Evidence } from './evidence.ts';
import type { BodyShape } from './gather.ts';

/** Who speaks, as far as the evidence tells. */
export interface Speaker {
  readonly origin: Origin;
  readonly originName: string | null;
  readonly rewrittenBy: string | null;
  readonly hops: number | null;
}

/** All given conditions must hold. Patterns see lower-case text; they have no nested repetition, so matching is linear. */
export interface Condition {
  /** Any error code. */
  readonly code?: RegExp;
  /** Any code or type. */
  readonly id?: RegExp;
  readonly type?: RegExp;
  /** The messages, links removed. */
  readonly says?: RegExp;
  readonly saysNot?: RegExp;
  /** Any `key=value` found beside the error. */
  readonly fact?: RegExp;
  readonly factNot?: RegExp;
  readonly link?: RegExp;
  /** HTTP status of the answer. */
  readonly status?: readonly number[];
  /** HTTP status, or one that the body names. */
  readonly anyStatus?: readonly number[];
  /** `name: value` of any kept header. */
  readonly header?: RegExp;
  readonly headerNot?: RegExp;
  readonly host?: RegExp;
  readonly model?: RegExp;
  readonly shape?: readonly BodyShape[];
  /** The speaker found before the rules: by name. */
  readonly from?: RegExp;
  /** The relay that replaced the words. */
  readonly via?: RegExp;
}

/** What a rule concludes: a limit, or an error that is none. */
export type Verdict = LimitKind | 'auth' | 'client_error' | 'server_error';

/** One line of a rule table. The first rule whose conditions hold decides. */
export interface Rule {
  readonly id: string;
  readonly when: Condition;
  /** Further ways to hold: any of them suffices. */
  readonly or?: readonly Condition[];
  readonly verdict: Verdict;
  readonly heals: Heals;
  /** Set where the words belong to one speaker; else the marks decide. */
  readonly origin?: Origin;
  readonly originName?: string;
  readonly candidates?: readonly LimitKind[];
  readonly reason: string;
  readonly source: string;
  /** When the source was read. Null: the wording is known from practice, the page named was not read for this table. */
  readonly seenOn: string | null;
}

const some = (words: readonly string[], pattern: RegExp) => words.some((word) => pattern.test(word));
const within = (allowed: readonly number[], status: number | null) => status !== null && allowed.includes(status);

/** True when every given condition holds for the evidence. The cheap questions come first: most rules fail at one. */
export function holds(condition: Condition, evidence: Evidence, speaker: Speaker | null): boolean {
  const c = condition;
  if (c.status && !within(c.status, evidence.status)) return false;
  if (c.shape && !c.shape.includes(evidence.shape)) return false;
  if (c.from && !c.from.test(speaker?.originName ?? '')) return false;
  if (c.via && !c.via.test(speaker?.rewrittenBy ?? '')) return false;
  if (c.host && !c.host.test(evidence.host)) return false;
  if (c.model && !c.model.test(evidence.model)) return false;
  if (c.header && !some(evidence.headerLines, c.header)) return false;
  if (c.headerNot && some(evidence.headerLines, c.headerNot)) return false;
  return holdsInside(c, evidence);
}

/** The conditions on what the body says. */
function holdsInside(c: Condition, evidence: Evidence): boolean {
  const { codes, types, facts } = evidence;
  if (c.code && !some(codes, c.code)) return false;
  if (c.type && !some(types, c.type)) return false;
  if (c.id && !some(codes, c.id) && !some(types, c.id)) return false;
  if (c.anyStatus && ![evidence.status, ...evidence.stated].some((status) => within(c.anyStatus ?? [], status)))
    return false;
  if (c.fact && !some(facts, c.fact)) return false;
  if (c.factNot && some(facts, c.factNot)) return false;
  if (c.link && !c.link.test(evidence.links)) return false;
  if (c.says && !c.says.test(evidence.text)) return false;
  return !c.saysNot?.test(evidence.text);
}

/** The first rule that holds, or null. */
export function decide(rules: readonly Rule[], evidence: Evidence, speaker: Speaker): Rule | null {
  for (const rule of rules) {
    if (holds(rule.when, evidence, speaker)) return rule;
    if (rule.or?.some((condition) => holds(condition, evidence, speaker))) return rule;
  }
  return null;
}
