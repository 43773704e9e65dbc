import type { Tactic } from '../model/tactic.ts';

/** Sends at once, with the first key, and never again: what the limit does to traffic as it is. */
export const noTactic: Tactic = {
  first: (_request, nowMs) => ({ atMs: nowMs, keyIndex: 0, model: null }),
  next: () => null,
};
