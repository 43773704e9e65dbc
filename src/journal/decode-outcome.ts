import type { TimeoutPhase, TransportError, TransportErrorPhase } from '../model/exchange.ts';
import type { StopReason } from '../model/journal.ts';
import {
  type Heals,
  LIMIT_KINDS,
  type Limited,
  type NotSentReason,
  type Origin,
  type Outcome,
} from '../model/outcome.ts';
import { listOf, nullOr, numberOf, oneOf, textOf } from './fields.ts';
import { toMs } from './numbers.ts';

// biome-ignore lint/suspicious/noExplicitAny: every field is checked where it is used
type Line = Record<string, any>;

export const NOT_SENT: readonly NotSentReason[] = ['late', 'in_flight_cap', 'budget', 'safety_stop', 'tactic'];
const TIMEOUT_PHASES: readonly TimeoutPhase[] = ['connect', 'first_byte', 'idle', 'total'];
const ERROR_PHASES: readonly TransportErrorPhase[] = [
  'dns',
  'connect',
  'tls',
  'stale_reuse',
  'request',
  'headers',
  'body',
];
const ORIGINS: readonly Origin[] = ['provider', 'relay', 'edge', 'unknown'];
const HEALS: readonly Heals[] = ['seconds', 'window', 'never', 'unknown'];

/** Absent = ok. */
export function outcome(value: Line | undefined): Outcome {
  if (value === undefined) return { kind: 'ok' };
  switch (value.kind) {
    case 'ok':
    case 'truncated':
    case 'cancelled':
    case 'lost':
      return { kind: value.kind };
    case 'limited':
      return limited(value);
    case 'server_error':
    case 'client_error':
    case 'auth':
      return { kind: value.kind, status: nullOr(numberOf, value.status), ruleId: nullOr(textOf, value.ruleId) };
    case 'timeout':
      return { kind: 'timeout', phase: oneOf(TIMEOUT_PHASES, value.phase) };
    case 'connection':
      return { kind: 'connection', phase: oneOf(ERROR_PHASES, value.phase), code: textOf(value.code) };
    case 'not_sent':
      return { kind: 'not_sent', reason: oneOf(NOT_SENT, value.reason) };
    default:
      throw new TypeError('no outcome');
  }
}

function limited(value: Line): Limited {
  return {
    kind: 'limited',
    limit: oneOf(LIMIT_KINDS, value.limit),
    origin: oneOf(ORIGINS, value.origin),
    originName: nullOr(textOf, value.originName ?? null),
    rewrittenBy: nullOr(textOf, value.rewrittenBy ?? null),
    hops: nullOr(numberOf, value.hops ?? null),
    ruleId: nullOr(textOf, value.ruleId ?? null),
    candidates: listOf(value.candidates ?? []).map((each) => oneOf(LIMIT_KINDS, each)),
    retryAfterMs: nullOr(numberOf, value.retryAfterMs ?? null),
    heals: oneOf(HEALS, value.heals),
  };
}

export function stopReason(value: Line | undefined): StopReason {
  switch (value?.kind) {
    case 'completed':
    case 'interrupted':
      return { kind: value.kind };
    case 'safety':
      return { kind: 'safety', rule: textOf(value.rule), detail: textOf(value.detail) };
    default:
      throw new TypeError('no reason');
  }
}

export function transportError(value: Line | undefined): TransportError | null {
  if (value === undefined) return null;
  switch (value.kind) {
    case 'timeout':
      return { kind: 'timeout', phase: oneOf(TIMEOUT_PHASES, value.phase), afterMs: toMs(numberOf(value.afterMs)) };
    case 'connection':
      return {
        kind: 'connection',
        phase: oneOf(ERROR_PHASES, value.phase),
        code: textOf(value.code),
        message: textOf(value.message),
      };
    case 'cancelled':
      return { kind: 'cancelled' };
    default:
      throw new TypeError('no transport error');
  }
}
