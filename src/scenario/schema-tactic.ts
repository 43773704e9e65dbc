import { z } from 'zod';
import { LIMIT_KINDS } from '../model/outcome.ts';
import { count, duration, exactlyOne, number, oneOfKeys, rate } from './schema-values.ts';

const TACTIC_KINDS = ['backoff', 'smooth', 'keys', 'fallback', 'adaptive'] as const;

/** Outcomes a fallback may react to: kinds of limits, and errors. */
const FALLBACK_CAUSES = [...LIMIT_KINDS, 'server_error', 'timeout', 'connection', 'truncated'] as const;

const envName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, { error: 'expected the name of an environment variable, never a key' });

const tactic = z
  .strictObject({
    backoff: z
      .strictObject({
        base: duration({ description: 'first wait (default: 1s)', positive: true }).optional(),
        factor: number({ description: 'growth of the wait (default: 2)', positive: true }).optional(),
        jitter: z.enum(['full', 'equal', 'plus', 'decorrelated', 'none']).optional(),
        max: duration({ description: 'longest wait (default: 60s)', positive: true }).optional(),
        attempts: count({ description: 'attempts in all, the first included (default: 5)', positive: true }).optional(),
        honourRetryAfter: z.boolean().optional().meta({ description: 'default: true' }),
      })
      .optional()
      .meta({ description: 'exponential back-off' }),
    smooth: z
      .strictObject({
        rate: rate({ description: 'requests leave no faster', positive: true }).optional(),
        tokens: rate({ description: 'tokens leave no faster', positive: true }).optional(),
        queue: count({ description: 'requests that may wait (default: 1000)', positive: true }).optional(),
        concurrency: count({ description: 'requests in flight', positive: true }).optional(),
      })
      .optional()
      .meta({ description: 'queue that sends at an even pace' }),
    keys: z
      .strictObject({
        env: z.array(envName).min(1).meta({ description: 'environment variables that hold the keys' }),
        policy: z.enum(['round_robin', 'least_limited', 'sticky']).optional(),
      })
      .optional()
      .meta({ description: 'several keys in rotation' }),
    fallback: z
      .strictObject({
        models: z.array(z.string().min(1)).min(1),
        on: z.array(z.enum(FALLBACK_CAUSES)).min(1).optional(),
      })
      .optional()
      .meta({ description: 'another model after a refusal' }),
    adaptive: z
      .strictObject({
        start: rate({ description: 'first rate', positive: true }),
        increase: rate({ description: 'added each second without a refusal', positive: true }),
        decrease: z.number().gt(0).lt(1).meta({ description: 'factor after a refusal' }),
      })
      .optional()
      .meta({ description: 'additive increase, multiplicative decrease' }),
  })
  .superRefine(exactlyOne(TACTIC_KINDS, { code: 'unknown-tactic', what: 'a tactic' }))
  .meta(oneOfKeys(TACTIC_KINDS));

export const tacticSchema = z
  .union([z.literal('none'), tactic, z.array(tactic).min(1)])
  .meta({ description: 'what the client does about limits; a list composes tactics, outermost first' });

export const envNameSchema = envName;
export type TacticInput = z.output<typeof tactic>;
