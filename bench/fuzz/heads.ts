import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { monotonicClock } from '../../src/drivers/monotonic-clock.ts';
import { type UndiciTransport, undiciTransport } from '../../src/drivers/undici-transport.ts';
import type { Exchange } from '../../src/model/exchange.ts';
import type { Target } from '../../src/model/target.ts';
import { classify } from '../../src/outcomes/classify.ts';
import { dialectFor } from '../../src/targets/dialects.ts';
import { type Chance, mutated, pieces } from './chance.ts';
import type { Finding, FuzzTarget } from './target.ts';

/** Requests of one round, all in flight together. */
const AT_ONCE = 24;
const TIMEOUTS = { connectMs: 2000, firstByteMs: 150, idleMs: 150, totalMs: 600 };
/** An exchange that has not ended this long after its last limit hangs. */
const HANG_MS = 10_000;
/** Time for a second end, or a late throw, to come. */
const SETTLE_MS = 20;

const BODY = '{"choices":[{"message":{"content":"hi"},"finish_reason":"stop"}]}';
const EVENTS = 'data: {"choices":[{"delta":{"content":"hi"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n';
const chunkedBody = `5\r\n${EVENTS.slice(0, 5)}\r\n${(EVENTS.length - 5).toString(16)}\r\n${EVENTS.slice(5)}\r\n0\r\n\r\n`;

const HEADS: readonly string[] = [
  `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${BODY.length}\r\n\r\n${BODY}`,
  `HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n${chunkedBody}`,
  `HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\ntrailer: x\r\n\r\n${chunkedBody.slice(0, -2)}x: y\r\n\r\n`,
  `HTTP/1.0 200 OK\r\ncontent-type: text/event-stream\r\n\r\n${EVENTS}`,
  `HTTP/1.1 429 Too Many Requests\r\nretry-after: 1\r\nkeep-alive: timeout=1\r\ncontent-length: 2\r\n\r\n{}`,
  `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n`,
  `HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\nset-cookie: a=1\r\nset-cookie: b=2\r\ncontent-length: 0\r\n\r\n`,
  `HTTP/1.1 200 OK\r\ncontent-encoding: gzip, br\r\nconnection: close\r\n\r\n\u001f\u008b\b\u0000`,
  `HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n`,
];

const FRAGMENTS: readonly string[] = [
  'HTTP/1.1 200\r\n',
  'HTTP/2.0 200 OK\r\n',
  'HTTP/1.1 99999 Nope\r\n',
  'HTTP/1.1 000 Zero\r\n',
  'content-length: -1\r\n',
  'content-length: 18446744073709551616\r\n',
  'transfer-encoding: chunked, identity\r\n',
  'transfer-encoding: gzip\r\n',
  'content-encoding: zstd\r\n',
  'keep-alive: timeout=99999999999999999999\r\n',
  'keep-alive: timeout=0\r\n',
  'connection: close\r\n',
  'connection: upgrade\r\nupgrade: h2c\r\n',
  ' folded: line\r\n',
  'no-colon\r\n',
  'x: \u00ff\u0000\r\n',
  'ffffffffffffffff\r\n',
  '\r\n\r\n',
];

function someAnswer(chance: Chance): Buffer {
  let text = chance.pick(HEADS);
  for (let left = chance.below(3); left > 0; left--) {
    const lines = text.split('\r\n');
    lines.splice(chance.below(lines.length), chance.below(2), chance.pick(FRAGMENTS).trimEnd());
    text = lines.join('\r\n');
  }
  const bytes = Buffer.from(text, 'latin1');
  return chance.oneIn(3) ? bytes : mutated(bytes, chance, 4);
}

/** What one request is answered with, in pieces, and how the connection goes on. */
interface Script {
  readonly parts: readonly Buffer[];
  readonly ending: 'keep' | 'end' | 'reset';
}

const scriptOf = (chance: Chance): Script => ({
  parts: pieces(someAnswer(chance), chance, 4),
  ending: chance.pick(['keep', 'keep', 'end', 'end', 'reset']),
});

function play(socket: Socket, { parts, ending }: Script): void {
  const [part, ...rest] = parts;
  if (socket.destroyed) return;
  if (part !== undefined) {
    socket.write(part, () => setImmediate(() => play(socket, { parts: rest, ending })));
    return;
  }
  if (ending === 'end') socket.end();
  else if (ending === 'reset') socket.resetAndDestroy();
}

