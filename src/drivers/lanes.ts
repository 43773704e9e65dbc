import type { Socket } from 'node:net';
import { Client } from 'undici';
import type { Clock } from '../model/clock.ts';
import type { GiveUp, SocketOpener } from './open-socket.ts';
import { OpenError } from './transport-errors.ts';

/** A server that states no keep-alive time is taken to close after this (as undici does; node:http waits 5 s). */
const IDLE_LIMIT_MS = 4000;
/** A socket on which nothing was ever asked is used up to this age: servers wait longer for a first request. */
const FRESH_LIMIT_MS = 30_000;
/** Streams on one HTTP/2 connection: undici's and most servers' default. */
const STREAMS_MAX = 100;

/** A socket that is open, with its history. */
export interface OpenConnection {
  readonly id: number;
  readonly socket: Socket;
  readonly protocol: 'h1' | 'h2';
  readonly handshakeMs: number;
  readonly openedMs: number;
  /** Opened ahead of the traffic: no exchange waited for it. */
  readonly warm: boolean;
  /** Exchanges begun on it. */
  uses: number;
}

/** One undici client, that is one connection at a time. HTTP/1.1: one exchange at a time. */
export interface Lane {
  readonly client: Client;
  connection: OpenConnection | null;
  inFlight: number;
  idleSinceMs: number;
  /** Set while a socket is being opened. */
  giveUp: GiveUp | null;
}

export interface LanesOptions {
  readonly origin: string;
  readonly opener: SocketOpener;
  readonly clock: Clock;
  readonly connectMs: number;
  readonly protocol: 'h1' | 'h2';
  readonly secure: boolean;
}

/**
 * The connections to one host. Nothing waits in a queue here: an exchange takes an idle lane or a new one, so that
 * what limits the number in flight is the plan and never the client. Sockets opened ahead are kept apart and handed to
 * the first lane that connects, because undici connects only for a request and no request may leave before t0.
 */
export class Lanes {
  readonly #options: LanesOptions;
  readonly #all: Lane[] = [];
  /** HTTP/1.1 lanes without an exchange, by whether they have a socket (perhaps closed by now). */
  readonly #connected: Lane[] = [];
  readonly #detached: Lane[] = [];
  #fresh: OpenConnection[] = [];
  readonly #openings = new Set<GiveUp>();
  #open = 0;
  #opened = 0;
  #idleLimitMs = IDLE_LIMIT_MS;
  #closed = false;

  constructor(options: LanesOptions) {
    this.#options = options;
  }

  counts(): { readonly open: number; readonly opened: number } {
    return { open: this.#open, opened: this.#opened };
  }

  /** The server's own statement (`Keep-Alive: timeout=5`). */
  keepAliveHint(ms: number): void {
    this.#idleLimitMs = ms;
  }

  acquire(): Lane {
    const lane = this.#options.protocol === 'h2' ? this.#sharedLane() : this.#idleLane();
    const taken = lane ?? this.#newLane();
    taken.inFlight++;
    return taken;
  }

  release(lane: Lane): void {
    lane.inFlight--;
    lane.idleSinceMs = this.#options.clock.nowMs();
    if (this.#options.protocol === 'h2') return;
    if (lane.connection === null) this.#detached.push(lane);
    else this.#connected.push(lane);
  }

  /** Connections that carry an exchange or could. */
  ready(): number {
    const alive = (connection: OpenConnection | null) => connection !== null && !connection.socket.destroyed;
    return this.#fresh.filter(alive).length + this.#all.filter((lane) => alive(lane.connection)).length;
  }

  /** Drops idle sockets that the server may be about to close. */
  dropStale(): void {
    const nowMs = this.#options.clock.nowMs();
    for (const connection of this.#fresh) {
      if (nowMs - connection.openedMs > this.#idleLimitMs) connection.socket.destroy();
    }
    this.#fresh = this.#fresh.filter((connection) => !connection.socket.destroyed);
    for (const lane of this.#all) {
      if (lane.inFlight > 0 || lane.connection === null || nowMs - lane.idleSinceMs <= this.#idleLimitMs / 2) continue;
      lane.connection.socket.destroy();
    }
  }

  /** Opens a socket for later. The callback gets null, or why it could not be opened. */
  openAhead(onOpened: (error: OpenError | null) => void): void {
    this.#openSocket(true, (error, connection) => {
      if (connection !== null) {
        this.#fresh.push(connection);
        watchIdle(connection);
      }
      onOpened(error);
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const giveUp of [...this.#openings]) giveUp(new OpenError('connect', new Error('the transport was closed')));
    for (const connection of this.#fresh) connection.socket.destroy();
    this.#fresh = [];
    await Promise.all(this.#all.map((lane) => lane.client.destroy()));
  }

  #idleLane(): Lane | undefined {
    for (let lane = this.#connected.pop(); lane !== undefined; lane = this.#connected.pop()) {
      if (lane.connection !== null && !lane.connection.socket.destroyed) return lane;
      this.#detached.push(lane);
    }
    return this.#detached.pop();
  }

  #sharedLane(): Lane | undefined {
    return this.#all.find((lane) => lane.inFlight < (lane.connection?.protocol === 'h1' ? 1 : STREAMS_MAX));
  }

  #newLane(): Lane {
    const h2 = this.#options.protocol === 'h2';
    const client = new Client(this.#options.origin, {
      connect: (_, callback) => this.#connect(lane, callback),
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: IDLE_LIMIT_MS,
      allowH2: h2,
      ...(h2 ? { h2Options: { maxConcurrentStreams: STREAMS_MAX } } : { pipelining: 1 }),
    });
    const lane: Lane = { client, connection: null, inFlight: 0, idleSinceMs: 0, giveUp: null };
    this.#all.push(lane);
    return lane;
  }

  /** undici's connector. The answer must come later than the question: a client ignores it while it still asks. */
  #connect(lane: Lane, callback: (...args: [null, Socket] | [Error, null]) => void): void {
    const fresh = this.#takeFresh();
    if (fresh !== undefined) {
      this.#attach(lane, fresh);
      queueMicrotask(() => callback(null, fresh.socket));
      return;
    }
    lane.giveUp = this.#openSocket(false, (error, connection) => {
      lane.giveUp = null;
      if (connection === null) {
        callback(error ?? new Error('no socket'), null);
      } else {
        this.#attach(lane, connection);
        callback(null, connection.socket);
      }
    });
  }

