/** Hard caps of a run. Null = no cap. */
export interface Safety {
  readonly maxRequests: number | null;
  readonly maxTokens: number | null;
  readonly maxCostUsd: number | null;
  readonly maxDurationMs: number | null;
  /** Of the journal's file, for all variants together; what is in flight when it is reached is still recorded. */
  readonly maxJournalBytes: number | null;
  readonly maxInFlight: number;
  /** Outcomes that end a run: `auth`, `billing`, `free_quota`, ... (an outcome kind or a limit kind). */
  readonly stopOn: readonly string[];
}
