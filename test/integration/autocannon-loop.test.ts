import { afterEach, describe, expect, test } from 'vitest';
import { autocannonLoop } from '../../src/drivers/autocannon-loop.ts';
import { monotonicClock } from '../../src/drivers/monotonic-clock.ts';
import type { Exchange } from '../../src/model/exchange.ts';
import { dialectFor } from '../../src/targets/dialects.ts';
import { outgoing, RawServer, type Received, TIMEOUTS, targetAt } from '../drivers/conformance.ts';

const ANSWER = JSON.stringify({
  model: 'qwen3-max',
  choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: '通义千问' } }],
  usage: { prompt_tokens: 3, completion_tokens: 4 },
});
const OK_HEAD = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n';
const WHOLE = `${OK_HEAD}content-length: ${Buffer.byteLength(ANSWER)}\r\n\r\n${ANSWER}`;

let cleanUp: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const step of cleanUp.reverse()) await step();
  cleanUp = [];
});

interface Account {
  readonly sent: number[];
  readonly ended: Exchange[];
  asked: number;
}

interface Setup {
  readonly connections: number;
  readonly requests: number;
  readonly totalMs?: number;
  readonly baseUrl?: string;
}

async function start(answer: (request: Received, index: number) => void, setup: Setup) {
  const server = new RawServer(answer);
  const listening = await server.listen();
  const clock = monotonicClock();
  cleanUp.push(
    () => server.close(),
    async () => clock.stop(),
  );
  const account: Account = { sent: [], ended: [], asked: 0 };
  const loop = await autocannonLoop({
    target: targetAt(setup.baseUrl ?? listening),
    dialect: dialectFor('openai'),
    keys: ['sk-test-key'],
    timeouts: { ...TIMEOUTS, totalMs: setup.totalMs ?? TIMEOUTS.totalMs },
    clock,
    keepHeader: () => true,
    requestTag: false,
    connections: setup.connections,
    next: () => {
      if (account.asked === setup.requests) return null;
      account.asked++;
      const handler = {
        onSent: (ms: number) => account.sent.push(ms),
        onEnd: (exchange: Exchange) => account.ended.push(exchange),
      };
      return { outgoing: outgoing({ stream: false }), handler };
    },
  });
  return { server, loop, account };
}

const problems = (ended: readonly Exchange[]) =>
  ended.map(({ transportError }) =>
    transportError?.kind === 'connection' ? transportError.phase : (transportError?.kind ?? 'answered'),
  );
const count = (all: readonly string[], wanted: string) => all.filter((each) => each === wanted).length;

