import { z } from 'zod';
import { TOKEN_ACCOUNTINGS } from '../model/simulator.ts';
import { count, distribution, duration, number, rate, share } from './schema-values.ts';
import { readCountPerPeriod } from './units.ts';

const OFF = z.literal('off');
const window = z
  .enum(['sliding_log', 'sliding_counter', 'fixed_clock', 'fixed_first', 'bucket', 'off'])
  .meta({ description: 'algorithm (default: sliding_log)' });
const limit = number({ description: 'units per window (default: the published number)', positive: true });
const countsRefused = z.boolean().meta({ description: 'refused requests use the limit up too (default: false)' });

const requestLimit = (description: string) =>
  z
    .union([
      OFF,
      limit,
      z.strictObject({
        limit: limit.optional(),
        window: window.optional(),
        countsRefused: countsRefused.optional(),
      }),
    ])
    .meta({ description });

const tokenLimit = (description: string) =>
  z
    .union([
      OFF,
      limit,
      z.strictObject({
        limit: limit.optional(),
        window: window.optional(),
        countsRefused: countsRefused.optional(),
        accounting: z
          .enum(TOKEN_ACCOUNTINGS as readonly [string, ...string[]])
          .optional()
          .meta({ description: 'when tokens are booked (default: prompt_at_admission)' }),
      }),
    ])
    .meta({ description });

const limits = z.strictObject({
  rps: requestLimit('requests per second').optional(),
  rpm: requestLimit('requests per minute').optional(),
  tps: tokenLimit('tokens per second').optional(),
  tpm: tokenLimit('tokens per minute').optional(),
  burst: z
    .union([
      OFF,
      z.strictObject({
        baseline: rate({ description: 'always allowed', positive: true }).optional(),
        factor: number({ description: 'times the mean rate of the time before', positive: true }).optional(),
        over: duration({ description: 'the time before', positive: true }).optional(),
      }),
    ])
    .optional()
    .meta({ description: 'guard against a rate that grows too quickly' }),
  freeTokens: z
    .union([
      OFF,
      count({ description: 'tokens', positive: true }),
      z.strictObject({
        limit: count({ description: 'tokens that are free', positive: true }),
        // biome-ignore lint/suspicious/noThenProperty: the scenario file's word; a number, so never awaited as a promise
        then: z.literal([429, 403]).optional(),
      }),
    ])
    .optional()
    .meta({ description: 'free quota of a trial account (default: off)' }),
  concurrency: z
    .union([OFF, count({ description: 'requests in flight', positive: true })])
    .optional()
    .meta({ description: 'requests in flight (default: off)' }),
});

const ownLimit = z
  .union([z.string(), z.number()])
  .transform((input, context) => {
    const reading = readCountPerPeriod(input);
    if (reading.ok && reading.value.count > 0) {
      return { limit: reading.value.count, periodMs: reading.value.periodMs };
    }
    const { code, message, hint } = reading.ok
      ? { code: 'out-of-range', message: 'must be above 0', hint: 'write 300/min' }
      : reading;
    context.addIssue({ code: 'custom', message, params: { code, hint } });
    return z.NEVER;
  })
  .meta({ description: "the relay's own limit, in its own words", examples: ['300/min'] });

const relay = z.strictObject({
  channels: count({ description: 'upstream channels (default: 1)', positive: true }).optional(),
  retries: count({ description: 'hidden retries on other channels (default: 0)' }).optional(),
  retryWait: duration({
    description: 'wait before the first hidden retry, doubled with each (default: 0 for one-api and new-api, else 1s)',
  }).optional(),
  rewrites: z.enum(['none', 'one-api', 'new-api']).optional().meta({ description: 'whose words replace a 429' }),
  addsLatency: duration({ description: 'time the relay adds (default: 0)' }).optional(),
  cutsStreams: share({ description: 'streams cut in the middle that end cleanly' }).optional(),
  swapsModel: z
    .strictObject({ to: z.string().min(1), share: share({ description: 'requests that get it' }) })
    .optional()
    .meta({ description: 'another model answers' }),
  ownLimit: ownLimit.optional(),
  mapsStatus: z
    .strictObject({ from: z.int().min(400).max(599), to: z.int().min(200).max(599) })
    .optional()
    .meta({ description: 'answers upstream errors of one status with another' }),
  usageFactor: number({ description: 'multiplies the usage it reports', positive: true }).optional(),
});

const fault = z.strictObject({
  from: duration({ description: 'since the start of the traffic' }),
  to: duration({ description: 'since the start of the traffic', positive: true }),
  answer: z
    .union([z.int().min(200).max(599), z.string().min(1)])
    .meta({ description: 'an HTTP status, or the name of an error: limit_burst_rate, Arrearage, reset' }),
  share: share({ description: 'requests that get it (default: 100%)' }).optional(),
});

export const simulatorSchema = z.strictObject({
  preset: z.string().optional().meta({ description: 'model whose published limits apply (default: the model)' }),
  limits: limits.optional(),
  accounts: z
    .enum(['one', 'per_key'])
    .optional()
    .meta({ description: 'do all keys share one account, or has each key a quota of its own? (default: one)' }),
  latency: z
    .strictObject({
      ttft: distribution(
        duration({ description: 'time to the first token' }),
        'time to the first token: 600ms, or { lognormal: [6.4, 0.5] } of milliseconds',
      ).optional(),
      tokensPerSecond: number({ description: 'speed of the answer (default: 40)', positive: true }).optional(),
      networkMs: z
        .union([z.number().min(0), duration({ description: 'one way' })])
        .optional()
        .meta({ description: 'one way, in milliseconds (default: 0)' }),
    })
    .optional(),
  refusals: z.enum(['status', 'in_stream']).optional().meta({ description: 'where a refusal stands' }),
  wording: z.enum(['old', 'current', 'international']).optional(),
  relay: z.union([OFF, relay]).optional().meta({ description: 'behave like a relay in front of the model' }),
  faults: z.array(fault).optional().meta({ description: 'answers scripted by time' }),
  seed: z.int().min(0).optional(),
});

export type SimulatorInput = z.output<typeof simulatorSchema>;
