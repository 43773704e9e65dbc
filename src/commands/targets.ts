import { priceFor } from '../catalog/prices.ts';
import { PUBLISHED_QUOTAS, type PublishedQuota } from '../catalog/quotas.ts';
import { TARGET_PRESETS, type TargetPreset } from '../catalog/targets.ts';
import type { Price } from '../model/quota.ts';

export interface TargetsListing {
  readonly targets: readonly TargetPreset[];
  readonly quotas: readonly PublishedQuota[];
  readonly prices: readonly { readonly target: string; readonly model: string; readonly price: Price }[];
}

/** Presets, published quotas and known prices, each with its source and the date it was read. */
export function listTargets(options: { readonly model: string | null }): TargetsListing {
  const quotas = PUBLISHED_QUOTAS.filter((row) => options.model === null || row.model === options.model);
  const models = [...new Set(quotas.map((row) => row.model))];
  const prices = TARGET_PRESETS.flatMap(({ name }) =>
    models.flatMap((model) => {
      const price = priceFor(name, model);
      return price === null ? [] : [{ target: name, model, price }];
    }),
  );
  return { targets: TARGET_PRESETS, quotas, prices };
}
