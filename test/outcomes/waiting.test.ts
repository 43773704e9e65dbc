import { describe, expect, test } from 'vitest';
import { classify } from '../../src/outcomes/classify.ts';
import { parseDurationMs, statedResetWallMs, statedWaitMs } from '../../src/outcomes/durations.ts';
import { epochMs, parseHttpDate, yearOf } from '../../src/outcomes/http-date.ts';
import { resetToMs } from '../../src/outcomes/waiting.ts';
import { contextOf, exchangeOf } from './reading.ts';

const NOW = epochMs({ year: 2026, month: 9, day: 7, hour: 9, minute: 0, second: 0 }) as number;

describe('http dates', () => {
  test.each([
    ['Sun, 06 Nov 1994 08:49:37 GMT', 784_111_777_000],
    ['Sunday, 06-Nov-94 08:49:37 GMT', 784_111_777_000],
    ['Sun Nov  6 08:49:37 1994', 784_111_777_000],
    ['Thu, 01 Jan 1970 00:00:00 GMT', 0],
    ['Thu, 29 Feb 2024 00:00:00 GMT', 1_709_164_800_000],
  ])('%s', (text, wallMs) => {
    expect(parseHttpDate(text)).toBe(wallMs);
  });
  test.each(['', '12', 'Sun, 06 Foo 1994 08:49:37 GMT', 'Sun, 06 Nov 1994 25:49:37 GMT', 'tomorrow'])(
    '%s is none',
    (text) => {
      expect(parseHttpDate(text)).toBeNull();
    },
  );
  test('the year turns at midnight UTC', () => {
    const turn = epochMs({ year: 2027, month: 1, day: 1, hour: 0, minute: 0, second: 0 }) as number;
    expect([yearOf(turn - 1), yearOf(turn)]).toEqual([2026, 2027]);
  });
});

test.each([
  ['12ms', 12],
  ['6m0s', 360_000],
  ['1h2m3.5s', 3_723_500],
  ['26s', 26_000],
  ['7.66s', 7660],
  ['', null],
  ['6', null],
  ['6 m', null],
])('duration %s', (text, expected) => {
  expect(parseDurationMs(text)).toBe(expected);
});

test.each([
  ['token limit is exceeded. try again in 11 seconds.', 11_000],
  ['please retry after 86400 seconds.', 86_400_000],
  ['please try again in 174ms. visit', 174],
  ['please try again in 7m12s.', 432_000],
  ['please try again in 6m0s', 360_000],
  ['too many requests: retry after 3s.', 3000],
  ['please try again after 1 seconds', 1000],
  ['expected available in 52 seconds.', 52_000],
  ['quota will be replenished in 08:30:00.', 30_600_000],
  ['请在 30 秒后重试', 30_000],
  ['请 5 分钟后再试', 300_000],
  ['limit 30000, used 18928, requested 11159.', null],
  ['please try again later.', null],
  ['reduce your prompt to 4000 tokens and try again', null],
])('stated wait: %s', (text, expected) => {
  expect(statedWaitMs(text)).toBe(expected);
});

describe('stated times of reset', () => {
  test.each([
    ['limit resets at: 2026-09-07 09:15:17 utc', 917_000],
    ['您的限额将在 2026-09-07 18:01:51 重置.', 3_711_000],
    ['the quota will reset at 09-19 07:14:00 utc.', 12 * 86_400_000 - 2 * 3_600_000 + 14 * 60_000],
    ['it will reset at 2026-09-07 18:00:00 +0800 cst', 3_600_000],
    ['you will regain access on 2026-09-08 at 00:00 utc', 54_000_000],
  ])('%s', (text, waitMs) => {
    expect((statedResetWallMs(text, NOW) as number) - NOW).toBe(waitMs);
  });
  test('a moment without a year that has passed is next year', () => {
    const wallMs = statedResetWallMs('reset at 01-02 00:00:00 utc', NOW) as number;
    expect(yearOf(wallMs)).toBe(2027);
  });
  test('without a clock a time without a year stays unknown', () => {
    expect(statedResetWallMs('reset at 09-19 07:14:00 utc', null)).toBeNull();
  });
});

test.each([
  ['30', 30_000],
  ['0.5', 500],
  [String(NOW / 1000 + 7), 7000],
  [String(NOW + 7000), 7000],
  [String(NOW - 7000), 0],
  ['Mon, 07 Sep 2026 09:00:10 GMT', 10_000],
  ['2026-09-07T09:00:10Z', 10_000],
  ['-1', null],
  ['soon', null],
])('a reset of %s', (value, expected) => {
  expect(resetToMs(value, NOW)).toBe(expected);
});

describe('retryAfterMs of an outcome', () => {
  const wait = (headers: Record<string, string>, text = '{"error":{"code":"limit_requests"}}') => {
    const outcome = classify(exchangeOf({ status: 429, headers, text }), {
      ...contextOf({ baseUrl: null, model: '' }),
      nowWallMs: NOW,
    });
    return outcome.kind === 'limited' ? [outcome.retryAfterMs, outcome.heals] : null;
  };
  test.each([
    [{ 'retry-after': '5' }, 5000],
    [{ 'retry-after': 'Mon, 07 Sep 2026 09:00:05 GMT' }, 5000],
    [{ 'retry-after': '5', 'retry-after-ms': '4321' }, 4321],
    [{ 'x-ms-retry-after-ms': '250' }, 250],
    [{ 'x-ai-ratelimit-retry-after': '29' }, 29_000],
    [{ 'x-ratelimit-reset': '17' }, 17_000],
    [{ ratelimit: '"1-in-5sec"; r=0; t=5' }, 5000],
    [{ ratelimit: '"1-in-5sec"; r=0; t=5', 'retry-after': '9' }, 9000],
    [{ 'retry-after': 'nonsense' }, null],
    [{}, null],
  ])('%o', (headers, expected) => {
    expect(wait(headers as Record<string, string>)?.[0]).toBe(expected);
  });
  test("Google's retryDelay and OpenRouter's epoch in the body", () => {
    expect(wait({}, '{"error":{"status":"RESOURCE_EXHAUSTED","details":[{"retryDelay":"26s"}]}}')?.[0]).toBe(26_000);
    const body = `{"error":{"message":"Rate limit exceeded: free-models-per-min.","code":429,"metadata":{"headers":{"X-RateLimit-Reset":"${NOW + 1000}"}}}}`;
    expect(wait({}, body)?.[0]).toBe(1000);
  });
  test('money does not heal, whatever the header says', () => {
    expect(wait({ 'retry-after': '5' }, '{"error":{"code":"1113","message":"余额不足"}}')).toEqual([5000, 'never']);
  });
});
