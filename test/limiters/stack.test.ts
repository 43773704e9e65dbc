/** Goal: the stack names who refused, and a refusal costs the others nothing. Method: tables over simulated accounts. */
import { describe, expect, test } from 'vitest';
import { limiterFor } from '../../src/limiters/limiter-for.ts';
import { limiterStack, type StackCall } from '../../src/limiters/stack.ts';
import { NO_LIMITS, type SimulatorLimits, type TokenAccounting, type WindowKind } from '../../src/model/simulator.ts';

const log = (limit: number, countsRefused = false) => ({ limit, window: 'sliding_log', countsRefused }) as const;
const tokens = (limit: number, accounting: TokenAccounting) => ({ ...log(limit), accounting });
// biome-ignore lint/suspicious/noThenProperty: the scenario's word for the answer that follows the last free token.
const free = (limit: number) => ({ limit, then: 429 }) as const;
const call: StackCall = { promptTokens: 100, maxTokens: 50 };

function started(limits: Partial<SimulatorLimits>) {
  const stack = limiterStack({ ...NO_LIMITS, ...limits });
  const state = stack.init();
  return {
    arrive: (nowMs: number, one = call) => stack.arrive(state, nowMs, one),
    end: (nowMs: number, decision: ReturnType<typeof stack.arrive>, completionTokens: number) => {
      if (decision.booked === null) throw new Error('a refused call cannot end');
      stack.finish(state, nowMs, decision.booked, {
        promptTokens: decision.booked.call.promptTokens,
        completionTokens,
      });
    },
  };
}

describe('who refused', () => {
  test('with every limit off, everything is admitted', () => {
    const account = started({});
    for (let n = 0; n < 100; n += 1) expect(account.arrive(0)).toMatchObject({ admitted: true, refusedBy: null });
  });

  test.each([
    ['rps', { rps: log(2) }, 1000],
    ['rpm', { rpm: log(2) }, 60_000],
    ['tps', { tps: tokens(299, 'prompt_at_admission') }, 1000],
    ['tpm', { tpm: tokens(299, 'prompt_at_admission') }, 60_000],
    ['burst', { burst: { baselinePerSecond: 2, factor: 2, overMs: 10_000 } }, 1000],
    ['concurrency', { concurrency: 2 }, null],
    ['free_tokens', { freeTokens: free(200) }, null],
  ] as const)('%s refuses the third call and says how long', (name, limits, retryAfterMs) => {
    const account = started(limits);
    expect(account.arrive(0).admitted).toBe(true);
    expect(account.arrive(0).admitted).toBe(true);
    expect(account.arrive(0)).toEqual({ admitted: false, refusedBy: name, delayMs: 0, retryAfterMs, booked: null });
  });

  test('of several exhausted limits, the first in order of evaluation is named', () => {
    const all = { rps: log(1), rpm: log(1), tps: tokens(100, 'prompt_at_admission'), concurrency: 1 };
    const account = started(all);
    account.arrive(0);
    expect(account.arrive(0).refusedBy).toBe('rps');
    expect(account.arrive(1000).refusedBy).toBe('rpm');
    expect(account.arrive(60_000).refusedBy).toBe('concurrency');
    expect(started({ ...all, freeTokens: free(0) }).arrive(0).refusedBy).toBe('free_tokens');
  });
});

describe('a refused call', () => {
  test('consumes nothing of the limits that would have let it pass', () => {
    const account = started({ rps: log(5), rpm: log(3), tpm: tokens(150, 'prompt_at_admission') });
    account.arrive(0);
    for (let n = 1; n < 20; n += 1) expect(account.arrive(n * 10).refusedBy).toBe('tpm');
    expect(account.arrive(1000, { promptTokens: 10, maxTokens: 1 }).admitted).toBe(true);
  });

  test('consumes of a limit that counts refused calls, whoever refused', () => {
    const account = started({ rpm: log(3, true), tpm: tokens(150, 'prompt_at_admission') });
    account.arrive(0);
    expect(account.arrive(1).refusedBy).toBe('tpm');
    expect(account.arrive(2).refusedBy).toBe('tpm');
    expect(account.arrive(3, { promptTokens: 10, maxTokens: 1 }).refusedBy).toBe('rpm');
  });
});

