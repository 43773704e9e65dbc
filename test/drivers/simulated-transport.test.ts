import { describe, expect, test } from 'vitest';
import { simulatedTransport } from '../../src/drivers/simulated-transport.ts';
import { virtualClock } from '../../src/drivers/virtual-clock.ts';
import { type Exchange, gapOfBucket } from '../../src/model/exchange.ts';
import type { Timeouts } from '../../src/model/scenario.ts';
import type { AnswerPlan, AnswerPlanned, SimulatedCall, SimulatedEndpoint } from '../../src/simulator/core/plan.ts';
import { outgoing } from './conformance.ts';

const TIMEOUTS: Timeouts = { connectMs: 5000, firstByteMs: 60_000, idleMs: 30_000, totalMs: 300_000 };

/** An endpoint that answers from a script and notes what it was asked and told. */
function scripted(planOf: (call: SimulatedCall, nowMs: number) => AnswerPlan) {
  const calls: { call: SimulatedCall; atMs: number }[] = [];
  const finishes: number[] = [];
  let lastMs = Number.NEGATIVE_INFINITY;
  const inOrder = (nowMs: number) => {
    expect(nowMs).toBeGreaterThanOrEqual(lastMs);
    lastMs = nowMs;
  };
  const endpoint: SimulatedEndpoint = {
    answer(call, nowMs) {
      inOrder(nowMs);
      calls.push({ call, atMs: nowMs });
      return planOf(call, nowMs);
    },
    finish(_, nowMs) {
      inOrder(nowMs);
      finishes.push(nowMs);
    },
  };
  return { endpoint, calls, finishes };
}

function answer(call: SimulatedCall, nowMs: number, change: Partial<AnswerPlanned> = {}): AnswerPlanned {
  return {
    kind: 'answer',
    call,
    chance: { seed: 1, id: call.requestId },
    arrivedMs: nowMs,
    headersAtMs: nowMs + 75,
    firstTokenAtMs: nowMs + 100,
    finishedAtMs: nowMs + 1100,
    tokensPerSecond: 40,
    stall: null,
    completionTokens: 40,
    reasoningTokens: 0,
    finishReason: 'stop',
    usage: { promptTokens: 7, completionTokens: 40, cachedTokens: 0, reasoningTokens: null },
    reportedModel: call.model,
    ending: { kind: 'complete' },
    headers: () => ({}),
    booking: null,
    ...change,
  };
}

interface RunOptions {
  readonly plan: (call: SimulatedCall, nowMs: number) => AnswerPlan;
  readonly timeouts?: Partial<Timeouts>;
  readonly networkMs?: number;
  readonly stream?: boolean;
  readonly cancelAtMs?: number;
}

function run(options: RunOptions) {
  const clock = virtualClock({ t0WallMs: 1_800_000_000_000 });
  const { endpoint, calls, finishes } = scripted(options.plan);
  const transport = simulatedTransport({
    endpoint,
    clock,
    dialect: 'openai',
    networkMs: options.networkMs ?? 20,
    waitTimeoutMs: null,
    timeouts: { ...TIMEOUTS, ...options.timeouts },
    keys: ['sk-1', 'sk-2'],
  });
  const ends: { exchange: Exchange; atMs: number }[] = [];
  const sends: number[] = [];
  clock.at(1000, () =>
    transport.send(
      { ...outgoing({ stream: options.stream ?? true, requestId: 'r9' }), keyIndex: 1 },
      { onSent: (ms) => sends.push(ms), onEnd: (exchange) => ends.push({ exchange, atMs: clock.nowMs() }) },
    ),
  );
  if (options.cancelAtMs !== undefined) clock.at(options.cancelAtMs, () => transport.abortAll());
  clock.run();
  expect(ends).toHaveLength(1);
  expect(sends).toEqual([1000]);
  const { exchange, atMs } = ends[0] as (typeof ends)[0];
  expect(exchange.finishedMs).toBe(atMs);
  return { exchange, calls, finishes };
}

describe('an answer', () => {
  test('reaches the endpoint and the client one network way later', () => {
    const { exchange, calls, finishes } = run({ plan: answer });
    expect(calls).toMatchObject([{ atMs: 1020, call: { requestId: 'r9#1', key: 'sk-2', dialect: 'dashscope' } }]);
    expect(exchange).toMatchObject({
      status: 200,
      sentMs: 1000,
      queuedMs: 0,
      headersMs: 1115,
      firstTokenMs: 1140,
      firstAnswerTokenMs: 1140,
      finishedMs: 2140,
      finishReason: 'stop',
      sawDone: true,
      usage: { promptTokens: 7, completionTokens: 40, cachedTokens: null },
      transportError: null,
    });
    expect(finishes).toEqual([2120]);
  });

  test('has gaps whose counts and sum fit its pace', () => {
    const { gaps } = run({ plan: answer }).exchange;
    expect(gaps?.count).toBe(15);
    let count = 0;
    let sumMs = 0;
    const buckets = gaps?.buckets ?? [];
    for (let index = 0; index < buckets.length; index += 2) {
      count += buckets[index + 1] as number;
      sumMs += gapOfBucket(buckets[index] as number) * (buckets[index + 1] as number);
    }
    expect(count).toBe(15);
    expect(sumMs / 15).toBeGreaterThan(55);
    expect(sumMs / 15).toBeLessThan(70);
    expect(gaps?.maxMs).toBe(100);
  });

  test('shows a stall as its largest gap', () => {
    const plan = (call: SimulatedCall, nowMs: number) =>
      answer(call, nowMs, { stall: { afterTokens: 10, forMs: 3000 }, finishedAtMs: nowMs + 4100 });
    const { gaps, finishedMs } = run({ plan }).exchange;
    expect(gaps?.maxMs).toBeGreaterThanOrEqual(3000);
    expect(gaps?.count).toBe(16);
    expect(finishedMs).toBe(5140);
  });

  test('as a document has its token and its usage at the end', () => {
    const plan = (call: SimulatedCall, nowMs: number) => answer(call, nowMs, { headersAtMs: nowMs + 1100 });
    const { exchange } = run({ plan, stream: false });
    expect(exchange).toMatchObject({ firstTokenMs: 2140, gaps: null, sawDone: false, usage: { cachedTokens: 0 } });
  });

  test('that thinks has its first answer token after its reasoning', () => {
    const { exchange } = run({ plan: (call, nowMs) => answer(call, nowMs, { reasoningTokens: 20 }) });
    expect(exchange).toMatchObject({ firstTokenMs: 1140, firstAnswerTokenMs: 1640 });
  });

  test('cut cleanly has no finish reason, whatever the relay adds', () => {
    const ending = { kind: 'clean', afterTokens: 10, atMs: 1500, adds: 'usage_and_done' } as const;
    const { exchange } = run({ plan: (call, nowMs) => answer(call, nowMs, { ending }) });
    expect(exchange).toMatchObject({ finishedMs: 1520, finishReason: null, sawDone: true, transportError: null });
    expect(exchange.usage).not.toBeNull();
  });

  test('cut by a reset is a connection error in the body', () => {
    const ending = { kind: 'reset', afterTokens: 10, atMs: 1500 } as const;
    const { exchange } = run({ plan: (call, nowMs) => answer(call, nowMs, { ending }) });
    expect(exchange).toMatchObject({ status: 200, transportError: { phase: 'body' }, usage: null, sawDone: false });
  });
});

