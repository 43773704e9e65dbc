import type { TimeoutPhase, TransportErrorPhase } from './exchange.ts';

export const LIMIT_KINDS = [
  'requests',
  'tokens',
  'burst',
  'concurrency',
  'free_quota',
  'billing',
  'overload',
  'unknown',
] as const;
/** What ran out. */
export type LimitKind = (typeof LIMIT_KINDS)[number];

/** Who refused: the model provider, the relay itself, a proxy in front of either, or we cannot tell. */
export type Origin = 'provider' | 'relay' | 'edge' | 'unknown';

/** Whether waiting helps. `seconds`: within a minute or so; `window`: at a stated later time; `never`: pay or change something. */
export type Heals = 'seconds' | 'window' | 'never' | 'unknown';

export interface Limited {
  readonly kind: 'limited';
  readonly limit: LimitKind;
  readonly origin: Origin;
  /** `dashscope`, `openai`, `new-api`, `nginx` ...; null when nothing tells. */
  readonly originName: string | null;
  /** A relay that replaced the upstream's words: `one-api`, `new-api` ... */
  readonly rewrittenBy: string | null;
  /** Relays passed on the way, where the answer shows them; null when it does not. */
  readonly hops: number | null;
  /** The rule that decided; null when none matched. */
  readonly ruleId: string | null;
  /** For `unknown`: the kinds it may be. */
  readonly candidates: readonly LimitKind[];
  readonly retryAfterMs: number | null;
  readonly heals: Heals;
}

export type NotSentReason = 'late' | 'in_flight_cap' | 'budget' | 'safety_stop' | 'tactic';

/** The classified meaning of one attempt. Exactly one per attempt. */
export type Outcome =
  | { readonly kind: 'ok' }
  | Limited
  /** A stream that ended without a finish_reason, however cleanly. */
  | { readonly kind: 'truncated' }
  | { readonly kind: 'server_error'; readonly status: number | null; readonly ruleId: string | null }
  | { readonly kind: 'client_error'; readonly status: number | null; readonly ruleId: string | null }
  | { readonly kind: 'auth'; readonly status: number | null; readonly ruleId: string | null }
  | { readonly kind: 'timeout'; readonly phase: TimeoutPhase }
  | { readonly kind: 'connection'; readonly phase: TransportErrorPhase; readonly code: string }
  | { readonly kind: 'not_sent'; readonly reason: NotSentReason }
  | { readonly kind: 'cancelled' }
  /** The process died while it was in flight. */
  | { readonly kind: 'lost' };

export type OutcomeKind = Outcome['kind'];

/** Short label for grouping and for people: `limited.requests`, `timeout.idle`, `ok`. */
export function outcomeLabel(outcome: Outcome): string {
  switch (outcome.kind) {
    case 'limited':
      return `limited.${outcome.limit}`;
    case 'timeout':
    case 'connection':
      return `${outcome.kind}.${outcome.phase}`;
    case 'not_sent':
      return `not_sent.${outcome.reason}`;
    default:
      return outcome.kind;
  }
}
