/** How variants that share one quota take turns. */
export const SWITCHBACK = {
  /**
   * Rounds, in each of which every variant gets the whole traffic. A sign-flip test over n rounds cannot report less than
   * 2/2^n: twelve rounds reach 0.0005, enough for 1 % over a family of twenty questions.
   */
  rounds: 12,
  /** Silence between blocks: a minute's window, and a quarter more, has to be forgotten. */
  restMs: 75_000,
} as const;
