import { QUOTA_MODELS, quotaFor } from '../catalog/quotas.ts';
import type { QuotaSet } from '../model/quota.ts';
import type { Safety } from '../model/safety.ts';
import type { TacticSpec, Variant } from '../model/scenario.ts';
import { buildSimulator } from './build-simulator.ts';
import { buildTactics } from './build-tactics.ts';
import { buildTarget } from './build-target.ts';
import { type Context, toProblem } from './context.ts';
import { isMap, overlay } from './overlay.ts';
import { quotaGroupsOf } from './quota-groups.ts';
import { type QuotaInput, type SafetyInput, type ScenarioInput, scenarioSchema, type VariantInput } from './schema.ts';
import { nearest } from './spelling.ts';
import type { Path } from './yaml-source.ts';

/** A variant with what the rest of the reading needs to know about it. */
export interface BuiltVariant {
  readonly variant: Variant;
  readonly region: string;
  /** The numbers come from the dated preset, not from the file. */
  readonly quotaIsPublished: boolean;
  /** Where in the file this variant stands; empty for the only one of a plain scenario. */
  readonly path: Path;
}

export type PartialInput = Partial<ScenarioInput>;

const NO_REGION = 'unknown';

/** One per entry of `variants`, or the one called `default`. Never empty. */
export function buildVariants(
  context: Context,
  input: PartialInput,
  data: Readonly<Record<string, unknown>>,
): readonly [BuiltVariant, ...BuiltVariant[]] {
  const named = Object.entries(input.variants ?? {});
  const raw = isMap(data.variants) ? data.variants : {};
  const built = named.map(([name, variant]) =>
    buildVariant(context, { name, input, variant, raw: raw[name], data, path: ['variants', name] }),
  );
  const [first, ...rest] = inQuotaGroups(built, (name) => input.variants?.[name]?.quotaGroup ?? null);
  if (first !== undefined) return [first, ...rest];
  const only = buildVariant(context, { name: 'default', input, variant: {}, raw: {}, data, path: [] });
  return [inQuotaGroups([only], () => null)[0] ?? only];
}

function inQuotaGroups(
  built: readonly BuiltVariant[],
  stated: (name: string) => string | null,
): readonly BuiltVariant[] {
  const groups = quotaGroupsOf(
    built.map(({ variant: { name, target, model }, region }) => ({
      name,
      target,
      model,
      region,
      stated: stated(name),
    })),
  );
  return built.map((each, index) => ({
    ...each,
    variant: { ...each.variant, quotaGroup: groups[index] ?? each.variant.quotaGroup },
  }));
}

interface VariantRequest {
  readonly name: string;
  readonly input: PartialInput;
  readonly variant: VariantInput;
  readonly raw: unknown;
  readonly data: Readonly<Record<string, unknown>>;
  readonly path: Path;
}

function buildVariant(context: Context, request: VariantRequest): BuiltVariant {
  const { name, input, variant, path } = request;
  /** Where a key of this variant stands: its own, or the scenario's. */
  const placeOf = (key: keyof VariantInput): Path => (variant[key] === undefined ? [key] : [...path, key]);
  const model = variant.model ?? input.model ?? '';
  const tactics = buildTactics(context, variant.tactic ?? input.tactic, placeOf('tactic'));
  const { target, region: targetRegion } = buildTarget(context, {
    input: variant.target ?? input.target ?? 'simulator',
    path: placeOf('target'),
    model,
    keys: variant.keys ?? keysOf(tactics),
    headers: variant.headers ?? {},
    headersPath: [...path, 'headers'],
    price: variant.price,
  });
  const own = variant.target !== undefined && !target.isSimulator ? targetRegion : null;
  const region = own ?? input.account?.region ?? targetRegion ?? NO_REGION;
  const sections = mergedSections(request);
  const published = quotaFor(model, region);
  const quotaIsPublished = sections.quota === undefined && published !== null;
  const settings = {
    input: sections.simulator,
    path: placeOf('simulator'),
    faultsPath: [...(variant.simulator?.faults === undefined ? [] : path), 'simulator', 'faults'],
    model,
    region,
    seed: input.seed ?? 1,
  };
  const isRead = model !== '' && !context.failed.has('model') && !context.failed.has('variants');
  if (target.isSimulator && published === null && sections.simulator?.preset === undefined && isRead) {
    warnUnknownModel(context, { model, region, at: placeOf('model') });
  }
  return {
    variant: {
      name,
      quotaGroup: name,
      target,
      model,
      driver: variant.driver ?? input.driver ?? 'undici',
      sdkRetries: variant.sdkRetries ?? input.sdkRetries ?? 0,
      tactics,
      quota: sections.quota !== undefined ? statedQuota(sections.quota) : (published ?? NO_QUOTA),
      safety: buildSafety(sections.safety),
      simulator: buildSimulator(context, settings),
    },
    region,
    quotaIsPublished,
    path,
  };
}

/** Sections a variant changes key by key, read again after the change. */
function mergedSections(request: VariantRequest): Pick<VariantInput, 'quota' | 'safety' | 'simulator'> {
  const { input, variant, raw, data } = request;
  const over = isMap(raw) ? raw : {};
  const merged = <K extends 'quota' | 'safety' | 'simulator'>(key: K): VariantInput[K] => {
    if (variant[key] === undefined) return input[key] as VariantInput[K];
    const result = scenarioSchema.shape[key].safeParse(overlay(data[key], over[key]));
    return (result.success ? result.data : variant[key]) as VariantInput[K];
  };
  return { quota: merged('quota'), safety: merged('safety'), simulator: merged('simulator') };
}

function keysOf(tactics: readonly TacticSpec[]): readonly string[] | null {
  const keys = tactics.find((tactic) => tactic.kind === 'keys');
  return keys === undefined ? null : keys.envs;
}

function warnUnknownModel(
  context: Context,
  options: { readonly model: string; readonly region: string; readonly at: Path },
): void {
  const near = nearest(options.model, QUOTA_MODELS);
  const message = `no limits are published for "${options.model}" in ${options.region}: the simulator has none`;
  const hint = near === null ? 'set simulator.preset or simulator.limits' : `did you mean "${near}"?`;
  context.problems.push(toProblem(context, { code: 'unknown-model', at: options.at, message, hint }, 'warning'));
}

const NO_QUOTA: QuotaSet = {
  rps: null,
  rpm: null,
  tps: null,
  tpm: null,
  concurrency: null,
  freeTokens: null,
  source: 'nothing published',
  seenOn: null,
};

const statedQuota = (quota: QuotaInput): QuotaSet => ({
  rps: quota.rps ?? null,
  rpm: quota.rpm ?? null,
  tps: quota.tps ?? null,
  tpm: quota.tpm ?? null,
  concurrency: quota.concurrency ?? null,
  freeTokens: quota.freeTokens ?? null,
  source: 'scenario',
  seenOn: null,
});

export function buildSafety(input: SafetyInput | undefined): Safety {
  return {
    maxRequests: input?.maxRequests ?? null,
    maxTokens: input?.maxTokens ?? null,
    maxCostUsd: input?.maxCost ?? null,
    maxDurationMs: input?.maxDuration ?? null,
    maxJournalBytes: input?.maxJournalBytes ?? null,
    maxInFlight: input?.maxInFlight ?? 200,
    stopOn: input?.stopOn ?? ['auth', 'billing', 'free_quota'],
  };
}
