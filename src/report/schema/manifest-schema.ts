import { z } from 'zod';
import { type Manifest, SCHEMA_VERSION } from '../../model/manifest.ts';
import { count, dialect, maybe, price, quotaSet, scenario, simulator, tactic } from './scenario-schema.ts';

const text = z.string();

const variant = z.strictObject({
  name: text,
  quotaGroup: text,
  targetName: text,
  baseUrl: text.nullable(),
  dialect,
  protocol: z.enum(['h1', 'h2']),
  model: text,
  driver: z.enum(['undici', 'openai', 'autocannon', 'simulated']),
  sdkRetries: count.optional(),
  keyAliases: z.array(text),
  headerNames: z.array(text),
  waitTimeoutMs: maybe,
  tactics: z.array(tactic),
  quota: quotaSet,
  price: price.nullable(),
  isSimulator: z.boolean(),
  simulator: simulator.nullable(),
});

const phase = z.strictObject({
  index: count,
  kind: z.enum(['burst', 'pause', 'ramp', 'steps', 'hold', 'replay', 'closed']),
  label: text,
  startMs: count,
  endMs: count,
  plannedArrivals: maybe,
  peakPerSecond: maybe,
});

export const manifest = z.strictObject({
  schemaVersion: z.literal(SCHEMA_VERSION),
  runId: text,
  kind: z.enum(['run', 'forecast']),
  tool: z.strictObject({ name: z.literal('quotascope'), version: text, git: text.nullable() }),
  scenario,
  scenarioFile: text.nullable(),
  scenarioHash: text,
  seed: count,
  variants: z.tuple([variant], variant),
  phases: z.array(phase),
  createdAt: text,
  t0WallMs: count,
  environment: z.strictObject({ node: text, platform: text, cpus: count, proxy: text.nullable() }),
  lateToleranceMs: count,
  forecastLimiter: text.nullable(),
}) satisfies z.ZodType<Manifest>;
