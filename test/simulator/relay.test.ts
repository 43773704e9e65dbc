import { describe, expect, test } from 'vitest';
import type { RelaySettings, SimulatorSettings } from '../../src/model/simulator.ts';
import { simulatedEndpoint } from '../../src/simulator/endpoint.ts';
import { ownLimit } from '../../src/simulator/relay/own-limit.ts';
import { triesAgain } from '../../src/simulator/relay/policy.ts';
import { refusedStream, rewrittenBody } from '../../src/simulator/relay/rewriting.ts';
import { answered, callWith, limited, refused, settingsWith, slidingLog, verdict } from './settings.ts';

const RELAY: RelaySettings = {
  channels: 1,
  retries: 0,
  retryWaitMs: 0,
  rewrites: 'one-api',
  addsLatencyMs: 0,
  cutsStreams: 0,
  swapsModel: null,
  ownLimit: null,
  mapsStatus: null,
  usageFactor: 1,
};

function relayed(relay: Partial<RelaySettings>, changes: Partial<SimulatorSettings> = {}) {
  return simulatedEndpoint(settingsWith({ ...changes, relay: { ...RELAY, ...relay } }));
}

function scripted(answer: number | string) {
  return [{ fromMs: 0, toMs: 1e9, answer, share: 1 }];
}

/** The relay's id is the time and chance. */
function masked(text: string): string {
  return text.replace(/\(request id: \d{23}[A-Za-z0-9]{8}\)/, '(request id: RID)');
}

const TOKENS =
  '{"error":{"code":"insufficient_quota","message":"You exceeded your current quota. For details, see: https://help.aliyun.com/zh/model-studio/error-code#token-limit","param":null,"type":"insufficient_quota"},"request_id":"62123e52-a212-90bf-a612-0c2ac08c4a93"}';
const NATIVE =
  '{"request_id":"62123e52-a212-90bf-a612-0c2ac08c4a93","code":"Throttling.RateQuota","message":"Requests rate limit exceeded, please try again later."}';

// Built from songquanpeng/one-api controller/relay.go and relay/controller/error.go (2025-02), QuantumNous/new-api
// types/error.go and common/str.go (2025-11); seen 2026-11-21. No param becomes the empty string of a Go struct.
describe('rewriting, byte for byte', () => {
  const of = (rewrites: RelaySettings['rewrites'], status: number, body: string, upstreamStatus = status) =>
    rewrittenBody(rewrites, { status, upstreamStatus, body }, 'RID');

  test.each([
    [
      'one-api replaces the text of a 429 and keeps type and code',
      of('one-api', 429, TOKENS),
      '{"error":{"message":"当前分组上游负载已饱和，请稍后再试 (request id: RID)","type":"insufficient_quota","param":"","code":"insufficient_quota"}}',
    ],
    [
      'one-api loses the kind of a native body',
      of('one-api', 429, NATIVE),
      '{"error":{"message":"当前分组上游负载已饱和，请稍后再试 (request id: RID)","type":"upstream_error","param":"429","code":"bad_response_status_code"}}',
    ],
    [
      'one-api tells the real status in param when it maps the status',
      of('one-api', 429, '', 404),
      '{"error":{"message":"当前分组上游负载已饱和，请稍后再试 (request id: RID)","type":"upstream_error","param":"404","code":"bad_response_status_code"}}',
    ],
    [
      'one-api keeps the text of other statuses',
      of('one-api', 400, '{"error":{"message":"Access denied.","type":"Arrearage","param":null,"code":"Arrearage"}}'),
      '{"error":{"message":"Access denied. (request id: RID)","type":"Arrearage","param":"","code":"Arrearage"}}',
    ],
    [
      'one-api states the status of a JSON body without a text',
      of('one-api', 500, '{}'),
      '{"error":{"message":"bad response status code 500 (request id: RID)","type":"upstream_error","param":"500","code":"bad_response_status_code"}}',
    ],
    [
      'new-api hands the object on, links masked, without a suffix',
      of('new-api', 429, TOKENS),
      '{"error":{"message":"You exceeded your current quota. For details, see: https://***.com/***/***/***","type":"insufficient_quota","param":"","code":"insufficient_quota"}}',
    ],
    [
      'new-api keeps only the text of a native body',
      of('new-api', 429, NATIVE),
      '{"error":{"message":"Requests rate limit exceeded, please try again later.","type":"bad_response_status_code","param":"","code":"bad_response_status_code"}}',
    ],
    [
      'new-api calls an unreadable body by its own type',
      of('new-api', 502, '<html>'),
      '{"error":{"message":"openai_error","type":"bad_response_status_code","param":"","code":"bad_response_status_code"}}',
    ],
    ['none hands on what came', of('none', 429, TOKENS), TOKENS],
  ])('%s', (_, body, expected) => {
    expect(body).toBe(expected);
  });

  test('a refusal inside a stream: one-api swallows it, new-api hands its data on', () => {
    const frame = `id:1\nevent:error\n:HTTP_STATUS/429\ndata:${NATIVE}\n\n`;
    expect(refusedStream('one-api', frame)).toBe('data: [DONE]\n\n');
    expect(refusedStream('new-api', frame)).toBe(`data: ${NATIVE}\n\ndata: [DONE]\n\n`);
    expect(refusedStream('none', frame)).toBe(frame);
  });
});

