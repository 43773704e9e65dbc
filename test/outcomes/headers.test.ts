import { describe, expect, test } from 'vitest';
import { readRateLimitHints } from '../../src/outcomes/hints.ts';
import { isKeptHeader } from '../../src/outcomes/kept-headers.ts';
import { providerRequestId } from '../../src/outcomes/request-id.ts';
import { relayFacts, serverTimes } from '../../src/outcomes/server-times.ts';
import { corpus, exchangeOf } from './reading.ts';

const NOW = 1_795_290_177_000;
const hint = (
  source: string,
  limit: number | null,
  remaining: number | null,
  resetMs: number | null,
  windowMs: number | null = null,
) => ({ source, limit, remaining, resetMs, windowMs });

describe('rate limit hints', () => {
  test.each([
    [
      'OpenAI',
      {
        'x-ratelimit-limit-requests': '60',
        'x-ratelimit-remaining-requests': '0',
        'x-ratelimit-reset-requests': '1s',
        'x-ratelimit-limit-tokens': '150000',
        'x-ratelimit-remaining-tokens': '149984',
        'x-ratelimit-reset-tokens': '6m0s',
      },
      [hint('x-ratelimit-requests', 60, 0, 1000), hint('x-ratelimit-tokens', 150_000, 149_984, 360_000)],
    ],
    [
      'draft 6',
      { 'ratelimit-policy': '10;w=5', 'ratelimit-limit': '10', 'ratelimit-remaining': '0', 'ratelimit-reset': '5' },
      [hint('ratelimit', 10, 0, 5000, 5000)],
    ],
    [
      'draft 7',
      { 'ratelimit-policy': '10;w=5', ratelimit: 'limit=10, remaining=0, reset=5' },
      [hint('ratelimit', 10, 0, 5000, 5000)],
    ],
    [
      'draft 8',
      { 'ratelimit-policy': '"10-in-5sec"; q=10; w=5; pk=:ODI1:', ratelimit: '"10-in-5sec"; r=0; t=5' },
      [hint('ratelimit:10-in-5sec', 10, 0, 5000, 5000)],
    ],
    [
      'draft 11, a list',
      { 'ratelimit-policy': '"burst";q=100;w=60,"daily";q=1000;w=86400', ratelimit: '"burst";r=50;t=30,"daily";r=900' },
      [hint('ratelimit:burst', 100, 50, 30_000, 60_000), hint('ratelimit:daily', 1000, 900, null, 86_400_000)],
    ],
    [
      'Anthropic',
      {
        'anthropic-ratelimit-input-tokens-limit': '40000',
        'anthropic-ratelimit-input-tokens-remaining': '0',
        'anthropic-ratelimit-input-tokens-reset': '2026-11-21T20:22:58Z',
      },
      [hint('anthropic-ratelimit-input-tokens', 40_000, 0, expect.any(Number) as unknown as number)],
    ],
    [
      'koa: fractional epoch',
      { 'x-ratelimit-limit': '10', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1795290181.613533' },
      [hint('x-ratelimit', 10, 0, expect.closeTo(4613.533, 1) as unknown as number)],
    ],
    [
      'fastify: seconds left',
      { 'x-ratelimit-limit': '10', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '5' },
      [hint('x-ratelimit', 10, 0, 5000)],
    ],
    [
      'Kong',
      {
        'x-ai-ratelimit-limit-minute-openai': '500',
        'x-ai-ratelimit-remaining-minute-openai': '0',
        'x-ai-ratelimit-reset-minute-openai': '29',
      },
      [hint('x-ai-ratelimit-minute-openai', 500, 0, 29_000)],
    ],
    ['Higress', { 'x-tokenratelimit-reset': '42' }, [hint('x-tokenratelimit', null, null, 42_000)]],
    ['LiteLLM key', { 'x-litellm-key-rpm-limit': '40' }, [hint('litellm-key-rpm', 40, null, null)]],
    [
      'Azure: negative is absent',
      {
        'x-ratelimit-limit-requests': '-1',
        'x-ratelimit-remaining-requests': '-1',
        'x-ratelimit-reset-requests': '-1',
      },
      [],
    ],
    ['malformed', { ratelimit: '"a;r=', 'ratelimit-policy': ';;;', 'x-ratelimit-limit': 'many' }, []],
    ['none', { 'content-type': 'application/json' }, []],
  ])('%s', (_, headers, expected) => {
    expect(readRateLimitHints(headers as unknown as Record<string, string>, '', NOW)).toEqual(expected);
  });

  test('OpenRouter puts its headers into the body', () => {
    const body = `{"error":{"metadata":{"headers":{"X-RateLimit-Limit":"16","X-RateLimit-Remaining":"0","X-RateLimit-Reset":"${NOW + 3000}"}}}}`;
    expect(readRateLimitHints({}, body, NOW)).toEqual([hint('body:x-ratelimit', 16, 0, 3000)]);
  });

  test('an epoch stays unknown without a clock', () => {
    expect(readRateLimitHints({ 'x-ratelimit-limit': '1', 'x-ratelimit-reset': '1795290181' })).toEqual([
      hint('x-ratelimit', 1, null, null),
    ]);
  });
});

describe('server times', () => {
  test('DashScope states arrival, start and cost', () => {
    expect(
      serverTimes({
        'req-arrive-time': '1757830823340',
        'resp-start-time': '1757830823772',
        'req-cost-time': '432',
        'x-envoy-upstream-service-time': '431',
      }),
    ).toEqual({
      arrivedWallMs: 1_757_830_823_340,
      respondedWallMs: 1_757_830_823_772,
      serverMs: 432,
      upstreamMs: 431,
      relayMs: null,
      hiddenRetries: null,
      hiddenFallbacks: null,
    });
  });
  test('the cost follows from the times where it is not stated', () => {
    expect(serverTimes({ 'req-arrive-time': '1757830823340', 'resp-start-time': '1757830823772' }).serverMs).toBe(432);
  });
  test('LiteLLM passes them on, Portkey counts retries', () => {
    expect(serverTimes({ 'llm_provider-req-cost-time': '81', 'x-litellm-attempted-retries': '2' })).toMatchObject({
      serverMs: 81,
      hiddenRetries: 2,
    });
    expect(serverTimes({ 'x-portkey-retry-attempt-count': '-1' }).hiddenRetries).toBe(-1);
  });
  test('unreadable is absent', () => {
    expect(serverTimes({ 'req-cost-time': 'fast' }).serverMs).toBeNull();
  });
  test('relay facts leave out what differs with each answer', () => {
    expect(
      relayFacts({
        'x-portkey-provider': 'openai',
        'x-portkey-trace-id': 'abc',
        'x-litellm-call-id': '1',
        'cf-aig-cache-status': 'MISS',
      }),
    ).toEqual(['x-portkey-provider: openai', 'cf-aig-cache-status: MISS']);
  });
});

describe('kept headers', () => {
  test.each([
    'retry-after',
    'x-ratelimit-limit-tokens',
    'x-dashscope-call-gateway',
    'x-oneapi-request-id',
    'req-arrive-time',
    'ratelimit',
    'server',
    'x-envoy-upstream-service-time',
    'llm_provider-req-cost-time',
    'anthropic-ratelimit-tokens-reset',
  ])('%s is kept', (name) => {
    expect(isKeptHeader(name)).toBe(true);
  });
  test.each([
    'set-cookie',
    'authorization',
    'openai-organization',
    'openai-project',
    'x-litellm-key-alias',
    'anthropic-organization-id',
    'cookie',
    'x-custom',
    '',
  ])('%s is dropped', (name) => {
    expect(isKeptHeader(name)).toBe(false);
  });
  test('every header of the corpus that rules look at survives', () => {
    const names = new Set(corpus.flatMap((row) => Object.keys(row.headers)));
    expect([...names].filter((name) => !isKeptHeader(name))).toEqual([]);
  });
});

test.each([
  ['{"error":{"code":"x"},"request_id":"20db6050-0000"}', {}, '20db6050-0000'],
  ['{"error":{"message":"满 (request id: 2024052310260941388718971918754)"}}', {}, '2024052310260941388718971918754'],
  ['', { 'x-request-id': 'abc' }, 'abc'],
  ['', { 'x-oneapi-request-id': 'relay', 'llm_provider-x-request-id': 'inner' }, 'inner'],
  ['{"id":"chatcmpl-428b414f","choices":[]}', {}, 'chatcmpl-428b414f'],
  ['nothing', {}, null],
])('request id of %s %o', (text, headers, expected) => {
  expect(providerRequestId(exchangeOf({ text, headers: headers as Record<string, string> }))).toBe(expected);
});
