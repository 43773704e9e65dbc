import type { TacticRow } from '../model/comparison.ts';
import type { TacticSpec } from '../model/scenario.ts';
import type { RequestTable } from './compare-table.ts';
import { figure } from './format.ts';

/** What the client's tactic did for a variant: its summary, beside what it took. */
export function tacticRow({ variant, summary, cost, bytes, count }: RequestTable): TacticRow {
  const { answered, addedDelayMs: delays } = summary;
  const tokens = cost.promptTokens + cost.completionTokens;
  const delay =
    delays.p50 === null || delays.max === null ? null : { p50: delays.p50, p95: delays.p95, max: delays.max };
  return {
    variant: variant.name,
    tactic: tacticWords(variant.tactics),
    requests: summary.requests,
    goodputPerSecond: summary.goodputPerSecond,
    firstTrySuccess: summary.firstTrySuccess,
    finalSuccess: summary.availability,
    addedDelayMs: delay,
    amplification: summary.attemptsPerRequest,
    tokensPerAnswer: answered === 0 ? null : tokens / answered,
    usdPerThousandAnswers: cost.perThousandAnswersUsd,
    refusedAttempts: bytes.refused.subarray(0, count).reduce((sum, refused) => sum + refused, 0),
  };
}

/** `none`, or the tactics from the outermost in, with what sets them apart. */
export function tacticWords(tactics: readonly TacticSpec[]): string {
  return tactics.length === 0 ? 'none' : tactics.map(specWords).join(' > ');
}

function specWords(spec: TacticSpec): string {
  switch (spec.kind) {
    case 'backoff':
      return `backoff (${spec.jitter} jitter, ${spec.attempts} attempts)`;
    case 'smooth': {
      const limits = [
        spec.perSecond === null ? null : `${figure(spec.perSecond * 60)}/min`,
        spec.tokensPerSecond === null ? null : `${figure(spec.tokensPerSecond * 60)} tokens/min`,
        spec.concurrency === null ? null : `${spec.concurrency} at a time`,
      ].filter((each) => each !== null);
      return `smooth (${limits.join(', ')})`;
    }
    case 'keys':
      return `${spec.envs.length} keys (${spec.policy.replace('_', ' ')})`;
    case 'fallback':
      return `fallback (${spec.models.join(', ')})`;
    case 'adaptive':
      return `adaptive (from ${figure(spec.startPerSecond)}/s)`;
    default:
      return spec satisfies never;
  }
}
