import { PRICE_FACTORS } from '../catalog/prices.ts';
import type { Price } from '../model/quota.ts';
import type { MonthlyCost } from '../model/size.ts';
import { perMonth, priceOf } from './cost.ts';

/** A way to buy the same model. Price null = unknown. */
export interface PriceChannel {
  readonly name: string;
  readonly price: Price | null;
  /** Share of `price` that is charged. */
  readonly factor: number;
  readonly basis: string;
}

/** What a stretch of traffic took. Billed tokens of every attempt, retries included; prompts of refused ones apart. */
export interface UsedTokens {
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly refusedPromptTokens: number;
  readonly answered: number;
  readonly durationMs: number;
  /** Another model answered some of it: its price is another one. */
  readonly otherModel: boolean;
}

const dated = ({ source, seenOn }: Pick<Price, 'source' | 'seenOn'>) =>
  seenOn === null ? source : `${source}, seen ${seenOn}`;

/**
 * The target's own price, every known relay's share of the direct list price, and prices that other variants state.
 * `list` is the direct list price of the model, where one is known.
 */
export function priceChannels(options: {
  readonly own: { readonly name: string; readonly price: Price | null };
  readonly list: Price | null;
  readonly others: readonly { readonly name: string; readonly price: Price | null }[];
}): readonly PriceChannel[] {
  const { own, list, others } = options;
  const basisOf = (price: Price | null) => (price === null ? 'no price is known' : dated(price));
  const same = (price: Price | null) =>
    price?.inputUsdPerMillion === own.price?.inputUsdPerMillion &&
    price?.outputUsdPerMillion === own.price?.outputUsdPerMillion;
  const direct: PriceChannel = { name: own.name, price: own.price, factor: 1, basis: basisOf(own.price) };
  const stated = others
    .filter(({ price }) => !same(price))
    .map(({ name, price }): PriceChannel => ({ name, price, factor: 1, basis: basisOf(price) }));
  const relays = PRICE_FACTORS.map(({ relay, factor, source, seenOn }): PriceChannel => {
    const basis = `${factor} of the direct list price (${dated({ source, seenOn })})`;
    return { name: `${relay} (relay)`, price: list, factor, basis: list === null ? basisOf(null) : basis };
  });
  return [direct, ...stated, ...relays];
}

/** Dollars for so many tokens at a channel; null when its price is not known. */
export function channelUsd(
  { price, factor }: Pick<PriceChannel, 'price' | 'factor'>,
  tokens: { readonly prompt: number; readonly completion: number },
): number | null {
  return price === null ? null : priceOf(price, tokens) * factor;
}

/** A month of the same traffic, around the clock. */
export function monthlyCost(channel: PriceChannel, used: UsedTokens): MonthlyCost {
  const { durationMs, answered } = used;
  const month = (tokens: number) => perMonth(tokens, durationMs) ?? 0;
  const prompt = month(used.promptTokens);
  const completion = month(used.completionTokens);
  const known = used.otherModel ? { ...channel, price: null } : channel;
  const total = channelUsd(known, { prompt: used.promptTokens, completion: used.completionTokens });
  return {
    channel: channel.name,
    promptTokens: prompt,
    completionTokens: completion,
    usd: channelUsd(known, { prompt, completion }),
    usdIfRefusedBilled: channelUsd(known, { prompt: prompt + month(used.refusedPromptTokens), completion }),
    perThousandAnswersUsd: total === null || answered === 0 ? null : (total / answered) * 1000,
    basis: used.otherModel ? 'a fallback model answered a part, and its price is not known' : channel.basis,
  };
}
