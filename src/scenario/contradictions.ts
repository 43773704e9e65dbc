import type { Scenario } from '../model/scenario.ts';
import { checkAutocannon } from './autocannon.ts';
import type { BuiltVariant } from './build-variants.ts';
import { type Context, complain } from './context.ts';
import type { SectionName } from './schema.ts';
import type { Path } from './yaml-source.ts';

/** What the checks look at: a scenario that may still have holes, and where its variants stand. */
export interface Draft {
  readonly scenario: Pick<
    Scenario,
    'traffic' | 'workload' | 'pairing' | 'safety' | 'record' | 'timeouts' | 'thresholds'
  >;
  readonly variants: readonly BuiltVariant[];
  /** The file says `pairing:` itself. */
  readonly pairingIsStated: boolean;
  /** Keys of `timeouts` that the file states. */
  readonly timeoutKeys: readonly string[];
  /** Keys each variant states itself. */
  readonly stated: (variant: BuiltVariant, key: string) => Path;
}

/** Parts that are right by themselves and wrong together. A part that could not be read is not judged. */
export function checkContradictions(context: Context, draft: Draft): void {
  const readable = (...sections: readonly SectionName[]) =>
    !context.failed.has('variants') && sections.every((section) => !context.failed.has(section));
  for (const built of draft.variants) {
    if (built.variant.driver === 'autocannon' && readable('driver', 'traffic', 'target')) {
      const { scenario, timeoutKeys } = draft;
      const stated = (key: string) => draft.stated(built, key);
      checkAutocannon(context, { scenario, built, variants: draft.variants.length, timeoutKeys, stated });
    }
    if (readable('driver', 'sdkRetries')) checkSdkRetries(context, draft, built);
    if (readable('driver', 'target')) checkDialect(context, draft, built);
    if (readable('safety', 'workload', 'traffic')) checkCaps(context, draft, built);
    if (readable('target', 'tactic')) checkKeys(context, draft, built);
    if (readable('safety')) checkCapOfRun(context, draft, built);
  }
  if (readable('pairing', 'target')) checkPairing(context, draft);
  if (readable('simulator', 'target')) checkSharedSimulators(context, draft);
}

function checkDialect(context: Context, draft: Draft, built: BuiltVariant): void {
  const { variant } = built;
  if (variant.driver !== 'openai' || variant.target.dialect !== 'dashscope-native') return;
  const message = 'the OpenAI SDK does not speak the native DashScope dialect';
  const hint = 'use dialect: dashscope (compatible mode), or driver: undici';
  complain(context, { code: 'driver-dialect', at: draft.stated(built, 'driver'), message, hint });
}

function checkSdkRetries(context: Context, draft: Draft, built: BuiltVariant): void {
  const { driver, sdkRetries, name } = built.variant;
  if (sdkRetries === 0 || driver === 'openai') return;
  const who = draft.variants.length > 1 ? `${name} does not` : 'this run does not';
  const message = `sdkRetries are retries of the OpenAI SDK, and ${who} send through it`;
  const hint = 'use driver: openai, or tactic: { backoff: { attempts: … } } for retries of our own';
  complain(context, { code: 'driver-sdk-retries', at: draft.stated(built, 'sdkRetries'), message, hint });
}

