/** A randomisation test on signed units: what flipping the sign of whole units could have brought. */
export interface FlipTest {
  /** Sum of the units. */
  readonly sum: number;
  /** Two-sided, exact. */
  readonly p: number;
  /** The smallest p that units of these sizes could have given. */
  readonly attainable: number;
}

/** Steps that the units are measured in, per unit: fine enough that rounding moves p by less than a percent. */
const STEPS_PER_UNIT = 64;
const STEPS_MAX = 32_768;

/**
 * Fisher's randomisation test on paired units (block sums, or rounds of a switchback): under "no difference" each could as
 * well have the other sign. Exact for any number of units, because the sizes are rounded to whole steps and the 2^n sign
 * patterns counted by their sum (Pagano and Tritchler, 1983) instead of being tried. For 0/1 outcomes and units of one
 * pair this is McNemar's exact test.
 */
export function flipTest(units: ArrayLike<number>): FlipTest {
  let size = 0;
  let sum = 0;
  for (let index = 0; index < units.length; index++) {
    size += Math.abs(units[index] as number);
    sum += units[index] as number;
  }
  if (size === 0) return { sum, p: 1, attainable: 1 };
  const step = stepOf(units, size);
  const steps: number[] = [];
  let total = 0;
  let balance = 0;
  for (let index = 0; index < units.length; index++) {
    const unit = units[index] as number;
    const whole = Math.round(Math.abs(unit) / step);
    if (whole === 0) continue;
    steps.push(whole);
    total += whole;
    balance += unit < 0 ? -whole : whole;
  }
  return { sum, p: tail(steps, total, Math.abs(balance)), attainable: Math.min(1, 2 ** (1 - steps.length)) };
}

/** Counts stay counts; other sizes are rounded. */
function stepOf(units: ArrayLike<number>, size: number): number {
  const whole = size <= STEPS_MAX && Array.prototype.every.call(units, Number.isInteger);
  return whole ? 1 : size / Math.min(STEPS_MAX, STEPS_PER_UNIT * units.length);
}

/** P(|sum of +-steps| >= balance): the sum is total - 2 x (what was flipped), and flips are subsets. */
function tail(steps: readonly number[], total: number, balance: number): number {
  if (balance === 0) return 1;
  const flipped = (total - balance) / 2;
  const most = Math.floor(flipped);
  // Only subsets as small as the one seen are asked for.
  const share = new Float64Array(most + 1);
  share[0] = 1;
  let reach = 0;
  for (const step of steps) {
    reach = Math.min(most, reach + step);
    for (let at = reach; at >= 0; at--) {
      const without = share[at] as number;
      const within = at >= step ? (share[at - step] as number) : 0;
      share[at] = (without + within) / 2;
    }
  }
  let below = 0;
  for (let at = 0; at <= most; at++) below += share[at] as number;
  return Math.min(1, 2 * below);
}
