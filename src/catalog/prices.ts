import type { Price } from '../model/quota.ts';
import { presetFor } from './targets.ts';

interface ListPrice extends Price {
  /** Presets that charge it. */
  readonly targets: readonly string[];
  readonly model: string;
}

/**
 * The page's lowest tier: short inputs, answers without thinking. Its newest stored state is older than what it describes,
 * so the date stands in the source.
 */
const FLAGSHIPS = 'alibabacloud.com/help/en/model-studio/billing-for-model-studio as of 2025-04-22, lowest tier';

/**
 * US dollars only: mainland prices are published in yuan, and an exchange rate would be a guess, so they stay unknown.
 * Longer inputs cost more; the step between 32K and 128K was not seen, so longer prompts are underestimated.
 */
const PRICES: readonly ListPrice[] = [
  {
    targets: ['dashscope-intl', 'simulator'],
    model: 'qwen3-max',
    inputUsdPerMillion: 1.2,
    outputUsdPerMillion: 6,
    source: 'list price international, input up to 32K (api-evangelist qwen plans file; vercel.com/ai-gateway/models)',
    seenOn: '2026-11-21',
  },
  {
    targets: ['dashscope-intl', 'simulator'],
    model: 'qwen-plus',
    inputUsdPerMillion: 0.4,
    outputUsdPerMillion: 1.2,
    source: `list price international (${FLAGSHIPS})`,
    seenOn: '2026-11-21',
  },
  {
    targets: ['dashscope-intl', 'simulator'],
    model: 'qwen-turbo',
    inputUsdPerMillion: 0.05,
    outputUsdPerMillion: 0.2,
    source: `list price international (${FLAGSHIPS})`,
    seenOn: '2026-11-21',
  },
  {
    targets: ['apiyi'],
    model: 'qwen3-max',
    inputUsdPerMillion: 1.06,
    outputUsdPerMillion: 5.28,
    source: 'help.apiyi.com, article on "Qwen3-Max 429": factor 0.88 of the list price',
    seenOn: '2026-11-21',
  },
];

/** Longest input the list prices hold for, in tokens. */
export const PRICE_MAX_INPUT_TOKENS = 32_768;

/** List price of a model at a preset (by preset name), or null: unknown is not zero. */
export function priceFor(target: string, model: string): Price | null {
  const found = PRICES.find((price) => price.model === model && price.targets.includes(target));
  if (found === undefined) return null;
  const simulated = presetFor(target)?.isSimulator === true;
  return {
    inputUsdPerMillion: found.inputUsdPerMillion,
    outputUsdPerMillion: found.outputUsdPerMillion,
    source: simulated ? `simulated, nothing is charged; as if at ${found.source}` : found.source,
    seenOn: found.seenOn,
  };
}

/** What a relay charges, as a share of the direct list price. */
export interface PriceFactor {
  readonly relay: string;
  readonly factor: number;
  readonly source: string;
  readonly seenOn: string;
}

/** 36.00 $ of direct calls for 31.68 $; the relay's own table rounds to 1.06 and 5.28 $ per million. */
export const PRICE_FACTORS: readonly PriceFactor[] = [
  { relay: 'apiyi', factor: 0.88, source: 'help.apiyi.com, article on "Qwen3-Max 429"', seenOn: '2026-11-21' },
];
