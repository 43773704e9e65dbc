import { describe, expect, test } from 'vitest';
import type { Exchange } from '../../src/model/exchange.ts';
import { outcomeLabel } from '../../src/model/outcome.ts';
import { classify } from '../../src/outcomes/classify.ts';
import type { ClassifyContext } from '../../src/outcomes/evidence.ts';
import { exchangeOf } from './reading.ts';

const DASHSCOPE: ClassifyContext = {
  dialect: 'dashscope',
  baseUrl: 'https://dashscope.aliyuncs.com/compatible-mode/v1',
  model: 'qwen3-max',
};
const label = (answer: Partial<Exchange> & { readonly text?: string }, context = DASHSCOPE) =>
  outcomeLabel(classify(exchangeOf(answer), context));
const BURST =
  '{"error":{"code":"limit_burst_rate","message":"Request rate increased too quickly.","type":"limit_burst_rate"}}';
const SSE = { 'content-type': 'text/event-stream;charset=UTF-8' };

describe('answers that are no refusals', () => {
  test('a finished answer is ok', () => {
    expect(label({ finishReason: 'stop', text: '{"choices":[]}' })).toBe('ok');
  });
  test('a stream without a finish reason is truncated, even with [DONE]', () => {
    expect(
      label({
        headers: SSE,
        sawDone: true,
        text: 'data: {"choices":[{"delta":{"content":"a"},"finish_reason":null}]}\n\ndata: [DONE]\n\n',
      }),
    ).toBe('truncated');
  });
  test('the native string "null" is no finish reason', () => {
    expect(
      label({ headers: SSE, finishReason: 'null', text: 'data:{"output":{"choices":[{"finish_reason":"null"}]}}\n\n' }),
    ).toBe('truncated');
  });
  test('a stream with one is ok without a decoder as well', () => {
    expect(label({ headers: SSE, text: 'data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\n\n' })).toBe('ok');
  });
  test('an empty 200 is truncated, a page under 200 a server error', () => {
    expect(label({ text: '' })).toBe('truncated');
    expect(label({ text: '<html><body>Welcome</body></html>' })).toBe('server_error');
  });
});

describe('limits inside HTTP 200', () => {
  test('an error frame kept by the decoder, after content', () => {
    expect(label({ headers: SSE, text: 'data: {"choices":[{"delta":{"content":"a"}}]}', errorFrames: [BURST] })).toBe(
      'limited.burst',
    );
  });
  test('an error frame outweighs a finish reason', () => {
    expect(label({ headers: SSE, finishReason: 'stop', errorFrames: [BURST] })).toBe('limited.burst');
  });
  test('the status comment of a frame', () => {
    expect(
      label({
        headers: SSE,
        text: 'id:1\nevent:error\n:HTTP_STATUS/429\ndata:{"code":"Throttling.AllocationQuota","message":"Allocated quota exceeded"}',
      }),
    ).toBe('limited.tokens');
  });
  test('finish_reason "error" with nothing beside it is a server error', () => {
    expect(label({ headers: SSE, finishReason: 'error', text: 'data: {"choices":[{"delta":{}}]}' })).toBe(
      'server_error',
    );
  });
  test('an error at the end of a long body, in the tail', () => {
    const body = { head: 'data: {"choices":[{"delta":{"content":"a"}}]}\n\n', tail: `data: ${BURST}\n\n`, bytes: 1e6 };
    expect(label({ headers: SSE, body })).toBe('limited.burst');
  });
});

describe('two documents in one body', () => {
  test('the second one is read as well', () => {
    const text =
      '{"error":{"message":"x","type":"new_api_error"}}{"error":{"message":"您已达到请求数限制：1分钟内最多请求10次","type":"new_api_error"}}';
    expect(label({ status: 429, text }, { dialect: 'openai', baseUrl: null, model: '' })).toBe('limited.requests');
  });
  test('a body cut by the cap still tells', () => {
    expect(
      label({ status: 429, text: '{"request_id":"1","code":"Throttling.RateQuota","message":"Requests rate li' }),
    ).toBe('limited.requests');
  });
});

