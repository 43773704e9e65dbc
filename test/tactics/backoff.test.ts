import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Outcome } from '../../src/model/outcome.ts';
import type { Backoff } from '../../src/model/scenario.ts';
import { backoffDecider, backoffSpanMs, backoffWaitMs } from '../../src/tactics/backoff.ts';
import { backoff, even, limited, OK, requestOf, runLab } from './lab.ts';

const SENT = { atMs: 0, keyIndex: 2, model: 'qwen-plus' };

/** The wait after attempt `attemptNo`; null when it gives up. */
function waitAfter(spec: Backoff, outcome: Outcome, attemptNo = 1): number | null {
  const decider = backoffDecider(spec, { seed: 1 });
  const planned = decider.again({ request: requestOf(0), attemptNo, sent: SENT, outcome, atMs: 500 });
  return planned === null ? null : planned.atMs - 500;
}

const anySpec: fc.Arbitrary<Backoff> = fc.record({
  kind: fc.constant('backoff' as const),
  baseMs: fc.integer({ min: 1, max: 5000 }),
  factor: fc.double({ min: 1, max: 4, noNaN: true }),
  jitter: fc.constantFrom('full', 'equal', 'plus', 'decorrelated', 'none'),
  maxMs: fc.integer({ min: 1, max: 90_000 }),
  attempts: fc.integer({ min: 1, max: 8 }),
  honourRetryAfter: fc.boolean(),
});

test.each([
  // jitter, chance -> the first four waits of base 1 s, factor 2, max 5 s
  ['none', 0.5, [1000, 2000, 4000, 5000]],
  ['full', 0, [0, 0, 0, 0]],
  ['full', 0.5, [500, 1000, 2000, 2500]],
  ['equal', 0, [500, 1000, 2000, 2500]],
  ['equal', 0.5, [750, 1500, 3000, 3750]],
  ['plus', 0, [1000, 2000, 4000, 5000]],
  ['plus', 0.25, [1250, 2250, 4250, 5000]],
  // uniform between base and three times the wait before
  ['decorrelated', 0, [1000, 1000, 1000, 1000]],
  ['decorrelated', 0.5, [2000, 3500, 5000, 5000]],
] as const)('%s jitter at chance %s', (jitter, chance, expected) => {
  let previousMs = 0;
  const waits = expected.map((_, retry) => {
    previousMs = backoffWaitMs(backoff({ jitter, maxMs: 5000 }), { retry, previousMs, chance });
    return previousMs;
  });
  expect(waits).toEqual(expected);
});

test('no wait is negative or above max, whatever the settings', () => {
  fc.assert(
    fc.property(
      anySpec,
      fc.nat(30),
      fc.nat(90_000),
      fc.double({ min: 0, max: 0.999999, noNaN: true }),
      (spec, retry, previousMs, chance) => {
        const waitMs = backoffWaitMs(spec, { retry, previousMs, chance });
        expect(waitMs).toBeGreaterThanOrEqual(0);
        expect(waitMs).toBeLessThanOrEqual(spec.maxMs);
      },
    ),
  );
});

test('a request never has more attempts than `attempts`, and its sends follow one another', () => {
  fc.assert(
    fc.property(anySpec, fc.integer({ min: 1, max: 4 }), (spec, requests) => {
      const lab = runLab({ arrivals: even(requests, 300), tactics: [spec], answer: () => 'requests' });
      for (let seq = 0; seq < requests; seq++) {
        const attempts = lab.attemptsOf(`r${seq}`);
        expect(attempts.map((attempt) => attempt.attemptNo)).toEqual(even(spec.attempts, 1).map((index) => index + 1));
        const gaps = attempts.slice(1).map((attempt, index) => attempt.sentMs - (attempts[index]?.sentMs ?? 0));
        // 100 ms until the answer, then the wait.
        for (const gap of gaps) expect(gap).toBeGreaterThanOrEqual(100 - 1e-6);
        for (const gap of gaps) expect(gap).toBeLessThanOrEqual(100 + spec.maxMs + 1e-6);
      }
    }),
    { numRuns: 50 },
  );
});

test('the same seed plans the same run, another seed other waits', () => {
  const times = (seed: number) =>
    runLab({ arrivals: even(20, 10), tactics: [backoff()], answer: () => 'requests', seed }).sent.map(
      (each) => each.sentMs,
    );
  expect(times(3)).toEqual(times(3));
  expect(times(4)).not.toEqual(times(3));
});

