import type { CostSummary } from '../model/analysis.ts';
import type { ManifestVariant } from '../model/manifest.ts';
import type { Price } from '../model/quota.ts';
import type { Judged } from './judged.ts';

/** Thirty days: what a monthly budget is written in. */
const MONTH_MS = 30 * 24 * 3_600_000;

/** An amount used within `durationMs`, if it went on like this for thirty days; null for a run without length. */
export function perMonth(amount: number, durationMs: number): number | null {
  return durationMs <= 0 ? null : (amount / durationMs) * MONTH_MS;
}

export interface CostFold {
  add(attempt: Judged): void;
  finish(run: { readonly durationMs: number; readonly answered: number }): CostSummary;
}

export function priceOf(price: Price, tokens: { readonly prompt: number; readonly completion: number }): number {
  return (tokens.prompt * price.inputUsdPerMillion + tokens.completion * price.outputUsdPerMillion) / 1e6;
}

/**
 * What was used, at the dated price of the manifest. A refusal that reports no usage is taken as free; whatever may have
 * been worked on is counted: by its usage, else by estimate.
 */
export function cost(variant: ManifestVariant): CostFold {
  let promptTokens = 0;
  let completionTokens = 0;
  let cachedTokens: number | null = null;
  let estimatedAttempts = 0;
  let otherModel = false;
  const totalUsd = () =>
    variant.price === null || otherModel
      ? null
      : priceOf(variant.price, { prompt: promptTokens, completion: completionTokens });
  return {
    add(attempt) {
      if (!isBilled(attempt)) return;
      promptTokens += attempt.promptTokens;
      completionTokens += attempt.completionTokens;
      const usage = attempt.exchange === null ? null : attempt.exchange.usage;
      if (usage === null) estimatedAttempts += 1;
      else if (usage.cachedTokens !== null) cachedTokens = (cachedTokens ?? 0) + usage.cachedTokens;
      // The manifest prices one model; a fallback model costs something else.
      if (attempt.sent.model !== variant.model) otherModel = true;
    },
    finish({ durationMs, answered }) {
      const total = totalUsd();
      return {
        variant: variant.name,
        promptTokens,
        completionTokens,
        cachedTokens,
        estimatedAttempts,
        totalUsd: total,
        perThousandAnswersUsd: total === null || answered === 0 ? null : (total / answered) * 1000,
        perMonthUsd: total === null ? null : perMonth(total, durationMs),
        priceSource: variant.price?.source ?? null,
        priceSeenOn: variant.price?.seenOn ?? null,
      };
    },
  };
}

/** Worked on, or perhaps worked on. Refusals, bad requests and calls that never got through are not. */
export function isBilled({ outcome, exchange, left }: Judged): boolean {
  if (exchange !== null && exchange.usage !== null) return true;
  if (!left) return false;
  switch (outcome.kind) {
    case 'ok':
    case 'truncated':
    case 'cancelled':
    case 'lost':
      return true;
    case 'timeout':
      return outcome.phase !== 'connect';
    case 'connection':
      return outcome.phase === 'headers' || outcome.phase === 'body';
    default:
      return false;
  }
}