describe('a relay in front of the service', () => {
  test.each(['one-api', 'new-api'] as const)('%s puts its id on refusals and on answers', (rewrites) => {
    const endpoint = relayed({ rewrites }, limited({ rpm: slidingLog(1) }));
    const epoch = Date.UTC(2026, 10, 21, 20, 30, 1, 234);
    const answer = answered(endpoint.answer(callWith(), 0)).headers(epoch);
    expect(answer['x-oneapi-request-id']).toMatch(
      rewrites === 'one-api' ? /^20261121203001234\d{14}$/ : /^20261121203001234\d{6}[A-Za-z0-9]{8}$/,
    );
    const refusal = refused(endpoint.answer(callWith(), 1));
    expect(refusal.headers(epoch)).toEqual({
      'content-type': 'application/json; charset=utf-8',
      'x-oneapi-request-id': expect.stringMatching(/^2026112120300123\d/),
    });
    if (rewrites === 'one-api')
      expect(refusal.body(epoch)).toContain(`${refusal.headers(epoch)['x-oneapi-request-id']})`);
  });

  test('adds latency to answers and refusals', () => {
    const settings = limited({ rpm: slidingLog(1) });
    const first = callWith();
    const second = callWith();
    const direct = relayed({}, settings);
    const slow = relayed({ addsLatencyMs: 60 }, settings);
    const [a, b] = [direct, slow].map((endpoint) => answered(endpoint.answer(first, 0)));
    expect((b?.firstTokenAtMs ?? 0) - (a?.firstTokenAtMs ?? 0)).toBeCloseTo(60, 9);
    expect((b?.finishedAtMs ?? 0) - (a?.finishedAtMs ?? 0)).toBeCloseTo(60, 9);
    const [c, d] = [direct, slow].map((endpoint) => refused(endpoint.answer(second, 1)));
    expect((d?.atMs ?? 0) - (c?.atMs ?? 0)).toBeCloseTo(60, 9);
  });

  test('every channel is an account: three channels admit three times the limit', () => {
    const endpoint = relayed({ channels: 3, retries: 2, rewrites: 'none' }, limited({ rpm: slidingLog(2) }));
    const verdicts = Array.from({ length: 8 }, (_, n) => verdict(endpoint.answer(callWith(), n)));
    expect(verdicts.filter((name) => name === 'answer')).toHaveLength(6);
    expect(verdicts.slice(6)).toEqual(['limit_requests', 'limit_requests']);
  });

  test('a hidden retry is an answer that comes later by what the refusal took', () => {
    const delays = Array.from({ length: 100 }, (_, n) => {
      const endpoint = relayed({ channels: 2, retries: 1, rewrites: 'none' }, limited({ rpm: slidingLog(1) }));
      endpoint.answer(callWith({ requestId: `first${n}#1` }), 0);
      const plan = answered(endpoint.answer(callWith({ requestId: `second${n}#1` }), 10));
      return plan.firstTokenAtMs - (10 + 100 + 2.5);
    });
    const hidden = delays.filter((delayMs) => delayMs > 1);
    expect(hidden.length).toBeGreaterThan(30);
    expect(hidden.length).toBeLessThan(70);
    for (const delayMs of hidden) {
      expect(delayMs).toBeGreaterThanOrEqual(15);
      expect(delayMs).toBeLessThanOrEqual(80);
    }
  });

  test('a relay that waits between its tries answers later by its waits, each twice the one before', () => {
    const laterBy = (retryWaitMs: number) => {
      const settings = limited({ rpm: slidingLog(1) });
      const endpoint = relayed({ channels: 3, retries: 2, retryWaitMs, rewrites: 'none' }, settings);
      for (let n = 0; n < 2; n += 1) endpoint.answer(callWith({ requestId: `first${n}#1` }), n);
      const plans = Array.from({ length: 2 }, (_, n) => endpoint.answer(callWith({ requestId: `next${n}#1` }), 10 + n));
      return plans.map((plan) =>
        plan.kind === 'answer' ? plan.firstTokenAtMs : plan.kind === 'refusal' ? plan.atMs : 0,
      );
    };
    const waits = laterBy(1000).map((atMs, at) => Math.round(atMs - (laterBy(0)[at] ?? 0)));
    // The third account answers the first of them, after no, one or two refusals; the last is refused by all three.
    expect([0, 1000, 3000]).toContain(waits[0]);
    expect(waits[1]).toBe(3000);
  });

  test('without retries the refusal of the drawn channel shows', () => {
    const endpoint = relayed({ channels: 2, rewrites: 'none' }, limited({ rpm: slidingLog(1) }));
    const verdicts = Array.from({ length: 20 }, (_, n) => verdict(endpoint.answer(callWith(), n)));
    expect(verdicts.filter((name) => name === 'answer')).toHaveLength(2);
    expect(verdicts.filter((name) => name === 'limit_requests')).toHaveLength(18);
  });

  test('faults of the service go through the rewriting, a bare 503 is the relay without a channel', () => {
    const burst = refused(relayed({}, { faults: scripted('limit_burst_rate') }).answer(callWith(), 0));
    expect(masked(burst.body(0))).toBe(
      '{"error":{"message":"当前分组上游负载已饱和，请稍后再试 (request id: RID)","type":"limit_burst_rate","param":"","code":"limit_burst_rate"}}',
    );
    const oneApi = refused(relayed({}, { faults: scripted(503) }).answer(callWith(), 0));
    expect(oneApi.status).toBe(503);
    expect(masked(oneApi.body(0))).toBe(
      '{"error":{"message":"当前分组 default 下对于模型 qwen3-max 无可用渠道 (request id: RID)","type":"one_api_error"}}',
    );
    const newApi = refused(relayed({ rewrites: 'new-api' }, { faults: scripted(503) }).answer(callWith(), 0));
    expect(masked(newApi.body(0))).toBe(
      '{"error":{"code":"model_not_found","message":"分组 default 下模型 qwen3-max 无可用渠道（distributor） (request id: RID)","type":"new_api_error"}}',
    );
  });

  test('maps a status, and tells the real one only in param', () => {
    const mapsStatus = { from: 404, to: 429 };
    const plan = refused(
      relayed({ mapsStatus }, { faults: scripted('model_not_found') }).answer(
        callWith({ dialect: 'dashscope-native' }),
        0,
      ),
    );
    expect(plan.status).toBe(429);
    expect(JSON.parse(plan.body(0)).error).toMatchObject({ type: 'upstream_error', param: '404' });
  });

  test('swaps the model for its share of calls, and says so in the answer', () => {
    const endpoint = relayed({ swapsModel: { to: 'qwen-plus', share: 0.3 } });
    const models = Array.from({ length: 2000 }, (_, n) =>
      answered(endpoint.answer(callWith({ requestId: `swap${n}#1` }), n)),
    ).map(({ reportedModel }) => reportedModel);
    const share = models.filter((model) => model === 'qwen-plus').length / 2000;
    expect(new Set(models)).toEqual(new Set(['qwen3-max', 'qwen-plus']));
    // Standard error 1.02 %; four of them.
    expect(Math.abs(share - 0.3)).toBeLessThan(0.041);
  });

  test('invents usage', () => {
    const call = callWith();
    const honest = answered(relayed({}).answer(call, 0)).usage;
    const inflated = answered(relayed({ usageFactor: 1.5 }).answer(call, 0)).usage;
    expect(inflated.promptTokens).toBe(150);
    expect(inflated.completionTokens).toBe(Math.round(honest.completionTokens * 1.5));
  });

  test.each([
    ['one-api', 'done'],
    ['new-api', 'usage_and_done'],
    ['none', 'nothing'],
  ] as const)('%s: a cut stream ends in good order with %s', (rewrites, adds) => {
    const plan = answered(relayed({ rewrites, cutsStreams: 1 }).answer(callWith({ maxTokens: 20 }), 0));
    expect(plan.ending).toMatchObject({ kind: 'clean', adds });
    expect(plan.ending.kind === 'clean' && plan.ending.afterTokens).toBeLessThan(plan.completionTokens);
  });

  test('does not cut a single document', () => {
    const plan = answered(relayed({ cutsStreams: 1 }).answer(callWith({ stream: false }), 0));
    expect(plan.ending.kind).toBe('complete');
  });

  test('does not pass the wait header on: a burst refusal is refused', () => {
    const burst = { baselinePerSecond: 0, factor: 3, overMs: 10_000 };
    const endpoint = relayed({}, limited({ burst }));
    expect(verdict(endpoint.answer(callWith({ waitTimeoutMs: 5000 }), 0))).toBe('limit_burst_rate');
  });

  test('frees the slot of its channel', () => {
    const endpoint = relayed({ rewrites: 'none' }, limited({ concurrency: 1 }));
    const plan = answered(endpoint.answer(callWith(), 0));
    expect(verdict(endpoint.answer(callWith(), 1))).toBe('Throttling.Concurrency');
    endpoint.finish(plan, plan.finishedAtMs);
    expect(verdict(endpoint.answer(callWith(), plan.finishedAtMs))).toBe('answer');
  });
});

