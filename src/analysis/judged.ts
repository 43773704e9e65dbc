import type { Exchange } from '../model/exchange.ts';
import type { EndRecord, SentRecord } from '../model/journal.ts';
import { type Outcome, outcomeLabel } from '../model/outcome.ts';

/** Which latency histograms an attempt belongs to; `none` for attempts whose end nobody saw. */
export type LatencyGroup = 'admitted' | 'refused' | 'failed' | 'none';

/** A sent attempt with its end, ready to be folded. Attempts arrive at every fold in the order they were sent. */
export interface Judged {
  readonly sent: SentRecord;
  /** Null for `lost`. */
  readonly exchange: Exchange | null;
  readonly outcome: Outcome;
  readonly label: string;
  readonly group: LatencyGroup;
  readonly variant: number;
  readonly phase: number;
  readonly sentMs: number;
  /** Null for `lost`. */
  readonly finishedMs: number | null;
  readonly stalled: boolean;
  readonly final: boolean;
  /** The bytes reached the socket: only then can the endpoint have counted it. */
  readonly left: boolean;
  /** The endpoint accepted it, whatever became of the answer. */
  readonly admitted: boolean;
  /** As reported, else the estimate. */
  readonly promptTokens: number;
  readonly completionTokens: number;
  /** In send order, but earlier ones were released before it (a straggler): kept out of order-dependent figures. */
  readonly straggler: boolean;
}

export interface JudgeOptions {
  readonly sent: SentRecord;
  readonly end: EndRecord | null;
  readonly outcome: Outcome;
  readonly stalled: boolean;
  readonly straggler: boolean;
}

export function judged({ sent, end, outcome, stalled, straggler }: JudgeOptions): Judged {
  const exchange = end === null ? null : end.exchange;
  const usage = exchange === null ? null : exchange.usage;
  const admitted = isAdmitted(outcome, exchange);
  return {
    sent,
    exchange,
    outcome,
    label: labelOf(outcome),
    group: latencyGroup(outcome),
    variant: sent.arrival.variantIndex,
    phase: sent.arrival.phaseIndex,
    sentMs: sent.sentMs,
    finishedMs: exchange === null ? null : exchange.finishedMs,
    stalled,
    final: end === null || end.final,
    left: exchange === null || exchange.sentMs !== null,
    admitted,
    promptTokens: usage === null ? sent.promptTokens : usage.promptTokens,
    completionTokens:
      usage === null ? (admitted && exchange !== null ? streamedChunks(exchange) : 0) : usage.completionTokens,
    straggler,
  };
}

const LIMIT_LABELS = new Map<string, string>();

/** `outcomeLabel` without building the same string a million times. */
function labelOf(outcome: Outcome): string {
  if (outcome.kind === 'ok') return 'ok';
  if (outcome.kind !== 'limited') return outcomeLabel(outcome);
  const known = LIMIT_LABELS.get(outcome.limit);
  if (known !== undefined) return known;
  const label = outcomeLabel(outcome);
  LIMIT_LABELS.set(outcome.limit, label);
  return label;
}

function latencyGroup(outcome: Outcome): LatencyGroup {
  switch (outcome.kind) {
    case 'ok':
      return 'admitted';
    case 'limited':
      return 'refused';
    case 'cancelled':
    case 'lost':
    case 'not_sent':
      return 'none';
    default:
      return 'failed';
  }
}

/** A refusal can hide inside HTTP 200, and an accepted call can end in a cut stream or in a timeout. */
function isAdmitted(outcome: Outcome, exchange: Exchange | null): boolean {
  if (outcome.kind === 'ok' || outcome.kind === 'truncated') return true;
  if (outcome.kind !== 'timeout' && outcome.kind !== 'connection' && outcome.kind !== 'cancelled') return false;
  return exchange !== null && exchange.status !== null && exchange.status >= 200 && exchange.status < 300;
}

/** A stream without usage still shows how much came: at least one token per chunk. */
function streamedChunks(exchange: Exchange): number {
  if (exchange.firstTokenMs === null) return 0;
  return exchange.gaps === null ? 1 : exchange.gaps.count + 1;
}

/**
 * A connection used again as the server closed it for idleness: a client that watched it better would have been answered.
 * It says nothing about the endpoint, so it is in no share of errors and of answers; the generator's health counts it.
 */
export function isOwnFailure(outcome: Outcome): boolean {
  return outcome.kind === 'connection' && outcome.phase === 'stale_reuse';
}

/** What went wrong at the other side, other than a limit: a cut stream is an error to whoever reads it. */
export function isError(outcome: Outcome): boolean {
  switch (outcome.kind) {
    case 'truncated':
    case 'server_error':
    case 'client_error':
    case 'auth':
    case 'timeout':
      return true;
    case 'connection':
      return !isOwnFailure(outcome);
    default:
      return false;
  }
}
