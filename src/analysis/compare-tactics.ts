import type { TacticRow } from '../model/comparison.ts';
import type { TacticSpec } from '../model/scenario.ts';
import { enoughForQuantile, quantile } from '../stats/quantiles.ts';
import { FLAG } from './compare-columns.ts';
import { inTimeOrder } from './compare-layout.ts';
import type { RequestTable } from './compare-table.ts';
import { figure } from './format.ts';
import { ownShare } from './stability-intervals.ts';

/** What the client's tactic did for each variant, per request. */
export function tacticRow(table: RequestTable): TacticRow {
  const { words, bytes, floats, doubles, count } = table;
  let answered = 0;
  let attempted = 0;
  let attempts = 0;
  let refused = 0;
  let tokens = 0;
  let usd = 0;
  let fromMs = Number.POSITIVE_INFINITY;
  let toMs = 0;
  for (let row = 0; row < count; row++) {
    const flags = words.flags[row] as number;
    if ((flags & FLAG.answered) !== 0) answered += 1;
    if ((flags & FLAG.attempted) !== 0) attempted += 1;
    attempts += words.attempts[row] as number;
    refused += bytes.refused[row] as number;
    tokens += (floats.promptTokens[row] as number) + (floats.completionTokens[row] as number);
    usd += doubles.usd[row] as number;
    fromMs = Math.min(fromMs, doubles.scheduledMs[row] as number);
    const endedMs = floats.endedMs[row] as number;
    if (endedMs > toMs) toMs = endedMs;
  }
  const priced = table.variant.price !== null && !Number.isNaN(usd);
  return {
    variant: table.variant.name,
    tactic: tacticWords(table.variant.tactics),
    requests: count + table.dropped,
    goodputPerSecond: toMs > fromMs ? answered / ((toMs - fromMs) / 1000) : 0,
    ...successes(table),
    addedDelayMs: addedDelay(table),
    amplification: attempted === 0 ? null : attempts / attempted,
    tokensPerAnswer: answered === 0 ? null : tokens / answered,
    usdPerThousandAnswers: priced && answered > 0 ? (usd / answered) * 1000 : null,
    refusedAttempts: refused,
  };
}

function successes(table: RequestTable): Pick<TacticRow, 'firstTrySuccess' | 'finalSuccess'> {
  const rows = inTimeOrder(table).filter((row) => ((table.words.flags[row] as number) & FLAG.attempted) !== 0);
  const share = (bit: number) =>
    ownShare(Float64Array.from(rows, (row) => (((table.words.flags[row] as number) & bit) === 0 ? 0 : 1)));
  return { firstTrySuccess: share(FLAG.firstTry), finalSuccess: share(FLAG.answered) };
}

function addedDelay({ floats, count }: RequestTable): TacticRow['addedDelayMs'] {
  const delays = Float64Array.from(floats.addedDelayMs.subarray(0, count))
    .filter((delayMs) => !Number.isNaN(delayMs))
    .sort();
  const p50 = quantile(delays, 0.5);
  if (p50 === null) return null;
  const p95 = enoughForQuantile(delays.length, 0.95) ? quantile(delays, 0.95) : null;
  return { p50, p95, max: delays[delays.length - 1] ?? p50 };
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
