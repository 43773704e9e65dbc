import { rmSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, expect, test } from 'vitest';
import { monotonicClock } from '../../src/drivers/monotonic-clock.ts';
import type { ResolveHost } from '../../src/drivers/resolve-host.ts';
import { undiciTransport } from '../../src/drivers/undici-transport.ts';
import { dialectFor } from '../../src/targets/dialects.ts';
import { makeCertificates } from '../drivers/certificates.ts';
import { exchangeOf, RawServer, settle, TIMEOUTS, targetAt } from '../drivers/conformance.ts';

const SOCKETS = 200;
const ANSWER = '{"choices":[]}';
const WHOLE = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${ANSWER.length}\r\n\r\n${ANSWER}`;

const certificates = makeCertificates();
let cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of cleanUp.reverse()) await step();
  cleanUp = [];
});
afterAll(() => {
  if (certificates !== null) rmSync(certificates.folder, { recursive: true, force: true });
});

/** A resolver that counts: every name is these addresses. */
function counting(...addresses: readonly string[]): { resolve: ResolveHost; asked: string[] } {
  const asked: string[] = [];
  const resolve: ResolveHost = (hostname, onResolved) => {
    asked.push(hostname);
    setImmediate(() =>
      onResolved(
        null,
        addresses.map((address) => ({ address, family: 4 })),
      ),
    );
  };
  return { resolve, asked };
}

function connect(baseUrl: string, resolve: ResolveHost, more: { readonly ca?: string } = {}) {
  const clock = monotonicClock();
  const transport = undiciTransport({
    target: targetAt(baseUrl),
    dialect: dialectFor('openai'),
    keys: ['sk-test-key'],
    clock,
    keepHeader: () => true,
    recordBodies: false,
    timeouts: TIMEOUTS,
    environment: {},
    resolve,
    ...more,
  });
  cleanUp.push(
    () => clock.stop(),
    () => transport.close(),
  );
  return transport;
}

async function serveNamed() {
  const server = new RawServer(({ socket }) => socket.write(WHOLE));
  const url = (await server.listen()).replace('127.0.0.1', 'quota.test');
  cleanUp.push(() => server.close());
  return { server, url };
}

test('warming hundreds of sockets asks for the host once, and so does each refresh', async () => {
  const { server, url } = await serveNamed();
  const { resolve, asked } = counting('127.0.0.1');
  const transport = connect(url, resolve);
  expect(await transport.warm(SOCKETS)).toEqual({ opened: SOCKETS, problem: null });
  expect(asked).toEqual(['quota.test']);
  // Sockets on demand use what is known.
  await Promise.all(Array.from({ length: SOCKETS + 20 }, () => exchangeOf(transport)));
  expect(asked).toHaveLength(1);
  server.closeSockets();
  await settle();
  expect((await transport.refresh()).opened).toBeGreaterThan(100);
  expect(asked).toHaveLength(2);
});

test('an address that does not answer leaves the others', async () => {
  const { server, url } = await serveNamed();
  // Nothing listens on 127.0.0.2: the server is bound to one address.
  const { resolve, asked } = counting('127.0.0.2', '127.0.0.1');
  const transport = connect(url, resolve);
  expect(await transport.warm(10)).toEqual({ opened: 10, problem: null });
  await settle();
  expect(server.connections).toBe(10);
  expect(asked).toHaveLength(1);
});

test('a host that cannot be resolved is a problem, and is asked for again', async () => {
  const { url } = await serveNamed();
  let questions = 0;
  const transport = connect(url, (hostname, onResolved) => {
    questions += 1;
    const isFirst = questions === 1;
    const error = new Error(`getaddrinfo ENOTFOUND ${hostname}`);
    setImmediate(() => {
      if (isFirst) onResolved(Object.assign(error, { code: 'ENOTFOUND', syscall: 'getaddrinfo' }), []);
      else onResolved(null, [{ address: '127.0.0.1', family: 4 }]);
    });
  });
  const failed = await transport.warm(3);
  expect(failed.opened).toBe(0);
  expect(failed.problem?.message).toContain('quota.test');
  expect(await transport.warm(3)).toEqual({ opened: 3, problem: null });
  expect(questions).toBe(2);
});

test.skipIf(certificates === null)('TLS sockets share the answer, and the name is still verified', async () => {
  const { ca, good } = certificates ?? ({} as NonNullable<typeof certificates>);
  const server = createServer(good, (_, response) => response.end(ANSWER));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanUp.push(() => server.close());
  const { port } = server.address() as AddressInfo;
  const { resolve, asked } = counting('127.0.0.1');
  const transport = connect(`https://localhost:${port}/v1`, resolve, { ca });
  expect(await transport.warm(20)).toEqual({ opened: 20, problem: null });
  expect(asked).toEqual(['localhost']);
  const stranger = connect(`https://quota.test:${port}/v1`, resolve, { ca });
  expect((await stranger.warm(1)).problem?.code).toBeDefined();
  expect(asked).toEqual(['localhost', 'quota.test']);
});
