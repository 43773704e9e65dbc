import type { AddressInfo } from 'node:net';
import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { type MonotonicClock, monotonicClock } from '../../src/drivers/monotonic-clock.ts';
import type { Exchange } from '../../src/model/exchange.ts';
import type { Outgoing, Request } from '../../src/model/request.ts';
import type { Timeouts } from '../../src/model/scenario.ts';
import type { Target } from '../../src/model/target.ts';
import type { Transport } from '../../src/model/transport.ts';

/** What a transport under test is made from. */
interface TransportSetup {
  readonly target: Target;
  readonly clock: MonotonicClock;
  readonly timeouts: Timeouts;
}

export interface ConformanceOptions {
  readonly name: string;
  create(setup: TransportSetup): Transport & { close(): Promise<void> };
  /** Tests this transport cannot pass, by title; each with its reason. */
  readonly skip: readonly { readonly reason: string; readonly tests: readonly string[] }[];
}

export interface Received {
  readonly connection: number;
  /** Head and body of one request as it came in. */
  readonly text: string;
  readonly socket: Socket;
}

/** A server that speaks bytes: what it answers is what the test writes. */
export class RawServer {
  readonly received: Received[] = [];
  connections = 0;
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;

  constructor(answer: (request: Received, index: number) => void) {
    this.#server = createServer((socket) => {
      const connection = ++this.connections;
      this.#sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => this.#sockets.delete(socket));
      let text = '';
      socket.on('data', (chunk) => {
        text += chunk.toString('utf8');
        for (let end = requestEnd(text); end !== -1; end = requestEnd(text)) {
          const request = { connection, text: text.slice(0, end), socket };
          text = text.slice(end);
          this.received.push(request);
          answer(request, this.received.length - 1);
        }
      });
    });
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/v1`;
  }

  open(): number {
    return this.#sockets.size;
  }

  closeSockets(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.closeSockets();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

function requestEnd(text: string): number {
  const head = text.indexOf('\r\n\r\n');
  if (head === -1) return -1;
  const length = Number(/content-length: (\d+)/i.exec(text.slice(0, head))?.[1] ?? 0);
  const end = head + 4 + length;
  return text.length >= end ? end : -1;
}

export const TIMEOUTS: Timeouts = { connectMs: 2000, firstByteMs: 5000, idleMs: 5000, totalMs: 10_000 };

export function targetAt(baseUrl: string, change: Partial<Target> = {}): Target {
  return {
    name: 'custom',
    baseUrl,
    dialect: 'openai',
    keyEnvs: ['TEST_KEY'],
    headers: {},
    waitTimeoutMs: null,
    protocol: 'h1',
    price: null,
    isSimulator: false,
    ...change,
  };
}

let requests = 0;

export function outgoing(change: Partial<Request> = {}): Outgoing {
  const request: Request = {
    requestId: `r${++requests}`,
    model: 'qwen3-max',
    messages: () => [{ role: 'user', content: 'hello' }],
    maxTokens: 16,
    stream: true,
    extraBody: {},
    promptTokens: 1,
    promptTokensBound: 10,
    ...change,
  };
  return { request, attemptNo: 1, keyIndex: 0 };
}

export interface Ended {
  readonly exchange: Exchange;
  readonly sentMs: readonly number[];
  readonly ends: () => number;
}

/** Sends one request and waits for its end. */
export function exchangeOf(transport: Transport, given: Outgoing = outgoing()): Promise<Ended> {
  return new Promise((resolve) => {
    const sentMs: number[] = [];
    let ends = 0;
    transport.send(given, {
      onSent: (ms) => sentMs.push(ms),
      onEnd(exchange) {
        ends++;
        resolve({ exchange, sentMs, ends: () => ends });
      },
    });
  });
}

/** Time for a second `onEnd` to come, if one is on its way. */
export const settle = () => new Promise((resolve) => setTimeout(resolve, 30));

const SSE = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n';
const JSON_HEAD = 'HTTP/1.1 429 Too Many Requests\r\ncontent-type: application/json\r\n';

export function chunked(text: string | Buffer): Buffer {
  const bytes = Buffer.from(text as string);
  return Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')]);
}

export function delta(content: string, finish: string | null = null): string {
  const choice = { delta: { content }, index: 0, logprobs: null, finish_reason: finish };
  const chunk = {
    choices: [choice],
    object: 'chat.completion.chunk',
    usage: null,
    created: 1,
    model: 'qwen3-max',
    id: 'c',
  };
  return `data: ${JSON.stringify(chunk)}\n\n`;
}

const USAGE = `data: ${JSON.stringify({ choices: [], usage: { prompt_tokens: 22, completion_tokens: 17 }, model: 'qwen3-max' })}\n\n`;
export const DONE = 'data: [DONE]\n\n';

export function answerStream(socket: Socket, parts: readonly (string | Buffer)[]): void {
  socket.write(SSE);
  for (const part of parts) socket.write(chunked(part));
  socket.write('0\r\n\r\n');
}

/** What every transport promises, whatever carries the bytes. */
export function testTransport(options: ConformanceOptions): void {
  const skipped = new Set(options.skip.flatMap((entry) => entry.tests));
  const promise = (title: string, body: () => Promise<void>) =>
    skipped.has(title) ? test.skip(title, body) : test(title, body);
  let cleanUp: (() => Promise<void>)[] = [];

  afterEach(async () => {
    for (const step of cleanUp.reverse()) await step();
    cleanUp = [];
  });

  async function start(answer: (request: Received, index: number) => void, timeouts: Partial<Timeouts> = {}) {
    const server = new RawServer(answer);
    const clock = monotonicClock();
    const target = targetAt(await server.listen());
    const transport = options.create({ target, clock, timeouts: { ...TIMEOUTS, ...timeouts } });
    cleanUp.push(
      () => server.close(),
      async () => clock.stop(),
      () => transport.close(),
    );
    return { server, transport, clock };
  }

  describe(`${options.name} transport`, () => {
    promise('decodes a stream and stamps it in order', async () => {
      const { transport } = await start(({ socket }) =>
        answerStream(socket, [delta(''), delta('Hel'), delta('lo', 'stop'), USAGE, DONE]),
      );
      const { exchange, sentMs } = await exchangeOf(transport);
      expect(exchange).toMatchObject({
        status: 200,
        transportError: null,
        finishReason: 'stop',
        sawDone: true,
        reportedModel: 'qwen3-max',
        usage: { promptTokens: 22, completionTokens: 17 },
        answer: { characters: 5 },
        errorFrames: [],
      });
      const stamps = [exchange.sentMs, exchange.headersMs, exchange.firstTokenMs, exchange.finishedMs] as number[];
      expect(stamps).toEqual([...stamps].sort((a, b) => a - b));
      expect(sentMs).toEqual([exchange.sentMs]);
      expect(exchange.queuedMs).toBeGreaterThanOrEqual(0);
    });

    promise('keeps a refusal whole', async () => {
      const body = '{"error":{"code":"limit_requests","message":"限流"},"request_id":"70acdc21"}';
      const { transport } = await start(({ socket }) =>
        socket.write(`${JSON_HEAD}retry-after: 3\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`),
      );
      const { exchange } = await exchangeOf(transport);
      expect(exchange).toMatchObject({ status: 429, body: { head: body }, transportError: null, usage: null });
      expect(exchange.headers['retry-after']).toBe('3');
    });

    promise('keeps an error frame inside a 200', async () => {
      const frame = 'id:1\nevent:error\n:HTTP_STATUS/429\ndata:{"code":"Throttling.AllocationQuota","message":"m"}\n\n';
      const { transport } = await start(({ socket }) => answerStream(socket, [frame]));
      const { exchange } = await exchangeOf(transport);
      expect(exchange.status).toBe(200);
      expect(exchange.errorFrames.join()).toContain('Throttling.AllocationQuota');
    });

    promise('does not keep the text of an answer', async () => {
      const { transport } = await start(({ socket }) => answerStream(socket, [delta('CANARY', 'stop'), DONE]));
      const { exchange } = await exchangeOf(transport);
      expect(JSON.stringify(exchange)).not.toContain('CANARY');
      expect(exchange.answer?.characters).toBe(6);
    });

    promise('sends each request once: a 429, a 500 and a reset are not retried', async () => {
      const { transport, server } = await start(({ socket }, index) => {
        if (index === 0) socket.write(`${JSON_HEAD}retry-after: 0\r\ncontent-length: 2\r\n\r\n{}`);
        else if (index === 1) socket.write('HTTP/1.1 500 Internal\r\ncontent-length: 0\r\n\r\n');
        else socket.resetAndDestroy();
      });
      for (let index = 0; index < 3; index++) await exchangeOf(transport);
      await settle();
      expect(server.received).toHaveLength(3);
    });

    promise('ends every open exchange as cancelled, once', async () => {
      const { transport } = await start(() => {});
      const open = [exchangeOf(transport), exchangeOf(transport), exchangeOf(transport)];
      await settle();
      transport.abortAll();
      for (const ended of await Promise.all(open)) {
        await settle();
        expect(ended.exchange.transportError).toEqual({ kind: 'cancelled' });
        expect(ended.ends()).toBe(1);
      }
    });

    promise('gives up on a silent server after the first-byte limit', async () => {
      const { transport } = await start(() => {}, { firstByteMs: 60 });
      const { exchange } = await exchangeOf(transport);
      expect(exchange.transportError).toEqual({ kind: 'timeout', phase: 'first_byte', afterMs: 60 });
      expect(exchange.finishedMs - (exchange.sentMs ?? 0)).toBeGreaterThanOrEqual(60);
    });

    promise('names a refused connection', async () => {
      const { transport, server } = await start(() => {});
      await server.close();
      const { exchange, sentMs } = await exchangeOf(transport);
      expect(exchange.transportError).toMatchObject({ kind: 'connection', phase: 'connect', code: 'ECONNREFUSED' });
      expect(exchange.sentMs).toBeNull();
      expect(sentMs).toEqual([]);
    });
  });
}