describe('a closed loop by autocannon', () => {
  test('sends each request once and reports each answer', async () => {
    const { loop, account, server } = await start(({ socket }) => socket.write(WHOLE), {
      connections: 3,
      requests: 30,
    });
    await loop.done;
    expect([account.sent.length, account.ended.length, server.received.length]).toEqual([30, 30, 30]);
    expect(server.connections).toBe(3);
    expect(account.ended[7]).toMatchObject({
      status: 200,
      transportError: null,
      finishReason: 'stop',
      usage: { promptTokens: 3, completionTokens: 4 },
      firstTokenMs: null,
      answer: null,
    });
    expect(server.received[0]?.text).toMatch(/^POST \/v1\/chat\/completions HTTP\/1\.1/);
    expect(server.received[0]?.text).toContain('authorization: Bearer sk-test-key');
  });

  test('keeps at most one request in flight per connection', async () => {
    let open = 0;
    let most = 0;
    const { loop } = await start(
      ({ socket }) => {
        most = Math.max(most, ++open);
        setTimeout(() => {
          open--;
          socket.write(WHOLE);
        }, 5);
      },
      { connections: 4, requests: 40 },
    );
    await loop.done;
    expect(most).toBe(4);
  });

  test('decodes an answer whose bytes are split inside a character', async () => {
    const bytes = Buffer.from(WHOLE);
    const inside = bytes.indexOf(Buffer.from('义')) + 1;
    const { loop, account } = await start(
      ({ socket }) => {
        socket.write(bytes.subarray(0, inside));
        setTimeout(() => socket.write(bytes.subarray(inside)), 5);
      },
      { connections: 1, requests: 3 },
    );
    await loop.done;
    expect(account.ended.map(({ finishReason }) => finishReason)).toEqual(['stop', 'stop', 'stop']);
  });

  test('keeps a refusal', async () => {
    const body = '{"error":{"code":"limit_requests","message":"m"}}';
    const { loop, account } = await start(
      ({ socket }) =>
        socket.write(`HTTP/1.1 429 No\r\nRetry-After: 3\r\ncontent-length: ${body.length}\r\n\r\n${body}`),
      { connections: 1, requests: 1 },
    );
    await loop.done;
    expect(account.ended[0]).toMatchObject({ status: 429, headers: { 'retry-after': '3' }, body: { head: body } });
  });

  test.each<[name: string, answer: (request: Received) => void, phase: string]>([
    ['a reset before the answer', ({ socket }) => socket.resetAndDestroy(), 'headers'],
    ['an end before the answer', ({ socket }) => socket.end(), 'headers'],
    [
      'a body cut in the middle',
      ({ socket }) => {
        socket.write(`${OK_HEAD}content-length: 500\r\n\r\n{"choices":`);
        setTimeout(() => socket.resetAndDestroy(), 5);
      },
      'body',
    ],
    ['a body ended in the middle', ({ socket }) => socket.end(`${OK_HEAD}content-length: 500\r\n\r\n{"cho`), 'body'],
  ])('accounts for %s, and reads the next answer right', async (_, fault, phase) => {
    const { loop, account } = await start(
      (request, index) => (index % 2 === 0 ? fault(request) : request.socket.write(WHOLE)),
      { connections: 1, requests: 8 },
    );
    await loop.done;
    const found = problems(account.ended);
    expect([account.sent.length, account.ended.length]).toEqual([8, 8]);
    expect(count(found, 'answered') + count(found, phase) + count(found, 'stale_reuse')).toBe(8);
    expect(count(found, 'answered')).toBeGreaterThanOrEqual(3);
    for (const exchange of account.ended) {
      if (exchange.transportError === null) expect(exchange.finishReason).toBe('stop');
    }
  });

  test('calls a request that met a closing connection stale: that is the fault of the loop, not of the server', async () => {
    const { loop, account } = await start(
      ({ socket }) => socket.end(WHOLE.replace('\r\n\r\n', '\r\nconnection: close\r\n\r\n')),
      { connections: 1, requests: 10 },
    );
    await loop.done;
    const found = problems(account.ended);
    expect([count(found, 'answered'), count(found, 'stale_reuse')]).toEqual([5, 5]);
  });

  test('gives up a connection that is refused again and again', async () => {
    const gone = new RawServer(() => {});
    const baseUrl = await gone.listen();
    await gone.close();
    const { loop, account } = await start(() => {}, { connections: 2, requests: 1000, baseUrl });
    await loop.done;
    expect(account.asked).toBeLessThanOrEqual(6);
    expect(account.sent).toEqual([]);
    expect(problems(account.ended)).toEqual(Array(account.asked).fill('connect'));
  });

  test('names a timeout', async () => {
    const { loop, account } = await start(() => {}, { connections: 1, requests: 1, totalMs: 1000 });
    await loop.done;
    expect(account.ended[0]?.transportError).toEqual({ kind: 'timeout', phase: 'total', afterMs: 1000 });
  });

  test('lets what is in flight end when it drains, and cancels it when it is aborted', async () => {
    const slow = ({ socket }: Received) => setTimeout(() => socket.write(WHOLE), 60);
    const drained = await start(slow, { connections: 2, requests: 1000 });
    await new Promise((resolve) => setTimeout(resolve, 30));
    drained.loop.drain();
    await drained.loop.done;
    expect(problems(drained.account.ended)).toEqual(['answered', 'answered']);

    const aborted = await start(slow, { connections: 2, requests: 1000 });
    await new Promise((resolve) => setTimeout(resolve, 30));
    aborted.loop.abort();
    await aborted.loop.done;
    expect(problems(aborted.account.ended)).toEqual(['cancelled', 'cancelled']);
  });

  test.each(['http://192.168.0.1/v1', 'https://dashscope.aliyuncs.com/v1', 'http://127.0.0.1.example.com/v1'])(
    'refuses %s: no certificate would be verified',
    async (baseUrl) => {
      const started = start(() => {}, { connections: 1, requests: 1, baseUrl });
      await expect(started).rejects.toThrow('verifies no TLS certificate');
    },
  );
});
