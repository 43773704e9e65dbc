import { z } from 'zod';
import { count, distribution, duration, exactlyOne, number, oneOfKeys, rate } from './schema-values.ts';

export const PHASE_KINDS = ['burst', 'pause', 'ramp', 'steps', 'hold', 'replay', 'closed'] as const;
const CONTENT_KINDS = ['promptTokens', 'text', 'messages', 'file'] as const;

const arrivals = z
  .union([
    z.enum(['uniform', 'poisson']),
    z.strictObject({
      gamma: z.strictObject({
        cv: number({ description: 'coefficient of variation of the gaps; 1 = Poisson', positive: true }),
      }),
    }),
  ])
  .meta({ description: 'how arrivals are spaced: uniform, poisson or { gamma: { cv: 2.2 } }' });

export const phaseSchema = z
  .strictObject({
    burst: z
      .union([
        count({ description: 'requests sent at once', positive: true }),
        z.strictObject({
          requests: count({ description: 'requests of the burst', positive: true }),
          over: duration({ description: 'spread evenly over this time' }).optional(),
        }),
      ])
      .meta({ description: 'requests at once: 8, or { requests: 50, over: 2s }' })
      .optional(),
    pause: duration({ description: 'silence', positive: true }).optional(),
    ramp: z
      .strictObject({
        from: rate({ description: 'rate at the start' }),
        to: rate({ description: 'rate at the end' }),
        over: duration({ description: 'length of the ramp', positive: true }),
      })
      .meta({ description: 'rate that changes linearly' })
      .optional(),
    steps: z
      .strictObject({
        from: rate({ description: 'rate of the first step', positive: true }),
        to: rate({ description: 'rate of the last step', positive: true }),
        by: rate({ description: 'difference between steps', positive: true }),
        each: duration({ description: 'length of a step', positive: true }),
        rest: duration({ description: 'silence between steps' }).optional(),
      })
      .meta({ description: 'staircase of constant rates' })
      .optional(),
    hold: z
      .strictObject({
        rate: rate({ description: 'constant rate', positive: true }),
        for: duration({ description: 'length', positive: true }),
        arrivals: arrivals.optional(),
      })
      .meta({ description: 'constant rate' })
      .optional(),
    replay: z
      .strictObject({
        file: z.string().min(1).meta({ description: 'CSV with a header line, relative to the scenario' }),
        speed: number({ description: '2 = twice as fast', positive: true }).optional(),
        columns: z
          .strictObject({
            at: z.string().optional().meta({ description: 'column of the time (default: at)' }),
            promptTokens: z.string().optional().meta({ description: 'column of the prompt size' }),
            maxTokens: z.string().optional().meta({ description: 'column of the answer size' }),
          })
          .optional(),
        time: z
          .enum(['s', 'ms', 'datetime'])
          .optional()
          .meta({ description: 'unit of the time column (default: datetime where it looks like one, else s)' }),
      })
      .meta({ description: 'arrivals of a recorded trace' })
      .optional(),
    closed: z
      .strictObject({
        concurrency: count({ description: 'requests in flight all the time', positive: true }),
        for: duration({ description: 'length', positive: true }),
      })
      .meta({ description: 'closed model: the next request follows an answer' })
      .optional(),
    label: z.string().min(1).optional().meta({ description: 'name for thresholds: {phase="…"}' }),
    limitTo: z
      .strictObject({
        promptTokens: count({ description: 'upper bound of the prompt size', positive: true }).optional(),
        maxTokens: count({ description: 'upper bound of the answer size', positive: true }).optional(),
      })
      .optional()
      .meta({ description: 'upper bounds on the sizes drawn in this phase' }),
  })
  .superRefine(exactlyOne(PHASE_KINDS, { code: 'unknown-phase', what: 'an item of traffic' }))
  .meta(oneOfKeys(PHASE_KINDS));

export type PhaseInput = z.output<typeof phaseSchema>;

const message = z.strictObject({ role: z.enum(['system', 'user', 'assistant']), content: z.string() });

export const workloadSchema = z
  .strictObject({
    promptTokens: distribution(
      count({ description: 'tokens', positive: true }),
      'size of a generated prompt: a number or { lognormal: [6.6, 1.0], max: 4000 }',
    ).optional(),
    text: z.string().min(1).optional().meta({ description: 'the same prompt for every request' }),
    messages: z.array(message).min(1).optional().meta({ description: 'the same messages for every request' }),
    file: z
      .string()
      .min(1)
      .optional()
      .meta({ description: 'one prompt per line (.txt), or per row with messages or prompt (.jsonl)' }),
    language: z.enum(['zh', 'en', 'mixed']).optional().meta({ description: 'of generated prompts (default: en)' }),
    maxTokens: distribution(
      count({ description: 'tokens', positive: true }),
      'upper bound of the answer; required when a token or cost cap is set',
    ).optional(),
    stream: z.boolean().optional().meta({ description: 'default: true' }),
    cache: z
      .enum(['avoid', 'allow'])
      .optional()
      .meta({ description: 'avoid puts a unique nonce in front of every prompt (default)' }),
    turns: z
      .strictObject({
        count: count({ description: 'requests of a conversation', positive: true }),
        think: duration({ description: 'pause between an answer and the next turn' }).optional(),
      })
      .optional()
      .meta({ description: 'conversations: the next turn follows the answer' }),
    extraBody: z.record(z.string(), z.unknown()).optional().meta({ description: 'further fields of the request body' }),
  })
  .superRefine(exactlyOne(CONTENT_KINDS, { code: 'one-content', what: 'the workload' }))
  .meta(oneOfKeys(CONTENT_KINDS));

export type WorkloadInput = z.output<typeof workloadSchema>;
