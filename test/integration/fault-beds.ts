import { type Http2Server, createServer as http2Server, type ServerHttp2Stream } from 'node:http2';
import { type AddressInfo, createServer, type Server, type Socket, connect as tcpConnect } from 'node:net';
import { TLSSocket, type TLSSocketOptions } from 'node:tls';
import { chunked, DONE, delta } from '../drivers/conformance.ts';

/** The other side of one fault: where it listens, and how often it was asked. */
export interface Bed {
  readonly baseUrl: string;
  /** Requests whose first byte arrived. */
  requests(): number;
  stop(): Promise<void>;
}

/** One request that has come in whole. */
export interface Asked {
  readonly socket: Socket;
  /** Of this bed, from 0. */
  readonly index: number;
  /** Of its connection, from 0. */
  readonly use: number;
}

/** A run opens this many sockets per variant before its traffic, at one request a second or less. */
const OPENED_AHEAD = 2;
/** From the last of them to a fault that must find the run already started: less than a run's lead before t0. */
const TURN_AFTER_MS = 30;

export const JSON_HEAD = 'content-type: application/json\r\n';
const STREAM = 'content-type: text/event-stream\r\n';
export const STREAM_HEAD = `HTTP/1.1 200 OK\r\n${STREAM}transfer-encoding: chunked\r\n\r\n`;
export const ANSWER = `${delta('Hel')}${delta('lo', 'stop')}${DONE}`;

export const refusal = (headers = '', code = 'limit_requests', message = 'm') => {
  const body = JSON.stringify({ error: { code, message } });
  return `HTTP/1.1 429 Too Many\r\n${JSON_HEAD}${headers}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
};

/** A whole stream in one piece, with further headers. */
export const whole = (headers = '') =>
  `HTTP/1.1 200 OK\r\n${STREAM}${headers}content-length: ${Buffer.byteLength(ANSWER)}\r\n\r\n${ANSWER}`;

export function answer({ socket }: Pick<Asked, 'socket'>): void {
  socket.write(STREAM_HEAD);
  socket.write(Buffer.concat([chunked(ANSWER), Buffer.from('0\r\n\r\n')]));
}

export interface RawBedOptions {
  readonly answer: (asked: Asked) => void;
  /** Set for https: given per connection, so that a certificate can change while a run is on. */
  readonly tls?: (connection: number) => TLSSocketOptions;
  /** Once the sockets opened ahead are there: resets them and stops listening. */
  readonly leaves?: boolean;
  /** Once the sockets opened ahead are there: resets them. */
  readonly drops?: boolean;
}

/** A server that speaks bytes, over TCP or TLS. */
export async function rawBed(options: RawBedOptions): Promise<Bed> {
  const sockets = new Set<Socket>();
  let connections = 0;
  let requests = 0;
  const server = createServer((tcp) => {
    sockets.add(tcp);
    tcp.on('error', () => {});
    tcp.on('close', () => sockets.delete(tcp));
    const secure =
      options.tls === undefined ? null : new TLSSocket(tcp, { isServer: true, ...options.tls(connections) });
    secure?.on('error', () => {});
    connections++;
    if (connections === OPENED_AHEAD && (options.leaves || options.drops)) {
      setTimeout(() => {
        if (options.leaves) server.close();
        for (const socket of sockets) socket.resetAndDestroy();
      }, TURN_AFTER_MS);
    }
    hear(secure ?? tcp, (asked) => options.answer({ ...asked, index: requests++ }));
  });
  return listening(server, { scheme: options.tls === undefined ? 'http' : 'https', requests: () => requests, sockets });
}

/** Tells whole requests apart on one connection. */
export function hear(socket: Socket, onRequest: (asked: Omit<Asked, 'index'>) => void): void {
  let text = '';
  let use = 0;
  socket.on('data', (bytes: Buffer) => {
    text += bytes.toString('latin1');
    for (let end = endOf(text); end !== -1; end = endOf(text)) {
      text = text.slice(end);
      onRequest({ socket, use: use++ });
    }
  });
}

function endOf(text: string): number {
  const head = text.indexOf('\r\n\r\n');
  if (head === -1) return -1;
  const end = head + 4 + Number(/content-length: (\d+)/i.exec(text.slice(0, head))?.[1] ?? 0);
  return text.length >= end ? end : -1;
}

/** HTTP/2 by prior knowledge. */
export function h2Bed(onStream: (stream: ServerHttp2Stream, index: number) => void): Promise<Bed> {
  const server = http2Server();
  const sockets = new Set<Socket>();
  let requests = 0;
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
  });
  server.on('session', (session) => session.on('error', () => {}));
  server.on('stream', (stream) => {
    stream.on('error', () => {});
    onStream(stream, requests++);
  });
  return listening(server, { scheme: 'http', requests: () => requests, sockets });
}

/** What a proxy does with a CONNECT for a host: by the host's first label. */
export type ProxyManner = (asked: { readonly socket: Socket; readonly connection: number }) => 'tunnel' | undefined;

export interface ProxyBed {
  readonly url: string;
  /** Gives a name that leads to `bed` through this proxy only. */
  name(bed: Bed, manner: ProxyManner, name?: string): string;
  stop(): Promise<void>;
}

/** A proxy that tunnels names nobody else knows. The first sockets of a host always get through: a run opens them ahead. */
export async function proxyBed(): Promise<ProxyBed> {
  const hosts = new Map<
    string,
    { readonly bed: Bed; readonly manner: ProxyManner; connections: number; tunnels: Set<Socket> }
  >();
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('data', (bytes: Buffer) => {
      const host = hosts.get(/^CONNECT ([^: ]+):/.exec(bytes.toString('latin1'))?.[1] ?? '');
      if (host === undefined) {
        socket.end('HTTP/1.1 400 Bad Request\r\n\r\n');
        return;
      }
      const connection = host.connections++;
      if (connection >= OPENED_AHEAD && host.manner({ socket, connection }) !== 'tunnel') return;
      host.tunnels.add(socket);
      if (connection === OPENED_AHEAD - 1 && host.manner !== always) {
        setTimeout(() => {
          for (const each of host.tunnels) each.resetAndDestroy();
        }, TURN_AFTER_MS);
      }
      const target = new URL(host.bed.baseUrl);
      const onward = tcpConnect({ host: '127.0.0.1', port: Number(target.port) }, () => {
        socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
        socket.pipe(onward).pipe(socket);
      });
      onward.on('error', () => socket.destroy());
      socket.on('close', () => onward.destroy());
    });
  });
  const bed = await listening(server, { scheme: 'http', requests: () => 0, sockets });
  return {
    url: new URL(bed.baseUrl).origin,
    name(target, manner, host = `n${hosts.size}.llm.test`) {
      hosts.set(host, { bed: target, manner, connections: 0, tunnels: new Set() });
      return host;
    },
    stop: bed.stop,
  };
}

export const always: ProxyManner = () => 'tunnel';

interface Listening {
  readonly scheme: 'http' | 'https';
  readonly requests: () => number;
  readonly sockets: ReadonlySet<Socket>;
}

async function listening(server: Server | Http2Server, { scheme, requests, sockets }: Listening): Promise<Bed> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    baseUrl: `${scheme}://${scheme === 'https' ? 'localhost' : '127.0.0.1'}:${port}/v1`,
    requests,
    async stop() {
      for (const socket of sockets) socket.destroy();
      if (server.listening) await new Promise((resolve) => server.close(resolve));
    },
  };
}