interface Sent {
  readonly script: Script | null;
  readonly sentMs: readonly number[];
  readonly ends: readonly Exchange[];
}

function judge({ script, sentMs, ends }: Sent): string | null {
  const [exchange] = ends;
  if (exchange === undefined) return 'no end: the exchange hangs';
  if (ends.length > 1) return `${ends.length} ends`;
  if (sentMs.length > 1) return `sent ${sentMs.length} times`;
  if (script !== null && sentMs.length === 0) return 'answered, but never said to be sent';
  const outcome = classify(exchange, { dialect: 'openai', baseUrl: null, model: 'm', nowWallMs: 0 });
  if (outcome.kind === 'not_sent' || outcome.kind === 'lost' || outcome.kind === 'cancelled')
    return `ended as ${outcome.kind}`;
  const { status } = exchange;
  if (status !== null && (status < 200 || status > 999)) return `a final status of ${status}`;
  return outcome.kind === 'ok' && (status === null || status >= 300) ? `ok with status ${status}` : null;
}

export function headsTarget(): FuzzTarget {
  const clock = monotonicClock();
  const scripts = new Map<string, Script>();
  const sockets = new Set<Socket>();
  const thrown: unknown[] = [];
  const onThrow = (error: unknown) => void thrown.push(error);
  process.on('uncaughtException', onThrow);
  process.on('unhandledRejection', onThrow);
  let opened: Promise<{ readonly server: Server; readonly transport: UndiciTransport }> | null = null;
  let requests = 0;

  async function open() {
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => sockets.delete(socket));
      socket.on('data', (bytes) => {
        const tag = /x-quotascope-request: (\S+)#1/.exec(bytes.toString('latin1'))?.[1];
        const script = scripts.get(tag ?? '');
        if (script !== undefined) play(socket, script);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
    const target: Target = {
      name: 'custom',
      baseUrl,
      dialect: 'openai',
      keyEnvs: [],
      headers: {},
      waitTimeoutMs: null,
      protocol: 'h1',
      price: null,
      isSimulator: true,
    };
    const transport = undiciTransport({
      target,
      dialect: dialectFor('openai'),
      keys: [],
      timeouts: TIMEOUTS,
      clock,
      keepHeader: () => true,
      recordBodies: false,
      requestTag: true,
    });
    return { server, transport };
  }

  async function send(transport: UndiciTransport, chance: Chance): Promise<Finding | null> {
    const requestId = `f${++requests}`;
    const script = scriptOf(chance);
    scripts.set(requestId, script);
    const sentMs: number[] = [];
    const ends: Exchange[] = [];
    const request = {
      requestId,
      model: 'm',
      messages: () => [{ role: 'user' as const, content: 'x' }],
      maxTokens: 1,
      stream: chance.oneIn(2),
      extraBody: {},
      promptTokens: 1,
      promptTokensBound: 1,
    };
    await new Promise<void>((resolve) => {
      const hang = setTimeout(resolve, HANG_MS);
      transport.send(
        { request, attemptNo: 1, keyIndex: 0 },
        {
          onSent: (ms) => sentMs.push(ms),
          onEnd(exchange) {
            ends.push(exchange);
            clearTimeout(hang);
            setTimeout(resolve, SETTLE_MS);
          },
        },
      );
    });
    scripts.delete(requestId);
    const reached = ends[0]?.status === null || ends.length === 0 ? null : script;
    const what = judge({ script: reached, sentMs, ends });
    const bytes = Buffer.concat(script.parts).toString('base64');
    return what === null
      ? null
      : { what, input: `${script.ending} ${script.parts.map((part) => part.length)} ${bytes}` };
  }

  return {
    name: 'heads',
    about: 'status lines, headers and bodies over real sockets: one outcome each, no throw, no hang',
    async round(chance) {
      opened ??= open();
      const { transport } = await opened;
      const sent = await Promise.all(Array.from({ length: AT_ONCE }, () => send(transport, chance)));
      const findings = sent.filter((finding) => finding !== null);
      for (const error of thrown.splice(0)) {
        findings.push({
          what: `thrown aside: ${error instanceof Error ? error.stack : error}`,
          input: 'one of this round',
        });
      }
      return { cases: AT_ONCE, findings };
    },
    async close() {
      process.removeListener('uncaughtException', onThrow);
      process.removeListener('unhandledRejection', onThrow);
      const running = await opened;
      await running?.transport.close();
      for (const socket of sockets) socket.destroy();
      running?.server.close();
      clock.stop();
    },
  };
}