describe('transport errors', () => {
  const reset = { kind: 'connection', phase: 'body', code: 'ECONNRESET', message: '' } as const;
  test.each([
    [reset, 'connection.body'],
    [{ kind: 'timeout', phase: 'first_byte', afterMs: 5 } as const, 'timeout.first_byte'],
    [{ kind: 'cancelled' } as const, 'cancelled'],
  ])('%o', (transportError, expected) => {
    expect(label({ status: null, transportError })).toBe(expected);
  });
  test('a refusal that was read before the line broke stays a refusal', () => {
    expect(label({ status: 429, transportError: reset, text: BURST })).toBe('limited.burst');
  });
  test('a 200 that broke is a broken connection', () => {
    expect(label({ status: 200, transportError: reset })).toBe('connection.body');
  });
});

describe('insufficient_quota is decided by who speaks', () => {
  const body = (more = '') =>
    `{"error":{"message":"You exceeded your current quota, please check your plan and billing details.${more}","type":"insufficient_quota","param":null,"code":"insufficient_quota"}}`;
  const beside = body().replace(/}$/, ',"request_id":"62123e52-a212-90bf-a612-0c2ac08c4a93"}');
  const relay = (model: string) => ({ dialect: 'openai', baseUrl: 'https://relay.example/v1', model }) as const;
  test.each([
    ['host of DashScope', body(), DASHSCOPE, {}, 'limited.tokens'],
    ['host of OpenAI', body(), { ...relay('gpt-4o'), baseUrl: 'https://api.openai.com/v1' }, {}, 'limited.billing'],
    ['a UUID beside error', beside, relay('m'), {}, 'limited.tokens'],
    [
      'the anchor',
      body(' For details, see: https://help.aliyun.com/zh/model-studio/error-code#token-limit'),
      relay('m'),
      {},
      'limited.tokens',
    ],
    [
      'the international link',
      body(' See https://www.alibabacloud.com/help/en/model-studio/error-code'),
      relay('m'),
      {},
      'limited.tokens',
    ],
    [
      'the link of OpenAI',
      body(' Read https://platform.openai.com/docs/guides/error-codes'),
      relay('m'),
      {},
      'limited.billing',
    ],
    ['gateway headers', body(), relay('m'), { 'x-dashscope-call-gateway': 'true' }, 'limited.tokens'],
    ['the times of the gateway', body(), relay('m'), { 'req-arrive-time': '1757830823340' }, 'limited.tokens'],
    ['a qwen model', body(), relay('qwen3-max'), {}, 'limited.tokens'],
    ['a gpt model', body(), relay('gpt-4o'), {}, 'limited.billing'],
    ['nothing', body(), relay('m'), {}, 'limited.unknown'],
  ] as const)('%s', (_, text, context, headers, expected) => {
    expect(label({ status: 429, text, headers }, context)).toBe(expected);
  });
  test('the embedded endpoint is known by its dialect', () => {
    expect(
      label({ status: 429, text: body() }, { dialect: 'dashscope', baseUrl: 'http://127.0.0.1:4000/v1', model: 'm' }),
    ).toBe('limited.tokens');
  });
  test('unclear ones carry both candidates', () => {
    expect(classify(exchangeOf({ status: 429, text: body() }), relay('m'))).toMatchObject({
      limit: 'unknown',
      candidates: ['tokens', 'billing'],
    });
  });
});

describe('relays', () => {
  test('two request ids are two hops', () => {
    const text =
      '{"error":{"message":"用户额度不足, 剩余额度: ＄-0.003902 (request id: 202512131514256181461144rZFXvw3) (request id: 2025121315142517238973603614606)","type":"new_api_error","code":"insufficient_user_quota"}}';
    expect(classify(exchangeOf({ status: 403, text }), { dialect: 'openai', baseUrl: null, model: '' })).toMatchObject({
      limit: 'billing',
      origin: 'relay',
      originName: 'new-api',
      hops: 2,
    });
  });
  test('a replaced message keeps the producer in its code', () => {
    const text =
      '{"error":{"message":"当前分组上游负载已饱和，请稍后再试 (request id: 2025112110203012345678912345679)","type":"limit_burst_rate","param":"","code":"limit_burst_rate"}}';
    expect(classify(exchangeOf({ status: 429, text }), { dialect: 'openai', baseUrl: null, model: '' })).toMatchObject({
      limit: 'burst',
      origin: 'provider',
      originName: 'dashscope',
      rewrittenBy: 'one-api',
    });
  });
});