  #takeFresh(): OpenConnection | undefined {
    const nowMs = this.#options.clock.nowMs();
    for (let connection = this.#fresh.pop(); connection !== undefined; connection = this.#fresh.pop()) {
      if (connection.socket.destroyed) continue;
      if (nowMs - connection.openedMs <= FRESH_LIMIT_MS) {
        connection.socket.removeAllListeners('readable');
        return connection;
      }
      connection.socket.destroy();
    }
    return undefined;
  }

  #attach(lane: Lane, connection: OpenConnection): void {
    lane.connection = connection;
    connection.socket.once('close', () => {
      if (lane.connection === connection) lane.connection = null;
    });
  }

  #openSocket(warm: boolean, onOpened: (error: OpenError | null, connection: OpenConnection | null) => void): GiveUp {
    const { clock, opener, protocol, secure, connectMs } = this.#options;
    const startMs = clock.nowMs();
    const giveUp = opener.open((error, socket) => {
      this.#openings.delete(giveUp);
      cancelTimeout();
      if (socket === null || this.#closed) {
        socket?.destroy();
        onOpened(error ?? new OpenError('connect', new Error('the transport was closed')), null);
        return;
      }
      if (protocol === 'h2' && !secure) Object.assign(socket, { alpnProtocol: 'h2' });
      const isH2 = 'alpnProtocol' in socket && socket.alpnProtocol === 'h2';
      const openedMs = clock.nowMs();
      this.#open++;
      socket.once('close', () => {
        this.#open--;
      });
      onOpened(null, {
        id: ++this.#opened,
        socket,
        protocol: isH2 ? 'h2' : 'h1',
        handshakeMs: openedMs - startMs,
        openedMs,
        warm,
        uses: 0,
      });
    });
    const cancelTimeout = clock.at(startMs + connectMs, () => giveUp(connectTimeout(connectMs)));
    this.#openings.add(giveUp);
    return giveUp;
  }
}

export const CONNECT_TIMEOUT = 'CONNECT_TIMEOUT';

export function connectTimeout(afterMs: number): OpenError {
  const cause = Object.assign(new Error(`no connection within ${afterMs} ms`), { code: CONNECT_TIMEOUT });
  return new OpenError('connect', cause);
}

/** Sees the server's FIN (or unasked bytes) on a socket that nobody reads yet; an HTTP/2 server greets first. */
function watchIdle(connection: OpenConnection): void {
  if (connection.protocol === 'h2') return;
  const { socket } = connection;
  socket.on('readable', () => {
    if (socket.read() !== null) socket.destroy();
  });
}
