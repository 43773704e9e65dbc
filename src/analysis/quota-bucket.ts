import type { Charges } from './quota-charges.ts';
import { type Bounds, contradict, type Evidence, type Scale } from './quota-families.ts';

/** Relative width at which the search for a bound ends. */
const RESOLUTION = 2e-4;
const REPLAYS_MAX = 40;

/**
 * Bounds under a bucket as deep as its limit and refilled evenly over the period. A larger limit holds more credit at
 * every instant, so the upper bound is found by bisection over whole replays, stepping away from the lower one.
 */
export function bucketBounds(evidence: Evidence, scale: Scale): Bounds | null {
  const { charges, used, strays } = evidence;
  const low = leastDepth(evidence, scale);
  if (used === null) return { low, high: Number.POSITIVE_INFINITY };
  const { unit } = charges;
  const explains = (limit: number) => replay(evidence, scale, limit, 'unexplained') <= strays;
  const near = low / 1.01;
  if (!explains(low) && (contradict(low, near * 1.0001, unit) || !explains(near))) return null;
  const high = largest(near, explains);
  if (contradict(low, high, unit)) return null;
  const [least, most] = [Math.ceil(low), Math.floor(high)];
  if (least <= most) return { low: least, high: most };
  // Published limits are whole numbers; a sixtieth of one need not be. A fraction on top of refused calls that count
  // is one assumption too many: it fits what other limiters did.
  return charges.countsRefused ? null : { low, high: Math.max(low, high) };
}

/**
 * The least depth that never overdraws. A replay at less than the answer names a stretch that needs more (Dinkelbach,
 * Management Science 13, 1967), so a few replays do. Where refused calls take credit the need is not linear in the
 * depth, and bisection is left.
 */
function leastDepth(evidence: Evidence, scale: Scale): number {
  const { charges } = evidence;
  // A bucket that is not as deep as the largest call that passed is refuted outright.
  let depth = largestAsked(charges, 0);
  if (charges.countsRefused) {
    const most = mostInPeriod(charges, scale) + Math.max(depth, largestAsked(charges, 1));
    return bisect(depth, most, (limit) => replay(evidence, scale, limit, 'overdrawn') > 0).from;
  }
  for (let step = 0; step < REPLAYS_MAX; step += 1) {
    const needed = neediestStretch(charges, scale, depth);
    if (needed <= depth + 1e-6) break;
    depth = needed;
  }
  return depth;
}

/**
 * Replays a bucket of depth `from` and deepens it whenever a stretch since it was last full needs more, in the middle
 * of the replay: every stretch is a true lower bound. The answer is reached when a whole replay changes nothing.
 */
function neediestStretch(charges: Charges, { periodMs, slackMs }: Scale, from: number): number {
  const { decisions, timeMs, isRefused, asked, inFlight, before, bookedMs, sure } = charges;
  let limit = from;
  let perMs = limit / periodMs;
  let credit = limit;
  let atMs = Number.NEGATIVE_INFINITY;
  let fullMs = 0;
  let fullSum = 0;
  let next = 0;
  for (let n = 0; n < decisions; n += 1) {
    for (const until = before[n] as number; next < until; next += 1) {
      const nowMs = bookedMs[next] as number;
      credit += perMs * (nowMs - atMs);
      atMs = nowMs;
      if (credit >= limit) {
        credit = limit;
        fullMs = nowMs;
        fullSum = sure[next] as number;
      }
      credit -= (sure[next + 1] as number) - (sure[next] as number);
    }
    if (isRefused[n] === 1) continue;
    const needed = (asked[n] as number) + (inFlight[n] as number);
    const earned = perMs * ((timeMs[n] as number) - atMs + slackMs);
    if (credit + earned >= Math.min(needed, limit) - 1e-6) continue;
    const spent = (sure[next] as number) - fullSum;
    const least = (spent + needed) / (1 + ((timeMs[n] as number) - fullMs + slackMs) / periodMs);
    if (least <= limit) continue;
    limit = least;
    perMs = limit / periodMs;
    credit = limit + perMs * (atMs - fullMs) - spent;
  }
  return limit;
}

/** Steps up from where `explains` holds until it does not, then halves the last step. */
function largest(from: number, explains: (limit: number) => boolean): number {
  let [held, step] = [from, 0.02];
  while (step < 4 && explains(from * (1 + step))) {
    held = from * (1 + step);
    step *= 4;
  }
  return bisect(held, from * (1 + step), explains).to;
}

/** Fills `record` with the limit where the bucket agrees; 0 where it would have admitted, infinity where refused. */
export function recordBucket(evidence: Evidence, scale: Scale, limit: number): void {
  replay(evidence, scale, limit, 'record');
}

/** The most booked in one period. */
function mostInPeriod(charges: Charges, { periodMs }: Scale): number {
  let first = 0;
  let most = 0;
  for (let n = 0; n < charges.bookings; n += 1) {
    while ((charges.bookedMs[n] as number) - (charges.bookedMs[first] as number) > periodMs) first += 1;
    most = Math.max(most, (charges.sure[n + 1] as number) - (charges.sure[first] as number));
  }
  return most;
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
