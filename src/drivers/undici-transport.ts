import type { Clock } from '../model/clock.ts';
import type { Problem } from '../model/problem.ts';
import type { Outgoing, WireRequest } from '../model/request.ts';
import type { Timeouts } from '../model/scenario.ts';
import type { Dialect, Target } from '../model/target.ts';
import type { Transport } from '../model/transport.ts';
import { connectionProblem } from './connection-problem.ts';
import { Lanes } from './lanes.ts';
import { socketOpener } from './open-socket.ts';
import { describeProxy, proxyFor } from './proxy.ts';
import type { ResolveHost } from './resolve-host.ts';
import { type ExchangeContext, UndiciExchange } from './undici-exchange.ts';

export interface UndiciTransportOptions {
  /** With its address: `baseUrl` must not be null. */
  readonly target: Target;
  readonly dialect: Dialect;
  /** By key index; empty where the target needs none. */
  readonly keys: readonly string[];
  readonly timeouts: Timeouts;
  readonly clock: Clock;
  /** Which response headers are kept; names are lower-case. */
  readonly keepHeader: (name: string) => boolean;
  /** Answers are kept too, up to 256 K characters; otherwise only their length and hash. */
  readonly recordBodies: boolean;
  /** Sends `x-quotascope-request: <request id>#<attempt>`: for the simulator, whose chance is keyed by it. */
  readonly requestTag?: boolean;
  /** Where proxies are looked up. Default: the process's environment. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Further trusted certificates, PEM. Verification itself cannot be switched off. */
  readonly ca?: string;
  /** How host names are resolved. Default: by the system. */
  readonly resolve?: ResolveHost;
}

export interface WarmReport {
  readonly opened: number;
  /** Why the first socket that failed could not be opened; null when all could. */
  readonly problem: Problem | null;
}

export interface UndiciTransport extends Transport {
  /** Resolves the host once and opens sockets (TCP and TLS) until `connections` are open. No HTTP request is sent. */
  warm(connections: number): Promise<WarmReport>;
  /** Replaces idle sockets that the server may be about to close, and opens what is missing of the last `warm`. */
  refresh(): Promise<WarmReport>;
  /** Ends open exchanges as `cancelled` and closes every socket. */
  close(): Promise<void>;
  /** The proxy requests go through, without credentials; null = none. */
  readonly proxyInUse: string | null;
}

/** Handshakes at a time while warming: a TLS handshake costs about 2 ms of CPU at either end. */
const HANDSHAKES_AT_ONCE = 32;

/** Sends through undici, one raw dispatch per exchange: nothing retries, redirects, queues or decompresses unasked. */
export function undiciTransport(options: UndiciTransportOptions): UndiciTransport {
  const { target, dialect, clock, timeouts } = options;
  if (target.baseUrl === null) throw new TypeError(`target ${target.name} has no address yet`);
  const url = new URL(target.baseUrl);
  const proxy = proxyFor(url, options.environment ?? process.env);
  const basePath = url.pathname.replace(/\/$/, '');
  const opener = socketOpener({
    url,
    proxy,
    protocol: target.protocol,
    ca: options.ca ?? null,
    resolve: options.resolve,
  });
  const secure = url.protocol === 'https:';
  const lanes = new Lanes({
    origin: url.origin,
    opener,
    clock,
    connectMs: timeouts.connectMs,
    protocol: target.protocol,
    secure,
  });
  const running = new Set<UndiciExchange>();
  const headersFor = headerCache(options);
  let wanted = 0;

  const context: ExchangeContext = {
    clock,
    timeouts,
    keepHeader: options.keepHeader,
    recordBodies: options.recordBodies,
    onKeepAliveHint: (ms) => lanes.keepAliveHint(ms),
    onReleased(exchange) {
      running.delete(exchange);
      lanes.release(exchange.lane);
    },
  };

  function abortAll(): void {
    for (const exchange of [...running]) exchange.cancel();
  }

  async function warm(connections: number): Promise<WarmReport> {
    wanted = connections;
    opener.forgetAddresses();
    const report = await openUpTo(lanes, connections);
    return {
      opened: report.opened,
      problem: report.error === null ? null : connectionProblem({ url, proxy, error: report.error }),
    };
  }

  return {
    proxyInUse: proxy === null ? null : describeProxy(proxy),
    send(outgoing, handler) {
      const wire = dialect.encode(outgoing.request);
      const lane = lanes.acquire();
      const exchange = new UndiciExchange(context, lane, dialect.decoder(outgoing.request), handler);
      running.add(exchange);
      const path = basePath + wire.path;
      lane.client.dispatch(
        { path, method: wire.method, headers: headersFor(wire, outgoing), body: wire.body },
        exchange,
      );
    },
    abortAll,
    sockets: () => lanes.counts(),
    warm: (connections) => warm(target.protocol === 'h2' ? Math.ceil(connections / 100) : connections),
    refresh() {
      lanes.dropStale();
      return warm(wanted);
    },
    async close() {
      abortAll();
      await lanes.close();
    },
  };
}

function openUpTo(lanes: Lanes, connections: number): Promise<{ opened: number; error: Error | null }> {
  return new Promise((resolve) => {
    let missing = Math.max(0, connections - lanes.ready());
    let opening = 0;
    let opened = 0;
    let failure: Error | null = null;

    function more(): void {
      while (missing > 0 && opening < HANDSHAKES_AT_ONCE) {
        missing--;
        opening++;
        lanes.openAhead(onOpened);
      }
      if (opening === 0) resolve({ opened, error: failure });
    }

    function onOpened(error: Error | null): void {
      opening--;
      if (error === null) opened++;
      else {
        failure ??= error;
        missing = 0;
      }
      more();
    }

    more();
  });
}

/** Header lists as undici takes them, made once per key and kind of request. */
function headerCache(options: UndiciTransportOptions): (wire: WireRequest, outgoing: Outgoing) => string[] {
  const known = new Map<WireRequest['headers'], string[][]>();

  function build(headers: WireRequest['headers'], keyIndex: number): string[] {
    const { target, keys } = options;
    const key = keys[keyIndex];
    const merged = new Map<string, string>([
      ['accept-encoding', 'identity'],
      ['user-agent', 'quotascope'],
    ]);
    for (const [name, value] of Object.entries(headers)) merged.set(name.toLowerCase(), value);
    if (key !== undefined) merged.set('authorization', `Bearer ${key}`);
    if (target.waitTimeoutMs !== null) {
      merged.set('x-dashscope-wait-timeout', String(Math.ceil(target.waitTimeoutMs / 1000)));
    }
    for (const [name, value] of Object.entries(target.headers)) merged.set(name.toLowerCase(), value);
    return [...merged].flat();
  }

  return (wire, outgoing) => {
    let byKey = known.get(wire.headers);
    if (byKey === undefined) {
      byKey = [];
      if (known.size < 16) known.set(wire.headers, byKey);
    }
    let list = byKey[outgoing.keyIndex];
    if (list === undefined) {
      list = build(wire.headers, outgoing.keyIndex);
      byKey[outgoing.keyIndex] = list;
    }
    if (!options.requestTag) return list;
    return [...list, 'x-quotascope-request', `${outgoing.request.requestId}#${outgoing.attemptNo}`];
  };
}
