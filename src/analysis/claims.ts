import type { Finding } from '../model/finding.ts';
import type { Claim, Operator, ThresholdUnit } from '../model/threshold.ts';
import { amountText, formatInUnit, formatNumber, plainSpaces } from '../model/written.ts';
import { twoSidedZ } from '../stats/intervals.ts';
import { costRatio, durationRatio, type Excess, type Ratio, shareExcess } from './claims-ratio.ts';
import type { RequestTable } from './compare-table.ts';
import { inUnit, percent } from './format.ts';

/** A claim of "none at all" counts as shown from here: 600 clean trials leave room for 0.5 % at most (rule of three). */
export const CLEAN_TRIALS = 600;

/** Prices are published in whole cents per million tokens, which is up to 0.5 % of a price of one dollar. */
const MONEY_TOLERANCE = 0.005;

export interface ClaimContext {
  readonly claims: readonly Claim[];
  readonly tables: readonly RequestTable[];
  /** Of the run: a claim's intervals are then those of the tables beside it. */
  readonly seed: number;
}

/**
 * Decides claims by their intervals. The findings come from the threshold collectors, which measured value and interval;
 * where the interval reaches over what is claimed, the claim is open, and it is said how many requests would decide.
 * Findings that are no claims are handed through.
 */
export function decidedClaims(findings: readonly Finding[], context: ClaimContext): readonly Finding[] {
  return findings.map((finding) => {
    if (finding.kind !== 'claim') return finding;
    const claim = context.claims[Number(finding.id.slice('claim-'.length)) - 1];
    return claim === undefined ? finding : decided(finding, claim, context);
  });
}

function decided(finding: Finding, claim: Claim, context: ClaimContext): Finding {
  // Not measured, or on a generator that cannot be believed: nothing to decide.
  if (finding.verdict === 'inconclusive' || finding.result === null) return finding;
  return judged({ ...finding, evidence: counted(finding) }, claim, context);
}

/** What was counted; the interval is said with the verdict. */
const counted = ({ evidence }: Finding): readonly string[] =>
  evidence.filter((line) => !/^(?:95 % interval|the interval reaches over) /.test(line));

function judged(finding: Finding, claim: Claim, context: ClaimContext): Finding {
  if (claim.relativeTo !== null) return relative(finding, claim, claim.relativeTo, context);
  const value = Number(finding.result);
  if (Number.isNaN(value)) return finding;
  const { threshold } = claim;
  const target = Number(threshold.value);
  const table = context.tables.find(({ variant }) => variant.name === claim.variant);
  if (finding.estimate === null) return finding;
  const { low, high } = finding.estimate;
  const trials = trialsOf({ value, low, high });
  if (threshold.operator === '==' || threshold.operator === '!=') {
    return exact(finding, {
      value,
      high,
      low,
      target,
      trials: trialsSeen(finding, trials),
      equal: threshold.operator === '==',
    });
  }
  const judged = byInterval(threshold.operator, { low, high }, target);
  const unit = threshold.unit;
  if (judged !== 'inconclusive')
    return { ...finding, verdict: judged, why: whyDecided({ value, low, high, unit }, claim) };
  const needed = unit === 'share' ? trialsNeeded({ value, target }) : null;
  return {
    ...finding,
    verdict: 'inconclusive',
    why: `${measured(value, unit)}, but the interval ${measured(low, unit)} to ${measured(high, unit)} reaches over ${inUnit(target, unit)}: ${more(needed, trials, table)}`,
  };
}

/** As every table writes it; what is claimed is written as it was stated. */
const measured = (value: number, unit: ThresholdUnit): string => plainSpaces(formatInUnit(value, unit));
const measuredShare = (value: number): string => measured(value, 'share');

interface Bounds {
  readonly low: number;
  readonly high: number;
}

function byInterval(operator: Operator, { low, high }: Bounds, target: number): Finding['verdict'] {
  switch (operator) {
    case '<':
      return high < target ? 'holds' : low >= target ? 'violated' : 'inconclusive';
    case '<=':
      return high <= target ? 'holds' : low > target ? 'violated' : 'inconclusive';
    case '>':
      return low > target ? 'holds' : high <= target ? 'violated' : 'inconclusive';
    case '>=':
      return low >= target ? 'holds' : high < target ? 'violated' : 'inconclusive';
    default:
      return 'inconclusive';
  }
}

function whyDecided(said: Bounds & { readonly value: number; readonly unit: ThresholdUnit }, claim: Claim): string {
  const { value, low, high, unit } = said;
  return `${measured(value, unit)} (95 % interval ${measured(low, unit)} to ${measured(high, unit)}), claimed ${claim.threshold.operator} ${inUnit(Number(claim.threshold.value), unit)}`;
}

/** One counterexample refutes "none at all"; clean trials bound it. */
function exact(
  finding: Finding,
  given: Bounds & { readonly value: number; readonly target: number; readonly trials: number; readonly equal: boolean },
): Finding {
  const { value, low, high, target, trials, equal } = given;
  const met = value === target;
  if (!equal)
    return { ...finding, verdict: low > target || high < target ? 'holds' : met ? 'violated' : 'inconclusive' };
  const atEnd = target === 0 || target === 1;
  if (!met) {
    const outside = atEnd || low > target || high < target;
    return outside
      ? { ...finding, verdict: 'violated' }
      : { ...finding, verdict: 'inconclusive', why: `${finding.why}; the interval holds the claimed value` };
  }
  const bound = measuredShare(3 / Math.max(1, trials));
  if (trials >= CLEAN_TRIALS) {
    return { ...finding, verdict: 'holds', why: `not one in ${formatNumber(trials)}: at most ${bound} (95 %)` };
  }
  const missing = CLEAN_TRIALS - trials;
  return {
    ...finding,
    verdict: 'inconclusive',
    why: `not one in ${formatNumber(trials)}, which still allows ${bound} (95 %): ${formatNumber(missing)} more clean ${missing === 1 ? 'request' : 'requests'} would show it`,
  };
}

