import { rmSync } from 'node:fs';
import {
  createServer as createH2cServer,
  createSecureServer,
  type Http2SecureServer,
  type Http2Server,
} from 'node:http2';
import { createServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer, type Server, connect as tcpConnect } from 'node:net';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { type MonotonicClock, monotonicClock } from '../../src/drivers/monotonic-clock.ts';
import { type UndiciTransport, undiciTransport } from '../../src/drivers/undici-transport.ts';
import { dialectFor } from '../../src/targets/dialects.ts';
import { type KeyPair, makeCertificates } from '../drivers/certificates.ts';
import { DONE, delta, exchangeOf, settle, TIMEOUTS, targetAt } from '../drivers/conformance.ts';

const certificates = makeCertificates();
let cleanUp: (() => unknown)[] = [];

afterEach(async () => {
  for (const step of cleanUp.reverse()) await step();
  cleanUp = [];
});
afterAll(() => {
  if (certificates !== null) rmSync(certificates.folder, { recursive: true, force: true });
});

function connect(
  baseUrl: string,
  protocol: 'h1' | 'h2',
  ca?: string,
  environment: Readonly<Record<string, string>> = {},
): UndiciTransport & { clock: MonotonicClock } {
  const clock = monotonicClock();
  const transport = undiciTransport({
    target: targetAt(baseUrl, { protocol }),
    dialect: dialectFor('openai'),
    keys: ['sk-test-key'],
    clock,
    keepHeader: () => true,
    recordBodies: false,
    timeouts: TIMEOUTS,
    environment,
    ...(ca === undefined ? {} : { ca }),
  });
  cleanUp.push(
    () => clock.stop(),
    () => transport.close(),
  );
  return Object.assign(transport, { clock });
}

async function listen(server: Server | Http2Server | Http2SecureServer): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, resolve));
  cleanUp.push(() => server.close());
  return (server.address() as AddressInfo).port;
}

async function httpsServer(pair: KeyPair) {
  const seen = { requests: 0, connections: 0 };
  const server = createServer(pair, (request, response) => {
    seen.requests++;
    request.resume();
    response.end('{"choices":[]}');
  });
  server.on('secureConnection', () => seen.connections++);
  return { url: `https://localhost:${await listen(server)}/v1`, seen };
}

