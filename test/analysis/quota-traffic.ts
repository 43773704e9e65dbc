import { type QuotaTrace, quotaTraceBuilder } from '../../src/analysis/quota-trace.ts';
import { limiterStack, type StackBooking, type StackLimitName } from '../../src/limiters/stack.ts';
import type { SentAttempt } from '../../src/model/attempt.ts';
import type { Exchange } from '../../src/model/exchange.ts';
import type { LimitKind, Outcome } from '../../src/model/outcome.ts';
import type { QuotaSet } from '../../src/model/quota.ts';
import type { SimulatorLimits } from '../../src/model/simulator.ts';

/** qwen3-max in the table of help.aliyun.com/zh/model-studio/rate-limit, seen 2026-11-21; per second a sixtieth. */
export const PUBLISHED: QuotaSet = {
  rps: 10,
  rpm: 600,
  tps: 16_667,
  tpm: 1_000_000,
  concurrency: null,
  freeTokens: null,
  source: 'scenario',
  seenOn: null,
};

export interface Stretch {
  readonly fromPerSecond: number;
  readonly toPerSecond: number;
  readonly seconds: number;
  /** Instead of the account's. */
  readonly promptTokens?: number;
}
export const hold = (perSecond: number, seconds: number): Stretch => ({
  fromPerSecond: perSecond,
  toPerSecond: perSecond,
  seconds,
});
export const rest = (seconds: number): Stretch => hold(0, seconds);
export const ramp = (fromPerSecond: number, toPerSecond: number, seconds: number): Stretch => ({
  fromPerSecond,
  toPerSecond,
  seconds,
});

/** The same stretches with prompts of this size. */
export const prompts = (promptTokens: number, stretches: readonly Stretch[]): readonly Stretch[] =>
  stretches.map((one) => ({ ...one, promptTokens }));

/** Rest before t0; ramp; drain at twice the rate; 1.1x; rest; 0.95x. */
export function protocol(perSecond: number): readonly Stretch[] {
  return [
    ramp(perSecond / 10, perSecond, 30),
    rest(120),
    hold(2 * perSecond, 75),
    hold(1.1 * perSecond, 180),
    rest(120),
    hold(0.95 * perSecond, 180),
  ];
}

interface Send {
  readonly atMs: number;
  readonly promptTokens: number | undefined;
}

/** Evenly spread sends: the n-th leaves when the planned count reaches n. */
function sends(stretches: readonly Stretch[]): readonly Send[] {
  const all: Send[] = [];
  let startMs = 0;
  for (const { fromPerSecond, toPerSecond, seconds, promptTokens } of stretches) {
    const slope = (toPerSecond - fromPerSecond) / seconds;
    const planned = ((fromPerSecond + toPerSecond) / 2) * seconds;
    for (let n = 0; n < planned - 1e-9; n += 1) {
      const root = Math.sqrt(fromPerSecond * fromPerSecond + 2 * slope * n);
      const second = Math.abs(slope) < 1e-12 ? n / fromPerSecond : (root - fromPerSecond) / slope;
      all.push({ atMs: startMs + second * 1000, promptTokens });
    }
    startMs += seconds * 1000;
  }
  return all;
}

export interface Account {
  readonly limits: SimulatorLimits;
  readonly phaseMs?: number;
  readonly promptTokens?: number;
  readonly maxTokens?: number;
  readonly completionTokens?: number;
  readonly serviceMs?: number;
  /** Delay of the n-th call on the way to the limiter. */
  readonly delayMs?: (n: number) => number;
}

export interface Run {
  readonly trace: QuotaTrace;
  /** The truth the estimator must not see. */
  readonly refusedBy: ReadonlyMap<StackLimitName, number>;
}

interface Arriving {
  readonly n: number;
  readonly sentMs: number;
  readonly atMs: number;
  readonly promptTokens: number;
}

