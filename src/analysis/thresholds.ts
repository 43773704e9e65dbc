import { metricFor } from '../catalog/metrics.ts';
import type { CostSummary, GeneratorHealth, Recovery } from '../model/analysis.ts';
import type { Finding, FindingVerdict, QuotaVerdict } from '../model/finding.ts';
import type { Manifest } from '../model/manifest.ts';
import type { Claim, Operator, Threshold, ThresholdUnit } from '../model/threshold.ts';
import { median } from '../stats/quantiles.ts';
import { type Collector, collector, type Measured } from './collector.ts';
import { modelPrices, unpricedText } from './cost.ts';
import type { Due } from './due-order.ts';
import { inUnit } from './format.ts';
import { tooManySkipped } from './health.ts';
import type { Judged } from './judged.ts';
import { probeFor } from './probes.ts';

/** What rules about finished parts of the analysis are held against. */
interface Finished {
  readonly endMs: number;
  readonly health: GeneratorHealth;
  readonly recovery: readonly Recovery[];
  readonly quota: readonly QuotaVerdict[];
  readonly cost: readonly CostSummary[];
}

export interface ThresholdsFold {
  add(attempt: Judged): void;
  planned(due: Due, atMs: number): void;
  finish(finished: Finished): readonly Finding[];
}

interface Rule {
  readonly id: string;
  readonly kind: 'threshold' | 'claim';
  readonly text: string;
  readonly threshold: Threshold;
  readonly collector: Collector | null;
  /** For `<= 88% of direct`: the collector of the variant it is measured against. */
  readonly base: Collector | null;
  readonly relativeTo: string | null;
}

/** Thresholds and claims of the scenario. Without samples, and on an invalid generator, a rule is inconclusive. */
export function thresholds(manifest: Manifest): ThresholdsFold {
  const prices = manifest.variants.map(modelPrices);
  const collect = (threshold: Threshold) => {
    const probe = probeFor(threshold, prices);
    return probe === null ? null : collector(threshold, probe, manifest);
  };
  const rules: readonly Rule[] = [
    ...manifest.scenario.thresholds.map((threshold, index): Rule => {
      const id = `threshold-${index + 1}`;
      const own = collect(threshold);
      return { id, kind: 'threshold', text: threshold.text, threshold, collector: own, base: null, relativeTo: null };
    }),
    ...manifest.scenario.claims.map((claim, index) => claimRule(claim, index, collect)),
  ];
  const collectors = rules.flatMap((rule) => [rule.collector, rule.base].filter((each) => each !== null));
  return {
    add(attempt) {
      for (const each of collectors) each.add(attempt);
    },
    planned(due, atMs) {
      for (const each of collectors) each.planned(due, atMs);
    },
    finish: (finished) => rules.map((rule) => judge(rule, measure(rule, finished), finished)),
  };
}

function claimRule(claim: Claim, index: number, collect: (threshold: Threshold) => Collector | null): Rule {
  const of = (variant: string): Threshold => ({ ...claim.threshold, tags: { ...claim.threshold.tags, variant } });
  const { relativeTo } = claim;
  return {
    id: `claim-${index + 1}`,
    kind: 'claim',
    text: claim.text,
    threshold: of(claim.variant),
    collector: collect(of(claim.variant)),
    base: relativeTo === null ? null : collect(of(relativeTo)),
    relativeTo,
  };
}

/** A number to compare, a verdict to compare, or why there is neither. */
type Result = Measured | { readonly ok: true; readonly verdicts: readonly QuotaVerdict[] };

function measure(rule: Rule, finished: Finished): Result {
  const { threshold } = rule;
  if (threshold.metric.startsWith('quota.')) return quotaResult(threshold, finished.quota);
  if (threshold.metric.startsWith('recovery')) return recoveryResult(threshold, finished.recovery);
  if (rule.collector === null) return { ok: false, why: `there is no metric ${threshold.metric}` };
  const unpriced = unpricedWhy(threshold, threshold.tags.variant, finished.cost);
  if (unpriced !== null) return { ok: false, why: unpriced };
  return rule.collector.finish(finished.endMs);
}

/** Why money cannot be told: of one variant, or of any where none is named. Null for other metrics. */
function unpricedWhy({ metric }: Threshold, variant: string | undefined, cost: readonly CostSummary[]): string | null {
  if (metric !== 'cost') return null;
  const unpriced = cost.filter((each) => each.totalUsd === null && (variant ?? each.variant) === each.variant);
  return unpriced.length === 0 ? null : unpriced.map(unpricedText).join('; ');
}

function quotaResult({ metric, tags }: Threshold, quota: readonly QuotaVerdict[]): Result {
  const limit = metric.slice('quota.'.length);
  const verdicts = quota.filter(
    (each) =>
      each.limit === limit &&
      (tags.variant ?? each.variant) === each.variant &&
      // No provider publishes a number for the growth of a rate: that rule is about being refused at all.
      (each.documented !== null || limit === 'burst'),
  );
  return verdicts.length === 0
    ? { ok: false, why: `no ${limit} limit is documented or stated` }
    : { ok: true, verdicts };
}

