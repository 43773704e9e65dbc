import { once } from 'node:events';
import { connect } from 'node:net';
import OpenAI, {
  APIError,
  AuthenticationError,
  BadRequestError,
  InternalServerError,
  NotFoundError,
  PermissionDeniedError,
  RateLimitError,
} from 'openai';
import { afterEach, describe, expect, test } from 'vitest';
import type { RelaySettings, SimulatorSettings } from '../../src/model/simulator.ts';
import type { AnswerPlanned } from '../../src/simulator/core/plan.ts';
import { simulatedEndpoint } from '../../src/simulator/endpoint.ts';
import { startSimulatorProcess } from '../../src/simulator/process.ts';
import { startRelay } from '../../src/simulator/relay/server.ts';
import { type RunningSimulator, startSimulator } from '../../src/simulator/server/serve.ts';
import { answered, callWith, limited, settingsWith, slidingLog } from '../simulator/settings.ts';

const PATH = '/compatible-mode/v1/chat/completions';
const NATIVE_PATH = '/api/v1/services/aigc/text-generation/generation';
/** Quick: 20 ms to the first token, 500 tokens per second. */
const QUICK = { ttftMs: { kind: 'fixed', value: 20 }, tokensPerSecond: 500, networkMs: 0 } as const;

const running: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  for (const server of running.splice(0)) await server.stop();
});

async function serve(settings: SimulatorSettings): Promise<RunningSimulator> {
  const server = await startSimulator(settings);
  running.push(server);
  return server;
}

function scripted(answer: number | string, changes: Partial<SimulatorSettings> = {}): SimulatorSettings {
  return settingsWith({ latency: QUICK, faults: [{ fromMs: 0, toMs: 1e9, answer, share: 1 }], ...changes });
}

interface Ask {
  readonly path?: string;
  readonly body?: object;
  readonly headers?: Record<string, string>;
  readonly signal?: AbortSignal;
}

function ask(baseUrl: string, { path = PATH, body = {}, headers = {}, signal }: Ask = {}): Promise<Response> {
  const messages = [{ role: 'user', content: 'How many requests fit?' }];
  return fetch(baseUrl + path, {
    method: 'POST',
    headers: { authorization: 'Bearer sk-test', 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ model: 'qwen3-max', messages, max_tokens: 8, ...body }),
    ...(signal === undefined ? {} : { signal }),
  });
}

describe('requests that are no calls', () => {
  test.each([
    ['no key', { headers: { authorization: '' } }, 401, 'invalid_api_key'],
    ['no messages', { body: { messages: undefined } }, 400, 'invalid_parameter_error'],
    ['no model', { body: { model: '' } }, 400, 'invalid_parameter_error'],
  ])('%s', async (_, request, status, code) => {
    const { baseUrl, stats } = await serve(settingsWith({ latency: QUICK }));
    const answer = await ask(baseUrl, request);
    const body = (await answer.json()) as { code?: string; error?: { code: string } };
    expect([answer.status, body.error?.code ?? body.code]).toEqual([status, code]);
    expect(stats()).toMatchObject({ requests: 1, admitted: 0, causes: { request: 1 } });
  });

  test('another path', async () => {
    const { baseUrl, stats } = await serve(settingsWith({ latency: QUICK }));
    expect((await ask(baseUrl, { path: '/v1/embeddings' })).status).toBe(404);
    expect((await fetch(baseUrl + PATH)).status).toBe(404);
    expect(stats()).toMatchObject({ requests: 2, admitted: 0, refused: { status_404: 2 } });
  });

  test('a body that is no JSON', async () => {
    const { baseUrl } = await serve(settingsWith({ latency: QUICK }));
    const headers = { authorization: 'Bearer k' };
    const answer = await fetch(baseUrl + NATIVE_PATH, { method: 'POST', headers, body: '{"model":' });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ code: 'InvalidParameter', request_id: expect.any(String) });
  });
});

