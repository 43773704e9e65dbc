import { constants, type ServerHttp2Stream } from 'node:http2';
import { gzipSync } from 'node:zlib';
import { chunked, DONE, delta } from '../drivers/conformance.ts';
import {
  ANSWER,
  type Asked,
  answer,
  type Bed,
  h2Bed,
  JSON_HEAD,
  rawBed,
  refusal,
  STREAM_HEAD,
  whole,
} from './fault-beds.ts';

/** One fault, and what each of three requests becomes. */
export interface FaultCase {
  readonly name: string;
  readonly protocol?: 'h2';
  /** Long limits: large answers and handshakes take their time on a busy machine. */
  readonly patient?: true;
  /** Starts the other side; `baseUrl` where it is not the bed's own. */
  readonly start: () => Promise<Bed & { readonly callAt?: string }>;
  /** `label` or `label code`, per request in order, with either driver; the last one stands for those after it. */
  readonly becomes: readonly string[];
}

/** Every request of the case meets the same bytes. */
const says = (name: string, reply: (asked: Asked) => void, ...becomes: readonly string[]): FaultCase => ({
  name,
  start: () => rawBed({ answer: reply }),
  becomes,
});

const headersThen = (then: (asked: Asked) => void) => (asked: Asked) => {
  asked.socket.write(STREAM_HEAD);
  then(asked);
};

/** Only the last request: what is large disturbs its neighbours in this process. */
const lastly = (reply: (asked: Asked) => void) => (asked: Asked) => (asked.index < 2 ? answer(asked) : reply(asked));

const every = (ms: number, { socket }: Asked, step: () => void) => {
  const timer = setInterval(step, ms);
  socket.on('close', () => clearInterval(timer));
};

function pour({ socket }: Asked): void {
  const block = Buffer.alloc(1 << 20, 'a');
  const more = () => {
    while (!socket.destroyed && socket.write(block));
  };
  socket.on('drain', more);
  more();
}

