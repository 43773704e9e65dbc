import { describe, expect, test } from 'vitest';
import { ERROR_NAMES, FAULT_NAMES, isFaultAnswer } from '../../src/model/fault-names.ts';
import type { SimulatorSettings } from '../../src/model/simulator.ts';
import { simulatedEndpoint } from '../../src/simulator/endpoint.ts';
import { documentedError, ERROR_TABLE } from '../../src/simulator/wire/error-table.ts';
import { callWith, refused, settingsWith, verdict } from './settings.ts';

const REQUEST_ID = /"request_id":"([0-9a-f]{8}-[0-9a-f]{4}-9[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12})"/;

function scripted(answer: number | string, changes: Partial<SimulatorSettings> = {}) {
  const fault = { fromMs: 0, toMs: 60_000, answer, share: 1 };
  return simulatedEndpoint(settingsWith({ faults: [fault], ...changes }));
}

/** Body with the request id replaced; the id itself must be a UUID like the captured ones. */
function bodyOf(answer: string, changes: Partial<SimulatorSettings>, call: Parameters<typeof callWith>[0] = {}) {
  const body = refused(scripted(answer, changes).answer(callWith(call), 0)).body(0);
  expect(body).toMatch(REQUEST_ID);
  return body.replace(REQUEST_ID, '"request_id":"ID"');
}

describe('bodies, byte for byte', () => {
  // Compatible: captured 429 of 2026-03-31 (github.com/gustavodiasdev/opencode-qwencode-auth/pull/8). Native and codes:
  // alibabacloud.com/help/en/model-studio/error-code. Seen 2026-11-21.
  const table: readonly [SimulatorSettings['wording'], 'dashscope' | 'dashscope-native', string, string][] = [
    [
      'current',
      'dashscope',
      'insufficient_quota',
      '{"error":{"code":"insufficient_quota","message":"You exceeded your current quota, please check your plan and billing details. For details, see: https://help.aliyun.com/zh/model-studio/error-code#token-limit","param":null,"type":"insufficient_quota"},"request_id":"ID"}',
    ],
    [
      'international',
      'dashscope',
      'insufficient_quota',
      '{"error":{"code":"insufficient_quota","message":"You exceeded your current quota, please check your plan and billing details. For details, see: https://www.alibabacloud.com/help/en/model-studio/error-code#token-limit","param":null,"type":"insufficient_quota"},"request_id":"ID"}',
    ],
    [
      'old',
      'dashscope',
      'insufficient_quota',
      '{"error":{"code":"insufficient_quota","message":"You exceeded your current quota, please check your plan and billing details.","param":null,"type":"insufficient_quota"},"request_id":"ID"}',
    ],
    [
      'current',
      'dashscope-native',
      'insufficient_quota',
      '{"request_id":"ID","code":"Throttling.AllocationQuota","message":"Allocated quota exceeded, please increase your quota limit."}',
    ],
    [
      'current',
      'dashscope',
      'limit_requests',
      '{"error":{"code":"limit_requests","message":"You have exceeded your current request limit. For details, see: https://help.aliyun.com/zh/model-studio/error-code#rate-limit","param":null,"type":"limit_requests"},"request_id":"ID"}',
    ],
    [
      'old',
      'dashscope',
      'limit_requests',
      '{"error":{"code":"limit_requests","message":"You exceeded your current requests list.","param":null,"type":"limit_requests"},"request_id":"ID"}',
    ],
    [
      'current',
      'dashscope-native',
      'limit_requests',
      '{"request_id":"ID","code":"Throttling.RateQuota","message":"Requests rate limit exceeded, please try again later."}',
    ],
    [
      'international',
      'dashscope-native',
      'limit_requests',
      '{"request_id":"ID","code":"Throttling.RateQuota","message":"Requests rate limit exceeded, try again later."}',
    ],
    [
      'current',
      'dashscope',
      'limit_burst_rate',
      '{"error":{"code":"limit_burst_rate","message":"Request rate increased too quickly. To ensure system stability, please adjust your client logic to scale requests more smoothly over time.","param":null,"type":"limit_burst_rate"},"request_id":"ID"}',
    ],
    [
      'current',
      'dashscope',
      'Throttling.ResourceExhausted',
      '{"error":{"code":"Throttling.ResourceExhausted","message":"An error occurred in model serving, error message is: [Too many requests.]","param":null,"type":"Throttling.ResourceExhausted"},"request_id":"ID"}',
    ],
    [
      'current',
      'dashscope-native',
      'Arrearage',
      '{"request_id":"ID","code":"Arrearage","message":"Access denied, please make sure your account is in good standing. For details, see: https://help.aliyun.com/zh/model-studio/error-code#overdue-payment"}',
    ],
    [
      'current',
      'dashscope',
      'invalid_api_key',
      '{"error":{"code":"invalid_api_key","message":"Incorrect API key provided.","param":null,"type":"invalid_request_error"},"request_id":"ID"}',
    ],
    [
      'current',
      'dashscope',
      'model_not_found',
      '{"error":{"code":"model_not_found","message":"The model `qwen3-max` does not exist or you do not have access to it.","param":null,"type":"invalid_request_error"},"request_id":"ID"}',
    ],
  ];

  test.each(table)('%s wording, %s: %s', (wording, dialect, name, body) => {
    expect(bodyOf(name, { wording }, { dialect })).toBe(body);
  });

  // QwenLM/qwen-code packages/core/src/utils/rateLimit.test.ts, seen 2026-11-21.
  test.each(['dashscope', 'dashscope-native'] as const)(
    'inside a stream (%s): an error event, first and only',
    (dialect) => {
      expect(bodyOf('insufficient_quota', { refusals: 'in_stream' }, { dialect })).toBe(
        'id:1\nevent:error\n:HTTP_STATUS/429\ndata:{"request_id":"ID","code":"Throttling.AllocationQuota","message":"Allocated quota exceeded, please increase your quota limit."}\n\n',
      );
    },
  );
});

