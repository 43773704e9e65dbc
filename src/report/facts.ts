import type { Analysis, LimitGroup, Recovery, WindowPeak } from '../model/analysis.ts';
import type { Estimate, Finding, QuotaVerdict } from '../model/finding.ts';
import type { LimitName } from '../model/quota.ts';
import type { ThresholdUnit } from '../model/threshold.ts';
import { formatEstimate, formatInUnit, formatNumber, formatRange, NONE } from './format.ts';
import { exitWords, LIMIT_WORDS } from './words.ts';

/** Sentences and figures that several formats print: derived once, so that no two of them can differ. */

export const findingsOf = (analysis: Analysis, ...kinds: readonly Finding['kind'][]): readonly Finding[] =>
  analysis.findings.filter((finding) => kinds.includes(finding.kind));

/** The rule a finding answers, as the scenario states it. */
function ruleOf(analysis: Analysis, finding: Finding): { readonly text: string; readonly unit: ThresholdUnit } | null {
  const { thresholds, claims } = analysis.manifest.scenario;
  const rules = [...thresholds, ...claims.map((claim) => ({ text: claim.text, unit: claim.threshold.unit }))];
  return rules.find((rule) => rule.text === finding.subject || rule.text === finding.claim) ?? null;
}

const perMinute = (estimate: Estimate): Estimate => ({
  value: estimate.value * 60,
  low: estimate.low * 60,
  high: estimate.high * 60,
  unit: '/min',
});

/** The measured figure beside a rule, in the unit the rule is written in, and its interval. Null where nothing was measured. */
export function actualPartsOf(
  analysis: Analysis,
  finding: Finding,
): { readonly text: string; readonly range: string | null } | null {
  const rule = ruleOf(analysis, finding);
  const inMinutes = rule?.unit === 'perSecond' && /\/\s*min/.test(rule.text);
  if (finding.estimate !== null) {
    const { value, low, high, unit } = inMinutes ? perMinute(finding.estimate) : finding.estimate;
    return { text: formatInUnit(value, unit), range: low === high ? null : formatRange(low, high, unit) };
  }
  if (finding.result === null) return null;
  const value = Number(finding.result);
  const text = (content: string) => ({ text: content, range: null });
  if (finding.result.trim() === '' || !Number.isFinite(value)) return text(finding.result.replaceAll('_', ' '));
  if (rule === null) return text(formatNumber(value, 3));
  return text(inMinutes ? formatInUnit(value * 60, '/min') : formatInUnit(value, rule.unit));
}

/** The same on one line: `7.3 % (6.1–8.7 %)`. */
export function actualOf(analysis: Analysis, finding: Finding): string {
  const parts = actualPartsOf(analysis, finding);
  if (parts === null) return NONE;
  return parts.range === null ? parts.text : `${parts.text} (${parts.range})`;
}

/** One reason for every undecided rule, such as a generator that was the bottleneck: said once, above them. */
export function sharedReason(findings: readonly Finding[]): string | null {
  const open = findings.filter(({ verdict }) => verdict === 'inconclusive');
  const [first] = open;
  return first !== undefined && open.length > 1 && open.every(({ why }) => why === first.why) ? first.why : null;
}

/** The rule or statement of a finding, with its variant in front where there are several and it does not name it. */
export function statementOf(analysis: Analysis, finding: Finding): string {
  const statement = finding.kind === 'observation' ? finding.claim : (finding.subject ?? finding.claim);
  const named = finding.variant === null || analysis.manifest.variants.length < 2 || finding.kind === 'threshold';
  return named || statement.startsWith(`${finding.variant}:`) ? statement : `${finding.variant}: ${statement}`;
}

function stopSentence(analysis: Analysis): string | null {
  switch (analysis.stop.kind) {
    case 'completed':
      return null;
    case 'interrupted':
      return 'The run was interrupted; figures cover what was sent until then.';
    case 'killed':
      return 'The run did not end by itself; figures cover what its journal holds.';
    case 'safety':
      return `Stopped by the safety limit ${analysis.stop.rule}: ${analysis.stop.detail.replace(/\.$/, '')}.`;
  }
}

/** One sentence under the verdict: what decided it. */
export function verdictSentence(analysis: Analysis): string {
  const rules = findingsOf(analysis, 'threshold', 'claim');
  const violated = rules.filter((rule) => rule.verdict === 'violated');
  const open = rules.filter((rule) => rule.verdict === 'inconclusive');
  const nouns = nounsOf(rules);
  const lower = analysis.quota.filter((verdict) => verdict.result === 'lower');
  const parts = [
    ...(rules.length === 0 ? ['No threshold was declared'] : []),
    ...(violated.length > 0 ? [`${violated.length} of ${counted(rules.length, nouns)} violated`] : []),
    ...(violated.length === 0 && open.length === 0 && rules.length > 0 ? [allHold(rules.length, nouns)] : []),
    ...(open.length > 0 ? [`${open.length} of ${counted(rules.length, nouns)} could not be decided`] : []),
    ...(lower.length > 0
      ? [
          `${[...new Set(lower.map((verdict) => verdict.limit.toUpperCase()))].join(', ')} enforced lower than documented`,
        ]
      : []),
    ...(analysis.health.verdict === 'invalid' ? ['the generator was the bottleneck'] : []),
  ];
  const stop = stopSentence(analysis);
  return `${parts.join('; ')}.${stop === null ? '' : ` ${stop}`}`;
}