test('a port that is taken is a rejection', async () => {
  const { port } = await serve(settingsWith());
  await expect(startSimulator(settingsWith(), { port })).rejects.toThrow(/EADDRINUSE/);
});

describe('answers', () => {
  test('the alias path, a document, and the headers of the gateway', async () => {
    const { baseUrl } = await serve(settingsWith({ latency: QUICK }));
    const answer = await ask(baseUrl, { path: '/v1/chat/completions' });
    const document = (await answer.json()) as { id: string; usage: object };
    expect(answer.headers.get('transfer-encoding')).toBe('chunked');
    expect(answer.headers.get('server')).toBe('istio-envoy');
    expect(document.id).toBe(`chatcmpl-${answer.headers.get('x-request-id')}`);
    const arrived = Number(answer.headers.get('req-arrive-time'));
    expect(Math.abs(Date.now() - arrived)).toBeLessThan(5000);
    expect(answer.headers.get('retry-after')).toBeNull();
  });

  test('native stream over the wire', async () => {
    const { baseUrl } = await serve(settingsWith({ latency: QUICK }));
    const answer = await ask(baseUrl, {
      path: NATIVE_PATH,
      headers: { 'X-DashScope-SSE': 'enable' },
      body: {
        input: { messages: [{ role: 'user', content: '限流' }] },
        parameters: { result_format: 'message', incremental_output: true, max_tokens: 5 },
      },
    });
    const text = await answer.text();
    expect(text.startsWith('id:1\nevent:result\n:HTTP_STATUS/200\ndata:{"output"')).toBe(true);
    expect(text).toContain('"finish_reason":"null"');
    expect(text).toMatch(/"finish_reason":"(stop|length)"/);
    expect(text).toContain('"output_tokens":5,"input_tokens":2');
    expect(text).not.toContain('[DONE]');
  });

  test('the request header decides the chance: the same id gives the same answer on another server', async () => {
    const texts: string[] = [];
    for (let n = 0; n < 2; n += 1) {
      const { baseUrl } = await serve(settingsWith({ latency: QUICK }));
      const answer = await ask(baseUrl, { headers: { 'x-quotascope-request': 'r7#2' } });
      texts.push(((await answer.json()) as { id: string }).id);
      const other = await ask(baseUrl, { headers: { 'x-quotascope-request': 'r7#3' } });
      expect(((await other.json()) as { id: string }).id).not.toBe(texts[n]);
    }
    expect(texts[0]).toBe(texts[1]);
  });

  test('network time is spent on both ways', async () => {
    const { baseUrl } = await serve(limited({ rpm: slidingLog(0) }, { latency: { ...QUICK, networkMs: 60 } }));
    const before = performance.now();
    await (await ask(baseUrl)).text();
    // 60 there, 15 to 80 inside, 60 back.
    expect(performance.now() - before).toBeGreaterThanOrEqual(134);
  });
});

describe('refusals', () => {
  test('the limit is the limit: 5 of 8 requests in a minute pass', async () => {
    const { baseUrl, stats } = await serve(limited({ rpm: slidingLog(5) }, { latency: QUICK }));
    const answers = await Promise.all(Array.from({ length: 8 }, () => ask(baseUrl)));
    await Promise.all(answers.map((answer) => answer.text()));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 200, 200, 200, 429, 429, 429]);
    expect(stats()).toMatchObject({ requests: 8, admitted: 5, refused: { limit_requests: 3 }, causes: { rpm: 3 } });
    const seen = (await (await fetch(`${baseUrl}/__stats?arrivals`)).json()) as { arrivals: number[] };
    expect(seen.arrivals).toHaveLength(8);
  });

  test('inside a stream: 200, then the error event', async () => {
    const { baseUrl } = await serve(limited({ rpm: slidingLog(0) }, { latency: QUICK, refusals: 'in_stream' }));
    const answer = await ask(baseUrl, { body: { stream: true } });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('text/event-stream;charset=utf-8');
    expect(await answer.text()).toMatch(/^id:1\nevent:error\n:HTTP_STATUS\/429\ndata:\{"request_id":/);
  });

  test('a burst refusal waits when the header asks for it', async () => {
    const burst = { baselinePerSecond: 1, factor: 1, overMs: 10_000 };
    const { baseUrl, stats } = await serve(limited({ burst }, { latency: QUICK }));
    const headers = { 'X-DashScope-Wait-Timeout': '5' };
    const before = performance.now();
    const answers = await Promise.all([ask(baseUrl, { headers }), ask(baseUrl, { headers })]);
    await Promise.all(answers.map((answer) => answer.text()));
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(performance.now() - before).toBeGreaterThan(990);
    expect(stats()).toMatchObject({ requests: 2, admitted: 2, queued: 1, refused: {} });
  });
});

