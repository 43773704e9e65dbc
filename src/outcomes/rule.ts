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
  /** When the source was read. Null: known from users and from practice, no page was read; `source` says so. */
  readonly seenOn: string | null;
}

const some = (words: readonly string[], pattern: RegExp) => words.some((word) => pattern.test(word));
const within = (allowed: readonly number[], status: number | null) => status !== null && allowed.includes(status);

type Check = (evidence: Evidence, speaker: Speaker | null) => boolean;

/** The given conditions as checks, the cheap ones first: most rules fail at one of them. */
function checksOf(c: Condition): readonly Check[] {
  const { status, shape, from, via, host, model, header, headerNot } = c;
  const checks: Check[] = [];
  if (status) checks.push((evidence) => within(status, evidence.status));
  if (shape) checks.push((evidence) => shape.includes(evidence.shape));
  if (from) checks.push((_, speaker) => from.test(speaker?.originName ?? ''));
  if (via) checks.push((_, speaker) => via.test(speaker?.rewrittenBy ?? ''));
  if (host) checks.push((evidence) => host.test(evidence.host));
  if (model) checks.push((evidence) => model.test(evidence.model));
  if (header) checks.push((evidence) => some(evidence.headerLines, header));
  if (headerNot) checks.push((evidence) => !some(evidence.headerLines, headerNot));
  return [...checks, ...checksInside(c)];
}

/** The conditions on what the body says. */
function checksInside(c: Condition): readonly Check[] {
  const { code, type, id, anyStatus, fact, factNot, link, says, saysNot } = c;
  const checks: Check[] = [];
  if (code) checks.push(({ codes }) => some(codes, code));
  if (type) checks.push(({ types }) => some(types, type));
  if (id) checks.push(({ codes, types }) => some(codes, id) || some(types, id));
  if (anyStatus) checks.push(({ status, stated }) => [status, ...stated].some((one) => within(anyStatus, one)));
  if (fact) checks.push(({ facts }) => some(facts, fact));
  if (factNot) checks.push(({ facts }) => !some(facts, factNot));
  if (link) checks.push(({ links }) => link.test(links));
  if (says) checks.push(({ text }) => says.test(text));
  if (saysNot) checks.push(({ text }) => !saysNot.test(text));
  return checks;
}

/** Conditions are constants: each is turned into checks once. */
const CHECKS = new WeakMap<Condition, readonly Check[]>();

/** True when every given condition holds for the evidence. */
export function holds(condition: Condition, evidence: Evidence, speaker: Speaker | null): boolean {
  let checks = CHECKS.get(condition);
  if (checks === undefined) {
    checks = checksOf(condition);
    CHECKS.set(condition, checks);
  }
  for (const check of checks) if (!check(evidence, speaker)) return false;
  return true;
}

/** The first rule that holds, or null. */
export function decide(rules: readonly Rule[], evidence: Evidence, speaker: Speaker): Rule | null {
  for (const rule of rules) {
    if (holds(rule.when, evidence, speaker)) return rule;
    if (rule.or?.some((condition) => holds(condition, evidence, speaker))) return rule;
  }
  return null;
}