const allHold = (count: number, nouns: readonly string[]): string =>
  count === 1 ? `The ${nouns.join('')} holds` : `All ${counted(count, nouns)} hold`;

/** `threshold`, `claim` or both, whichever were declared. */
const nounsOf = (rules: readonly Finding[]): readonly string[] =>
  (['threshold', 'claim'] as const).filter((kind) => rules.some((rule) => rule.kind === kind));

const counted = (count: number, nouns: readonly string[]): string =>
  `${formatNumber(count)} ${nouns.map((noun) => (count === 1 ? noun : `${noun}s`)).join(' and ')}`;

export const exitSentence = (analysis: Analysis): string =>
  `exit code ${analysis.exitCode} (${exitWords(analysis.exitCode)})`;

/** Who answered, as far as the answer told: `dashscope`, `relay one-api`, `edge nginx`, `unknown`. */
export function originText(group: Pick<LimitGroup, 'origin' | 'originName'>): string {
  if (group.originName === null) return group.origin;
  return group.origin === 'provider' ? group.originName : `${group.origin} ${group.originName}`;
}

/** Refusals whose kind a relay replaced by words of its own. */
export const rewrittenGroups = (analysis: Analysis): readonly LimitGroup[] =>
  analysis.limits.filter((group) => group.rewrittenBy !== null);

/** Null where waiting has no end, or nobody measured it. */
export const recoveryOf = (analysis: Analysis, group: LimitGroup): Recovery | null =>
  analysis.recovery.find((entry) => entry.limit === group.limit && entry.variant === group.variant) ?? null;

const WINDOW_OF: Readonly<Record<LimitName, number | null>> = {
  rps: 1000,
  rpm: 60_000,
  tps: 1000,
  tpm: 60_000,
  burst: null,
  concurrency: null,
};

const peakOf = (analysis: Analysis, verdict: QuotaVerdict): WindowPeak | undefined =>
  analysis.windows
    .find((entry) => entry.variant === verdict.variant)
    ?.peaks.find((peak) => peak.windowMs === WINDOW_OF[verdict.limit]);

/** Measured limit over the most that was planned in its window: below 1, the plan does not fit. */
export function headroomOf(analysis: Analysis, verdict: QuotaVerdict): number | null {
  const peak = peakOf(analysis, verdict);
  if (verdict.estimate === null || peak === undefined) return null;
  const tokens = verdict.limit === 'tps' || verdict.limit === 'tpm';
  const needed = tokens ? peak.plannedTokens : peak.planned;
  return needed > 0 ? verdict.estimate.value / needed : null;
}

/** `801,500 tokens/min [794,000, 812,000]`, or what is known where nothing was measured. */
export function measuredText(verdict: QuotaVerdict): string {
  if (verdict.estimate !== null) return formatEstimate(verdict.estimate);
  return verdict.result === 'not_reached' ? `more than ${formatNumber(verdict.admitted.max)} admitted` : NONE;
}

export function documentedText(verdict: QuotaVerdict): string {
  if (verdict.documented === null) return 'not published';
  const { unit } = LIMIT_WORDS[verdict.limit];
  return `${formatNumber(verdict.documented)} ${unit}`.trim();
}

export const limitedTotal = (analysis: Analysis): number =>
  analysis.limits.reduce((sum, group) => sum + group.count, 0);

export function conservationText(analysis: Analysis): string {
  const { planned, sent, notSent, finished, cancelled, lost, holds } = analysis.conservation;
  const held = Object.values(notSent).reduce((sum, count) => sum + count, 0);
  const reasons = Object.entries(notSent)
    .filter(([, count]) => count > 0)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([reason, count]) => `${reason.replaceAll('_', ' ')} ${formatNumber(count)}`);
  const why = reasons.length > 0 ? ` (${reasons.join(', ')})` : '';
  return [
    `${formatNumber(planned)} planned = ${formatNumber(sent)} sent + ${formatNumber(held)} not sent${why}`,
    `${formatNumber(sent)} sent = ${formatNumber(finished)} finished + ${formatNumber(cancelled)} cancelled + ${formatNumber(lost)} lost`,
    ...(holds ? [] : ['the counts do not add up']),
  ].join('; ');
}