describe('faults on the wire', () => {
  const failure = async (name: string, body: object = { stream: true }) => {
    const { baseUrl } = await serve(scripted(name));
    try {
      const answer = await ask(baseUrl, { body });
      return { status: answer.status, text: await answer.text() };
    } catch (error) {
      const cause = (error as Error).cause as { code?: string } | undefined;
      return { failed: cause?.code ?? (error as Error).message };
    }
  };

  test('reset: the connection breaks before the status line', async () => {
    expect(await failure('reset')).toEqual({ failed: expect.stringMatching(/ECONNRESET|UND_ERR_SOCKET/) });
  });

  test('reset_after_headers: a 200 whose body breaks', async () => {
    const { baseUrl } = await serve(scripted('reset_after_headers'));
    const answer = await ask(baseUrl);
    expect(answer.status).toBe(200);
    await expect(answer.text()).rejects.toThrow();
  });

  test.each([{ stream: true }, { stream: false }])(
    'cut_stream: a body that breaks after its beginning %o',
    async (body) => {
      const { baseUrl } = await serve(scripted('cut_stream'));
      const answer = await ask(baseUrl, { body: { ...body, max_tokens: 40 } });
      let text = '';
      const reading = (async () => {
        for await (const bytes of answer.body ?? []) text += Buffer.from(bytes).toString();
      })();
      await expect(reading).rejects.toThrow();
      expect(text.length).toBeGreaterThan(50);
      expect(text).not.toContain('[DONE]');
    },
  );

  test('html_502 and empty_429', async () => {
    expect(await failure('html_502')).toEqual({ status: 502, text: expect.stringContaining('<center>nginx</center>') });
    expect(await failure('empty_429')).toEqual({ status: 429, text: '' });
  });

  test('hang: nothing comes', async () => {
    const { baseUrl } = await serve(scripted('hang'));
    await expect(ask(baseUrl, { signal: AbortSignal.timeout(300) })).rejects.toThrow(/abort|timeout/i);
  });
});