describe('refusals in the stream', () => {
  test('open with 200 for a streaming call', () => {
    const plan = refused(scripted('limit_requests', { refusals: 'in_stream' }).answer(callWith(), 0));
    expect(plan).toMatchObject({ status: 200, errorStatus: 429, inStream: true });
    expect(plan.headers(0)['content-type']).toBe('text/event-stream;charset=utf-8');
  });

  test('keep their status for a call without a stream', () => {
    const plan = refused(scripted('limit_requests', { refusals: 'in_stream' }).answer(callWith({ stream: false }), 0));
    expect(plan).toMatchObject({ status: 429, inStream: false });
  });

  test('concern limits only: arrears keep their 400', () => {
    const plan = refused(scripted('Arrearage', { refusals: 'in_stream' }).answer(callWith(), 0));
    expect(plan).toMatchObject({ status: 400, inStream: false });
  });
});

describe('the error table', () => {
  test('has unique names, sources and dates', () => {
    expect(new Set(ERROR_TABLE.map(({ name }) => name)).size).toBe(ERROR_TABLE.length);
    for (const { source, seenOn } of ERROR_TABLE) {
      expect(source).not.toBe('');
      expect(seenOn).toMatch(/^20\d\d-\d\d-\d\d$/);
    }
  });

  test.each(ERROR_TABLE.map((entry) => [entry.name, entry] as const))(
    '%s: both envelopes say what it says',
    (name, entry) => {
      const compatible = refused(scripted(name).answer(callWith(), 0));
      const { error, request_id } = JSON.parse(compatible.body(0));
      expect(compatible.status).toBe(entry.status);
      expect(error).toEqual({
        code: entry.code,
        message: entry.message.current.replace('{model}', 'qwen3-max'),
        param: null,
        type: entry.type ?? entry.code,
      });
      const native = refused(scripted(name).answer(callWith({ dialect: 'dashscope-native' }), 0));
      expect(JSON.parse(native.body(0))).toMatchObject({ code: entry.nativeCode });
      expect(compatible.headers(0)['x-request-id']).toBe(request_id);
    },
  );

  test('finds an error by either code where only one carries it', () => {
    expect(documentedError('InvalidApiKey')?.name).toBe('invalid_api_key');
    expect(documentedError('data_inspection_failed')?.name).toBe('DataInspectionFailed');
    expect(documentedError('insufficient_quota')?.nativeCode).toBe('Throttling.AllocationQuota');
    expect(documentedError('nothing_of_the_kind')).toBeUndefined();
  });

  test('RequestTimeOut comes after the documented 300 s', () => {
    expect(refused(scripted('RequestTimeOut').answer(callWith(), 5)).atMs).toBe(300_005);
  });
});

describe('headers', () => {
  test('are those of the captures: times, ids, gateway; no rate-limit headers', () => {
    const plan = refused(scripted('limit_requests').answer(callWith(), 1000));
    const headers = plan.headers(1_757_830_823_000);
    expect(Object.keys(headers)).toEqual([
      'vary',
      'x-request-id',
      'x-dashscope-call-gateway',
      'content-type',
      'req-cost-time',
      'req-arrive-time',
      'resp-start-time',
      'x-envoy-upstream-service-time',
      'set-cookie',
      'server',
    ]);
    expect(headers['req-arrive-time']).toBe('1757830824000');
    const cost = Number(headers['resp-start-time']) - Number(headers['req-arrive-time']);
    expect(headers['req-cost-time']).toBe(String(cost));
    expect(headers.server).toBe('istio-envoy');
  });

  test('the native dialect adds its own', () => {
    const plan = refused(scripted('limit_requests').answer(callWith({ dialect: 'dashscope-native' }), 0));
    expect(plan.headers(0)).toMatchObject({ 'x-dashscope-timeout': '180', 'x-dashscope-finished': 'true' });
  });
});

