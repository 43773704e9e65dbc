import type { Estimate, QuotaResult, QuotaVerdict } from '../model/finding.ts';
import type { LimitName } from '../model/quota.ts';
import type { Attribution, ScaleFinding } from './quota-attribution.ts';
import { EDGE_TOLERANCE } from './quota-families.ts';
import { type Fit, limitValue } from './quota-fit.ts';
import type { QuotaPeaks } from './quota-peaks.ts';
import { countText, limitText, numberText, rangeText } from './quota-text.ts';

/** A limit this close to the documented number is the documented one. */
const AGREEMENT = 0.03;
/** A wider interval does not decide. */
const DECISIVE_WIDTH = 0.1;
/** Meeting a number of at least so many units exactly does not happen by chance. */
const TELLING_UNITS = 50;
/** A range no wider than calls allow still has to exclude limits that far below or above the documented one. */
const COARSEST = 0.25;
/** Windows that must have been full before a range that wide says anything: as many as a saturation holds. */
const FULL_WINDOWS_MIN = 3;

export interface Subject {
  readonly limit: LimitName;
  readonly partner: LimitName;
  readonly variant: string;
  readonly documented: number | null;
  readonly partnerDocumented: number | null;
  readonly finding: ScaleFinding;
  readonly partnerFinding: ScaleFinding;
  readonly pattern: Attribution['pattern'];
  /** All refusals of this resource. */
  readonly refusalsOfKind: number;
  readonly peaks: QuotaPeaks;
  readonly unit: 'requests' | 'tokens';
  readonly unitSize: number;
  /** Who refused most among the other kinds; null when nobody did. `name` null: not one of the named limits. */
  readonly otherRefuser: { readonly name: LimitName | null; readonly refusals: number; readonly text: string } | null;
}

interface Judgement {
  readonly result: QuotaResult;
  readonly estimate: Estimate | null;
  readonly maskedBy: LimitName | null;
  readonly why: string;
}

/** `binding` is decided over the pair, so it is left to the caller. */
export function judge(subject: Subject): Omit<QuotaVerdict, 'binding'> {
  const { result, estimate, maskedBy, why } = judgement(subject);
  const { limit, variant, documented, peaks, finding } = subject;
  return {
    limit,
    variant,
    documented,
    result,
    estimate,
    maskedBy,
    offered: { windowMs: peaks.windowMs, max: peaks.offered },
    admitted: { windowMs: peaks.windowMs, max: peaks.admitted },
    refusals: finding.refusals,
    evidence: evidenceOf(subject),
    why,
  };
}

function judgement(subject: Subject): Judgement {
  const { documented, finding, pattern } = subject;
  if (documented === null) return unpublished(subject);
  if (finding.least > documented + tolerance(subject, documented)) return higherAtLeast(subject, documented);
  if (finding.fit !== null && pattern !== 'either') return measured(subject, documented, finding.fit);
  if (pattern === 'either' || pattern === 'unexplained') return undecided(subject);
  return unseen(subject, documented);
}

function tolerance({ unitSize }: Subject, documented: number): number {
  return Math.max(AGREEMENT * documented, unitSize / 2);
}

/**
 * Never narrower than one unit either way: a stray verdict moves a count by one. Tokens come in calls, and a range as
 * wide as one call already holds that one.
 */
function estimateOf({ unit, unitSize, peaks }: Subject, fit: Fit): Estimate {
  const value = limitValue(fit);
  const missing = Math.max(0, unitSize - (fit.high - fit.low));
  const low = unit === 'tokens' ? fit.low - missing : Math.min(fit.low, value - 1);
  const high = unit === 'tokens' ? fit.high + missing : Math.max(fit.high, value + 1);
  return {
    value,
    low: Math.max(0, Math.floor(low)),
    high: Math.ceil(high),
    unit: `${unit}/${peaks.windowMs === 1000 ? 's' : 'min'}`,
  };
}

/** What the refusals are held to: the documented number where that fits them, else the middle of what does. */
export function heldAt(fit: Fit, documented: number | null): number {
  return documented !== null && fit.low <= documented && documented <= fit.high ? documented : limitValue(fit);
}