describe('clients that misbehave', () => {
  test('leaving in the middle of a stream frees the slot and counts as aborted', async () => {
    const latency = { ...QUICK, tokensPerSecond: 20 };
    const { baseUrl, stats } = await serve(limited({ concurrency: 1 }, { latency }));
    const gone = new AbortController();
    const answer = await ask(baseUrl, { body: { stream: true, max_tokens: 200 }, signal: gone.signal });
    await answer.body?.getReader().read();
    const refused = await ask(baseUrl);
    expect([refused.status, (await refused.json()) as object]).toEqual([
      429,
      expect.objectContaining({ error: expect.objectContaining({ code: 'Throttling.Concurrency' }) }),
    ]);
    gone.abort();
    await expect.poll(() => stats().aborted).toBe(1);
    expect((await ask(baseUrl, { body: { stream: true, max_tokens: 2 } })).status).toBe(200);
  });

  test('leaving before the body is sent harms nobody', async () => {
    const { baseUrl, port } = await serve(settingsWith({ latency: QUICK }));
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    socket.write(`POST ${PATH} HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\nauthorization: Bearer k\r\n\r\n{"mo`);
    socket.destroy();
    expect((await ask(baseUrl)).status).toBe(200);
  });

  test('reading nothing for a while gets the whole stream in the end', async () => {
    const settings = settingsWith({ latency: { ...QUICK, tokensPerSecond: 1e6 } });
    // Events that repeat a long answer so far: several megabytes, more than the sockets between us hold.
    const call = callWith({ dialect: 'dashscope-native', maxTokens: null });
    const lengthOf = (requestId: string) =>
      answered(simulatedEndpoint(settings).answer({ ...call, requestId }, 0)).completionTokens;
    const requestId = Array.from({ length: 5000 }, (_, n) => `long${n}#1`).find((id) => lengthOf(id) > 1500) ?? '';
    const { baseUrl } = await serve(settings);
    const answer = await ask(baseUrl, {
      path: NATIVE_PATH,
      headers: { 'X-DashScope-SSE': 'enable', 'x-quotascope-request': requestId },
      body: { input: { prompt: 'everything' }, parameters: { result_format: 'message' } },
    });
    await new Promise((resolve) => setTimeout(resolve, 300));
    const text = await answer.text();
    expect(text.length).toBeGreaterThan(3e6);
    const events = text.trimEnd().split('\n\n');
    expect(events.map((event) => event.slice(0, event.indexOf('\n')))).toEqual(events.map((_, n) => `id:${n + 1}`));
    expect(/"content":"([^"]*)"/.exec(events.at(-1) ?? '')?.[1]?.split(' ')).toHaveLength(lengthOf(requestId));
  });

  test('200 streams at once all end well', async () => {
    const { baseUrl, stats } = await serve(settingsWith({ latency: { ...QUICK, tokensPerSecond: 40 } }));
    const texts = await Promise.all(
      Array.from({ length: 200 }, async () => (await ask(baseUrl, { body: { stream: true, max_tokens: 30 } })).text()),
    );
    expect(
      texts.filter((text) => /"finish_reason":"(stop|length)"/.test(text) && text.endsWith('data: [DONE]\n\n')),
    ).toHaveLength(200);
    expect(stats()).toMatchObject({ requests: 200, admitted: 200, aborted: 0, inFlight: 0 });
    expect(stats().inFlightMax).toBeGreaterThan(150);
  });
});

describe('the openai SDK as a foreign client', () => {
  const client = (baseUrl: string) =>
    new OpenAI({ baseURL: `${baseUrl}/compatible-mode/v1`, apiKey: 'sk-test', maxRetries: 0 });
  const create = (baseUrl: string) =>
    client(baseUrl).chat.completions.create({
      model: 'qwen3-max',
      messages: [{ role: 'user', content: 'hi' }],
      max_tokens: 8,
    });

  test.each([
    ['limit_requests', RateLimitError, 429, 'limit_requests'],
    ['insufficient_quota', RateLimitError, 429, 'insufficient_quota'],
    ['limit_burst_rate', RateLimitError, 429, 'limit_burst_rate'],
    ['Arrearage', BadRequestError, 400, 'Arrearage'],
    ['DataInspectionFailed', BadRequestError, 400, 'data_inspection_failed'],
    ['invalid_api_key', AuthenticationError, 401, 'invalid_api_key'],
    ['AllocationQuota.FreeTierOnly', PermissionDeniedError, 403, 'AllocationQuota.FreeTierOnly'],
    ['model_not_found', NotFoundError, 404, 'model_not_found'],
    ['ModelServingError', InternalServerError, 503, 'ModelServingError'],
    ['InternalError.Algo', InternalServerError, 500, 'InternalError.Algo'],
  ])('%s', async (name, errorClass, status, code) => {
    const { baseUrl } = await serve(scripted(name));
    const error = await create(baseUrl).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(errorClass);
    expect(error).toMatchObject({ status, code, requestID: expect.stringMatching(/^[0-9a-f-]{36}$/) });
  });

  test.each(['reset', 'html_502', 'empty_429', 402] as const)('%s', async (name) => {
    const { baseUrl } = await serve(scripted(name));
    const error = await create(baseUrl).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(APIError);
    const status = { reset: undefined, html_502: 502, empty_429: 429, 402: 402 }[name];
    expect((error as APIError).status).toBe(status);
  });

  test('streams text and usage', async () => {
    const { baseUrl } = await serve(settingsWith({ latency: QUICK }));
    const stream = await client(baseUrl).chat.completions.create({
      model: 'qwen3-max',
      messages: [{ role: 'user', content: 'hi' }],
      max_tokens: 8,
      stream: true,
      stream_options: { include_usage: true },
    });
    let text = '';
    let finish: string | null = null;
    let tokens: number | undefined;
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? '';
      finish ??= chunk.choices[0]?.finish_reason ?? null;
      tokens = chunk.usage?.completion_tokens ?? tokens;
    }
    expect(text.split(' ')).toHaveLength(8);
    expect([finish, tokens]).toEqual(['length', 8]);
  });
});

