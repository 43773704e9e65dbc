import type { Finding } from '../model/finding.ts';
import type { Operator, Threshold } from '../model/threshold.ts';
import { parseRule } from '../scenario/threshold.ts';
import { type CommandResult, usageFailure } from './failure.ts';

/** `ttft.p95 <= 110%`: the candidate's value over the baseline's. */
export interface Regression {
  readonly text: string;
  readonly threshold: Threshold;
  readonly share: number;
}

/** The name that the grammar of claims needs after `of`; never shown. */
const BASELINE = 'baseline';

/** Parses regression thresholds, or gives every problem of all of them. */
export function parseRegressions(
  texts: readonly string[],
): CommandResult<{ readonly regressions: readonly Regression[] }> {
  const parsed = texts.map((text) => ({
    text,
    rule: parseRule({ text: `${text} of ${BASELINE}`, location: null, allowRelative: true }),
  }));
  const problems = parsed.flatMap(({ text, rule }) =>
    rule.ok ? [] : rule.problems.map((problem) => ({ ...problem, message: `${text}: ${problem.message}` })),
  );
  if (problems.length > 0) return usageFailure(...problems);
  const regressions = parsed.flatMap(({ text, rule }) =>
    rule.ok ? [{ text, threshold: rule.value.threshold, share: Number(rule.value.threshold.value) }] : [],
  );
  return { ok: true, regressions };
}

/** Decides one regression threshold from what both runs measured; what either could not measure stays open. */
export function regressionFinding(
  { text, threshold, share }: Regression,
  given: {
    readonly number: number;
    readonly baseline: Finding | undefined;
    readonly candidate: Finding | undefined;
  },
): Finding {
  const before = measuredValue(given.baseline);
  const after = measuredValue(given.candidate);
  const common = {
    id: `claim-${given.number}`,
    kind: 'claim',
    claim: `${text} of the baseline`,
    subject: text,
    variant: null,
    estimate: null,
  } as const;
  if (before === null || after === null) {
    const missing = before === null ? given.baseline : given.candidate;
    const why = `${before === null ? 'baseline' : 'candidate'}: ${missing?.why ?? 'the metric was not measured'}`;
    return { ...common, verdict: 'inconclusive', result: null, evidence: [], why };
  }
  const evidence = [`Baseline ${before}, candidate ${after} (${threshold.unit}).`];
  if (before === 0) {
    const why = after === 0 ? 'both are 0' : 'the baseline is 0: there is no ratio';
    return { ...common, verdict: after === 0 ? 'holds' : 'inconclusive', result: null, evidence, why };
  }
  const ratio = after / before;
  const verdict = meets(ratio, threshold.operator, share) ? 'holds' : 'violated';
  const why = `${(100 * ratio).toFixed(1)} % of the baseline, asked for ${threshold.operator} ${(100 * share).toFixed(0)} %`;
  return { ...common, verdict, result: String(ratio), evidence, why };
}

function measuredValue(finding: Finding | undefined): number | null {
  if (finding === undefined || finding.result === null) return null;
  const value = Number(finding.result);
  return Number.isFinite(value) ? value : null;
}

function meets(value: number, operator: Operator, bound: number): boolean {
  switch (operator) {
    case '<':
      return value < bound;
    case '<=':
      return value <= bound;
    case '==':
      return value === bound;
    case '!=':
      return value !== bound;
    case '>=':
      return value >= bound;
    case '>':
      return value > bound;
  }
}
