import { isIP, type LookupFunction, type Socket, connect as tcpConnect } from 'node:net';
import { type ConnectionOptions, type TLSSocket, connect as tlsConnect } from 'node:tls';
import { hostAddresses, type ResolveHost } from './resolve-host.ts';
import { OpenError } from './transport-errors.ts';

export interface SocketTarget {
  readonly url: URL;
  readonly proxy: URL | null;
  readonly protocol: 'h1' | 'h2';
  /** Further trusted certificates, PEM; null = those of Node alone. */
  readonly ca: string | null;
  /** Asks the system unless replaced. */
  readonly resolve?: ResolveHost | undefined;
}

/** The end of a socket's opening: called once. */
type OnOpened = (error: OpenError | null, socket: Socket | null) => void;

/** Gives up an opening; the callback gets the error. */
export type GiveUp = (reason: OpenError) => void;

/** A proxy's answer to CONNECT is one short head. */
const PROXY_HEAD_BYTES_MAX = 16 * 1024;
/** As undici: keep-alive probes of the kernel after a minute of silence. */
const PROBE_AFTER_MS = 60_000;

/** Opens sockets to one host, TLS included. Certificates are always verified. */
export interface SocketOpener {
  open(onOpened: OnOpened): GiveUp;
  /** Names are resolved again by the next socket; those after it share the answer. */
  forgetAddresses(): void;
}

export function socketOpener(target: SocketTarget): SocketOpener {
  const secure = target.url.protocol === 'https:';
  const host = target.url.hostname.replace(/^\[|\]$/g, '');
  const port = Number(target.url.port) || (secure ? 443 : 80);
  const addresses = hostAddresses({ resolve: target.resolve });
  const { lookup } = addresses;
  /** TLS sessions are resumed as any client would. */
  let session: Buffer | undefined;

  function tlsOptions(): ConnectionOptions {
    return {
      host,
      servername: isIP(host) === 0 ? host : '',
      ALPNProtocols: target.protocol === 'h2' ? ['h2', 'http/1.1'] : ['http/1.1'],
      rejectUnauthorized: true,
      ...(session === undefined ? {} : { session }),
      ...(target.ca === null ? {} : { ca: target.ca }),
    };
  }

  function secured(socket: TLSSocket): TLSSocket {
    return socket.on('session', (given: Buffer) => {
      session = given;
    });
  }

  function open(onOpened: OnOpened): GiveUp {
    const opening = new Opening((error, socket) => {
      if (error?.phase === 'connect') addresses.distrust();
      onOpened(error, socket);
    });
    if (target.proxy !== null) {
      const tunnelTo = { proxy: target.proxy, authority: `${target.url.hostname}:${port}`, lookup };
      openTunnel(tunnelTo, opening, (tunnel) => {
        if (!secure) opening.succeed(tunnel);
        else opening.watch(secured(tlsConnect({ ...tlsOptions(), socket: tunnel })), 'tls', 'secureConnect');
      });
    } else if (secure) {
      opening.watch(secured(tlsConnect({ ...tlsOptions(), port, lookup })), 'connect', 'secureConnect');
    } else {
      opening.watch(tcpConnect({ host, port, lookup }), 'connect', 'connect');
    }
    return (reason) => opening.fail(reason);
  }

  return { open, forgetAddresses: () => addresses.forget() };
}

/** CONNECT through a proxy (RFC 9110, section 9.3.6); plain HTTP is tunnelled as well. */
function openTunnel(
  { proxy, authority, lookup }: { readonly proxy: URL; readonly authority: string; readonly lookup: LookupFunction },
  opening: Opening,
  onTunnel: (socket: Socket) => void,
): void {
  const port = Number(proxy.port) || (proxy.protocol === 'https:' ? 443 : 80);
  const host = proxy.hostname.replace(/^\[|\]$/g, '');
  const secure = proxy.protocol === 'https:';
  const socket = secure
    ? tlsConnect({ host, port, lookup, servername: isIP(host) === 0 ? host : '', rejectUnauthorized: true })
    : tcpConnect({ host, port, lookup });
  let head = '';
  opening.watch(socket, 'connect', secure ? 'secureConnect' : 'connect', () => {
    const login = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`;
    const credentials = proxy.username === '' ? '' : `Proxy-Authorization: Basic ${btoa(login)}\r\n`;
    socket.write(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n${credentials}\r\n`);
    socket.on('data', onData);
  });

  function onData(chunk: Buffer): void {
    head += chunk.toString('latin1');
    const end = head.indexOf('\r\n\r\n');
    if (end === -1 && head.length < PROXY_HEAD_BYTES_MAX) return;
    socket.removeListener('data', onData);
    socket.pause();
    const line = head.slice(0, head.indexOf('\r\n'));
    const status = /^HTTP\/1\.[01] (\d{3})\b/.exec(line)?.[1];
    if (end !== -1 && status?.startsWith('2')) {
      onTunnel(socket);
    } else {
      const code = status === undefined ? 'PROXY_NO_HTTP' : `PROXY_${status}`;
      const answer = new Error(`the proxy answered: ${line.slice(0, 120)}`);
      opening.fail(new OpenError('connect', Object.assign(answer, { code })));
    }
  }
}

function closedEarly(): Error {
  return Object.assign(new Error('closed while it was being opened'), { code: 'CLOSED' });
}

/** One opening with the stage it is in; ends once. */
class Opening {
  readonly #onOpened: OnOpened;
  #phase: 'dns' | 'connect' | 'tls' = 'connect';
  #sockets: Socket[] = [];
  #done = false;

  constructor(onOpened: OnOpened) {
    this.#onOpened = onOpened;
  }

  /** Follows a socket until `readyEvent`; then goes on with `next`, or is done. */
  watch(socket: Socket, phase: 'connect' | 'tls', readyEvent: string, next?: () => void): void {
    this.#phase = phase;
    this.#sockets.push(socket);
    socket.setNoDelay(true);
    socket.setKeepAlive(true, PROBE_AFTER_MS);
    socket.on('error', (error) => this.fail(new OpenError(this.#phaseOf(error), error)));
    socket.once('close', () => this.fail(new OpenError(this.#phase, closedEarly())));
    if (readyEvent === 'secureConnect') {
      socket.once('connect', () => {
        this.#phase = 'tls';
      });
    }
    socket.once(readyEvent, () => {
      if (next === undefined) this.succeed(socket);
      else next();
    });
  }

  succeed(socket: Socket): void {
    if (this.#done) return;
    this.#done = true;
    this.#onOpened(null, socket);
  }

  fail(error: OpenError): void {
    if (this.#done) return;
    this.#done = true;
    for (const socket of this.#sockets) socket.destroy();
    this.#onOpened(error, null);
  }

  #phaseOf(error: Error): 'dns' | 'connect' | 'tls' {
    return 'syscall' in error && error.syscall === 'getaddrinfo' ? 'dns' : this.#phase;
  }
}
