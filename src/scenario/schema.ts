import { z } from 'zod';
import { simulatorSchema } from './schema-simulator.ts';
import { envNameSchema, tacticSchema } from './schema-tactic.ts';
import { phaseSchema, workloadSchema } from './schema-traffic.ts';
import { bytes, count, duration, money, number } from './schema-values.ts';

const headers = z.record(z.string().regex(/^[A-Za-z0-9-]+$/, { error: 'not a header name' }), z.string());

const price = z
  .strictObject({
    input: money({ description: 'US dollars per million input tokens' }),
    output: money({ description: 'US dollars per million output tokens' }),
  })
  .meta({ description: 'US dollars per million tokens' });

const targetObject = z.strictObject({
  preset: z.string().optional().meta({ description: 'start from this preset' }),
  workspace: z
    .string()
    .regex(/^[A-Za-z0-9-]+$/, { error: 'not a workspace id' })
    .optional()
    .meta({ description: 'DashScope workspace id: its own host instead of the shared one' }),
  baseUrl: z.string().min(1).optional().meta({ description: 'up to and without /chat/completions' }),
  dialect: z.enum(['dashscope', 'dashscope-native', 'openai']).optional(),
  apiKeyEnv: envNameSchema.optional().meta({ description: 'environment variable that holds the key' }),
  headers: headers.optional(),
  waitTimeout: duration({
    description: 'X-DashScope-Wait-Timeout: burst refusals become waiting',
    positive: true,
  }).optional(),
  protocol: z.enum(['h1', 'h2']).optional(),
  price: price.optional(),
});
export type TargetInput = z.output<typeof targetObject>;

const target = z.union([z.string(), targetObject]).meta({
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the form itself is what is shown
  description: 'a preset, an address, or an endpoint of your own; ${NAME:-default} is filled from the environment',
});
// biome-ignore lint/suspicious/noTemplateCurlyInString: the form itself is what is shown
const model = z.string().min(1).meta({ description: 'a model id; ${NAME:-default} is filled from the environment' });
const driver = z.enum(['undici', 'openai', 'autocannon']);

/** More than ten waits of up to 8 s each is no retry any more. */
const SDK_RETRIES_MAX = 10;
const sdkRetries = z
  .int()
  .min(0)
  .max(SDK_RETRIES_MAX)
  .meta({ description: 'retries by the OpenAI SDK itself, with driver: openai (default: 0; the SDK alone makes 2)' });

const quota = z
  .strictObject({
    rps: number({ description: 'requests per second', positive: true }).optional(),
    rpm: number({ description: 'requests per minute', positive: true }).optional(),
    tps: number({ description: 'tokens per second', positive: true }).optional(),
    tpm: number({ description: 'tokens per minute', positive: true }).optional(),
    concurrency: count({ description: 'requests in flight', positive: true }).optional(),
    freeTokens: count({ description: 'free tokens', positive: true }).optional(),
  })
  .meta({ description: 'what the provider promises (default: the dated preset of target, region and model)' });
export type QuotaInput = z.output<typeof quota>;

/** What may end a run: outcomes and kinds of limits. */
const STOP_CAUSES = [
  'auth',
  'billing',
  'free_quota',
  'requests',
  'tokens',
  'burst',
  'concurrency',
  'overload',
  'unknown',
  'limited',
  'truncated',
  'server_error',
  'client_error',
  'timeout',
  'connection',
] as const;

const safety = z.strictObject({
  maxRequests: count({ description: 'attempts', positive: true }).optional(),
  maxTokens: count({ description: 'input and output together', positive: true }).optional(),
  maxCost: money({ description: 'US dollars', positive: true }).optional(),
  maxDuration: duration({ description: 'of the whole run', positive: true }).optional(),
  maxJournalBytes: bytes({
    description: 'of the journal: the run stops there, what is in flight is still recorded (default: no cap)',
    positive: true,
  }).optional(),
  maxInFlight: count({ description: 'requests in flight (default: 200)', positive: true }).optional(),
  stopOn: z.array(z.enum(STOP_CAUSES)).optional().meta({ description: 'default: auth, billing, free_quota' }),
});
export type SafetyInput = z.output<typeof safety>;

const variantSchema = z.strictObject({
  target: target.optional(),
  model: model.optional(),
  driver: driver.optional(),
  sdkRetries: sdkRetries.optional(),
  tactic: tacticSchema.optional(),
  keys: z.array(envNameSchema).min(1).optional().meta({ description: 'environment variables that hold the keys' }),
  headers: headers.optional(),
  quota: quota.optional(),
  price: price.optional(),
  quotaGroup: z.string().min(1).optional().meta({ description: 'variants that share one account quota' }),
  safety: safety.optional(),
  simulator: simulatorSchema.optional(),
});
export type VariantInput = z.output<typeof variantSchema>;

const VARIANT_NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]*$/;

export const scenarioSchema = z.strictObject({
  name: z.string().min(1).meta({ description: 'names the run and its folder' }),
  description: z.string().optional().meta({ description: 'the question' }),
  seed: z.int().min(0).optional().meta({ description: 'every random choice follows from it (default: 1)' }),
  target: target.optional(),
  model,
  driver: driver.optional(),
  sdkRetries: sdkRetries.optional(),
  account: z
    .strictObject({
      exclusive: z
        .enum(['yes', 'no', 'unknown'])
        .optional()
        .meta({ description: 'is there no other traffic on the account? (default: unknown)' }),
      region: z.string().min(1).optional(),
      workspace: z.string().min(1).optional(),
    })
    .optional(),
  rest: duration({ description: 'silence before the traffic (default: 0s)' }).optional(),
  workload: workloadSchema,
  traffic: z.array(phaseSchema).min(1, { error: 'traffic needs at least one item' }),
  quota: quota.optional(),
  tactic: tacticSchema.optional(),
  thresholds: z.array(z.string()).optional().meta({ description: 'pass/fail rules, for example ttft.p95 < 2s' }),
  safety: safety.optional(),
  timeouts: z
    .strictObject({
      connect: duration({ description: 'default: 5s', positive: true }).optional(),
      firstByte: duration({ description: 'default: 60s', positive: true }).optional(),
      idle: duration({ description: 'default: 30s', positive: true }).optional(),
      total: duration({ description: 'default: 300s', positive: true }).optional(),
    })
    .optional(),
  record: z.enum(['outcomes', 'bodies']).optional().meta({ description: 'default: outcomes' }),
  simulator: simulatorSchema.optional().meta({ description: 'only read when the target is the simulator' }),
  variants: z
    .record(z.string().regex(VARIANT_NAME, { error: 'a variant name has letters, digits, _ . - only' }), variantSchema)
    .optional()
    .meta({ description: 'columns of a comparison; each overrides keys above' }),
  pairing: z
    .enum(['paired', 'switchback'])
    .optional()
    .meta({ description: 'default: paired, or switchback where variants share a quota' }),
  claims: z
    .array(z.record(z.string(), z.string()))
    .optional()
    .meta({ description: 'rules about a variant: relay: cost <= 88% of direct' }),
});

export type ScenarioInput = z.output<typeof scenarioSchema>;
export type SectionName = keyof ScenarioInput;

/** JSON Schema (draft 7) of the scenario file, for editors. */
export function scenarioJsonSchema(): object {
  return {
    title: 'quotascope scenario',
    ...z.toJSONSchema(scenarioSchema, { target: 'draft-7', io: 'input' }),
  };
}