describe.skipIf(certificates === null)('TLS', () => {
  const { ca, good, expired, otherHost } = certificates ?? ({} as NonNullable<typeof certificates>);

  test('a trusted certificate of the right host is accepted, and the handshake is apart from the exchange', async () => {
    const { url, seen } = await httpsServer(good);
    const transport = connect(url, 'h1', ca);
    expect(await transport.warm(5)).toEqual({ opened: 5, problem: null });
    await settle();
    expect(seen).toEqual({ requests: 0, connections: 5 });
    const warm = (await exchangeOf(transport)).exchange;
    expect(warm).toMatchObject({ status: 200, protocol: 'h1', connection: { reused: false, handshakeMs: null } });
    const cold = (await exchangeOf(connect(url, 'h1', ca))).exchange;
    expect(cold.connection?.handshakeMs).toBeGreaterThan(0);
  });

  test.each([
    ['expired', () => expired, ca, 'CERT_HAS_EXPIRED'],
    ['of another host', () => otherHost, ca, 'ERR_TLS_CERT_ALTNAME_INVALID'],
    ['of an unknown authority', () => good, undefined, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
  ])('a certificate that is %s is refused before anything is sent', async (_, pair, trusted, code) => {
    const { url, seen } = await httpsServer(pair());
    const transport = connect(url, 'h1', trusted);
    const report = await transport.warm(3);
    expect(report.problem).toMatchObject({ code: 'unreachable-tls', severity: 'error' });
    expect(report.problem?.message).toContain(code);
    const { exchange, sentMs, ends } = await exchangeOf(transport);
    await settle();
    expect(exchange.transportError).toMatchObject({ kind: 'connection', phase: 'tls', code });
    expect(sentMs).toEqual([]);
    expect(ends()).toBe(1);
    expect(seen.requests).toBe(0);
  });

  test('verification cannot be switched off from outside', async () => {
    const { url, seen } = await httpsServer(good);
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
    cleanUp.push(() => delete process.env.NODE_TLS_REJECT_UNAUTHORIZED);
    const { exchange } = await exchangeOf(connect(url, 'h1'));
    expect(exchange.transportError).toMatchObject({ phase: 'tls' });
    expect(seen.requests).toBe(0);
  });

  test('a plain HTTP server behind an https address is a TLS error', async () => {
    const { createServer: plain } = await import('node:http');
    const port = await listen(plain());
    const { exchange } = await exchangeOf(connect(`https://localhost:${port}/v1`, 'h1', ca));
    expect(exchange.transportError).toMatchObject({ kind: 'connection', phase: 'tls' });
  });

  test('h2 by choice: many exchanges on one connection, which was opened without a request', async () => {
    let streams = 0;
    let sessions = 0;
    const server = createSecureServer({ ...good, allowHTTP1: true });
    server.on('session', () => sessions++);
    server.on('stream', (stream) => {
      streams++;
      stream.on('error', () => {});
      stream.respond({ ':status': 200, 'content-type': 'text/event-stream' });
      stream.end(delta('Hi', 'stop') + DONE);
    });
    const transport = connect(`https://localhost:${await listen(server)}/v1`, 'h2', ca);
    expect(await transport.warm(50)).toEqual({ opened: 1, problem: null });
    await settle();
    expect({ streams, sessions }).toEqual({ streams: 0, sessions: 1 });
    const ended = await Promise.all(Array.from({ length: 50 }, () => exchangeOf(transport)));
    for (const { exchange, sentMs } of ended) {
      expect(exchange).toMatchObject({ status: 200, protocol: 'h2', finishReason: 'stop', transportError: null });
      expect(sentMs).toHaveLength(1);
    }
    expect({ streams, sessions }).toEqual({ streams: 50, sessions: 1 });
  });

  test('h1 by choice stays h1 where the server prefers h2', async () => {
    const server = createSecureServer({ ...good, allowHTTP1: true }, (request, response) => {
      request.resume();
      response.end('{}');
    });
    const { exchange } = await exchangeOf(connect(`https://localhost:${await listen(server)}/v1`, 'h1', ca));
    expect(exchange).toMatchObject({ status: 200, protocol: 'h1' });
  });

  test('h2 asked of a server that has only h1 says h1', async () => {
    const { url } = await httpsServer(good);
    const { exchange } = await exchangeOf(connect(url, 'h2', ca));
    expect(exchange).toMatchObject({ status: 200, protocol: 'h1' });
  });
});

describe.skipIf(certificates === null)('TLS inside a tunnel', () => {
  const { ca, good, otherHost } = certificates ?? ({} as NonNullable<typeof certificates>);
  const TUNNEL_AFTER_MS = 150;

  /** A proxy that takes its time, and knows one host by another name than this machine does. */
  async function slowProxy(to: number) {
    const seen: string[] = [];
    const server = createTcpServer((socket) => {
      socket.on('error', () => {});
      socket.on('data', (bytes) => seen.push(bytes.toString('latin1')));
      socket.once('data', () => {
        const onward = tcpConnect({ host: '127.0.0.1', port: to });
        onward.on('error', () => socket.destroy());
        socket.on('close', () => onward.destroy());
        setTimeout(() => {
          socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
          socket.pipe(onward).pipe(socket);
        }, TUNNEL_AFTER_MS);
      });
    });
    return { proxy: `http://127.0.0.1:${await listen(server)}`, seen };
  }

  test('tunnel and handshake are waited for, and are in no latency', async () => {
    const { url, seen } = await httpsServer(otherHost);
    const { proxy, seen: atProxy } = await slowProxy(Number(new URL(url).port));
    const through = connect('https://elsewhere.test/v1', 'h1', ca, { HTTPS_PROXY: proxy });
    expect(through.proxyInUse).toBe(proxy);
    const cold = (await exchangeOf(through)).exchange;
    expect(cold).toMatchObject({ status: 200, transportError: null, connection: { reused: false } });
    expect(cold.connection?.handshakeMs).toBeGreaterThanOrEqual(TUNNEL_AFTER_MS - 1);
    expect(cold.queuedMs).toBeGreaterThanOrEqual(cold.connection?.handshakeMs ?? Number.NaN);
    const again = (await exchangeOf(through)).exchange;
    expect(again.connection).toMatchObject({ reused: true, handshakeMs: null });
    expect(again.queuedMs).toBeLessThan(TUNNEL_AFTER_MS);
    expect(seen).toEqual({ requests: 2, connections: 1 });
    expect(atProxy[0]).toMatch(/^CONNECT elsewhere\.test:443 HTTP\/1\.1\r\n/);
    expect(atProxy.join('')).not.toContain('sk-test-key');
  });

  test('opened ahead, nobody waits for it', async () => {
    const { url } = await httpsServer(otherHost);
    const { proxy } = await slowProxy(Number(new URL(url).port));
    const through = connect('https://elsewhere.test/v1', 'h1', ca, { HTTPS_PROXY: proxy });
    expect(await through.warm(2)).toEqual({ opened: 2, problem: null });
    const { exchange } = await exchangeOf(through);
    expect(exchange).toMatchObject({ status: 200, connection: { reused: false, handshakeMs: null } });
    expect(exchange.queuedMs).toBeLessThan(TUNNEL_AFTER_MS);
  });

  test.each([
    ['of another host, though the proxy led there', () => good, 'ERR_TLS_CERT_ALTNAME_INVALID', true],
    ['of an unknown authority', () => otherHost, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', false],
  ] as const)('a certificate %s is refused before anything is sent', async (_, pair, code, trusted) => {
    const { url, seen } = await httpsServer(pair());
    const { proxy } = await slowProxy(Number(new URL(url).port));
    const through = connect('https://elsewhere.test/v1', 'h1', trusted ? ca : undefined, { HTTPS_PROXY: proxy });
    const { exchange, sentMs, ends } = await exchangeOf(through);
    await settle();
    expect(exchange.transportError).toMatchObject({ kind: 'connection', phase: 'tls', code });
    expect([sentMs, ends(), seen.requests]).toEqual([[], 1, 0]);
  });

  test('h2 is spoken through it too', async () => {
    const server = createSecureServer({ ...otherHost, allowHTTP1: true });
    server.on('stream', (stream) => {
      stream.respond({ ':status': 200, 'content-type': 'text/event-stream' });
      stream.end(delta('Hi', 'stop') + DONE);
    });
    const { proxy } = await slowProxy(await listen(server));
    const through = connect('https://elsewhere.test/v1', 'h2', ca, { HTTPS_PROXY: proxy });
    const { exchange } = await exchangeOf(through);
    expect(exchange).toMatchObject({ status: 200, protocol: 'h2', finishReason: 'stop' });
  });
});

describe('h2 without TLS', () => {
  async function h2cServer(onStream: (stream: import('node:http2').ServerHttp2Stream) => void): Promise<string> {
    const server = createH2cServer();
    const sessions = new Set<import('node:http2').ServerHttp2Session>();
    server.on('session', (session) => {
      sessions.add(session);
      session.on('error', () => {});
    });
    server.on('stream', (stream) => {
      stream.on('error', () => {});
      onStream(stream);
    });
    const port = await listen(server);
    cleanUp.push(() => {
      for (const session of sessions) session.destroy();
    });
    return `http://localhost:${port}/v1`;
  }

  test('answers by prior knowledge', async () => {
    const url = await h2cServer((stream) => {
      stream.respond({ ':status': 429, 'content-type': 'application/json', 'retry-after': '2' });
      stream.end('{"error":{}}');
    });
    const { exchange } = await exchangeOf(connect(url, 'h2'));
    expect(exchange).toMatchObject({
      status: 429,
      protocol: 'h2',
      headers: { 'retry-after': '2' },
      body: { head: '{"error":{}}' },
    });
  });

  test('a stream that is reset ends once, and cancels end once', async () => {
    let streams = 0;
    const url = await h2cServer((stream) => {
      if (streams++ === 0) stream.close(2);
    });
    const transport = connect(url, 'h2');
    const first = await exchangeOf(transport);
    expect(first.exchange.transportError).toMatchObject({ kind: 'connection' });
    const open = [exchangeOf(transport), exchangeOf(transport)];
    await settle();
    transport.abortAll();
    for (const { exchange } of await Promise.all(open)) expect(exchange.transportError).toEqual({ kind: 'cancelled' });
    await settle();
    expect(first.ends()).toBe(1);
  });
});
