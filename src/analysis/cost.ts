import { priceFor } from '../catalog/prices.ts';
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

/** Price of a model at a variant's endpoint; null = unknown. */
export type ModelPrices = (model: string) => Price | null;

/**
 * The manifest prices the variant's own model; what a tactic falls back to costs the list price of the same target, where
 * one is known, and never the price of the model it stands in for.
 */
export function modelPrices(variant: Pick<ManifestVariant, 'targetName' | 'model' | 'price'>): ModelPrices {
  const known = new Map<string, Price | null>([[variant.model, variant.price]]);
  return (model) => {
    const found = known.get(model);
    if (found !== undefined) return found;
    const listed = priceFor(variant.targetName, model);
    known.set(model, listed);
    return listed;
  };
}

/** What an attempt cost: 0 where nothing is billed, NaN where the price of its model is unknown. */
export function usdOf(attempt: Judged, prices: ModelPrices): number {
  if (!isBilled(attempt)) return 0;
  const price = prices(attempt.sent.model);
  return price === null
    ? Number.NaN
    : priceOf(price, { prompt: attempt.promptTokens, completion: attempt.completionTokens });
}

/** Why a variant's cost is not known. */
export function unpricedText({ variant, unpricedModels }: Pick<CostSummary, 'variant' | 'unpricedModels'>): string {
  return `the price of ${unpricedModels.join(' and ')} (${variant}) is not known`;
}

interface Used {
  prompt: number;
  completion: number;
}

/**
 * What was used, at the dated price of the manifest. A refusal that reports no usage is taken as free; whatever may have
 * been worked on is counted: by its usage, else by estimate.
 */
export function cost(variant: ManifestVariant): CostFold {
  const prices = modelPrices(variant);
  const used = new Map<string, Used>();
  let cachedTokens: number | null = null;
  let estimatedAttempts = 0;
  const usedBy = (model: string): Used => {
    const known = used.get(model);
    if (known !== undefined) return known;
    const none = { prompt: 0, completion: 0 };
    used.set(model, none);
    return none;
  };
  return {
    add(attempt) {
      if (!isBilled(attempt)) return;
      const tokens = usedBy(attempt.sent.model);
      tokens.prompt += attempt.promptTokens;
      tokens.completion += attempt.completionTokens;
      const usage = attempt.exchange === null ? null : attempt.exchange.usage;
      if (usage === null) estimatedAttempts += 1;
      else if (usage.cachedTokens !== null) cachedTokens = (cachedTokens ?? 0) + usage.cachedTokens;
    },
    finish({ durationMs, answered }) {
      const total = totalUsd(variant, used, prices);
      const sum = (of: keyof Used) => [...used.values()].reduce((tokens, each) => tokens + each[of], 0);
      return {
        variant: variant.name,
        promptTokens: sum('prompt'),
        completionTokens: sum('completion'),
        cachedTokens,
        estimatedAttempts,
        totalUsd: total,
        perThousandAnswersUsd: total === null || answered === 0 ? null : (total / answered) * 1000,
        perMonthUsd: total === null ? null : perMonth(total, durationMs),
        ...sourcesOf(variant, used, prices),
      };
    },
  };
}

/** Null where any model that was paid for has no known price, and for a variant of unknown price that paid for nothing. */
function totalUsd(variant: ManifestVariant, used: ReadonlyMap<string, Used>, prices: ModelPrices): number | null {
  let total = used.size === 0 && variant.price === null ? null : 0;
  for (const [model, tokens] of used) {
    const price = prices(model);
    total = total === null || price === null ? null : total + priceOf(price, tokens);
  }
  return total;
}

/** Of every model that was paid for, and of the variant's own; which model a price is of, where there are several. */
function sourcesOf(
  variant: ManifestVariant,
  used: ReadonlyMap<string, Used>,
  prices: ModelPrices,
): Pick<CostSummary, 'priceSource' | 'priceSeenOn' | 'unpricedModels'> {
  const models = [...new Set([variant.model, ...used.keys()])];
  const priced = models.flatMap((model) => {
    const price = prices(model);
    return price === null ? [] : [{ model, price }];
  });
  const sources = new Set(priced.map(({ price }) => price.source));
  const named = priced.map(({ model, price }) => `${model}: ${price.source}`);
  // Dates as they are written sort by time; the oldest is what the whole may claim.
  const seen = priced.flatMap(({ price }) => price.seenOn ?? []).sort();
  return {
    priceSource: priced.length === 0 ? null : sources.size === 1 ? ([...sources][0] ?? null) : named.join('; '),
    priceSeenOn: seen[0] ?? null,
    unpricedModels: models.filter((model) => (used.has(model) || used.size === 0) && prices(model) === null),
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