describe('scripted faults', () => {
  test('hold from their first millisecond to before their last, counted from the first call', () => {
    const endpoint = simulatedEndpoint(settingsWith({ faults: [{ fromMs: 1000, toMs: 2000, answer: 503, share: 1 }] }));
    expect(verdict(endpoint.answer(callWith(), 5000))).toBe('answer');
    expect(verdict(endpoint.answer(callWith(), 5999))).toBe('answer');
    expect(verdict(endpoint.answer(callWith(), 6000))).toBe('status_503');
    expect(verdict(endpoint.answer(callWith(), 6999))).toBe('status_503');
    expect(verdict(endpoint.answer(callWith(), 7000))).toBe('answer');
  });

  test('hit their share of the requests', () => {
    const faults = [{ fromMs: 0, toMs: 1e9, answer: 'limit_burst_rate', share: 0.2 }];
    const endpoint = simulatedEndpoint(settingsWith({ faults }));
    const hit = Array.from({ length: 5000 }, (_, n) => endpoint.answer(callWith({ requestId: `f${n}#1` }), n));
    const share = hit.filter((plan) => plan.kind === 'refusal').length / 5000;
    // Standard error 0.57 %; four of them.
    expect(share).toBeGreaterThan(0.177);
    expect(share).toBeLessThan(0.223);
  });

  test('in front of the model use up no quota', () => {
    const rpm = { limit: 1, window: 'sliding_log', countsRefused: false } as const;
    const endpoint = scripted('reset', { limits: { ...settingsWith().limits, rpm } });
    expect(verdict(endpoint.answer(callWith(), 0))).toBe('reset');
    expect(verdict(endpoint.answer(callWith(), 1))).toBe('reset');
    expect(verdict(endpoint.answer(callWith(), 60_001))).toBe('answer');
  });

  test('with unknown names or statuses are refused when the endpoint is made', () => {
    expect(() => scripted('limit_bursts')).toThrow(/unknown fault 'limit_bursts'.*limit_burst_rate/);
    expect(() => scripted(99)).toThrow(/no such status/);
    expect(() => scripted(200)).not.toThrow();
    expect(() => scripted(599)).not.toThrow();
    expect(() => scripted(600)).toThrow();
  });

  test('the names that scenarios are checked against are those of the table', () => {
    expect(ERROR_TABLE.map(({ name }) => name)).toEqual(ERROR_NAMES);
    const codes = ERROR_TABLE.flatMap(({ name, nativeCode, code }) => [name, nativeCode, code]);
    const unclear = codes.filter((code) => isFaultAnswer(code) !== (documentedError(code) !== undefined));
    expect(unclear).toEqual([]);
  });

  test.each([199, 200, 599, 600, 200.5, '199', '200', '599', '600', 'reset', 'limit_bursts', ''])(
    'a scenario with %j is refused exactly where the endpoint refuses it',
    (answer) => {
      let made = true;
      try {
        scripted(answer);
      } catch {
        made = false;
      }
      expect(isFaultAnswer(answer)).toBe(made);
    },
  );

  test.each(FAULT_NAMES)('%s is what it says', (name) => {
    const plan = scripted(name).answer(callWith(), 0);
    const named: Record<string, object> = {
      reset: { kind: 'reset', headersAtMs: null },
      reset_after_headers: { kind: 'reset', headersAtMs: expect.any(Number) },
      hang: { kind: 'hang' },
      cut_stream: { kind: 'answer', ending: { kind: 'reset' } },
      slow_headers: { kind: 'answer' },
      slow_body: { kind: 'answer' },
      html_502: { kind: 'refusal', status: 502 },
      empty_429: { kind: 'refusal', status: 429 },
    };
    expect(plan).toMatchObject(named[name] ?? { kind: 'refusal', error: name, cause: 'fault' });
  });

  test('slow_headers hold the answer back 10 s, slow_body makes it 20 times slower', () => {
    const call = callWith();
    const plain = simulatedEndpoint(settingsWith()).answer(call, 0);
    const headers = scripted('slow_headers').answer(call, 0);
    const body = scripted('slow_body').answer(call, 0);
    if (plain.kind !== 'answer' || headers.kind !== 'answer' || body.kind !== 'answer') throw new Error('no answer');
    expect(headers.headersAtMs - plain.headersAtMs).toBe(10_000);
    expect(headers.finishedAtMs - plain.finishedAtMs).toBe(10_000);
    expect(body.firstTokenAtMs).toBe(plain.firstTokenAtMs);
    const [slow, normal] = [body, plain].map((plan) => plan.finishedAtMs - plan.firstTokenAtMs);
    expect((slow ?? 0) / (normal ?? 1)).toBeCloseTo(20, 6);
  });

  test('html_502 is nginx and empty_429 is empty', () => {
    const html = refused(scripted('html_502').answer(callWith(), 0));
    expect(html.headers(0)).toEqual({ server: 'nginx', 'content-type': 'text/html' });
    expect(html.body(0)).toContain('<hr><center>nginx</center>');
    const empty = refused(scripted('empty_429').answer(callWith(), 0));
    expect([empty.body(0), empty.headers(0)]).toEqual(['', {}]);
  });
});