/** The range is wide because calls are large, and only as wide as that. */
function isCoarse({ unitSize }: Subject, documented: number, fit: Fit): boolean {
  return fit.high - fit.low > DECISIVE_WIDTH * documented && unitSize > (DECISIVE_WIDTH / 2) * documented;
}

/** As documented within the size of one call: nothing else that calls of this size can tell apart is far from it. */
function isWithinOneCall({ unitSize, finding }: Subject, documented: number, fit: Fit): boolean {
  return (
    fit.low <= documented &&
    documented <= fit.high &&
    Math.abs(fit.best.high - documented) <= unitSize &&
    fit.high - fit.low <= 2 * unitSize &&
    fit.low >= (1 - COARSEST) * documented &&
    fit.high <= (1 + COARSEST) * documented &&
    finding.windows >= FULL_WINDOWS_MIN
  );
}

function measured(subject: Subject, documented: number, fit: Fit): Judgement {
  const { unitSize, finding } = subject;
  const margin = tolerance(subject, documented);
  const estimate = estimateOf(subject, fit);
  // Families with a free phase widen the range; that the simplest one meets a large documented number is no coincidence.
  const { best } = fit;
  const isExact = best.high - best.low <= AGREEMENT * documented && documented >= TELLING_UNITS * unitSize;
  // A sixtieth of a minute's number may be a fraction, and what counts whole calls under 16.67 admits 16.
  const whole = Math.floor(documented);
  const meets = best.low <= documented + margin && best.high >= whole - margin;
  const coarse = isCoarse(subject, documented, fit);
  const tooWide = coarse
    ? !isWithinOneCall(subject, documented, fit)
    : fit.high - fit.low > DECISIVE_WIDTH * documented;
  const saw = `${seen(subject)}, and ${countText(finding.refusals, 'refusal')} beyond that need a limit of ${rangeText(fit)} ${per(subject)}`;
  const base = { estimate, maskedBy: null };
  if (fit.high < whole - margin) {
    return { ...base, result: 'lower', why: `${saw}: below the documented ${numberText(documented)}.` };
  }
  if (fit.low > documented + margin) {
    return { ...base, result: 'higher', why: `${saw}: above the documented ${numberText(documented)}.` };
  }
  if ((tooWide && !(isExact && meets)) || limitValue(fit) < whole - margin || limitValue(fit) > documented + margin) {
    const why = `${saw}: the range holds the documented ${numberText(documented)} but does not confirm it.`;
    return { ...base, result: 'inconclusive', why };
  }
  const within = coarse ? `, within one ${unitText(subject)}` : '';
  return { ...base, result: 'as_documented', why: `${saw}; ${numberText(documented)} is documented${within}.` };
}

function higherAtLeast(subject: Subject, documented: number): Judgement {
  const { finding } = subject;
  const why = `${seen(subject)}: no standard limiter below ${numberText(finding.least)} ${per(subject)} admits this pattern, ${numberText(documented)} is documented.`;
  const estimate = finding.fit === null ? null : estimateOf(subject, finding.fit);
  return { result: 'higher', estimate, maskedBy: null, why };
}

/** No refusal needs this limit. */
function unseen(subject: Subject, documented: number): Judgement {
  const { limit, partner, partnerFinding, partnerDocumented, peaks, otherRefuser } = subject;
  const none = { estimate: null, maskedBy: null };
  const perMinute = peaks.windowMs > 1000;
  const held =
    partnerFinding.fit === null ? null : heldAt(partnerFinding.fit, partnerDocumented) * (perMinute ? 60 : 1);
  if (held !== null && held <= documented * (1 + AGREEMENT)) {
    const why = `${limitText(partner)} of ${numberText(perMinute ? held / 60 : held)} lets no more than ${numberText(held)} ${per(subject)} pass, so nothing can reach the documented ${numberText(documented)}; ${seen(subject)}.`;
    return { result: 'masked', estimate: null, maskedBy: partner, why };
  }
  if (peaks.offered <= documented) {
    const why = `At most ${numberText(peaks.offered)} ${per(subject)} were sent, ${numberText(documented)} is documented: never offered enough to say.`;
    return { ...none, result: 'not_reached', why };
  }
  if (peaks.admitted <= documented * (1 + EDGE_TOLERANCE)) {
    const refuser = partnerFinding.fit !== null ? { name: partner, text: limitText(partner) } : otherRefuser;
    if (refuser !== null) {
      const why = `${refuser.text} refused what would have reached the documented ${numberText(documented)}: ${seen(subject)}.`;
      return { result: 'masked', estimate: null, maskedBy: refuser.name, why };
    }
  }
  const why = `${seen(subject)} without a refusal by ${limitText(limit)}, but a full bucket of the documented ${numberText(documented)} would have admitted that too: longer or faster traffic is needed.`;
  return { ...none, result: 'not_reached', why };
}