function packed(body: Buffer, status = '429 Too Many'): Buffer {
  const head = `HTTP/1.1 ${status}\r\n${JSON_HEAD}content-encoding: gzip\r\ncontent-length: ${body.length}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), body]);
}

const INVALID_UTF8 = Buffer.concat([
  Buffer.from('{"error":{"code":"limit_requests","message":"'),
  Buffer.from([0xff, 0xe9]),
  Buffer.from('"}}'),
]);

const CONNECTION: readonly FaultCase[] = [
  says('answered', answer, 'ok'),
  { name: 'refused', start: () => rawBed({ answer, leaves: true }), becomes: ['connection.connect ECONNREFUSED'] },
  says('reset before headers', ({ socket }) => socket.resetAndDestroy(), 'connection.headers ECONNRESET'),
  says('closed before headers', ({ socket }) => socket.end(), 'connection.headers UND_ERR_SOCKET'),
  says(
    'reset after headers',
    headersThen(({ socket }) => setTimeout(() => socket.resetAndDestroy(), 20)),
    'connection.body ECONNRESET',
  ),
  says(
    'half-cut stream, connection closed',
    headersThen(({ socket }) => socket.end(chunked(delta('Hel')))),
    'connection.body UND_ERR_SOCKET',
  ),
  says(
    'half-cut stream, ended in good order',
    headersThen(({ socket }) => socket.write(Buffer.concat([chunked(delta('Hel')), Buffer.from('0\r\n\r\n')]))),
    'truncated',
  ),
  says(
    'idle socket closed in good order',
    ({ socket }) => {
      socket.write(whole());
      setTimeout(() => socket.end(), 50);
    },
    'ok',
  ),
  says(
    'idle socket reset as the next request comes',
    (asked) => (asked.use === 0 ? answer(asked) : asked.socket.resetAndDestroy()),
    'ok',
    'connection.stale_reuse ECONNRESET',
    'ok',
  ),
  says(
    'keep-alive hint of 1 s',
    ({ socket }) => {
      socket.write(whole('keep-alive: timeout=1\r\n'));
      setTimeout(() => socket.destroy(), 1000);
    },
    'ok',
  ),
  says(
    'HTTP/1.0 up to the close',
    ({ socket }) => {
      socket.end(`HTTP/1.0 200 OK\r\ncontent-type: text/event-stream\r\n\r\n${ANSWER}`);
    },
    'ok',
  ),
  says(
    'HTTP/1.0 document cut',
    ({ socket }) => {
      socket.end(`HTTP/1.0 200 OK\r\ncontent-type: application/json\r\n\r\n{"choices":[{"message":{"content":"Hel`);
    },
    'truncated',
  ),
  says(
    'HTTP/1.0 cut',
    ({ socket }) => {
      socket.end(`HTTP/1.0 200 OK\r\ncontent-type: text/event-stream\r\n\r\n${delta('Hel')}`);
    },
    'truncated',
  ),
];

const TIME: readonly FaultCase[] = [
  says('slow headers', ({ socket }) => socket.write('HTTP/1.1 200 OK\r\ncontent-'), 'timeout.first_byte'),
  says('headers within the limit', (asked) => setTimeout(() => answer(asked), 300), 'ok'),
  says(
    'headers, then no body',
    headersThen(() => {}),
    'timeout.first_byte',
  ),
  says(
    'slow body: falls silent',
    headersThen(({ socket }) => socket.write(chunked(delta('Hel')))),
    'timeout.idle',
  ),
  says(
    'slow body: never ends',
    headersThen((asked) => every(100, asked, () => asked.socket.write(chunked(': ping\n\n')))),
    'timeout.total',
  ),
  says(
    'slow body within the limits',
    headersThen((asked) => {
      const pieces = [...ANSWER.matchAll(/[^\n]*\n/g)].map(([piece]) => chunked(piece));
      every(40, asked, () => asked.socket.write(pieces.shift() ?? Buffer.from('0\r\n\r\n')));
    }),
    'ok',
  ),
];

const BYTES: readonly FaultCase[] = [
  says(
    'invalid UTF-8 in an answer',
    headersThen(({ socket }) => {
      const cut = Buffer.concat([Buffer.from(delta('@').split('@')[0] ?? ''), Buffer.from([0xff, 0xe9])]);
      const rest = Buffer.from(`${delta('@').split('@')[1]}${delta('', 'stop')}${DONE}`);
      socket.write(Buffer.concat([chunked(cut), chunked(rest), Buffer.from('0\r\n\r\n')]));
    }),
    'ok',
  ),
  says(
    'invalid UTF-8 in a refusal',
    ({ socket }) => {
      socket.write(`HTTP/1.1 429 Too\r\n${JSON_HEAD}content-length: ${INVALID_UTF8.length}\r\n\r\n`);
      socket.write(INVALID_UTF8);
    },
    'limited.requests',
  ),
  says(
    'chunks cut inside characters',
    headersThen(({ socket }) => {
      const bytes = Buffer.from(`${delta('通义🙂')}${delta('', 'stop')}${DONE}`);
      socket.write(Buffer.concat([...bytes].map((byte) => chunked(Buffer.from([byte])))));
      socket.write('0\r\n\r\n');
    }),
    'ok',
  ),
  says(
    'gigantic headers',
    ({ socket }) => socket.write(`HTTP/1.1 200 OK\r\nx-big: ${'a'.repeat(20_000)}\r\n\r\n`),
    'connection.headers UND_ERR_HEADERS_OVERFLOW',
  ),
  says(
    'headers without end',
    (asked) => {
      asked.socket.write('HTTP/1.1 200 OK\r\n');
      every(5, asked, () => asked.socket.write(`x-more: ${'a'.repeat(1000)}\r\n`));
    },
    'connection.headers UND_ERR_HEADERS_OVERFLOW',
  ),
  says(
    'content-length too short',
    ({ socket }) => {
      const stated = Buffer.byteLength(delta('Hel'));
      socket.write(`HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: ${stated}\r\n\r\n${ANSWER}`);
    },
    'truncated',
  ),
  says(
    'content-length too long, then closed',
    ({ socket }) => {
      socket.end(`HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: 9999\r\n\r\n${ANSWER}`);
    },
    'connection.body UND_ERR_SOCKET',
  ),
  says(
    'content-length too long, kept open',
    ({ socket }) => {
      socket.write(`HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: 9999\r\n\r\n${ANSWER}`);
    },
    'timeout.idle',
  ),
  says(
    'two different content-lengths',
    ({ socket }) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}');
    },
    'connection.headers UND_ERR_RES_CONTENT_LENGTH_MISMATCH',
  ),
  says('bad chunk size', ({ socket }) => socket.write(`${STREAM_HEAD}zz\r\n`), 'connection.body HTTPParserError'),
  says(
    'packed refusal',
    ({ socket }) => socket.write(packed(gzipSync('{"error":{"code":"limit_requests"}}'))),
    'limited.requests',
  ),
  says(
    'packed answer, damaged',
    ({ socket }) => {
      socket.write(packed(gzipSync(ANSWER).subarray(0, 40), '200 OK'));
    },
    'connection.body Z_BUF_ERROR',
  ),
];

const LARGE: readonly FaultCase[] = [
  says(
    'gigantic body',
    lastly((asked) => {
      asked.socket.write('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n');
      pour(asked);
    }),
    'ok',
    'ok',
    'connection.body BODY_TOO_LARGE',
  ),
  says(
    'gigantic line of a stream',
    lastly((asked) => {
      asked.socket.write('HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\ndata: ');
      pour(asked);
    }),
    'ok',
    'ok',
    'connection.body BODY_TOO_LARGE',
  ),
  says(
    'gzip bomb',
    lastly(({ socket }) => socket.write(packed(gzipSync(Buffer.alloc(100 << 20)), '200 OK'))),
    'ok',
    'ok',
    'connection.body BODY_TOO_LARGE',
  ),
];

