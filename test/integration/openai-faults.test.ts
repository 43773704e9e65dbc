import { afterEach, describe, expect, test } from 'vitest';
import { monotonicClock } from '../../src/drivers/monotonic-clock.ts';
import { openaiTransport } from '../../src/drivers/openai-transport.ts';
import type { Exchange } from '../../src/model/exchange.ts';
import { classify } from '../../src/outcomes/classify.ts';
import { dialectFor } from '../../src/targets/dialects.ts';
import {
  answerStream,
  chunked,
  DONE,
  delta,
  exchangeOf,
  outgoing,
  RawServer,
  type Received,
  settle,
  TIMEOUTS,
  targetAt,
} from '../drivers/conformance.ts';

const REFUSAL = '{"error":{"code":"limit_requests","message":"m"}}';

let cleanUp: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const step of cleanUp.reverse()) await step();
  cleanUp = [];
});

interface Setup {
  readonly maxRetries?: number;
  readonly keys?: readonly string[];
}

async function start(answer: (request: Received, index: number) => void, setup: Setup = {}) {
  const server = new RawServer(answer);
  const clock = monotonicClock();
  const transport = openaiTransport({
    target: targetAt(await server.listen()),
    dialect: dialectFor('openai'),
    keys: setup.keys ?? ['sk-test-key'],
    timeouts: TIMEOUTS,
    clock,
    keepHeader: () => true,
    recordBodies: false,
    maxRetries: setup.maxRetries ?? 0,
  });
  cleanUp.push(
    () => server.close(),
    async () => clock.stop(),
    () => transport.close(),
  );
  return { server, transport };
}

function refuse({ socket }: Received, headers = ''): void {
  socket.write(`HTTP/1.1 429 Too Many\r\n${headers}content-length: ${REFUSAL.length}\r\n\r\n${REFUSAL}`);
}

const outcomeOf = (exchange: Exchange) =>
  classify(exchange, { dialect: 'openai', baseUrl: 'http://127.0.0.1/v1', model: 'qwen3-max', nowWallMs: 0 });

