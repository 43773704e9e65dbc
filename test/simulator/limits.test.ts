import { describe, expect, test } from 'vitest';
import type { SimulatorLimits } from '../../src/model/simulator.ts';
import { simulatedEndpoint } from '../../src/simulator/endpoint.ts';
import { answered, callWith, limited, refused, slidingLog, verdict } from './settings.ts';

const tokens = (limit: number) => ({ ...slidingLog(limit), accounting: 'prompt_at_admission' as const });

// biome-ignore lint/suspicious/noThenProperty: the name of the field in a scenario file
const freeTokens = (status: 429 | 403) => ({ limit: 150, then: status });

describe('each limit answers in its own words, on both sides of its boundary', () => {
  /** Sends of 100 prompt tokens at these times; the last one is refused, and one at `healsMs` passes again. */
  const table: readonly {
    name: string;
    limits: Partial<SimulatorLimits>;
    admittedMs: readonly number[];
    refusedMs: number;
    healsMs: number | null;
    error: string;
    cause: string;
    status: number;
  }[] = [
    {
      name: 'RPS: the 3rd request of a second',
      limits: { rps: slidingLog(2) },
      admittedMs: [0, 10],
      refusedMs: 999,
      healsMs: 1000,
      error: 'limit_requests',
      cause: 'rps',
      status: 429,
    },
    {
      name: 'RPM: the 4th request of a minute',
      limits: { rpm: slidingLog(3) },
      admittedMs: [0, 5000, 20_000],
      refusedMs: 59_999,
      healsMs: 60_000,
      error: 'limit_requests',
      cause: 'rpm',
      status: 429,
    },
    {
      name: 'TPS: tokens beyond 250 in a second',
      limits: { tps: tokens(250) },
      admittedMs: [0, 10],
      refusedMs: 999,
      healsMs: 1000,
      error: 'insufficient_quota',
      cause: 'tps',
      status: 429,
    },
    {
      name: 'TPM: tokens beyond 250 in a minute',
      limits: { tpm: tokens(250) },
      admittedMs: [0, 1000],
      refusedMs: 59_999,
      healsMs: 60_000,
      error: 'insufficient_quota',
      cause: 'tpm',
      status: 429,
    },
    {
      name: 'burst: the 4th request of a second after idleness',
      limits: { burst: { baselinePerSecond: 3, factor: 3, overMs: 10_000 } },
      admittedMs: [0, 1, 2],
      refusedMs: 999,
      healsMs: 1000,
      error: 'limit_burst_rate',
      cause: 'burst',
      status: 429,
    },
    {
      name: 'concurrency: a 3rd call in flight',
      limits: { concurrency: 2 },
      admittedMs: [0, 0],
      refusedMs: 1,
      healsMs: null,
      error: 'Throttling.Concurrency',
      cause: 'concurrency',
      status: 429,
    },
    {
      name: 'free tokens, no paid mode',
      limits: { freeTokens: freeTokens(429) },
      admittedMs: [0, 1],
      refusedMs: 2,
      healsMs: null,
      error: 'free_quota_exceeded',
      cause: 'free_tokens',
      status: 429,
    },
    {
      name: 'free tokens with the stop switch',
      limits: { freeTokens: freeTokens(403) },
      admittedMs: [0, 1],
      refusedMs: 2,
      healsMs: null,
      error: 'AllocationQuota.FreeTierOnly',
      cause: 'free_tokens',
      status: 403,
    },
  ];

  test.each(table)('$name', ({ limits, admittedMs, refusedMs, healsMs, error, cause, status }) => {
    const endpoint = simulatedEndpoint(limited(limits));
    for (const atMs of admittedMs) expect(endpoint.answer(callWith(), atMs).kind).toBe('answer');
    expect(refused(endpoint.answer(callWith(), refusedMs))).toMatchObject({ error, cause, status, inStream: false });
    if (healsMs !== null) expect(endpoint.answer(callWith(), healsMs).kind).toBe('answer');
  });

  test('a refusal answers within 15 to 80 ms', () => {
    const endpoint = simulatedEndpoint(limited({ rpm: slidingLog(1) }));
    endpoint.answer(callWith(), 0);
    for (let n = 1; n <= 200; n += 1) {
      const { atMs } = refused(endpoint.answer(callWith(), n));
      expect(atMs - n).toBeGreaterThanOrEqual(15);
      expect(atMs - n).toBeLessThanOrEqual(80);
    }
  });
});

describe('finish', () => {
  test('frees the slot at the end of the answer, once', () => {
    const endpoint = simulatedEndpoint(limited({ concurrency: 1 }));
    const plan = answered(endpoint.answer(callWith(), 0));
    expect(verdict(endpoint.answer(callWith(), 1))).toBe('Throttling.Concurrency');
    endpoint.finish(plan, plan.finishedAtMs);
    endpoint.finish(plan, plan.finishedAtMs);
    expect(verdict(endpoint.answer(callWith(), plan.finishedAtMs))).toBe('answer');
    expect(verdict(endpoint.answer(callWith(), plan.finishedAtMs))).toBe('Throttling.Concurrency');
  });

  test('books the output tokens of a whole answer', () => {
    const endpoint = simulatedEndpoint(limited({ tpm: tokens(216) }));
    const plan = answered(endpoint.answer(callWith(), 0));
    expect(plan.completionTokens).toBe(16);
    endpoint.finish(plan, plan.finishedAtMs);
    expect(verdict(endpoint.answer(callWith({ promptTokens: 100 }), 1000))).toBe('answer');
    expect(verdict(endpoint.answer(callWith({ promptTokens: 1 }), 1000))).toBe('insufficient_quota');
  });

  test('books only what was generated when the client left', () => {
    const endpoint = simulatedEndpoint(limited({ tpm: tokens(105) }));
    const plan = answered(endpoint.answer(callWith(), 0));
    endpoint.finish(plan, plan.firstTokenAtMs);
    expect(verdict(endpoint.answer(callWith({ promptTokens: 5 }), 1000))).toBe('insufficient_quota');
    expect(verdict(endpoint.answer(callWith({ promptTokens: 4 }), 1000))).toBe('answer');
  });
});

