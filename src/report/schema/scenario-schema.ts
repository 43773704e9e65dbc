import { z } from 'zod';
import { LIMIT_NAMES } from '../../model/quota.ts';
import type { Scenario, TacticSpec } from '../../model/scenario.ts';
import type { SimulatorSettings } from '../../model/simulator.ts';
import { THRESHOLD_TAGS } from '../../model/threshold.ts';

/** The scenario as it stands in a manifest. `satisfies` makes the compiler compare every field with the vocabulary. */

export const count = z.number();
export const maybe = z.number().nullable();
const text = z.string();

const numberSpec = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('fixed'), value: count }),
    z.strictObject({ kind: z.literal('lognormal'), mu: count, sigma: count, max: maybe }),
  ])
  .meta({ id: 'NumberSpec' });

const message = z.strictObject({ role: z.enum(['system', 'user', 'assistant']), content: text });

const workload = z.strictObject({
  content: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('prompt_tokens'), size: numberSpec }),
    z.strictObject({ kind: z.literal('text'), text }),
    z.strictObject({ kind: z.literal('messages'), messages: z.array(message) }),
    z.strictObject({ kind: z.literal('file'), path: text, prompts: z.array(z.array(message)) }),
  ]),
  language: z.enum(['zh', 'en', 'mixed']),
  maxTokens: numberSpec.nullable(),
  stream: z.boolean(),
  cache: z.enum(['avoid', 'allow']),
  turns: z.strictObject({ count, thinkMs: count }).nullable(),
  extraBody: z.record(text, z.unknown()),
});

const phaseBase = {
  label: text.nullable(),
  limitTo: z.strictObject({ promptTokens: maybe, maxTokens: maybe }),
};

const arrivals = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('uniform') }),
  z.strictObject({ kind: z.literal('poisson') }),
  z.strictObject({ kind: z.literal('gamma'), cv: count }),
]);

const replayRow = z.strictObject({ atMs: count, promptTokens: maybe, maxTokens: maybe });

const phase = z.discriminatedUnion('kind', [
  z.strictObject({ ...phaseBase, kind: z.literal('burst'), requests: count, overMs: count }),
  z.strictObject({ ...phaseBase, kind: z.literal('pause'), durationMs: count }),
  z.strictObject({
    ...phaseBase,
    kind: z.literal('ramp'),
    fromPerSecond: count,
    toPerSecond: count,
    durationMs: count,
  }),
  z.strictObject({
    ...phaseBase,
    kind: z.literal('steps'),
    fromPerSecond: count,
    toPerSecond: count,
    byPerSecond: count,
    eachMs: count,
    restMs: count,
  }),
  z.strictObject({ ...phaseBase, kind: z.literal('hold'), ratePerSecond: count, durationMs: count, arrivals }),
  z.strictObject({ ...phaseBase, kind: z.literal('replay'), file: text, speed: count, rows: z.array(replayRow) }),
  z.strictObject({ ...phaseBase, kind: z.literal('closed'), concurrency: count, durationMs: count }),
]);

export const tactic = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('backoff'),
    baseMs: count,
    factor: count,
    jitter: z.enum(['full', 'equal', 'plus', 'decorrelated', 'none']).meta({ id: 'Tactic' }),
    maxMs: count,
    attempts: count,
    honourRetryAfter: z.boolean(),
  }),
  z.strictObject({
    kind: z.literal('smooth'),
    perSecond: maybe,
    tokensPerSecond: maybe,
    queue: count,
    concurrency: maybe,
  }),
  z.strictObject({
    kind: z.literal('keys'),
    envs: z.array(text),
    policy: z.enum(['round_robin', 'least_limited', 'sticky']),
  }),
  z.strictObject({ kind: z.literal('fallback'), models: z.array(text), on: z.array(text) }),
  z.strictObject({
    kind: z.literal('adaptive'),
    startPerSecond: count,
    increasePerSecond: count,
    decrease: count,
  }),
]) satisfies z.ZodType<TacticSpec>;

export const quotaSet = z
  .strictObject({
    rps: maybe,
    rpm: maybe,
    tps: maybe,
    tpm: maybe,
    concurrency: maybe,
    freeTokens: maybe,
    source: text,
    seenOn: text.nullable(),
  })
  .meta({ id: 'QuotaSet' });

export const price = z
  .strictObject({
    inputUsdPerMillion: count,
    outputUsdPerMillion: count,
    source: text,
    seenOn: text.nullable(),
  })
  .meta({ id: 'Price' });

