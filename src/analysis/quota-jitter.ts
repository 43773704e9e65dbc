import { QUOTA_CODES, type QuotaTrace } from './quota-trace.ts';

/** Beyond this, arrivals within one second can no longer be told apart by their windows. */
const JITTER_MS_MAX = 20;
const REFUSALS_MIN = 20;
/** One in a hundred either way may be an accident of our own. */
const TAIL = 0.01;

/**
 * How far arrivals may lie from their send times, apart from a constant delay: half the spread of the round trips of
 * refusals, which nobody computes an answer for. An upper bound, as the way back and the provider's own time are in it.
 * Null where too few were refused.
 */
export function jitterBoundMs({ length, code, sentMs, endMs }: QuotaTrace): number | null {
  const roundTripsMs: number[] = [];
  for (let row = 0; row < length; row += 1) {
    const one = code[row] as number;
    const isRefused = one >= QUOTA_CODES.requests && one <= QUOTA_CODES.concurrency;
    if (isRefused) roundTripsMs.push((endMs[row] as number) - (sentMs[row] as number));
  }
  if (roundTripsMs.length < REFUSALS_MIN) return null;
  const sorted = Float64Array.from(roundTripsMs).sort();
  const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))] as number;
  return Math.min(JITTER_MS_MAX, (at(1 - TAIL) - at(TAIL)) / 2);
}
