/** Whether a case passes with so many steps. Expected to stay true once true; checked at the answer, not assumed. */
export type Holds<Case> = (item: Case, steps: number) => boolean;

export interface SearchOptions<Case> {
  /** Most demanding first: the order saves trials and changes no answer. */
  readonly cases: readonly Case[];
  readonly holds: Holds<Case>;
  /** Smallest candidate. */
  readonly from: number;
  /** Where the first case is expected to pass. */
  readonly guess: number;
  /** Nothing above it is tried. */
  readonly ceiling: number;
}

export interface Smallest<Case> {
  readonly steps: number;
  /** Fails with one step less; null when `from` is enough for all. */
  readonly decidedBy: Case | null;
}

/**
 * The smallest whole number of steps with which every case passes. Bisection per case, upwards only: a later case costs
 * one trial where the answer so far is enough for it. A trial below the answer proves nothing where passing is not
 * monotone (retries can collide at one quota and not at a smaller one), so cases that passed lower are tried again at
 * the answer. Null when the ceiling is not enough.
 */
export function smallestHolding<Case>(options: SearchOptions<Case>): Smallest<Case> | null {
  const { cases, holds, ceiling } = options;
  let steps = options.from;
  let decidedBy: Case | null = null;
  // Done when every case has passed at the same number of steps, one after the other.
  let passed = 0;
  for (let at = 0; passed < cases.length; at = (at + 1) % cases.length) {
    const item = cases[at] as Case;
    if (holds(item, steps)) {
      passed += 1;
      continue;
    }
    const found = lowestAbove({
      failed: steps,
      guess: decidedBy === null ? options.guess : steps + 1,
      ceiling,
      passes: (each) => holds(item, each),
    });
    if (found === null) return null;
    steps = found;
    decidedBy = item;
    passed = 1;
  }
  return { steps, decidedBy };
}

interface Climb {
  /** Known to fail. */
  readonly failed: number;
  readonly guess: number;
  readonly ceiling: number;
  readonly passes: (steps: number) => boolean;
}

/** Doubles the distance until something passes, then halves the gap: passes at the answer, fails one below. */
function lowestAbove({ failed, guess, ceiling, passes }: Climb): number | null {
  let low = failed;
  let high = Math.min(ceiling, Math.max(failed + 1, guess));
  if (high <= low) return null;
  while (!passes(high)) {
    if (high >= ceiling) return null;
    const reach = Math.max(1, high - failed) * 2;
    low = high;
    high = Math.min(ceiling, failed + reach);
  }
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (passes(middle)) high = middle;
    else low = middle;
  }
  return high;
}

/** Two quotas in whole steps. */
export interface Pair {
  readonly first: number;
  readonly second: number;
}

export interface PairOptions<Case> {
  readonly cases: readonly Case[];
  /** Cases to begin with: those expected to decide. */
  readonly core: readonly Case[];
  readonly holds: (item: Case, pair: Pair) => boolean;
  /** Neither can be less. */
  readonly least: Pair;
  /** Share of `least` by which both grow at a time, before each is lowered again. */
  readonly growth: number;
  /** Largest growth tried, in the same shares. */
  readonly growthMax: number;
}

export interface SmallestPair<Case> {
  readonly pair: Pair;
  /** The cases that made it what it is. */
  readonly active: readonly Case[];
}

/**
 * The smallest pair with which every case passes: refusals of two limits add up, so both grow together, and then each is
 * lowered as far as the other allows, `first` before `second`. The search itself only asks the cases that have failed so
 * far; the others are asked at its answer, all of them in one unbroken round at the end.
 */
export function smallestPair<Case>(options: PairOptions<Case>): SmallestPair<Case> | null {
  const { cases, holds } = options;
  const active = [...options.core];
  let pair = settled(options, active);
  let passed = 0;
  for (let at = 0; pair !== null && passed < cases.length; at = (at + 1) % cases.length) {
    const item = cases[at] as Case;
    if (holds(item, pair)) {
      passed += 1;
      continue;
    }
    if (!active.includes(item)) active.push(item);
    pair = settled(options, active);
    passed = 0;
  }
  return pair === null ? null : { pair, active };
}

/** The smallest pair for some of the cases. */
function settled<Case>(options: PairOptions<Case>, cases: readonly Case[]): Pair | null {
  const { holds, least, growth, growthMax } = options;
  const grown = (n: number): Pair => ({
    first: Math.ceil(least.first * (1 + n * growth)),
    second: Math.ceil(least.second * (1 + n * growth)),
  });
  const search = (from: number, guess: number, ceiling: number, at: (n: number) => Pair) =>
    smallestHolding({ cases, holds: (item, n) => holds(item, at(n)), from, guess, ceiling })?.steps ?? null;
  const n = search(0, 1, Math.ceil(growthMax / growth), grown);
  if (n === null) return null;
  if (n === 0) return least;
  const high = grown(n);
  const first = search(least.first, high.first, high.first, (each) => ({ first: each, second: high.second }));
  if (first === null) return high;
  const second = search(least.second, high.second, high.second, (each) => ({ first, second: each }));
  return second === null ? { first, second: high.second } : { first, second };
}
