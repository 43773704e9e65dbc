import type { Heals, LimitKind, Origin, OutcomeKind } from '../model/outcome.ts';
import { type Advice, advise } from './advice.ts';
import { readWith } from './classify.ts';
import { RULES } from './rules/all.ts';

/** One answer as people have it at hand: from a log, a terminal or a support ticket. */
export interface ExchangeLike {
  readonly status: number | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly baseUrl?: string | null;
  readonly model?: string;
}

export interface Explanation {
  readonly kind: OutcomeKind;
  /** Null unless `kind` is `limited`. */
  readonly limit: LimitKind | null;
  readonly origin: Origin;
  readonly originName: string | null;
  readonly rewrittenBy: string | null;
  readonly heals: Heals | null;
  readonly retryAfterMs: number | null;
  readonly ruleId: string | null;
  readonly advice: Advice;
  /** Page behind the rule; null when no rule matched. */
  readonly source: string | null;
  readonly evidence: {
    readonly reason: string | null;
    readonly statuses: readonly number[];
    readonly codes: readonly string[];
    readonly types: readonly string[];
    readonly messages: readonly string[];
    readonly candidates: readonly LimitKind[];
    readonly hops: number | null;
  };
}

/** Explains one pasted answer. A bare body without a status is read as a refusal with an unknown status. */
export function explain(exchange: ExchangeLike, nowWallMs?: number): Explanation {
  const { status, headers, body } = exchange;
  const answer = {
    status,
    headers,
    body: { head: body, tail: '', bytes: body.length },
    errorFrames: [],
    finishReason: null,
    transportError: null,
  };
  const model = exchange.model ?? '';
  const baseUrl = exchange.baseUrl ?? null;
  const context = { dialect: 'openai' as const, baseUrl, model, ...(nowWallMs === undefined ? {} : { nowWallMs }) };
  const { outcome, evidence, speaker, rule } = readWith(RULES, answer, context);
  const limited = outcome.kind === 'limited' ? outcome : null;
  return {
    kind: outcome.kind,
    limit: limited?.limit ?? null,
    origin: limited?.origin ?? speaker.origin,
    originName: limited === null ? speaker.originName : limited.originName,
    rewrittenBy: limited === null ? speaker.rewrittenBy : limited.rewrittenBy,
    heals: limited?.heals ?? null,
    retryAfterMs: limited?.retryAfterMs ?? null,
    ruleId: rule?.id ?? null,
    advice: advise(outcome, { model, baseUrl }),
    source: rule?.source ?? null,
    evidence: {
      reason: rule?.reason ?? null,
      statuses: [...new Set([...(status === null ? [] : [status]), ...evidence.stated])],
      codes: evidence.codes,
      types: evidence.types,
      messages: evidence.messages.slice(0, 6).map((message) => message.slice(0, 500)),
      candidates: limited?.candidates ?? [],
      hops: limited?.hops ?? speaker.hops,
    },
  };
}