test('decides live as it does in virtual time, request by request', async () => {
  const settings = limited({ rps: slidingLog(10), concurrency: 12 }, { latency: { ...QUICK, tokensPerSecond: 20 } });
  const { baseUrl } = await serve(settings);
  const sent: Promise<{ id: string; arrivedMs: number; status: number; requestId: string }>[] = [];
  for (let n = 0; n < 60; n += 1) {
    const id = `agree${n}#1`;
    const exchange = ask(baseUrl, { headers: { 'x-quotascope-request': id } }).then(async (answer) => {
      await answer.text();
      const { headers, status } = answer;
      const arrivedMs = Number(headers.get('req-arrive-time'));
      return { id, arrivedMs, status, requestId: headers.get('x-request-id') ?? '' };
    });
    sent.push(exchange);
    await new Promise((resolve) => setTimeout(resolve, 35));
  }
  const live = (await Promise.all(sent)).sort((a, b) => a.arrivedMs - b.arrivedMs);
  const endpoint = simulatedEndpoint(settings);
  const open: AnswerPlanned[] = [];
  const virtual = live.map(({ id, arrivedMs }) => {
    for (const plan of open.filter(({ finishedAtMs }) => finishedAtMs <= arrivedMs)) endpoint.finish(plan, arrivedMs);
    const call = callWith({ requestId: id, promptTokens: 5, maxTokens: 8, stream: false });
    const plan = endpoint.answer(call, arrivedMs);
    if (plan.kind === 'answer') open.push(plan);
    if (plan.kind !== 'answer' && plan.kind !== 'refusal') throw new Error(plan.kind);
    return { status: plan.kind === 'answer' ? 200 : plan.status, requestId: plan.headers(0)['x-request-id'] ?? '' };
  });
  const differing = live.filter(({ status }, n) => status !== virtual[n]?.status);
  // Stamps are whole milliseconds: a request on a window's edge may fall on either side.
  expect(differing.length).toBeLessThanOrEqual(1);
  expect(live.map(({ requestId }) => requestId)).toEqual(virtual.map(({ requestId }) => requestId));
  expect(new Set(live.map(({ status }) => status))).toEqual(new Set([200, 429]));
});

