import type { Charges } from './quota-charges.ts';
import { type Bounds, contradict, type Evidence, type Scale } from './quota-families.ts';

/** Relative width at which the search for a bound ends. */
const RESOLUTION = 2e-4;

/**
 * Bounds under a bucket as deep as its limit and refilled evenly over the period. A larger limit holds more credit at
 * every instant, so both bounds are found by bisection over whole replays.
 */
export function bucketBounds(evidence: Evidence, scale: Scale): Bounds | null {
  const { charges, used, strays } = evidence;
  const most = mostUseful(charges, scale);
  // A bucket that is not as deep as the largest call that passed is refuted outright.
  const { from: low } = bisect(
    largestAsked(charges, 0),
    most,
    (limit) => replay(evidence, scale, limit, 'overdrawn') > 0,
  );
  if (used === null) return { low, high: Number.POSITIVE_INFINITY };
  const { unit } = charges;
  const explains = (limit: number) => replay(evidence, scale, limit, 'unexplained') <= strays;
  if (!explains(low)) {
    const near = low / 1.01;
    if (contradict(low, near * 1.0001, unit) || !explains(near)) return null;
  }
  const high = Math.floor(bisect(Math.min(low, low / 1.01), Math.max(most, low) * 2, explains).to);
  return contradict(low, Math.max(1, high), unit)
    ? null
    : { low: Math.ceil(low), high: Math.max(high, Math.ceil(low)) };
}

/** Fills `record` with the limit where the bucket agrees; 0 where it would have admitted, infinity where refused. */
export function recordBucket(evidence: Evidence, scale: Scale, limit: number): void {
  replay(evidence, scale, limit, 'record');
}

/** No bucket needs to be deeper than what passed in one period and the largest call on top. */
function mostUseful(charges: Charges, { periodMs, slackMs }: Scale): number {
  let first = 0;
  let most = 0;
  for (let n = 0; n < charges.bookings; n += 1) {
    while ((charges.bookedMs[n] as number) - (charges.bookedMs[first] as number) > periodMs + slackMs) first += 1;
    most = Math.max(most, (charges.maybe[n + 1] as number) - (charges.maybe[first] as number));
  }
  return most + Math.max(largestAsked(charges, 0), largestAsked(charges, 1));
}

function largestAsked(charges: Charges, refused: 0 | 1): number {
  let largest = 0;
  for (let n = 0; n < charges.decisions; n += 1) {
    if (charges.isRefused[n] !== refused) continue;
    largest = Math.max(largest, (charges.asked[n] as number) + (charges.inFlight[n] as number));
  }
  return largest;
}

interface Bracket {
  readonly from: number;
  readonly to: number;
}

/** Around the point where `isBelow` turns from true to false. */
function bisect(low: number, high: number, isBelow: (limit: number) => boolean): Bracket {
  let from = low;
  let to = high;
  while (to - from > Math.max(0.02, RESOLUTION * to)) {
    const middle = (from + to) / 2;
    if (isBelow(middle)) from = middle;
    else to = middle;
  }
  return { from, to };
}

/** Counts admissions without credit, or used refusals with credit, and stops as soon as the answer is known. */
function replay(
  { charges, used, strays, record }: Evidence,
  { periodMs, slackMs }: Scale,
  limit: number,
  question: 'overdrawn' | 'unexplained' | 'record',
): number {
  const { decisions, timeMs, isRefused, asked, inFlight, before, bookedMs, bookedByRefusal, sure, maybe } = charges;
  const perMs = limit / periodMs;
  const slack = perMs * slackMs + 2e-6;
  let most = limit;
  let least = limit;
  let atMs = Number.NEGATIVE_INFINITY;
  let unexplained = 0;
  let next = 0;
  for (let n = 0; n < decisions; n += 1) {
    for (const until = before[n] as number; next < until; next += 1) {
      const gained = perMs * ((bookedMs[next] as number) - atMs);
      atMs = bookedMs[next] as number;
      const sureCost = (sure[next + 1] as number) - (sure[next] as number);
      const maybeCost = (maybe[next + 1] as number) - (maybe[next] as number);
      most = Math.min(limit, most + gained);
      least = Math.min(limit, least + gained);
      // A refused call that counts takes what credit there is and makes no debt.
      most = bookedByRefusal[next] === 1 ? Math.min(most, Math.max(0, most - sureCost)) : most - sureCost;
      least = bookedByRefusal[next] === 1 ? Math.min(least, Math.max(0, least - maybeCost)) : least - maybeCost;
    }
    const gained = perMs * ((timeMs[n] as number) - atMs);
    const needed = (asked[n] as number) + (inFlight[n] as number);
    if (isRefused[n] === 0) {
      const isOverdrawn = Math.min(limit, most + gained + slack) < needed - 1e-6;
      if (question === 'overdrawn' && isOverdrawn) return 1;
      if (record) record[n] = isOverdrawn ? Number.POSITIVE_INFINITY : limit;
      continue;
    }
    const wouldAdmit = Math.min(limit, least + gained - slack) >= needed - 1e-6;
    if (record) record[n] = wouldAdmit ? 0 : limit;
    if (used !== null && used[n] === 1 && wouldAdmit) unexplained += 1;
    if (question === 'unexplained' && unexplained > strays) break;
  }
  return question === 'overdrawn' ? 0 : unexplained;
}
