import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import { type MonotonicClock, monotonicClock } from '../../src/drivers/monotonic-clock.ts';
import {
  type UndiciTransport,
  type UndiciTransportOptions,
  undiciTransport,
} from '../../src/drivers/undici-transport.ts';
import type { Timeouts } from '../../src/model/scenario.ts';
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

let cleanUp: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const step of cleanUp.reverse()) await step();
  cleanUp = [];
});

type Change = Partial<Omit<UndiciTransportOptions, 'timeouts'>> & { readonly timeouts?: Partial<Timeouts> };

function connect(baseUrl: string, change: Change = {}): UndiciTransport & { clock: MonotonicClock } {
  const clock = monotonicClock();
  const transport = undiciTransport({
    target: targetAt(baseUrl),
    dialect: dialectFor('openai'),
    keys: ['sk-test-key'],
    clock,
    keepHeader: () => true,
    recordBodies: false,
    ...change,
    timeouts: { ...TIMEOUTS, ...change.timeouts },
  });
  cleanUp.push(
    () => clock.stop(),
    () => transport.close(),
  );
  return Object.assign(transport, { clock });
}

async function serve(answer: (request: Received, index: number) => void): Promise<{ server: RawServer; url: string }> {
  const server = new RawServer(answer);
  const url = await server.listen();
  cleanUp.push(() => server.close());
  return { server, url };
}

const ok = (body: string, headers = '') =>
  `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n${headers}\r\n${body}`;
const STREAM_HEAD = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n';

interface Fault {
  readonly name: string;
  readonly answer: (request: Received) => void;
  readonly timeouts?: Partial<Timeouts>;
  readonly expected: Record<string, unknown>;
}

const connection = (phase: string, code: unknown = expect.any(String)) =>
  expect.objectContaining({ kind: 'connection', phase, code });
const timeout = (phase: string, afterMs: number) => ({ kind: 'timeout', phase, afterMs });

