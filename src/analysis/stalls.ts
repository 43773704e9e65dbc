import { firstAfter } from '../stats/windows.ts';

/** Intervals in which our own process stood still, merged where they touch. */
export interface Stalls {
  add(stall: { readonly fromMs: number; readonly toMs: number }): void;
  /** Whether an attempt that was open from `sentMs` to `finishedMs` was open while we stood still. */
  overlaps(sentMs: number, finishedMs: number): boolean;
  count(): number;
}

export function stalls(): Stalls {
  let count = 0;
  const from: number[] = [];
  const to: number[] = [];
  return {
    add({ fromMs, toMs }) {
      count += 1;
      const last = to.length - 1;
      const lastTo = to[last];
      if (lastTo !== undefined && fromMs <= lastTo && fromMs >= (from[last] as number)) {
        to[last] = Math.max(lastTo, toMs);
        return;
      }
      const at = firstAfter(from, fromMs);
      from.splice(at, 0, fromMs);
      to.splice(at, 0, toMs);
    },
    overlaps(sentMs, finishedMs) {
      if (from.length === 0) return false;
      // Stalls do not overlap each other: only the last one that began before the end can reach into the attempt.
      const index = firstAfter(from, finishedMs) - 1;
      return index >= 0 && (to[index] as number) >= sentMs;
    },
    count: () => count,
  };
}