describe('the limit of the relay itself', () => {
  test('answers in the words of new-api', () => {
    const endpoint = relayed({ ownLimit: { limit: 1, periodMs: 60_000 } });
    const plan = answered(endpoint.answer(callWith(), 0));
    endpoint.finish(plan, plan.finishedAtMs);
    const refusal = refused(endpoint.answer(callWith(), plan.finishedAtMs + 1));
    expect(refusal).toMatchObject({ status: 429, cause: 'relay_limit', error: 'relay_limit' });
    expect(masked(refusal.body(0))).toBe(
      '{"error":{"code":"","message":"您已达到请求数限制：1分钟内最多请求1次 (request id: RID)","type":"new_api_error"}}',
    );
  });

  test('counts successes when they end: a parallel burst overshoots, a sequential one does not', () => {
    const parallel = ownLimit({ limit: 2, periodMs: 60_000 });
    expect([1, 2, 3, 4].map((atMs) => parallel.admits(atMs))).toEqual([true, true, true, true]);
    const sequential = ownLimit({ limit: 2, periodMs: 60_000 });
    const admitted = [1000, 2000, 3000].map((atMs) => {
      const admits = sequential.admits(atMs);
      if (admits) sequential.succeeded(atMs + 500);
      return admits;
    });
    expect(admitted).toEqual([true, true, false]);
  });

  test('compares whole seconds: up to a second too early', () => {
    const limit = ownLimit({ limit: 1, periodMs: 60_000 });
    limit.succeeded(1999);
    expect(limit.admits(60_999)).toBe(false);
    expect(limit.admits(61_000)).toBe(true);
  });
});

test.each([
  [200, false, false, false],
  [400, false, false, false],
  [401, true, true, false],
  [408, true, false, false],
  [429, true, true, true],
  [500, true, true, true],
  [504, true, false, true],
  [524, true, false, true],
])('status %i: tried again by one-api %s, new-api %s, others %s', (status, oneApi, newApi, none) => {
  expect([triesAgain('one-api', status), triesAgain('new-api', status), triesAgain('none', status)]).toEqual([
    oneApi,
    newApi,
    none,
  ]);
});
