import { expect, test } from 'vitest';
import { analysed, only } from './fold.ts';
import { manifest } from './manifest.ts';
import { journal, limited, type Shot } from './records.ts';

type Headers = Readonly<Record<string, string>>;

/** Headers arrive 100 ms after the send unless said. */
const answer = (
  seq: number,
  headers: Headers,
  over: Partial<Shot> & { readonly headersAfterMs?: number } = {},
): Shot => {
  const { headersAfterMs = 100, ...shot } = over;
  const sentMs = seq * 1000;
  return {
    seq,
    sentMs,
    finishedMs: sentMs + 300,
    ...shot,
    exchange: { headers, headersMs: sentMs + headersAfterMs, ...shot.exchange },
  };
};

const factsOf = (shots: readonly Shot[]) => only(analysed(journal(shots)).headerFacts);
const NOTHING = {
  variant: 'default',
  serverTime: null,
  networkTime: null,
  statedTooLong: 0,
  relayTime: null,
  rateLimitHints: [],
  rateLimitHintsFurther: 0,
  relayHeaders: [],
  relayHeadersFurther: 0,
};

test('answers without headers, or with headers that state nothing, leave every field empty', () => {
  expect(factsOf([answer(1, {}), answer(2, { 'content-type': 'application/json', 'x-request-id': 'a' })])).toEqual(
    NOTHING,
  );
});

test('what the service states is its time; the rest of our wait for headers is the network', () => {
  const gateway = (serverMs: number) => ({
    'req-arrive-time': '1757830823340',
    'resp-start-time': String(1_757_830_823_340 + serverMs),
  });
  const { serverTime, networkTime } = factsOf([answer(1, gateway(70)), answer(2, gateway(90))]);
  expect(serverTime).toMatchObject({ count: 2, min: 70, mean: 80, max: 90 });
  expect(networkTime).toMatchObject({ count: 2, min: 10, mean: 20, max: 30 });
});

test('an envoy alone states what is behind it; a relay what it added', () => {
  const facts = factsOf([
    answer(1, { 'x-envoy-upstream-service-time': '60' }),
    answer(2, { 'x-litellm-overhead-duration-ms': '4.5', 'llm_provider-req-cost-time': '80' }),
  ]);
  expect(facts.serverTime).toMatchObject({ count: 2, min: 60, max: 80 });
  expect(facts.relayTime).toMatchObject({ count: 1, min: 4.5, max: 4.5 });
});

test('one millisecond of rounding is no network at all, more than that is a contradiction', () => {
  const facts = factsOf([answer(1, { 'req-cost-time': '101' }), answer(2, { 'req-cost-time': '102' })]);
  expect(facts.serverTime).toMatchObject({ count: 2, min: 101, max: 102 });
  expect(facts.networkTime).toMatchObject({ count: 1, max: 0 });
  expect(facts.statedTooLong).toBe(1);
});

test('a refusal is not among the times', () => {
  const refused = answer(1, { 'req-cost-time': '2' }, { outcome: limited('requests') });
  expect(factsOf([refused])).toEqual(NOTHING);
  expect(factsOf([refused, answer(2, { 'req-cost-time': '50' })]).serverTime).toMatchObject({ count: 1, min: 50 });
});

test('hints of answers and refusals are counted by source, limit and window, with the least left and the longest reset', () => {
  const openai = (limit: string, remaining: string, reset: string) => ({
    'x-ratelimit-limit-requests': limit,
    'x-ratelimit-remaining-requests': remaining,
    'x-ratelimit-reset-requests': reset,
  });
  const { rateLimitHints } = factsOf([
    answer(1, openai('60', '7', '1s')),
    answer(2, openai('60', '0', '3s'), { outcome: limited('requests') }),
    answer(3, openai('60', '4', '2s')),
    answer(4, openai('90', '5', '2s')),
    answer(5, { ratelimit: '"burst";r=3;t=1', 'ratelimit-policy': '"burst";q=10;w=5' }),
  ]);
  expect(rateLimitHints).toEqual([
    { source: 'x-ratelimit-requests', limit: 60, windowMs: null, remainingMin: 0, resetMsMax: 3000, count: 3 },
    { source: 'ratelimit:burst', limit: 10, windowMs: 5000, remainingMin: 3, resetMsMax: 1000, count: 1 },
    { source: 'x-ratelimit-requests', limit: 90, windowMs: null, remainingMin: 5, resetMsMax: 2000, count: 1 },
  ]);
});

test('an epoch is a duration from the moment the headers came', () => {
  const resetWallMs = manifest().t0WallMs + 1000 + 100 + 4000;
  const headers = { 'x-ratelimit-limit': '10', 'x-ratelimit-reset': String(resetWallMs) };
  expect(only(factsOf([answer(1, headers)]).rateLimitHints)).toMatchObject({ limit: 10, resetMsMax: 4000 });
});

test('limit headers inside the body are read from refusals, never from answers', () => {
  const head = JSON.stringify({
    error: { metadata: { headers: { 'X-RateLimit-Limit': '16', 'X-RateLimit-Remaining': '0' } } },
  });
  const body = { head, tail: '', bytes: head.length };
  const refused = factsOf([answer(1, {}, { outcome: limited('requests'), exchange: { body } })]);
  expect(only(refused.rateLimitHints)).toMatchObject({ source: 'body:x-ratelimit', limit: 16, remainingMin: 0 });
  expect(factsOf([answer(1, {}, { exchange: { body } })]).rateLimitHints).toEqual([]);
});

test('lines of relays are counted verbatim, ids of single answers are not', () => {
  const facts = factsOf([
    answer(1, { 'x-portkey-provider': 'dashscope', 'x-portkey-trace-id': 'a' }),
    answer(2, { 'x-portkey-provider': 'openai', 'x-portkey-trace-id': 'b' }),
    answer(3, { 'x-portkey-provider': 'openai', 'x-portkey-trace-id': 'c' }),
  ]);
  expect(facts.relayHeaders).toEqual([
    { text: 'x-portkey-provider: openai', count: 2 },
    { text: 'x-portkey-provider: dashscope', count: 1 },
  ]);
});

test.each([
  [20, 20, 0],
  [21, 20, 1],
  [250, 20, 230],
])('of %i different lines and hints %i are listed and %i only counted', (different, listed, further) => {
  const shots = Array.from({ length: different }, (_, index) =>
    answer(index + 1, { 'x-portkey-provider': `p-${index}`, 'x-ratelimit-limit-tokens': String(index + 1) }),
  );
  const facts = only(analysed(journal(shots, 400_000)).headerFacts);
  expect([facts.relayHeaders.length, facts.relayHeadersFurther]).toEqual([listed, further]);
  expect([facts.rateLimitHints.length, facts.rateLimitHintsFurther]).toEqual([listed, further]);
});