describe('the OpenAI SDK as a driver', () => {
  test('writes what the SDK writes: its headers, the key once, the stream options', async () => {
    const { transport, server } = await start(({ socket }) => answerStream(socket, [delta('hi', 'stop'), DONE]));
    await exchangeOf(transport);
    const text = server.received[0]?.text ?? '';
    expect(text).toMatch(/^POST \/v1\/chat\/completions HTTP\/1\.1\r\n/);
    expect(text).toMatch(/x-stainless-lang: js/i);
    expect(text).toMatch(/user-agent: OpenAI\/JS/i);
    expect(text.match(/authorization: Bearer sk-test-key/gi)).toHaveLength(1);
    expect(text).not.toContain('x-quotascope-call');
    expect(text).toContain('"include_usage":true');
  });

  test('sends no authorisation where the target needs none', async () => {
    const { transport, server } = await start(({ socket }) => answerStream(socket, [delta('hi', 'stop'), DONE]), {
      keys: [],
    });
    await exchangeOf(transport);
    expect(server.received[0]?.text).not.toMatch(/authorization/i);
  });

  test('stamps a token when the application gets it, after its bytes came in', async () => {
    const { transport } = await start(({ socket }) => answerStream(socket, [delta('hi'), delta('!', 'stop'), DONE]));
    const { exchange } = await exchangeOf(transport);
    expect(exchange.firstTokenMs).toBeGreaterThanOrEqual(exchange.firstByteMs ?? Number.POSITIVE_INFINITY);
    expect(exchange.finishedMs).toBeGreaterThanOrEqual(exchange.firstTokenMs ?? Number.POSITIVE_INFINITY);
    expect(exchange.gaps?.count).toBe(1);
  });

  test('reads a whole answer too', async () => {
    const body = JSON.stringify({
      model: 'qwen3-max',
      choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'hi' } }],
      usage: { prompt_tokens: 3, completion_tokens: 1 },
    });
    const { transport } = await start(({ socket }) =>
      socket.write(
        `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
      ),
    );
    const { exchange } = await exchangeOf(transport, outgoing({ stream: false }));
    expect(exchange).toMatchObject({ status: 200, finishReason: 'stop', usage: { completionTokens: 1 } });
    expect(exchange.firstTokenMs).not.toBeNull();
    expect(outcomeOf(exchange)).toEqual({ kind: 'ok' });
  });

  test('keeps the evidence of an error inside a 200, where the SDK throws an error without a status', async () => {
    const frame = 'data:{"error":{"code":"Throttling.AllocationQuota","message":"m"}}\n\n';
    const { transport } = await start(({ socket }) => answerStream(socket, [frame]));
    const { exchange } = await exchangeOf(transport);
    expect(exchange).toMatchObject({ status: 200, transportError: null });
    expect(outcomeOf(exchange)).toMatchObject({ kind: 'limited' });
  });

  test('calls a cut stream a broken connection', async () => {
    const { transport } = await start(({ socket }) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n');
      socket.write(chunked(delta('Hel')));
      setTimeout(() => socket.resetAndDestroy(), 20);
    });
    const { exchange } = await exchangeOf(transport);
    expect(exchange.transportError).toMatchObject({ kind: 'connection', phase: 'body' });
    expect(exchange.firstTokenMs).not.toBeNull();
    expect(outcomeOf(exchange).kind).toBe('connection');
  });

  test('says so when the SDK could not read what came complete', async () => {
    const { transport } = await start(({ socket }) =>
      socket.write('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 5\r\n\r\nnoise'),
    );
    const { exchange } = await exchangeOf(transport, outgoing({ stream: false }));
    expect(exchange.status).toBe(200);
    expect(exchange.transportError).toMatchObject({ kind: 'connection', phase: 'body' });
  });

  test('cancels a call that has not reached the wire yet', async () => {
    const { transport, server } = await start(() => {});
    const ended = exchangeOf(transport);
    transport.abortAll();
    const { exchange, sentMs } = await ended;
    expect(exchange.transportError).toEqual({ kind: 'cancelled' });
    expect([sentMs, server.received]).toEqual([[], []]);
  });

  test('refuses the native dialect', async () => {
    const options = { ...(await optionsFor()), dialect: dialectFor('dashscope-native') };
    expect(() => openaiTransport(options)).toThrow('native dialect');
  });
});

async function optionsFor() {
  const clock = monotonicClock();
  cleanUp.push(async () => clock.stop());
  const target = targetAt('http://127.0.0.1:9/v1');
  return { target, keys: [], timeouts: TIMEOUTS, clock, keepHeader: () => true, recordBodies: false };
}

describe("the SDK's own retries", () => {
  const answerThird = (request: Received, index: number) =>
    index < 2 ? refuse(request, 'retry-after-ms: 20\r\n') : answerStream(request.socket, [delta('hi', 'stop'), DONE]);

  test('are reported one by one, after the wait that the server asked for', async () => {
    const { transport, server } = await start(answerThird, { maxRetries: 2 });
    const sent: number[] = [];
    const retried: Exchange[] = [];
    const last = await new Promise<Exchange>((resolve) =>
      transport.send(outgoing(), {
        onSent: (ms) => sent.push(ms),
        onRetry: (exchange) => retried.push(exchange) > 0,
        onEnd: resolve,
      }),
    );
    expect(retried.map(({ status, body }) => [status, body.head])).toEqual([
      [429, REFUSAL],
      [429, REFUSAL],
    ]);
    expect(last).toMatchObject({ status: 200, finishReason: 'stop' });
    expect(sent).toHaveLength(3);
    expect((sent[1] ?? 0) - (retried[0]?.finishedMs ?? 0)).toBeGreaterThanOrEqual(19);
    expect(server.received.map(({ text }) => /x-stainless-retry-count: (\d)/i.exec(text)?.[1])).toEqual([
      '0',
      '1',
      '2',
    ]);
  });

  test('do not leave when nothing more may be sent', async () => {
    const askedMs = 400;
    const refuseAll = (request: Received) => refuse(request, `retry-after-ms: ${askedMs}\r\n`);
    const { transport, server } = await start(refuseAll, { maxRetries: 2 });
    const exchange = await new Promise<Exchange>((resolve) =>
      transport.send(outgoing(), { onSent: () => {}, onRetry: () => false, onEnd: resolve }),
    );
    await settle();
    expect(exchange.status).toBe(429);
    expect(server.received).toHaveLength(1);
    expect(exchange.finishedMs - (exchange.sentMs ?? 0)).toBeLessThan(askedMs);
  });

  test('end the call at once where nothing may follow on a failure, whatever wait the server asks for', async () => {
    const { transport, server } = await start((request) => refuse(request, 'retry-after: 50\r\n'), { maxRetries: 2 });
    const failed: Exchange[] = [];
    const exchange = await new Promise<Exchange>((resolve) =>
      transport.send(outgoing(), {
        onSent: () => {},
        onFailed: (each) => failed.push(each) === 0,
        onRetry: () => true,
        onEnd: resolve,
      }),
    );
    expect(failed.map(({ status }) => status)).toEqual([429]);
    expect(exchange).toMatchObject({ status: 429, transportError: null, body: { head: REFUSAL } });
    expect(server.received).toHaveLength(1);
  });

  test('are given up at once where they only wait; an attempt on its way goes on', async () => {
    const slow = (request: Received, index: number) =>
      index === 0
        ? refuse(request, 'retry-after: 50\r\n')
        : setTimeout(() => answerStream(request.socket, [delta('hi', 'stop'), DONE]), 300);
    const { transport, server } = await start(slow, { maxRetries: 2 });
    const call = (onFailed: () => void) =>
      new Promise<Exchange>((resolve) =>
        transport.send(outgoing(), {
          onSent: () => {},
          onFailed: () => {
            onFailed();
            return true;
          },
          onRetry: () => true,
          onEnd: resolve,
        }),
      );
    const waiting = Promise.withResolvers<void>();
    const refused = call(waiting.resolve);
    await waiting.promise;
    const answered = call(() => {});
    await settle();
    transport.stopRetrying?.();
    expect(await refused).toMatchObject({ status: 429, transportError: null });
    expect(await answered).toMatchObject({ status: 200, finishReason: 'stop', transportError: null });
    expect(server.received).toHaveLength(2);
  });
});