function checkCaps(context: Context, draft: Draft, built: BuiltVariant): void {
  const { safety, target, model } = built.variant;
  const at = (key: string): Path => [...draft.stated(built, 'safety'), key];
  const capped = [
    ...(safety.maxTokens === null ? [] : ['maxTokens']),
    ...(safety.maxCostUsd === null ? [] : ['maxCost']),
  ];
  for (const key of hasUnboundedAnswers(draft.scenario) ? capped : []) {
    const message = `${key} cannot be kept: without workload.maxTokens an answer has no upper bound`;
    complain(context, { code: 'cap-without-max-tokens', at: at(key), message, hint: 'set workload.maxTokens' });
  }
  const isKnown = target.isSimulator || target.baseUrl !== null;
  if (safety.maxCostUsd !== null && target.price === null && isKnown) {
    const variable = context.fromEnvironment.get(draft.stated(built, 'target').join('.'));
    const message = `maxCost cannot be kept: no price of ${model} is known for ${variable === undefined ? 'this target' : `the target in ${variable}`}`;
    const hint =
      variable === undefined
        ? 'state price: { input: $…, output: $… } of the target, or use maxTokens'
        : `state it: ${variable}='{ baseUrl: ${target.baseUrl}, price: { input: $1.20, output: $6 } }' with the real prices`;
    complain(context, { code: 'cap-without-price', at: at('maxCost'), message, hint });
  }
}

/** The journal and the clock are everybody's: a variant cannot cap them for itself. */
function checkCapOfRun(context: Context, { scenario }: Draft, { variant, path }: BuiltVariant): void {
  const refuse = (key: string, message: string) => {
    const hint = `write safety.${key} outside of variants`;
    complain(context, { code: 'cap-of-run', key: [...path, 'safety', key], message, hint });
  };
  if (variant.safety.maxJournalBytes !== scenario.safety.maxJournalBytes) {
    refuse('maxJournalBytes', 'the journal holds all variants: one of them cannot cap it');
  }
  if (variant.safety.maxDurationMs !== scenario.safety.maxDurationMs) {
    refuse('maxDuration', 'all variants run through the same traffic: one of them cannot end it');
  }
}

function hasUnboundedAnswers({ workload, traffic }: Draft['scenario']): boolean {
  if (workload.maxTokens !== null) return false;
  return traffic.some((phase) => {
    if (phase.kind === 'pause' || phase.limitTo.maxTokens !== null) return false;
    return phase.kind !== 'replay' || phase.rows.some((row) => row.maxTokens === null);
  });
}

function checkKeys(context: Context, draft: Draft, built: BuiltVariant): void {
  const { target } = built.variant;
  if (target.isSimulator || context.env === null) return;
  for (const name of target.keyEnvs) {
    if (context.env[name]) continue;
    const message = `the environment variable ${name} is not set`;
    const hint = `set it to the key, for example: export ${name}=…, or try --target simulator`;
    complain(context, { code: 'missing-key', at: draft.stated(built, 'target'), message, hint });
  }
}

/** One quota group is one account, so it is one simulator, and it can be set in one way only. */
function checkSharedSimulators(context: Context, draft: Draft): void {
  const simulated = draft.variants.filter(({ variant }) => variant.target.isSimulator);
  for (const built of simulated) {
    const { quotaGroup, simulator, name } = built.variant;
    const first = simulated.find(({ variant }) => variant.quotaGroup === quotaGroup)?.variant;
    if (first === undefined || JSON.stringify(first.simulator) === JSON.stringify(simulator)) continue;
    const message = `${first.name} and ${name} share the simulated account "${quotaGroup}" and set it differently`;
    const hint = 'give them a quotaGroup each, or the same simulator settings';
    complain(context, { code: 'shared-simulator', at: draft.stated(built, 'quotaGroup'), message, hint });
  }
}

function checkPairing(context: Context, draft: Draft): void {
  if (draft.variants.length < 2 || draft.scenario.pairing !== 'paired' || !draft.pairingIsStated) return;
  const groups = draft.variants.map(({ variant }) => variant.quotaGroup);
  const shared = groups.find((group, index) => groups.indexOf(group) !== index);
  if (shared === undefined) return;
  const names = draft.variants
    .filter(({ variant }) => variant.quotaGroup === shared)
    .map(({ variant }) => variant.name);
  const message = `${names.join(' and ')} share one quota: sent at the same time they would take it from each other`;
  const hint = 'use pairing: switchback, or a quotaGroup each if the accounts differ';
  complain(context, { code: 'paired-in-one-group', at: ['pairing'], message, hint });
}