const PROTOCOL: readonly FaultCase[] = [
  says(
    'redirect',
    ({ socket }) => {
      socket.write('HTTP/1.1 302 Found\r\nlocation: /elsewhere\r\ncontent-length: 0\r\n\r\n');
    },
    'client_error 302',
  ),
  says(
    'informational answers first',
    ({ socket }) => {
      socket.write('HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n');
      socket.write(whole());
    },
    'ok',
  ),
  says(
    '100 continue, unasked',
    ({ socket }) => socket.write(`HTTP/1.1 100 Continue\r\n\r\n${whole()}`),
    'connection.headers UND_ERR_SOCKET',
  ),
  says(
    'informational answer, then a refusal',
    ({ socket }) => {
      socket.write(`HTTP/1.1 102 Processing\r\n\r\n${refusal()}`);
    },
    'limited.requests',
  ),
  says(
    '101, unasked',
    ({ socket }) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nupgrade: h2c\r\nconnection: upgrade\r\n\r\n');
    },
    'connection.headers UND_ERR_SOCKET',
  ),
  says('a second response at once', ({ socket }) => socket.write(whole() + whole()), 'ok'),
  says(
    'a second response soon after',
    ({ socket }) => {
      socket.write(whole());
      setTimeout(() => socket.write(refusal()), 30);
    },
    'ok',
  ),
  says(
    'a response nobody asked for',
    (asked) => {
      asked.socket.write(refusal() + whole());
    },
    'limited.requests',
  ),
  says(
    'garbage instead of HTTP',
    ({ socket }) => socket.write('SSH-2.0-OpenSSH_9.6\r\n'),
    'connection.headers HTTPParserError',
  ),
  says(
    'a TLS alert instead of HTTP',
    ({ socket }) => socket.write(Buffer.from([0x15, 3, 1, 0, 2, 2, 70])),
    'connection.headers HTTPParserError',
  ),
  says('an empty answer', ({ socket }) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'), 'truncated'),
];

const h2 = (
  name: string,
  onStream: (stream: ServerHttp2Stream, index: number) => void,
  ...becomes: readonly string[]
): FaultCase => ({ name: `h2: ${name}`, protocol: 'h2', start: () => h2Bed(onStream), becomes });

function h2Answer(stream: ServerHttp2Stream): void {
  stream.respond({ ':status': 200, 'content-type': 'text/event-stream' });
  stream.end(ANSWER);
}

const halfThen = (then: (stream: ServerHttp2Stream) => void) => (stream: ServerHttp2Stream) => {
  stream.respond({ ':status': 200, 'content-type': 'text/event-stream' });
  stream.write(delta('Hel'));
  setTimeout(() => then(stream), 30);
};

const H2: readonly FaultCase[] = [
  h2('answered', h2Answer, 'ok'),
  h2(
    'stream refused',
    (stream) => stream.close(constants.NGHTTP2_REFUSED_STREAM),
    'connection.headers H2_REFUSED_STREAM',
  ),
  h2(
    'stream reset before headers',
    (stream) => stream.close(constants.NGHTTP2_INTERNAL_ERROR),
    'connection.headers ERR_HTTP2_STREAM_ERROR',
  ),
  h2(
    'stream reset after headers',
    halfThen((stream) => stream.destroy(new Error('broken'))),
    'connection.body ERR_HTTP2_STREAM_ERROR',
  ),
  h2(
    'stream ended early in good order',
    halfThen((stream) => stream.end()),
    'truncated',
  ),
  h2(
    'connection reset after headers',
    halfThen(({ session }) => session?.socket.resetAndDestroy()),
    'connection.body ECONNRESET',
  ),
  h2(
    'GOAWAY with an error instead of an answer',
    (stream) => stream.session?.goaway(constants.NGHTTP2_INTERNAL_ERROR, 0),
    'connection.headers ERR_HTTP2_SESSION_ERROR',
  ),
  h2(
    'GOAWAY as the next request comes',
    (stream, index) => {
      if (index !== 1) h2Answer(stream);
      else stream.session?.goaway(constants.NGHTTP2_NO_ERROR, 1);
    },
    'ok',
    'connection.stale_reuse H2_GOAWAY',
    'ok',
  ),
  h2(
    'GOAWAY while an answer comes, which still ends',
    (stream) => {
      stream.respond({ ':status': 200, 'content-type': 'text/event-stream' });
      stream.write(delta('Hel'));
      stream.session?.goaway(constants.NGHTTP2_NO_ERROR, stream.id);
      setTimeout(() => stream.end(delta('lo', 'stop') + DONE), 50);
    },
    'ok',
  ),
  h2(
    'GOAWAY after each answer',
    (stream) => {
      h2Answer(stream);
      const { session } = stream;
      setTimeout(() => session?.close(), 50);
    },
    'ok',
  ),
  h2('silence', () => {}, 'timeout.first_byte'),
];

/** By what they need beside them: nothing large next to what is timed. */
export const FAULT_GROUPS: readonly (readonly FaultCase[])[] = [
  CONNECTION,
  TIME,
  BYTES,
  LARGE.map((each) => ({ ...each, patient: true as const })),
  PROTOCOL,
  H2,
];