const FAULTS: readonly Fault[] = [
  {
    name: 'reset before the headers',
    answer: ({ socket }) => socket.resetAndDestroy(),
    expected: { status: null, transportError: connection('headers', 'ECONNRESET') },
  },
  {
    name: 'closed before the headers',
    answer: ({ socket }) => socket.end(),
    expected: { status: null, transportError: connection('headers', 'UND_ERR_SOCKET') },
  },
  {
    name: 'reset after the headers',
    answer: ({ socket }) => {
      socket.write(`${STREAM_HEAD}\r\n`);
      setTimeout(() => socket.resetAndDestroy(), 20);
    },
    expected: { status: 200, transportError: connection('body', 'ECONNRESET'), finishReason: null },
  },
  {
    name: 'a stream cut in half',
    answer: ({ socket }) => {
      socket.write(`${STREAM_HEAD}\r\n`);
      socket.end(chunked(delta('Hel')));
    },
    expected: {
      status: 200,
      transportError: connection('body'),
      answer: expect.objectContaining({ characters: 3 }),
      sawDone: false,
    },
  },
  {
    name: 'no headers for too long',
    answer: ({ socket }) => socket.write('HTTP/1.1 200 OK\r\ncontent-'),
    timeouts: { firstByteMs: 80 },
    expected: { status: null, transportError: timeout('first_byte', 80) },
  },
  {
    name: 'no body for too long',
    answer: ({ socket }) => socket.write(`${STREAM_HEAD}\r\n`),
    timeouts: { firstByteMs: 80 },
    expected: { status: 200, transportError: timeout('first_byte', 80), firstByteMs: null },
  },
  {
    name: 'a stream that falls silent',
    answer: ({ socket }) => socket.write(`${STREAM_HEAD}\r\n${chunked(delta('Hel'))}`),
    timeouts: { idleMs: 80 },
    expected: { status: 200, transportError: timeout('idle', 80), firstTokenMs: expect.any(Number) },
  },
  {
    name: 'a stream that never ends',
    answer: ({ socket }) => {
      socket.write(`${STREAM_HEAD}\r\n`);
      const timer = setInterval(() => socket.write(chunked(': ping\n\n')), 10);
      socket.on('close', () => clearInterval(timer));
    },
    timeouts: { totalMs: 120 },
    expected: { status: 200, transportError: timeout('total', 120) },
  },
  {
    name: 'a body shorter than its content-length',
    answer: ({ socket }) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"half":'),
    expected: { status: 200, transportError: connection('body') },
  },
  {
    name: 'a body longer than its content-length',
    answer: ({ socket }) => socket.end('HTTP/1.1 429 Too\r\ncontent-length: 2\r\n\r\n{}{"more":1}'),
    expected: { status: 429, transportError: null, body: { head: '{}', tail: '', bytes: 2 } },
  },
  {
    name: 'bytes that are no HTTP',
    answer: ({ socket }) => socket.write('SSH-2.0-OpenSSH_9.6\r\n'),
    expected: { status: null, transportError: connection('headers', 'HTTPParserError') },
  },
  {
    name: 'headers larger than 16 KB',
    answer: ({ socket }) => socket.write(`HTTP/1.1 200 OK\r\nx-big: ${'a'.repeat(20_000)}\r\n\r\n`),
    expected: { status: null, transportError: connection('headers', 'UND_ERR_HEADERS_OVERFLOW') },
  },
  {
    name: 'five hundred headers within 16 KB',
    answer: ({ socket }) => {
      const many = Array.from({ length: 500 }, (_, index) => `x-${index}: ${index}\r\n`).join('');
      socket.write(`HTTP/1.1 429 Too\r\n${many}content-length: 0\r\n\r\n`);
    },
    expected: { status: 429, transportError: null },
  },
  {
    name: 'invalid UTF-8',
    answer: ({ socket }) => {
      const bytes = Buffer.concat([
        Buffer.from('{"error":{"message":"'),
        Buffer.from([0xff, 0xe9]),
        Buffer.from('"}}'),
      ]);
      socket.write(`HTTP/1.1 429 Too\r\ncontent-length: ${bytes.length}\r\n\r\n`);
      socket.write(bytes);
    },
    expected: { status: 429, body: expect.objectContaining({ head: '{"error":{"message":"\uFFFD\uFFFD"}}' }) },
  },
  {
    name: 'a redirect',
    answer: ({ socket }) => socket.write('HTTP/1.1 302 Found\r\nlocation: /elsewhere\r\ncontent-length: 0\r\n\r\n'),
    expected: { status: 302, transportError: null, headers: expect.objectContaining({ location: '/elsewhere' }) },
  },
  {
    name: 'HTTP/1.0 with a body up to the close',
    answer: ({ socket }) => socket.end('HTTP/1.0 429 Too Many\r\ncontent-type: text/plain\r\n\r\nslow down'),
    expected: { status: 429, transportError: null, body: { head: 'slow down', tail: '', bytes: 9 } },
  },
  {
    name: 'a packed answer',
    answer: ({ socket }) => {
      const packed = gzipSync('{"error":{"code":"limit_requests"}}');
      socket.write(`HTTP/1.1 429 Too\r\ncontent-encoding: gzip\r\ncontent-length: ${packed.length}\r\n\r\n`);
      socket.write(packed);
    },
    expected: {
      status: 429,
      transportError: null,
      body: expect.objectContaining({ head: expect.stringContaining('limit_requests') }),
    },
  },
  {
    name: 'a packed answer that is damaged',
    answer: ({ socket }) => {
      const packed = gzipSync('{"error":{"code":"limit_requests"}}').subarray(0, 20);
      socket.write(`HTTP/1.1 429 Too\r\ncontent-encoding: gzip\r\ncontent-length: ${packed.length}\r\n\r\n`);
      socket.write(packed);
    },
    expected: { status: 429, transportError: connection('body', 'Z_BUF_ERROR') },
  },
  {
    name: 'an informational answer first',
    answer: ({ socket }) => socket.write(`HTTP/1.1 102 Processing\r\n\r\n${ok('{}')}`),
    expected: { status: 200, transportError: null },
  },
];

