import { ASSUMED_BURST_GUARD } from '../catalog/burst.ts';
import { ASSUMED_LATENCY } from '../catalog/latency.ts';
import { QUOTA_MODELS, quotaFor } from '../catalog/quotas.ts';
import { FAULT_NAMES, isFaultAnswer } from '../model/fault-names.ts';
import type {
  Fault,
  RelaySettings,
  SimulatorLimits,
  SimulatorSettings,
  TokenAccounting,
  TokenLimit,
  WindowLimit,
} from '../model/simulator.ts';
import { type Context, complain } from './context.ts';
import type { SimulatorInput } from './schema-simulator.ts';
import { nearest, suggestion } from './spelling.ts';
import type { Path } from './yaml-source.ts';

type LimitsInput = NonNullable<SimulatorInput['limits']>;
type TokenInput = LimitsInput['tpm'];

/** Published limits of the preset with sliding logs and the assumed guard and latency, changed by the file. */
export function buildSimulator(
  context: Context,
  options: {
    readonly input: SimulatorInput | undefined;
    readonly path: Path;
    /** A variant that changes other settings keeps the faults of the scenario. */
    readonly faultsPath: Path;
    readonly model: string;
    readonly region: string;
    readonly seed: number;
  },
): SimulatorSettings {
  const input = options.input ?? {};
  const preset = input.preset ?? options.model;
  if (input.preset !== undefined && quotaFor(preset, options.region) === null) {
    const message = `no published limits of "${preset}" in ${options.region}`;
    const hint = suggestion(preset, QUOTA_MODELS);
    complain(context, { code: 'unknown-preset', at: [...options.path, 'preset'], message, hint });
  }
  return {
    preset,
    limits: buildLimits(context, {
      input: input.limits ?? {},
      path: [...options.path, 'limits'],
      preset,
      region: options.region,
    }),
    ...(input.accounts === 'per_key' ? { accounts: input.accounts } : {}),
    latency: {
      ttftMs: input.latency?.ttft ?? ASSUMED_LATENCY.ttftMs,
      tokensPerSecond: input.latency?.tokensPerSecond ?? ASSUMED_LATENCY.tokensPerSecond,
      networkMs: input.latency?.networkMs ?? ASSUMED_LATENCY.networkMs,
    },
    refusals: input.refusals ?? 'status',
    wording: input.wording ?? 'current',
    relay: buildRelay(input.relay),
    faults: (input.faults ?? []).map((fault, index) => buildFault(context, fault, [...options.faultsPath, index])),
    seed: input.seed ?? options.seed,
  };
}

function buildLimits(
  context: Context,
  options: { readonly input: LimitsInput; readonly path: Path; readonly preset: string; readonly region: string },
): SimulatorLimits {
  const { input } = options;
  const published = quotaFor(options.preset, options.region);
  const window = (name: 'rps' | 'rpm' | 'tps' | 'tpm') =>
    buildWindow(context, { input: input[name], published: published?.[name] ?? null, path: [...options.path, name] });
  const tokens = (name: 'tps' | 'tpm'): TokenLimit | null => {
    const limit = window(name);
    return limit === null ? null : { ...limit, accounting: accountingOf(input[name]) };
  };
  const burst = input.burst;
  const free = input.freeTokens;
  return {
    rps: window('rps'),
    rpm: window('rpm'),
    tps: tokens('tps'),
    tpm: tokens('tpm'),
    burst:
      burst === 'off'
        ? null
        : {
            baselinePerSecond: burst?.baseline ?? ASSUMED_BURST_GUARD.baselinePerSecond,
            factor: burst?.factor ?? ASSUMED_BURST_GUARD.factor,
            overMs: burst?.over ?? ASSUMED_BURST_GUARD.overMs,
          },
    freeTokens: freeTokensOf(free),
    concurrency: input.concurrency === undefined || input.concurrency === 'off' ? null : input.concurrency,
  };
}

/**
 * Default 429 "Free allocated quota exceeded."; accounts with the stop switch on see 403 `AllocationQuota.FreeTierOnly`
 * instead (alibabacloud.com/help/en/model-studio/error-code, seen 2026-11-21).
 */
function freeTokensOf(input: LimitsInput['freeTokens']): SimulatorLimits['freeTokens'] {
  if (input === undefined || input === 'off') return null;
  const limit = typeof input === 'number' ? input : input.limit;
  const status = typeof input === 'number' ? undefined : input.then;
  // biome-ignore lint/suspicious/noThenProperty: the scenario file's word; a number, so never awaited as a promise
  return { limit, then: status ?? 429 };
}

const accountingOf = (input: TokenInput): TokenAccounting =>
  typeof input === 'object' && input.accounting !== undefined
    ? (input.accounting as TokenAccounting)
    : 'prompt_at_admission';

function buildWindow(
  context: Context,
  options: { readonly input: LimitsInput['rps'] | TokenInput; readonly published: number | null; readonly path: Path },
): WindowLimit | null {
  const { input, published } = options;
  if (input === 'off') return null;
  const given = typeof input === 'number' ? { limit: input } : (input ?? {});
  const window = ('window' in given ? given.window : undefined) ?? 'sliding_log';
  if (window === 'off') return null;
  const limit = given.limit ?? published;
  if (limit === null) {
    if (input === undefined) return null;
    const message = 'no limit is published for this model and region';
    complain(context, { code: 'required', at: options.path, message, hint: 'write limit: with a number' });
    return null;
  }
  return { limit, window, countsRefused: ('countsRefused' in given ? given.countsRefused : undefined) ?? false };
}

/**
 * one-api and new-api go on to the next channel at once (controller/relay.go of both, seen 2026-11-21). A gateway that
 * rewrites nothing is taken to wait as Portkey does, which leaves async-retry its defaults: 1 s, doubled each time
 * (Portkey-AI/gateway src/handlers/retryHandler.ts; 1 s and 2 s on the wire with 1.15.2, seen 2026-11-21).
 */
const RETRY_WAIT_MS = { none: 1000, 'one-api': 0, 'new-api': 0 } as const;

function buildRelay(input: SimulatorInput['relay']): RelaySettings | null {
  if (input === undefined || input === 'off') return null;
  const rewrites = input.rewrites ?? 'none';
  return {
    channels: input.channels ?? 1,
    retries: input.retries ?? 0,
    retryWaitMs: input.retryWait ?? RETRY_WAIT_MS[rewrites],
    rewrites,
    addsLatencyMs: input.addsLatency ?? 0,
    cutsStreams: input.cutsStreams ?? 0,
    swapsModel: input.swapsModel ?? null,
    ownLimit: input.ownLimit ?? null,
    mapsStatus: input.mapsStatus ?? null,
    usageFactor: input.usageFactor ?? 1,
  };
}

function buildFault(context: Context, input: NonNullable<SimulatorInput['faults']>[number], path: Path): Fault {
  if (input.to <= input.from) {
    const message = 'a fault ends after it begins';
    complain(context, { code: 'out-of-range', at: [...path, 'to'], message, hint: 'make to: later than from:' });
  }
  if (!isFaultAnswer(input.answer)) {
    const message = `the simulator has no answer "${input.answer}"`;
    const near = nearest(String(input.answer), FAULT_NAMES);
    const all = `allowed: ${FAULT_NAMES.join(', ')}, or an HTTP status from 200 to 599`;
    const hint = near === null ? all : `did you mean "${near}"?`;
    complain(context, { code: 'unknown-fault', at: [...path, 'answer'], message, hint });
  }
  return { fromMs: input.from, toMs: input.to, answer: input.answer, share: input.share ?? 1 };
}