function recoveryResult({ metric, aggregate, tags }: Threshold, recovery: readonly Recovery[]): Result {
  const kind = tags.limit ?? (metric === 'recovery' ? null : metric.slice('recovery.'.length));
  const fitting = recovery.filter(
    (each) => (kind === null || each.limit === kind) && (tags.variant ?? each.variant) === each.variant,
  );
  if (fitting.length === 0) return { ok: false, why: 'no limit of this kind was met' };
  const episodes = fitting.flatMap((each) => each.episodesMs);
  const value = aggregate === 'max' ? Math.max(...episodes) : median(episodes);
  if (episodes.length === 0 || value === null) return { ok: false, why: fitting.map((each) => each.why).join('; ') };
  return { ok: true, value, low: null, high: null, evidence: [`${episodes.length} episodes`] };
}

/** A relative claim states a share; what it is a share of has the unit of the metric. */
function unitOf({ metric, aggregate, unit }: Threshold): ThresholdUnit {
  return metricFor(metric)?.aggregates[aggregate ?? ''] ?? unit;
}

function compare(actual: number, operator: Operator, target: number): boolean {
  switch (operator) {
    case '<':
      return actual < target;
    case '<=':
      return actual <= target;
    case '==':
      return actual === target;
    case '>=':
      return actual >= target;
    case '>':
      return actual > target;
    case '!=':
      return actual !== target;
  }
}

function judge(rule: Rule, result: Result, finished: Finished): Finding {
  if (!result.ok) return finding(rule, { verdict: 'inconclusive', result: null, why: result.why });
  const judged = 'verdicts' in result ? judgeQuota(rule, result.verdicts) : judgeNumber(rule, result, finished);
  const fault = bottleneck(rule, finished.health);
  if (fault === null) return judged;
  const why = `the generator was the bottleneck: ${fault}`;
  return { ...judged, verdict: 'inconclusive', evidence: [...judged.evidence, judged.why], why };
}

/** Metrics that measure the generator itself: what it left out is their answer, not their excuse. */
const OWN_METRICS = ['not_sent', 'offered', 'lag', 'stalled', 'queued'];

/** Why the generator makes a rule undecidable: over the whole run, or in the rule's own phases. */
function bottleneck({ collector: own, threshold }: Rule, health: GeneratorHealth): string | null {
  if (health.verdict === 'invalid') return health.reasons[0] ?? 'see generator health';
  const { planned, skipped } = own?.skipped() ?? { planned: 0, skipped: 0 };
  if (OWN_METRICS.includes(threshold.metric) || !tooManySkipped(skipped, planned)) return null;
  return `${skipped} of ${planned} planned attempts of these phases were skipped`;
}

function judgeQuota(rule: Rule, verdicts: readonly QuotaVerdict[]): Finding {
  const { operator, value } = rule.threshold;
  const verdictOf = ({ result }: QuotaVerdict): FindingVerdict => {
    if (result === 'inconclusive' && value !== 'inconclusive') return 'inconclusive';
    return (result === value) === (operator === '==') ? 'holds' : 'violated';
  };
  const all = verdicts.map(verdictOf);
  const verdict = all.includes('violated') ? 'violated' : all.includes('inconclusive') ? 'inconclusive' : 'holds';
  const result = [...new Set(verdicts.map((each) => each.result))].join(', ');
  const why = verdicts.map((each) => `${each.variant}: ${each.result}, ${each.why}`).join('; ');
  return finding(rule, { verdict, result, why });
}

function judgeNumber(rule: Rule, measured: Extract<Measured, { readonly ok: true }>, finished: Finished): Finding {
  const { operator } = rule.threshold;
  const unit = unitOf(rule.threshold);
  let target = Number(rule.threshold.value);
  let goal = inUnit(target, unit);
  if (rule.base !== null) {
    const open = (why: string) => finding(rule, { verdict: 'inconclusive', result: null, why });
    const unpriced = unpricedWhy(rule.threshold, rule.relativeTo ?? undefined, finished.cost);
    if (unpriced !== null) return open(unpriced);
    const base = rule.base.finish(finished.endMs);
    if (!base.ok) return open(`${rule.relativeTo}: ${base.why}`);
    goal = `${inUnit(target, 'share')} of ${inUnit(base.value, unit)} (${rule.relativeTo})`;
    target *= base.value;
  }
  const { value, low, high } = measured;
  const holds = compare(value, operator, target);
  const reaches = low !== null && high !== null && low <= target && target <= high && low < high;
  const bounds = low === null || high === null ? [] : [`95 % interval ${inUnit(low, unit)} to ${inUnit(high, unit)}`];
  const close = reaches ? ['the interval reaches over the threshold: another run may decide otherwise'] : [];
  return finding(rule, {
    verdict: holds ? 'holds' : 'violated',
    result: String(value),
    estimate: low === null || high === null ? null : { value, low, high, unit },
    evidence: [...measured.evidence, ...bounds, ...close],
    why: `${inUnit(value, unit)}, asked for ${operator} ${goal}`,
  });
}

function finding(
  rule: Rule,
  said: Pick<Finding, 'verdict' | 'result' | 'why'> & Partial<Pick<Finding, 'estimate' | 'evidence'>>,
): Finding {
  return {
    id: rule.id,
    kind: rule.kind,
    claim: rule.text,
    estimate: null,
    evidence: [],
    ...said,
    subject: rule.threshold.text,
    variant: rule.threshold.tags.variant ?? null,
  };
}