describe('faults end as one exchange each', () => {
  test.each(FAULTS)('$name', async ({ answer, timeouts, expected }) => {
    const { url, server } = await serve(answer);
    const transport = connect(url, { timeouts: timeouts ?? {} });
    const ended = await exchangeOf(transport);
    await settle();
    expect(ended.exchange).toMatchObject(expected);
    expect(ended.ends()).toBe(1);
    expect(ended.sentMs).toHaveLength(1);
    expect(server.received).toHaveLength(1);
  });

  test('characters and lines cut at any byte', async () => {
    const text = `${delta('通义千问🙂')}${delta('答', 'stop')}${DONE}`;
    const bytes = Buffer.from(text);
    const { url } = await serve(({ socket }) => {
      socket.write(`${STREAM_HEAD}\r\n`);
      for (const byte of bytes) socket.write(chunked(Buffer.from([byte])));
      socket.write('0\r\n\r\n');
    });
    const whole = await serve(({ socket }) => answerStream(socket, [text]));
    const [cut, once] = await Promise.all([exchangeOf(connect(url)), exchangeOf(connect(whole.url))]);
    expect(cut.exchange.answer).toEqual(once.exchange.answer);
    expect(cut.exchange.answer?.characters).toBe(6);
    expect(cut.exchange.finishReason).toBe('stop');
  });

  test('a gigantic body is counted and ends the exchange at 64 MB', async () => {
    const { url } = await serve(({ socket }) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n');
      const block = Buffer.alloc(1 << 20, 'a');
      const more = () => {
        while (!socket.destroyed && socket.write(block));
      };
      socket.on('drain', more);
      more();
    });
    const { exchange } = await exchangeOf(connect(url));
    expect(exchange.transportError).toMatchObject({ phase: 'body', code: 'BODY_TOO_LARGE' });
    expect(exchange.body.bytes).toBeGreaterThan(64 << 20);
    expect(exchange.body.head).toHaveLength(4096);
    expect(exchange.body.tail).toHaveLength(1024);
  });

  test('a gzip bomb ends the exchange at 64 MB', async () => {
    const bomb = gzipSync(Buffer.alloc(100 << 20));
    const { url } = await serve(({ socket }) => {
      socket.write(`HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: ${bomb.length}\r\n\r\n`);
      socket.write(bomb);
    });
    const { exchange } = await exchangeOf(connect(url));
    expect(exchange.transportError).toMatchObject({ phase: 'body', code: 'BODY_TOO_LARGE' });
    expect(exchange.body.bytes).toBeLessThan(66 << 20);
  });

  test('a host that does not exist', async () => {
    const { exchange, sentMs } = await exchangeOf(connect('http://no-such-host.invalid/v1'));
    expect(exchange.transportError).toMatchObject({ kind: 'connection', phase: 'dns' });
    expect(sentMs).toEqual([]);
  });

  test('a key that cannot be a header', async () => {
    const { url, server } = await serve(({ socket }) => socket.write(ok('{}')));
    const { exchange } = await exchangeOf(connect(url, { keys: ['sk-bad\nkey'] }));
    expect(exchange.transportError).toMatchObject({
      kind: 'connection',
      phase: 'request',
      code: 'UND_ERR_INVALID_ARG',
    });
    expect(server.received).toHaveLength(0);
  });
});