const windowLimit = {
  limit: count,
  window: z.enum(['sliding_log', 'sliding_counter', 'fixed_clock', 'fixed_first', 'bucket']),
  countsRefused: z.boolean(),
};
const requestLimit = z.strictObject(windowLimit).nullable();
const tokenLimit = z
  .strictObject({
    ...windowLimit,
    accounting: z.enum(['prompt_at_admission', 'reserve_max_tokens', 'reserve_and_refund', 'at_completion']),
  })
  .nullable();

const relay = z.strictObject({
  channels: count,
  retries: count,
  retryWaitMs: count,
  rewrites: z.enum(['none', 'one-api', 'new-api']),
  addsLatencyMs: count,
  cutsStreams: count,
  swapsModel: z.strictObject({ to: text, share: count }).nullable(),
  ownLimit: z.strictObject({ limit: count, periodMs: count }).nullable(),
  mapsStatus: z.strictObject({ from: count, to: count }).nullable(),
  usageFactor: count,
});

export const simulator = z
  .strictObject({
    preset: text,
    limits: z.strictObject({
      rps: requestLimit,
      rpm: requestLimit,
      tps: tokenLimit,
      tpm: tokenLimit,
      burst: z.strictObject({ baselinePerSecond: count, factor: count, overMs: count }).nullable(),
      // biome-ignore lint/suspicious/noThenProperty: the scenario's own word, never awaited
      freeTokens: z.strictObject({ limit: count, then: z.union([z.literal(429), z.literal(403)]) }).nullable(),
      concurrency: maybe,
    }),
    accounts: z.literal('per_key').optional(),
    latency: z.strictObject({ ttftMs: numberSpec, tokensPerSecond: count, networkMs: count }),
    refusals: z.enum(['status', 'in_stream']),
    wording: z.enum(['old', 'current', 'international']),
    relay: relay.nullable(),
    faults: z.array(
      z.strictObject({ fromMs: count, toMs: count, answer: z.union([z.number(), z.string()]), share: count }),
    ),
    seed: count,
  })
  .meta({ id: 'SimulatorSettings' }) satisfies z.ZodType<SimulatorSettings>;

const safety = z
  .strictObject({
    maxRequests: maybe,
    maxTokens: maybe,
    maxCostUsd: maybe,
    maxDurationMs: maybe,
    maxJournalBytes: maybe,
    maxInFlight: count,
    stopOn: z.array(text),
  })
  .meta({ id: 'Safety' });

export const dialect = z.enum(['dashscope', 'dashscope-native', 'openai']);
const driver = z.enum(['undici', 'openai', 'autocannon']);

const target = z.strictObject({
  name: text,
  baseUrl: text.nullable(),
  dialect,
  keyEnvs: z.array(text),
  headers: z.record(text, text),
  waitTimeoutMs: maybe,
  protocol: z.enum(['h1', 'h2']),
  price: price.nullable(),
  isSimulator: z.boolean(),
});

const variant = z.strictObject({
  name: text,
  quotaGroup: text,
  target,
  model: text,
  driver,
  sdkRetries: count,
  tactics: z.array(tactic),
  quota: quotaSet,
  safety,
  simulator,
});

const threshold = z
  .strictObject({
    text,
    metric: text,
    aggregate: text.nullable(),
    tags: z.partialRecord(z.enum(THRESHOLD_TAGS), text),
    overMs: maybe,
    operator: z.enum(['<', '<=', '==', '>=', '>', '!=']),
    value: z.union([z.number(), z.string()]),
    unit: z.enum(['ms', 'share', 'perSecond', 'usd', 'count', 'verdict']),
    where: z.strictObject({ file: text, line: count, column: count }).nullable(),
  })
  .meta({ id: 'Threshold' });

const published = z.strictObject({
  resource: z.enum(['requests', 'tokens', 'concurrency', 'rate_increase', 'free_tokens']),
  limit: count,
  periodMs: maybe,
  scope: z.enum(['account', 'workspace', 'key']),
  region: text,
  source: text,
  seenOn: text,
});

export const limitName = z.enum(LIMIT_NAMES);

export const scenario = z.strictObject({
  name: text,
  description: text,
  seed: count,
  account: z.strictObject({ exclusive: z.enum(['yes', 'no', 'unknown']), region: text, workspace: text }),
  restMs: count,
  workload,
  traffic: z.array(phase),
  variants: z.tuple([variant], variant),
  pairing: z.enum(['paired', 'switchback']),
  thresholds: z.array(threshold),
  claims: z.array(z.strictObject({ text, variant: text, threshold, relativeTo: text.nullable() })),
  safety,
  timeouts: z.strictObject({ connectMs: count, firstByteMs: count, idleMs: count, totalMs: count }),
  record: z.enum(['outcomes', 'bodies']),
  references: z.array(z.strictObject({ name: text, at: text, isSet: z.boolean(), value: text.nullable() })).optional(),
  published: z.array(published),
}) satisfies z.ZodType<Scenario>;
