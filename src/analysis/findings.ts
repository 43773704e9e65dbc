import type { GeneratorHealth, LimitGroup, Recovery, VariantSummary } from '../model/analysis.ts';
import type { Finding, FindingVerdict, QuotaVerdict } from '../model/finding.ts';
import type { LimitKind } from '../model/outcome.ts';
import { duration, figure, percent, plural } from './format.ts';

const GENERATOR_VERDICT: Readonly<Record<GeneratorHealth['verdict'], FindingVerdict>> = {
  valid: 'holds',
  degraded: 'holds',
  invalid: 'inconclusive',
};

export function generatorFinding(health: GeneratorHealth): Finding {
  const { verdict, reasons } = health;
  return {
    id: 'generator',
    kind: 'generator',
    claim: 'The generator was not the bottleneck',
    verdict: GENERATOR_VERDICT[verdict],
    result: verdict,
    estimate: null,
    evidence: reasons,
    why: reasons[0] ?? 'on time, nothing skipped, no stall of our own',
    subject: null,
    variant: null,
  };
}

/** One finding per published limit, and per limit that refused without being published. `lower` violates; `higher`, `masked` and `not_reached` are no fault of the quota. */
export function quotaFindings(verdicts: readonly QuotaVerdict[], invalid: boolean): readonly Finding[] {
  const worth = verdicts.filter(({ documented, refusals }) => documented !== null || refusals > 0);
  return worth.map((each) => ({
    id: `quota-${each.variant}-${each.limit}`,
    kind: 'quota',
    claim: `${each.limit.toUpperCase()} is ${each.documented === null ? 'not documented' : figure(each.documented)}`,
    verdict: quotaVerdict(each, invalid),
    result: each.result,
    estimate: each.estimate,
    evidence: each.evidence,
    why: invalid ? `the generator was the bottleneck; ${each.why}` : each.why,
    subject: each.limit,
    variant: each.variant,
  }));
}

function quotaVerdict({ result }: QuotaVerdict, invalid: boolean): FindingVerdict {
  if (invalid) return 'inconclusive';
  switch (result) {
    case 'lower':
      return 'violated';
    case 'as_documented':
    case 'higher':
      return 'holds';
    case 'masked':
    case 'not_reached':
    case 'inconclusive':
      return 'inconclusive';
  }
}

export interface Observed {
  readonly limits: readonly LimitGroup[];
  readonly recovery: readonly Recovery[];
  readonly variants: readonly VariantSummary[];
  /** Kinds that unknown refusals of a variant may have been. */
  readonly candidates: ReadonlyMap<string, readonly LimitKind[]>;
}

/** Things worth knowing that nobody asked for. They decide nothing. */
export function observations(observed: Observed): readonly Finding[] {
  const all = [
    ...observed.recovery.flatMap((each) => recovered(each, observed)),
    ...observed.recovery.flatMap((each) => retryAfter(each, observed.limits)),
    ...observed.variants.flatMap(aboutVariant),
  ];
  return all.map(({ claim, why, evidence, variant, result }, index) => ({
    id: `observation-${index + 1}`,
    kind: 'observation',
    claim,
    verdict: 'holds',
    result,
    estimate: null,
    evidence,
    why,
    subject: null,
    variant,
  }));
}

interface Observation {
  readonly claim: string;
  readonly why: string;
  readonly evidence: readonly string[];
  readonly variant: string;
  readonly result: string;
}

/** Waiting does not bring back a balance; a minute brings back a rate. */
const RATE_RECOVERY_MS = 60_000;
const PERMANENT: readonly LimitKind[] = ['billing', 'free_quota'];

function recovered(recovery: Recovery, { candidates }: Observed): readonly Observation[] {
  const { limit, variant, medianMs, maxMs, why } = recovery;
  if (!recovery.measurable || medianMs === null || maxMs === null) return [];
  const found: Observation[] = [
    { claim: `Recovered after ${duration(medianMs)}: ${limit}`, why, evidence: [], variant, result: String(medianMs) },
  ];
  const possible = candidates.get(variant) ?? [];
  const passing = possible.filter((kind) => !PERMANENT.includes(kind));
  if (limit === 'unknown' && maxMs <= RATE_RECOVERY_MS && passing.length > 0 && passing.length < possible.length) {
    const ruledOut = possible.filter((kind) => PERMANENT.includes(kind)).join(' or ');
    found.push({
      claim: `The unknown refusal recovered within a minute: ${passing.join(' or ')} rather than ${ruledOut}`,
      why: `it healed by waiting ${duration(maxMs)} at most, which ${ruledOut} does not`,
      evidence: [why],
      variant,
      result: passing.join(','),
    });
  }
  return found;
}

/** Retry-After is called wrong when it is off from the measured recovery by more than a factor of two. */
const RETRY_FACTOR = 2;

function retryAfter(recovery: Recovery, limits: readonly LimitGroup[]): readonly Observation[] {
  const { medianMs, limit, variant } = recovery;
  if (!recovery.measurable || medianMs === null || medianMs <= 0) return [];
  return limits.flatMap((group): Observation[] => {
    if (group.limit !== limit || group.variant !== variant || group.retryAfterMs === null) return [];
    const { min, max } = group.retryAfterMs;
    if (max * RETRY_FACTOR >= medianMs && min <= medianMs * RETRY_FACTOR) return [];
    const said = min === max ? duration(max) : `${duration(min)} to ${duration(max)}`;
    const claim = `${group.originName ?? group.origin} sends Retry-After, but it is wrong: ${said} for ${limit}`;
    const why = `measured recovery ${duration(medianMs)}`;
    return [{ claim, why, evidence: [recovery.why], variant, result: String(max) }];
  });
}

/** A prompt estimate off by less than this changes no conclusion about a token limit. */
const ESTIMATE_TOLERANCE = 0.15;

function aboutVariant(summary: VariantSummary): readonly Observation[] {
  const { variant, promptTokenRatio, relayFacts, wrongModel, truncated, attempts } = summary;
  const found: Observation[] = [];
  const note = (claim: string, why: string, result: number) =>
    found.push({ claim, why, evidence: [], variant, result: String(result) });
  if (promptTokenRatio !== null && Math.abs(promptTokenRatio - 1) > ESTIMATE_TOLERANCE) {
    note(
      `The prompt estimate was off: the provider counted ${figure(promptTokenRatio)} times as many tokens`,
      'reported prompt tokens over estimated ones, all answers together',
      promptTokenRatio,
    );
  }
  const { rewritten = 0, kindLost = 0, hiddenRetries = 0 } = relayFacts;
  if (kindLost > 0) {
    note(
      `Kind lost by relay: ${kindLost} refusals arrived in the relay's own words and cannot be told apart`,
      `${rewritten} refusals were rewritten`,
      kindLost,
    );
  }
  if (hiddenRetries > 0) {
    note(
      `Hidden retries: ${plural(hiddenRetries, 'answer')} came after the relay itself had tried again`,
      `${percent(hiddenRetries / Math.max(1, attempts))} of the attempts, by the relay's own header; each try spends upstream quota, and waiting shows as latency`,
      hiddenRetries,
    );
  }
  if (wrongModel > 0) {
    const answered = Object.entries(summary.modelsAnswered).map(([model, count]) => `${model} ${count}`);
    note(`${plural(wrongModel, 'answer')} came from another model than asked`, answered.join(', '), wrongModel);
  }
  if (truncated > 0) {
    note(
      `${plural(truncated, 'stream')} ended without a finish reason`,
      `${percent(truncated / Math.max(1, attempts))} of the attempts; an HTTP client sees a clean end`,
      truncated,
    );
  }
  return found;
}