test.each<readonly [string, Outcome, boolean]>([
  ['a limit that heals in seconds', limited(), true],
  ['a limit of unknown healing', limited({ limit: 'unknown', heals: 'unknown' }), true],
  ['an overload', limited({ limit: 'overload' }), true],
  ['a window that says when, within max', limited({ heals: 'window', retryAfterMs: 60_000 }), true],
  ['a window that says when, beyond max', limited({ heals: 'window', retryAfterMs: 60_001 }), false],
  ['a window that does not say when', limited({ heals: 'window' }), false],
  ['a limit that never heals', limited({ heals: 'never' }), false],
  ['used-up free quota, whatever it is said to heal', limited({ limit: 'free_quota' }), false],
  ['unpaid bills, whatever they are said to heal', limited({ limit: 'billing' }), false],
  ['a server error', { kind: 'server_error', status: 503, ruleId: null }, true],
  ['a timeout', { kind: 'timeout', phase: 'first_byte' }, true],
  ['a broken connection', { kind: 'connection', phase: 'connect', code: 'ECONNREFUSED' }, true],
  ['a wrong key', { kind: 'auth', status: 401, ruleId: null }, false],
  ['a wrong request', { kind: 'client_error', status: 400, ruleId: null }, false],
  ['a cut stream', { kind: 'truncated' }, false],
  ['a cancelled request', { kind: 'cancelled' }, false],
  ['an answer', OK, false],
])('%s', (_, outcome, isRetried) => {
  expect(waitAfter(backoff(), outcome) !== null).toBe(isRetried);
});

test('tries again after the last but one attempt, gives up after the last', () => {
  expect(waitAfter(backoff({ attempts: 3 }), limited(), 2)).not.toBeNull();
  expect(waitAfter(backoff({ attempts: 3 }), limited(), 3)).toBeNull();
});

test('waits as long as it is told when that is longer than its own wait, if told to listen', () => {
  const spec = backoff({ jitter: 'none' });
  expect(waitAfter(spec, limited({ retryAfterMs: 999 }))).toBe(1000);
  expect(waitAfter(spec, limited({ retryAfterMs: 7000 }))).toBe(7000);
  expect(waitAfter({ ...spec, honourRetryAfter: false }, limited({ retryAfterMs: 7000 }))).toBe(1000);
});

test('gives up when told to wait longer than max, unless it does not listen', () => {
  const told = limited({ retryAfterMs: 60_001 });
  expect(waitAfter(backoff({ jitter: 'none' }), told)).toBeNull();
  expect(waitAfter(backoff({ jitter: 'none', honourRetryAfter: false }), told)).toBe(1000);
});

test('keeps key and model of the attempt it repeats', () => {
  const again = backoffDecider(backoff(), { seed: 1 }).again({
    request: requestOf(0),
    attemptNo: 1,
    sent: SENT,
    outcome: limited(),
    atMs: 0,
  });
  expect(again).toMatchObject({ keyIndex: 2, model: 'qwen-plus' });
});

test('the published recipe of five retries waits 31 to 36 s: it always gives up inside a minute window', () => {
  const span = backoffSpanMs(backoff({ jitter: 'plus', attempts: 6 }));
  expect(span).toEqual({ shortestMs: 31_000, longestMs: 36_000 });
  expect(backoffSpanMs(backoff({ jitter: 'full', attempts: 8 }))).toEqual({ shortestMs: 0, longestMs: 123_000 });
  expect(backoffSpanMs(backoff({ attempts: 1 }))).toEqual({ shortestMs: 0, longestMs: 0 });
});

test('against refusals of a fixed share, attempts per request grow to the sum of its powers', () => {
  // Each try is refused with probability 0.4 by a hash of request and attempt: 1 + 0.4 + ... + 0.4^4 = 1.6496.
  let state = 12345;
  const coin = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const lab = runLab({
    arrivals: even(4000, 25),
    tactics: [backoff()],
    answer: () => (coin() < 0.4 ? 'requests' : 'ok'),
  });
  const amplification = lab.sent.length / 4000;
  // Standard deviation of attempts per request is about 0.9: 4 * 0.9 / sqrt(4000) = 0.06.
  expect(Math.abs(amplification - 1.6496)).toBeLessThan(0.06);
  expect(lab.answered / 4000).toBeCloseTo(1 - 0.4 ** 5, 2);
});

test('full jitter spreads the retries of one refused burst evenly over the base wait', () => {
  const lab = runLab({
    arrivals: even(1000, 0),
    tactics: [backoff({ attempts: 2 })],
    answer: (outgoing) => (outgoing.attemptNo === 1 ? 'requests' : 'ok'),
  });
  const waits = lab.sent.filter((record) => record.attemptNo === 2).map((record) => record.sentMs - 100);
  const tenths = even(10, 100).map((fromMs) => waits.filter((wait) => wait >= fromMs && wait < fromMs + 100).length);
  // 100 expected per tenth, deviation 9.5.
  for (const count of tenths) expect(Math.abs(count - 100)).toBeLessThan(40);
});