function undecided(subject: Subject): Judgement {
  const { finding, pattern, partner, refusalsOfKind } = subject;
  const estimate = finding.fit === null ? null : estimateOf(subject, finding.fit);
  const refused = countText(refusalsOfKind, 'refusal');
  const why =
    pattern === 'either'
      ? `${refused} could come from this limit or from ${limitText(partner)}: the traffic does not tell them apart.`
      : `${refused} fit no standard limiter of one second or one minute: a dynamic limit, other traffic on the account, or refusals for other reasons.`;
  return { result: 'inconclusive', estimate, maskedBy: null, why };
}

function unpublished(subject: Subject): Judgement {
  const { finding, pattern } = subject;
  if (finding.fit === null || pattern === 'either') {
    const why = `Nothing is documented, and no refusal needs this limit; ${seen(subject)}.`;
    return { result: 'not_reached', estimate: null, maskedBy: null, why };
  }
  const estimate = estimateOf(subject, finding.fit);
  const why = `${countText(finding.refusals, 'refusal')} need a limit of ${rangeText(finding.fit)} ${per(subject)}; nothing is documented to hold it against.`;
  return { result: 'inconclusive', estimate, maskedBy: null, why };
}

function per({ unit, peaks }: Subject): string {
  return `${unit} per ${peaks.windowMs === 1000 ? 'second' : 'minute'}`;
}

function unitText({ unit, unitSize }: Subject): string {
  return unit === 'requests' ? 'request' : `call of about ${numberText(unitSize)} tokens`;
}

function seen({ unit, peaks }: Subject): string {
  const window = peaks.windowMs === 1000 ? 'second' : 'minute';
  return `${numberText(peaks.admitted)} ${unit} admitted in the tightest ${window}`;
}

function evidenceOf(subject: Subject): readonly string[] {
  const { peaks, finding, refusalsOfKind, unit, pattern, documented } = subject;
  const window = peaks.windowMs === 1000 ? 'second' : 'minute';
  const lines = [
    `Most in any ${window}: ${numberText(peaks.offered)} ${unit} sent, ${numberText(peaks.admitted)} admitted.`,
    `${countText(refusalsOfKind, 'refusal')} of this kind, ${numberText(finding.refusals)} of them only by this limit.`,
    `What was admitted needs a limit of at least ${numberText(finding.least)} under every standard limiter.`,
  ];
  if (finding.fit === null) return lines;
  const jitterMs = finding.scale.slackMs / 2;
  lines.push(`Arrivals taken as within ${numberText(jitterMs)} ms of their send times, apart from a constant delay.`);
  const families = [...new Set(finding.fit.members.map((one) => one.family))];
  lines.push(`Explained by: ${families.join(', ')}${finding.fit.countsRefused ? ', counting refused calls' : ''}.`);
  const accountings = finding.fit.members.map(({ charges }) =>
    charges.model.unit === 'tokens' ? charges.model.accounting : '',
  );
  if (unit === 'tokens') lines.push(`Token accounting: ${[...new Set(accountings)].join(', ').replaceAll('_', ' ')}.`);
  if (unit === 'tokens' && documented !== null && isCoarse(subject, documented, finding.fit)) {
    lines.push(
      `Refused in ${countText(finding.windows, `separate ${window}`)}; any limit of ${rangeText(finding.fit)} treats a ${unitText(subject)} alike: smaller calls tell finer.`,
    );
  }
  if (pattern === 'either') lines.push('The other scale explains the same refusals.');
  return lines;
}