/** Steps the limiter stack under the traffic and records what a client would have seen. */
export function run(account: Account, stretches: readonly Stretch[]): Run {
  const { phaseMs = 0, maxTokens = 16, completionTokens = 8, serviceMs = 400 } = account;
  const stack = limiterStack(account.limits, { phaseMs });
  const state = stack.init();
  const builder = quotaTraceBuilder();
  const refusedBy = new Map<StackLimitName, number>();
  const open: { readonly endMs: number; readonly booked: StackBooking; readonly promptTokens: number }[] = [];
  const arriving = sends(stretches)
    .map(({ atMs: sentMs, promptTokens = account.promptTokens ?? 60 }, n): Arriving => {
      return { n, sentMs, atMs: sentMs + (account.delayMs?.(n) ?? 0), promptTokens };
    })
    .sort((a, b) => a.atMs - b.atMs);
  let ended = 0;
  const end = (nowMs: number) => {
    for (let call = open[ended]; call !== undefined && call.endMs <= nowMs; call = open[ended]) {
      stack.finish(state, call.endMs, call.booked, { promptTokens: call.promptTokens, completionTokens });
      ended += 1;
    }
  };
  for (const { n, sentMs, atMs, promptTokens } of arriving) {
    end(atMs);
    const { booked, refusedBy: name } = stack.arrive(state, atMs, { promptTokens, maxTokens });
    if (booked !== null) open.push({ endMs: atMs + serviceMs, booked, promptTokens });
    else if (name !== null) refusedBy.set(name, (refusedBy.get(name) ?? 0) + 1);
    const outcome = name === null ? ({ kind: 'ok' } as const) : limited(name);
    const finishedMs = booked === null ? atMs : atMs + serviceMs;
    builder.add(attempt({ n, sentMs, finishedMs, outcome, promptTokens, maxTokens, completionTokens }));
  }
  return { trace: builder.finish({ restMs: 120_000 }), refusedBy };
}

const KIND: Readonly<Record<StackLimitName, LimitKind>> = {
  rps: 'requests',
  rpm: 'requests',
  tps: 'tokens',
  tpm: 'tokens',
  burst: 'burst',
  concurrency: 'concurrency',
  free_tokens: 'free_quota',
};

export function limited(name: StackLimitName): Outcome {
  return {
    kind: 'limited',
    limit: KIND[name],
    origin: 'provider',
    originName: 'dashscope',
    rewrittenBy: null,
    hops: null,
    ruleId: null,
    candidates: [],
    retryAfterMs: null,
    heals: 'seconds',
  };
}

export interface AttemptFields {
  readonly n: number;
  readonly sentMs: number;
  readonly finishedMs: number;
  readonly outcome: Outcome;
  readonly promptTokens: number;
  readonly maxTokens: number | null;
  readonly completionTokens: number;
  readonly stalled?: boolean;
}

export function attempt(fields: AttemptFields): SentAttempt {
  const { n, sentMs, finishedMs, outcome, promptTokens, maxTokens, completionTokens, stalled = false } = fields;
  return {
    state: 'sent',
    requestId: `r${n}`,
    attemptNo: 1,
    arrival: { seq: n, phaseIndex: 0, scheduledMs: sentMs, variantIndex: 0, pairSeq: n, turn: 0, size: null },
    dueMs: sentMs,
    sentMs,
    model: 'qwen3-max',
    keyIndex: 0,
    promptTokens,
    maxTokens,
    exchange: exchange(finishedMs, outcome.kind === 'ok' ? { promptTokens, completionTokens } : null),
    outcome,
    stalled,
    final: true,
  };
}

function exchange(
  finishedMs: number,
  tokens: { readonly promptTokens: number; readonly completionTokens: number } | null,
): Exchange {
  return {
    status: tokens === null ? 429 : 200,
    headers: {},
    body: { head: '', tail: '', bytes: 0 },
    errorFrames: [],
    transportError: null,
    protocol: 'h1',
    connection: null,
    queuedMs: 0,
    sentMs: null,
    headersMs: null,
    firstByteMs: null,
    firstTokenMs: null,
    firstAnswerTokenMs: null,
    finishedMs,
    gaps: null,
    finishReason: tokens === null ? null : 'stop',
    reportedModel: null,
    sawDone: tokens !== null,
    usage: tokens === null ? null : { ...tokens, cachedTokens: null, reasoningTokens: null },
    answer: null,
  };
}