describe('client limits', () => {
  const slow = (call: SimulatedCall, nowMs: number) =>
    answer(call, nowMs, { headersAtMs: nowMs + 100, firstTokenAtMs: nowMs + 600, finishedAtMs: nowMs + 1600 });

  test.each([
    ['first_byte', { firstByteMs: 139 }, 1139, null],
    ['idle', { idleMs: 499 }, 1639, 200],
    ['total', { totalMs: 900 }, 1900, 200],
  ] as const)('%s ends the exchange on time', (phase, timeouts, finishedMs, status) => {
    const { exchange, finishes } = run({ plan: slow, timeouts });
    expect(exchange).toMatchObject({ status, finishedMs, transportError: { kind: 'timeout', phase }, usage: null });
    expect(finishes).toEqual([finishedMs + 20]);
  });

  test.each([{ firstByteMs: 140 }, { idleMs: 500 }, { totalMs: 1640 }])('just met do not: %o', (timeouts) => {
    expect(run({ plan: slow, timeouts }).exchange.transportError).toBeNull();
  });

  test('end a call that is never answered', () => {
    const { exchange } = run({ plan: () => ({ kind: 'hang' }), timeouts: { firstByteMs: 700 } });
    expect(exchange).toMatchObject({ status: null, finishedMs: 1700, transportError: { phase: 'first_byte' } });
  });
});

describe('refusals and breaks', () => {
  const refusal = (body: string, inStream: boolean): AnswerPlan => ({
    kind: 'refusal',
    cause: 'rpm',
    error: 'limit_requests',
    status: inStream ? 200 : 429,
    errorStatus: 429,
    inStream,
    atMs: 1050,
    headers: (epoch) => ({ 'req-arrive-time': String(epoch + 1020) }),
    body: () => body,
  });

  test('carry their body and headers', () => {
    const { exchange, finishes } = run({ plan: () => refusal('{"error":{}}', false) });
    expect(exchange).toMatchObject({ status: 429, finishedMs: 1070, body: { head: '{"error":{}}' }, errorFrames: [] });
    expect(exchange.headers['req-arrive-time']).toBe('1800000001020');
    expect(finishes).toEqual([]);
  });

  test('inside a stream carry their frame as a decoder keeps it', () => {
    const frame = 'id:1\nevent:error\n:HTTP_STATUS/429\ndata:{"code":"Throttling"}\n\ndata: [DONE]\n\n';
    const { exchange } = run({ plan: () => refusal(frame, true) });
    expect(exchange.errorFrames).toEqual(['event:error\n:HTTP_STATUS/429\ndata:{"code":"Throttling"}']);
    expect(exchange).toMatchObject({ status: 200, sawDone: true });
  });

  test('a reset before the headers has no status, one after them has', () => {
    const reset = (headersAtMs: number | null): AnswerPlan => ({
      kind: 'reset',
      atMs: 1100,
      headersAtMs,
      headers: () => ({}),
    });
    expect(run({ plan: () => reset(null) }).exchange).toMatchObject({
      status: null,
      transportError: { phase: 'headers' },
    });
    expect(run({ plan: () => reset(1050) }).exchange).toMatchObject({ status: 200, transportError: { phase: 'body' } });
  });

  test('a queued call asks again and is then answered', () => {
    const { exchange, calls } = run({
      plan: (call, nowMs) =>
        call.queuedSinceMs === undefined
          ? { kind: 'queued', againAtMs: nowMs + 500, call: { ...call, queuedSinceMs: nowMs } }
          : answer(call, nowMs),
    });
    expect(calls.map(({ atMs }) => atMs)).toEqual([1020, 1520]);
    expect(exchange).toMatchObject({ firstTokenMs: 1640, transportError: null });
  });

  test('a cancelled exchange ends once and frees its slot', () => {
    const { exchange, finishes } = run({ plan: answer, cancelAtMs: 1500 });
    expect(exchange).toMatchObject({ finishedMs: 1500, transportError: { kind: 'cancelled' } });
    expect(finishes).toEqual([1520]);
  });
});
