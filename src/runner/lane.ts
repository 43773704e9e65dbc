import type { Arrival, Source } from '../model/arrival.ts';
import type { Clock } from '../model/clock.ts';
import type { Exchange } from '../model/exchange.ts';
import type { JournalSink, StopReason } from '../model/journal.ts';
import type { Outcome } from '../model/outcome.ts';
import type { Price } from '../model/quota.ts';
import type { Request } from '../model/request.ts';
import type { Safety } from '../model/safety.ts';
import type { Tactic } from '../model/tactic.ts';
import type { Transport } from '../model/transport.ts';
import type { Spending } from './budget.ts';
import type { Tally } from './tally.ts';

/** One variant, ready to send: arrivals choose their lane by `variantIndex`. */
export interface Lane {
  readonly transport: Transport;
  readonly tactic: Tactic;
  readonly request: (arrival: Arrival) => Request;
  readonly judge: (exchange: Exchange) => Outcome;
  readonly price: Price | null;
  readonly safety: Safety;
}

export interface RunOptions {
  readonly clock: Clock;
  readonly source: Source;
  readonly lanes: readonly Lane[];
  readonly sink: JournalSink;
  /** Of the whole run; each lane has caps of its own, its own count in flight, and its own outcomes that end the run. */
  readonly safety: Safety;
  /**
   * By phase: a send later than this after its due time is skipped and counted, because a catch-up burst would be a
   * false 429. Infinity for a closed model: its next request waits for nothing but an answer, so none can bunch up.
   */
  readonly lateToleranceMs: (phaseIndex: number) => number;
  readonly onDone: (reason: StopReason) => void;
}

export interface Run {
  /** Sends nothing more; what is in flight may end. */
  stop(reason: StopReason): void;
  /** Also cancels what is in flight. */
  abort(): void;
  tally(): Tally;
  spending(): Spending;
}