describe('a process of its own', () => {
  test('listens, counts and ends with stop', async () => {
    const child = await startSimulatorProcess(limited({ rpm: slidingLog(1) }, { latency: QUICK }));
    expect(child.pid).not.toBe(process.pid);
    const statuses = [(await ask(child.baseUrl)).status, (await ask(child.baseUrl)).status];
    expect(statuses).toEqual([200, 429]);
    expect(await child.stats()).toMatchObject({ requests: 2, admitted: 1 });
    await child.stop();
    expect(() => process.kill(child.pid, 0)).toThrow();
    await expect(ask(child.baseUrl)).rejects.toThrow();
  });

  test('says why it did not start', async () => {
    await expect(startSimulatorProcess(scripted('no_such_fault'))).rejects.toThrow(/unknown fault 'no_such_fault'/);
  });
});

describe('a relay in front of an HTTP upstream', () => {
  const RELAY: RelaySettings = {
    channels: 2,
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
  const relayed = async (upstream: SimulatorSettings, relay: Partial<RelaySettings>) => {
    const service = await serve(upstream);
    const upstreamUrl = `${service.baseUrl}/compatible-mode/v1`;
    const front = await startRelay({ upstreamUrl, relay: { ...RELAY, ...relay } });
    running.unshift(front);
    return { ask: (body: object = {}) => ask(front.baseUrl, { path: '/v1/chat/completions', body }), service };
  };

  test('streams through, with the usage it invents', async () => {
    const { ask: askRelay } = await relayed(settingsWith({ latency: QUICK }), { usageFactor: 2 });
    const answer = await askRelay({ stream: true, stream_options: { include_usage: true } });
    const text = await answer.text();
    expect(text).toContain('"completion_tokens":16,"total_tokens":');
    expect(text.match(/data: \[DONE\]/g)).toHaveLength(1);
    expect(answer.headers.get('x-oneapi-request-id')).toMatch(/^\d{31}$/);
  });

  test('rewrites a refusal and hides the kind of nothing it keeps', async () => {
    const { ask: askRelay } = await relayed(limited({ rpm: slidingLog(0) }, { latency: QUICK }), {});
    const answer = await askRelay();
    expect(answer.status).toBe(429);
    expect((await answer.json()) as object).toEqual({
      error: {
        message: expect.stringMatching(/^当前分组上游负载已饱和，请稍后再试 \(request id: \d{31}\)$/),
        type: 'limit_requests',
        param: '',
        code: 'limit_requests',
      },
    });
  });

  test('retries on other channels without a word', async () => {
    const upstream = limited({ rpm: slidingLog(2) }, { latency: QUICK });
    const { ask: askRelay, service } = await relayed(upstream, { rewrites: 'none', retries: 1 });
    const statuses: number[] = [];
    for (let n = 0; n < 5; n += 1) statuses.push((await askRelay()).status);
    expect(statuses).toEqual([200, 200, 200, 200, 429]);
    expect(service.stats().requests).toBeGreaterThan(5);
  });

  test('an upstream stream that breaks ends cleanly, with [DONE] and without a finish reason', async () => {
    const { ask: askRelay } = await relayed(scripted('cut_stream'), {});
    const text = await (await askRelay({ stream: true, max_tokens: 40 })).text();
    expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
    expect(text).not.toMatch(/"finish_reason":"/);
  });

  test('cuts streams itself, swaps the model', async () => {
    const { ask: askRelay } = await relayed(settingsWith({ latency: QUICK }), {
      cutsStreams: 1,
      swapsModel: { to: 'qwen-plus', share: 1 },
    });
    const text = await (await askRelay({ stream: true, max_tokens: 60 })).text();
    expect(text).toContain('"model":"qwen-plus"');
    expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
    expect(text).not.toMatch(/"finish_reason":"/);
  });

  test('says what it could not reach', async () => {
    const front = await startRelay({ upstreamUrl: 'http://127.0.0.1:9', relay: RELAY });
    running.push(front);
    const answer = await ask(front.baseUrl, { path: '/v1/chat/completions' });
    expect(answer.status).toBe(500);
    expect((await answer.json()) as object).toMatchObject({
      error: { type: 'one_api_error', code: 'do_request_failed' },
    });
  });
});