describe('what is sent', () => {
  test('carries key, target headers and wait timeout, asks for plain bytes, tags only the simulator', async () => {
    const { url, server } = await serve(({ socket }) => socket.write(ok('{}')));
    const target = targetAt(url, { headers: { 'X-Team': 'blue' }, waitTimeoutMs: 30_000 });
    await exchangeOf(connect(url, { target }));
    const plain = server.received[0]?.text ?? '';
    expect(plain).toMatch(/^POST \/v1\/chat\/completions HTTP\/1\.1\r\n/);
    for (const line of ['authorization: Bearer sk-test-key', 'x-team: blue', 'x-dashscope-wait-timeout: 30']) {
      expect(plain).toContain(line);
    }
    expect(plain).toContain('accept-encoding: identity');
    expect(plain).not.toContain('x-quotascope-request');
    await exchangeOf(connect(url, { requestTag: true }), outgoing({ requestId: 'r77' }));
    expect(server.received[1]?.text).toContain('x-quotascope-request: r77#1');
  });

  test('uses the key of the attempt', async () => {
    const { url, server } = await serve(({ socket }) => socket.write(ok('{}')));
    const transport = connect(url, { keys: ['sk-one', 'sk-two'] });
    await exchangeOf(transport, { ...outgoing(), keyIndex: 1 });
    await exchangeOf(transport, { ...outgoing(), keyIndex: 0 });
    expect(server.received.map((request) => /Bearer (\S+)/.exec(request.text)?.[1])).toEqual(['sk-two', 'sk-one']);
  });

  test('keeps the allowed headers only, and answers in full when bodies are recorded', async () => {
    const body = '{"choices":[{"message":{"content":"CANARY"},"finish_reason":"stop"}]}';
    const { url } = await serve(({ socket }) => socket.write(ok(body, 'set-cookie: a=1\r\nx-request-id: 7\r\n')));
    const keepHeader = (name: string) => name === 'x-request-id';
    const { exchange } = await exchangeOf(
      connect(url, { keepHeader, recordBodies: true }),
      outgoing({ stream: false }),
    );
    expect(exchange.headers).toEqual({ 'x-request-id': '7' });
    expect(exchange.body.head).toBe(body);
  });
});

describe('connections', () => {
  test('are opened before the traffic without any request', async () => {
    const { url, server } = await serve(({ socket }) => socket.write(ok('{}')));
    const transport = connect(url);
    expect(await transport.warm(20)).toEqual({ opened: 20, problem: null });
    await settle();
    expect(server.connections).toBe(20);
    expect(server.received).toHaveLength(0);
    expect(transport.sockets()).toEqual({ open: 20, opened: 20 });
    const ended = await Promise.all(Array.from({ length: 20 }, () => exchangeOf(transport)));
    expect(server.connections).toBe(20);
    for (const { exchange } of ended) expect(exchange.connection).toMatchObject({ reused: false, handshakeMs: null });
    expect(new Set(ended.map(({ exchange }) => exchange.connection?.id)).size).toBe(20);
  });

  test('are reused, and a cold one says what its handshake cost', async () => {
    const { url } = await serve(({ socket }) => socket.write(ok('{}')));
    const transport = connect(url);
    const cold = (await exchangeOf(transport)).exchange;
    const again = (await exchangeOf(transport)).exchange;
    expect(cold.connection).toMatchObject({ reused: false, handshakeMs: expect.any(Number) });
    expect(cold.queuedMs).toBeGreaterThanOrEqual(cold.connection?.handshakeMs ?? Number.NaN);
    expect(again.connection).toEqual({ id: cold.connection?.id, reused: true, handshakeMs: null });
  });

  test('never make an exchange wait for another', async () => {
    const { url, server } = await serve(() => {});
    const transport = connect(url);
    await transport.warm(2);
    for (let index = 0; index < 50; index++) void exchangeOf(transport);
    await settle();
    await settle();
    expect(server.received).toHaveLength(50);
    expect(server.connections).toBe(50);
  });

  test('that the server closes while idle are replaced before the next exchange', async () => {
    const { url, server } = await serve(({ socket }, index) => {
      socket.write(ok('{}'));
      if (index === 0) setTimeout(() => socket.end(), 5);
    });
    const transport = connect(url);
    await exchangeOf(transport);
    await settle();
    const { exchange } = await exchangeOf(transport);
    expect(exchange).toMatchObject({ transportError: null, connection: { reused: false } });
    expect(server.connections).toBe(2);
  });

  test.each([
    ['after an idle time are the generator’s fault', 400, 'stale_reuse'],
    ['in the middle of traffic are the server’s', 0, 'headers'],
  ] as const)('that reset when they are used again %s', async (_, idleMs, phase) => {
    const { url } = await serve(({ socket }, index) => {
      if (index === 0) socket.write(ok('{}'));
      else socket.resetAndDestroy();
    });
    const transport = connect(url);
    await exchangeOf(transport);
    await new Promise((resolve) => setTimeout(resolve, idleMs));
    const { exchange } = await exchangeOf(transport);
    expect(exchange.connection?.reused).toBe(true);
    expect(exchange.transportError).toMatchObject({ kind: 'connection', phase, code: 'ECONNRESET' });
  });

  test('with a keep-alive hint of one second are not used again', async () => {
    const { url, server } = await serve(({ socket }) => socket.write(ok('{}', 'keep-alive: timeout=1\r\n')));
    const transport = connect(url);
    for (let index = 0; index < 3; index++) {
      const { exchange } = await exchangeOf(transport);
      expect(exchange).toMatchObject({ status: 200, transportError: null });
    }
    expect(server.connections).toBe(3);
  });

  test('older than a server’s patience are replaced by a refresh', async () => {
    const { url, server } = await serve(({ socket }) => socket.write(ok('{}')));
    const transport = connect(url);
    await transport.warm(5);
    transport.clock.zeroIn(-10_000);
    await settle();
    expect(await transport.refresh()).toEqual({ opened: 5, problem: null });
    await settle();
    expect(server.connections).toBe(10);
    expect(server.open()).toBe(5);
    expect(server.received).toHaveLength(0);
  });

  test('that cannot be opened are a problem in words', async () => {
    const { url, server } = await serve(() => {});
    await server.close();
    const report = await connect(url).warm(3);
    expect(report).toMatchObject({ opened: 0, problem: { code: 'unreachable-connect' } });
    expect(report.problem?.message).toContain('ECONNREFUSED');
  });

  test('to a host that does not answer time out', async () => {
    // 192.0.2.0/24 is reserved for documentation (RFC 5737): nobody answers, or the network says so at once.
    const transport = connect('http://192.0.2.1:9/v1', { timeouts: { connectMs: 80 } });
    const { exchange, sentMs } = await exchangeOf(transport);
    expect(sentMs).toEqual([]);
    expect(['timeout', 'connection']).toContain(exchange.transportError?.kind);
    expect(exchange.transportError).toMatchObject({ phase: 'connect' });
  });
});