describe('token accounting, 1,000 tokens per minute', () => {
  const admittedAt = (accounting: TokenAccounting, nowMs: number, account: ReturnType<typeof started>) => {
    let count = 0;
    while (count < 100 && account.arrive(nowMs).admitted) count += 1;
    return { accounting, count };
  };
  const fill = (accounting: TokenAccounting, completionTokens: number) => {
    const account = started({ tpm: tokens(1000, accounting) });
    const first = account.arrive(0);
    account.end(10, first, completionTokens);
    return admittedAt(accounting, 20, account).count;
  };

  test('prompt at admission: the answer is added at the end', () => {
    expect(fill('prompt_at_admission', 0)).toBe(9);
    expect(fill('prompt_at_admission', 1)).toBe(8);
  });

  test('reserve max_tokens: never given back', () => {
    // 150 each: the first one and five more
    expect(fill('reserve_max_tokens', 0)).toBe(5);
    expect(fill('reserve_max_tokens', 50)).toBe(5);
  });

  test('reserve and refund: the difference comes back at the end', () => {
    // 100 + 6 x 150 = 1000
    expect(fill('reserve_and_refund', 0)).toBe(6);
    expect(fill('reserve_and_refund', 1)).toBe(5);
  });

  test('at completion: everything in flight is free', () => {
    expect(fill('at_completion', 900)).toBe(0);
    expect(fill('at_completion', 899)).toBe(100);
  });

  test('a refund comes back at the time of its booking', () => {
    const account = started({ tpm: tokens(1000, 'reserve_and_refund') });
    account.end(50_000, account.arrive(0, { promptTokens: 100, maxTokens: 900 }), 0);
    // 100 stay until 60 s, and no credit is left over after it
    expect(account.arrive(59_999, { promptTokens: 901, maxTokens: 0 }).admitted).toBe(false);
    expect(account.arrive(60_000, { promptTokens: 1001, maxTokens: 0 })).toMatchObject({ retryAfterMs: null });
    expect(account.arrive(60_000, { promptTokens: 1000, maxTokens: 0 }).admitted).toBe(true);
  });

  test('a call without a ceiling reserves its prompt', () => {
    const account = started({ tpm: tokens(100, 'reserve_max_tokens') });
    expect(account.arrive(0, { promptTokens: 100, maxTokens: null }).admitted).toBe(true);
  });
});

test('a slot is freed at the end of its call', () => {
  const account = started({ concurrency: 1 });
  const first = account.arrive(0);
  expect(account.arrive(5000).refusedBy).toBe('concurrency');
  account.end(5000, first, 1);
  expect(account.arrive(5000).admitted).toBe(true);
});

test('a free quota is charged what was used, its last call may overshoot', () => {
  const account = started({ freeTokens: free(150) });
  account.end(10, account.arrive(0), 49);
  const last = account.arrive(20);
  expect(last.admitted).toBe(true);
  account.end(30, last, 50);
  expect(account.arrive(40).refusedBy).toBe('free_tokens');
});

describe('window names of a scenario', () => {
  test.each([
    ['sliding_log', 'sliding log, 600 per 60 s', 0],
    ['sliding_counter', 'sliding counter, 600 per 60 s', 0],
    ['fixed_clock', 'fixed window (clock), 600 per 60 s', 600],
    ['fixed_first', 'fixed window (first request), 600 per 60 s', 600],
    ['bucket', 'token bucket, 600 deep, 10 per 1 s', 10],
  ] as const)('%s is the %s', (window, description, againAfterBoundary) => {
    const limiter = limiterFor({ limit: 600, window: window satisfies WindowKind, countsRefused: false }, 60_000, {
      phaseMs: 40_000,
    });
    expect(limiter.description).toBe(description);
    const state = limiter.init();
    limiter.observe(state, 39_000, 600, true);
    const atMs = window === 'fixed_first' ? 99_000 : 40_000;
    expect(limiter.decide(state, atMs, Math.max(1, againAfterBoundary)).admitted).toBe(againAfterBoundary > 0);
  });
});