describe('accounts', () => {
  const endpoint = () => simulatedEndpoint(limited({ rpm: slidingLog(1) }));

  test('keys share one account', () => {
    const one = endpoint();
    expect(verdict(one.answer(callWith({ key: 'sk-a' }), 0))).toBe('answer');
    expect(verdict(one.answer(callWith({ key: 'sk-b' }), 1))).toBe('limit_requests');
  });

  test('keys named after different accounts do not', () => {
    const one = endpoint();
    expect(verdict(one.answer(callWith({ key: 'acct1-a' }), 0))).toBe('answer');
    expect(verdict(one.answer(callWith({ key: 'acct2-a' }), 1))).toBe('answer');
    expect(verdict(one.answer(callWith({ key: 'acct1-b' }), 2))).toBe('limit_requests');
  });

  test('each key is an account of its own where the settings say so', () => {
    const apart = simulatedEndpoint(limited({ rpm: slidingLog(1) }, { accounts: 'per_key' }));
    expect(verdict(apart.answer(callWith({ key: 'sk-a' }), 0))).toBe('answer');
    expect(verdict(apart.answer(callWith({ key: 'sk-b' }), 1))).toBe('answer');
    expect(verdict(apart.answer(callWith({ key: 'sk-a' }), 2))).toBe('limit_requests');
    expect(verdict(apart.answer(callWith({ key: 'sk-b' }), 3))).toBe('limit_requests');
  });

  test('every model has limits of its own', () => {
    const one = endpoint();
    expect(verdict(one.answer(callWith({ model: 'qwen3-max' }), 0))).toBe('answer');
    expect(verdict(one.answer(callWith({ model: 'qwen-plus' }), 1))).toBe('answer');
    expect(verdict(one.answer(callWith({ model: 'qwen-plus' }), 2))).toBe('limit_requests');
  });
});

describe('X-DashScope-Wait-Timeout', () => {
  const burst = { baselinePerSecond: 1, factor: 3, overMs: 10_000 };

  test('queues a burst refusal until the guard opens', () => {
    const endpoint = simulatedEndpoint(limited({ burst }));
    endpoint.answer(callWith(), 0);
    const queued = endpoint.answer(callWith({ waitTimeoutMs: 3000 }), 400);
    if (queued.kind !== 'queued') throw new Error(queued.kind);
    expect(queued.againAtMs).toBe(1000);
    const plan = answered(endpoint.answer(queued.call, queued.againAtMs));
    expect(plan.arrivedMs).toBe(400);
    expect(plan.firstTokenAtMs).toBeGreaterThan(1000);
  });

  test('refuses when the wait is over', () => {
    const endpoint = simulatedEndpoint(limited({ burst: { ...burst, baselinePerSecond: 0 } }));
    let plan = endpoint.answer(callWith({ waitTimeoutMs: 2500 }), 100);
    let atMs = 100;
    while (plan.kind === 'queued') {
      expect(plan.againAtMs).toBeGreaterThan(atMs);
      atMs = plan.againAtMs;
      plan = endpoint.answer(plan.call, atMs);
    }
    expect(atMs).toBe(2600);
    expect(verdict(plan)).toBe('limit_burst_rate');
  });

  test('waits 120 s at the most', () => {
    const endpoint = simulatedEndpoint(limited({ burst: { ...burst, baselinePerSecond: 0 } }));
    const first = endpoint.answer(callWith({ waitTimeoutMs: 900_000 }), 0);
    if (first.kind !== 'queued') throw new Error(first.kind);
    expect(endpoint.answer(first.call, 119_999).kind).toBe('queued');
    expect(verdict(endpoint.answer(first.call, 120_000))).toBe('limit_burst_rate');
  });

  test('does not queue what RPM or TPM refuse', () => {
    const endpoint = simulatedEndpoint(limited({ rpm: slidingLog(1) }));
    endpoint.answer(callWith(), 0);
    expect(verdict(endpoint.answer(callWith({ waitTimeoutMs: 3000 }), 1))).toBe('limit_requests');
  });
});

test('time counts from the first call: an aligned window begins with it', () => {
  const endpoint = simulatedEndpoint(limited({ rps: { ...slidingLog(1), window: 'fixed_clock' } }));
  expect(verdict(endpoint.answer(callWith(), 700))).toBe('answer');
  expect(verdict(endpoint.answer(callWith(), 1699))).toBe('limit_requests');
  expect(verdict(endpoint.answer(callWith(), 1700))).toBe('answer');
});
