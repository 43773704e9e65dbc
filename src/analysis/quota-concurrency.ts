import type { QuotaVerdict } from '../model/finding.ts';
import { straysOf } from './quota-fit.ts';
import { countText, numberText } from './quota-text.ts';
import { QUOTA_CODES, type QuotaTrace } from './quota-trace.ts';

interface InFlight {
  readonly offeredMax: number;
  readonly admittedMax: number;
  /** Admitted calls in flight at each refusal, ascending. */
  readonly atRefusals: Float64Array;
}

export interface ConcurrencyOptions {
  readonly variant: string;
  readonly documented: number | null;
}

/** A refusal means that at least the limit was in flight, an admission that one slot was free. */
export function concurrencyVerdict(trace: QuotaTrace, { variant, documented }: ConcurrencyOptions): QuotaVerdict {
  const { offeredMax, admittedMax, atRefusals } = inFlightOf(trace);
  const refusals = atRefusals.length;
  const common = {
    limit: 'concurrency' as const,
    variant,
    documented,
    maskedBy: null,
    binding: false,
    offered: { windowMs: 0, max: offeredMax },
    admitted: { windowMs: 0, max: admittedMax },
    refusals,
    evidence: [
      `At most ${numberText(admittedMax)} admitted calls in flight at once; ${countText(refusals, 'refusal')} for concurrency.`,
    ],
  };
  if (refusals === 0) {
    const saw = `At most ${numberText(admittedMax)} calls were in flight and none was refused for concurrency`;
    if (documented !== null && admittedMax > documented + 1) {
      return { ...common, result: 'higher', estimate: null, why: `${saw}; ${numberText(documented)} is documented.` };
    }
    return { ...common, result: 'not_reached', estimate: null, why: `${saw}.` };
  }
  const least = atRefusals[Math.min(straysOf(refusals), refusals - 1)] as number;
  const value = Math.max(1, Math.min(least, admittedMax));
  const estimate = {
    value,
    low: Math.max(0, Math.min(value, least) - 1),
    high: Math.max(admittedMax, least) + 1,
    unit: 'in flight',
  };
  const why = `${countText(refusals, 'call')} refused with at least ${numberText(least)} in flight, at most ${numberText(admittedMax)} admitted at once`;
  if (documented === null) {
    return { ...common, result: 'inconclusive', estimate, why: `${why}; nothing is documented to hold it against.` };
  }
  const margin = Math.max(1, 0.03 * documented);
  const result =
    estimate.high < documented - margin + 1 ? 'lower' : estimate.low > documented + margin - 1 ? 'higher' : null;
  const isWide = estimate.high - estimate.low > Math.max(4, 0.1 * documented);
  return {
    ...common,
    result: result ?? (isWide ? 'inconclusive' : 'as_documented'),
    estimate,
    why: `${why}; ${numberText(documented)} is documented.`,
  };
}

function inFlightOf({ length, sentMs, endMs, code }: QuotaTrace): InFlight {
  const counted: number[] = [];
  for (let row = 0; row < length; row += 1) {
    if (code[row] === QUOTA_CODES.admitted || code[row] === QUOTA_CODES.unusable) counted.push(row);
  }
  const ends = Float64Array.from(counted, (row) => endMs[row] as number).sort();
  const atRefusals: number[] = [];
  let [ended, open, offeredMax, admittedMax] = [0, 0, 0, 0];
  for (let row = 0; row < length; row += 1) {
    for (; ended < ends.length && (ends[ended] as number) <= (sentMs[row] as number); ended += 1) open -= 1;
    offeredMax = Math.max(offeredMax, open + 1);
    if (code[row] === QUOTA_CODES.concurrency) atRefusals.push(open);
    if (code[row] !== QUOTA_CODES.admitted && code[row] !== QUOTA_CODES.unusable) continue;
    open += 1;
    admittedMax = Math.max(admittedMax, open);
  }
  return { offeredMax, admittedMax, atRefusals: Float64Array.from(atRefusals).sort() };
}