/** Independent trials behind a Wilson interval, read back from its bounds. */
function trialsOf({ value, low, high }: Bounds & { readonly value: number }): number {
  const z2 = twoSidedZ(0.95) ** 2;
  if (value <= 0) return high > 0 ? z2 / high - z2 : 0;
  if (value >= 1) return low < 1 ? z2 / (1 - low) - z2 : 0;
  const width = high - low;
  return width <= 0 ? 0 : Math.max(1, (4 * z2 * value * (1 - value)) / (width * width) - z2);
}

/** Trials as counted where the evidence states them, else as the interval implies. */
function trialsSeen(finding: Finding, implied: number): number {
  const counted = finding.evidence.map((each) => /^\d+ of (\d+) in the tagged phases$/.exec(each)?.[1]);
  const stated = counted.find((each) => each !== undefined);
  return stated === undefined ? Math.round(implied) : Number(stated);
}

/** Trials after which Wilson's interval, at the share seen now, no longer holds the target. Null where it always will. */
export function trialsNeeded({ value, target }: { readonly value: number; readonly target: number }): number | null {
  if (value === target) return null;
  const z2 = twoSidedZ(0.95) ** 2;
  // The score test's own boundary: |p - target| = z sqrt(target (1 - target) / n).
  const needed = (z2 * target * (1 - target)) / (value - target) ** 2;
  return needed > 0 ? Math.ceil(needed) : null;
}

function more(needed: number | null, trials: number, table: RequestTable | undefined): string {
  if (needed === null) return 'a longer run would narrow it';
  const left = needed - trials;
  if (left <= 0) return 'a longer run would narrow it';
  // Requests that come in runs are worth less than their number.
  const requests = table === undefined ? 0 : table.count;
  const perTrial = requests > 0 && trials > 0 ? Math.max(1, requests / trials) : 1;
  return `about ${formatNumber(roundUp(left * perTrial))} more requests would decide, if they go on as now`;
}

function roundUp(value: number): number {
  const step = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(1, value))) - 1);
  return Math.ceil(value / step) * step;
}

/** A share of half a percent more or less is the margin of the comparison's own verdicts. */
const SHARE_TOLERANCE = 0.005;

function relative(
  finding: Finding,
  claim: Claim,
  base: string,
  { tables, seed }: Pick<ClaimContext, 'tables' | 'seed'>,
): Finding {
  const of = (name: string) => tables.find(({ variant }) => variant.name === name);
  const [own, other] = [of(claim.variant), of(base)];
  const { threshold } = claim;
  // The tables hold whole runs: a claim about one phase stays with what the collectors measured there.
  if (own === undefined || other === undefined || threshold.tags.phase !== undefined) return finding;
  if (threshold.metric === 'cost') return byRatio(finding, claim, costRatio(own, other, threshold.aggregate));
  const excess = shareExcess(own, other, { threshold, times: Number(threshold.value) });
  if (excess !== null) return byExcess(finding, claim, excess);
  return byRatio(finding, claim, durationRatio(own, other, { threshold, seed }));
}

function byRatio(finding: Finding, claim: Claim, ratio: Ratio | null): Finding {
  if (ratio === null) return finding;
  const { metric, operator, value } = claim.threshold;
  const target = Number(value);
  const slack = metric === 'cost' ? MONEY_TOLERANCE * target : 0;
  const verdict = byInterval(operator, ratio, isUpper(operator) ? target + slack : target - slack);
  const said = `${measuredShare(ratio.value)} of ${claim.relativeTo} (95 % interval ${measuredShare(ratio.low)} to ${measuredShare(ratio.high)}), claimed ${operator} ${percent(target)}`;
  return {
    ...finding,
    verdict,
    result: String(ratio.value),
    estimate: { value: ratio.value, low: ratio.low, high: ratio.high, unit: 'share' },
    evidence: ratio.evidence,
    why: said + (verdict === 'inconclusive' ? OPEN : ''),
  };
}

const OPEN = ': the interval reaches over what is claimed; a longer run would narrow it';

const isUpper = (operator: Operator) => operator === '<' || operator === '<=';

/** Shares are held against each other by their difference: a quotient of rare events says nothing. */
function byExcess(finding: Finding, claim: Claim, excess: Excess): Finding {
  const { operator, value } = claim.threshold;
  const upper = isUpper(operator);
  const atMost = upper ? excess : { low: -excess.high, high: -excess.low };
  const verdict = atMost.high <= SHARE_TOLERANCE ? 'holds' : atMost.low > 0 ? 'violated' : 'inconclusive';
  const side = (of: Excess['own']) =>
    `${measuredShare(of.value)} (${measuredShare(of.low)} to ${measuredShare(of.high)})`;
  const allowed = `${operator} ${percent(Number(value))} of it, give or take ${plainSpaces(amountText(SHARE_TOLERANCE, 'share'))}`;
  return {
    ...finding,
    verdict: operator === '==' || operator === '!=' ? finding.verdict : verdict,
    // Per request, as it is judged; what the rule's own metric counted, attempts too, stands in the evidence.
    result: String(excess.own.value),
    estimate: excess.own,
    why: `${side(excess.own)} against ${side(excess.other)} (${claim.relativeTo}), claimed ${allowed}${verdict === 'inconclusive' ? OPEN : ''}`,
  };
}