describe('proxies from the environment', () => {
  test('loopback is never proxied', async () => {
    const { url } = await serve(({ socket }) => socket.write(ok('{}')));
    const transport = connect(url, {
      environment: { HTTP_PROXY: 'http://127.0.0.1:1', HTTPS_PROXY: 'http://127.0.0.1:1' },
    });
    expect(transport.proxyInUse).toBeNull();
    expect((await exchangeOf(transport)).exchange.status).toBe(200);
  });

  test('others go through a tunnel, with the proxy’s credentials and without ours', async () => {
    const seen: string[] = [];
    const { url } = await serve(({ socket, text }, index) => {
      seen.push(text);
      socket.write(index === 0 ? 'HTTP/1.1 200 Connection established\r\n\r\n' : ok('{"id":"through"}'));
    });
    const proxy = `http://user:p%40ss@${new URL(url).host}`;
    const transport = connect('http://llm.example.test/v1', { environment: { http_proxy: proxy } });
    expect(transport.proxyInUse).toBe(`http://${new URL(url).host}`);
    const { exchange } = await exchangeOf(transport);
    expect(exchange).toMatchObject({ status: 200, body: { head: '{"id":"through"}' } });
    expect(seen[0]).toContain('CONNECT llm.example.test:80');
    expect(seen[0]).toContain(`Proxy-Authorization: Basic ${btoa('user:p@ss')}`);
    expect(seen[0]).not.toContain('sk-test-key');
  });

  test('a proxy that refuses is a connection error', async () => {
    const { url } = await serve(({ socket }) => socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n'));
    const environment = { HTTPS_PROXY: new URL(url).origin };
    const { exchange } = await exchangeOf(connect('https://llm.example.test/v1', { environment }));
    expect(exchange.transportError).toMatchObject({ kind: 'connection', phase: 'connect' });
  });
});
