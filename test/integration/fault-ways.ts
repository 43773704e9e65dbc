import dns from 'node:dns';
import type { LookupFunction } from 'node:net';
import type { Certificates, KeyPair } from '../drivers/certificates.ts';
import { always, answer, type Bed, type ProxyBed, type ProxyManner, rawBed } from './fault-beds.ts';
import type { FaultCase } from './fault-cases.ts';

type OnTheWay = (proxy: ProxyBed, certificates: Certificates) => FaultCase;

const secure =
  (
    name: string,
    pairs: (given: Certificates) => readonly [first: KeyPair, later: KeyPair],
    becomes: string,
  ): OnTheWay =>
  (_, certificates) => {
    const [first, later] = pairs(certificates);
    // The run opens two sockets ahead; a certificate that is bad from the start would keep it from starting.
    const tls = (connection: number) => (connection < 2 ? first : later);
    return { name, start: () => rawBed({ answer, tls, drops: first !== later }), becomes: [becomes] };
  };

const through =
  (
    name: string,
    way: { readonly scheme: 'http' | 'https'; readonly host?: string },
    manner: ProxyManner,
    becomes: string,
  ): OnTheWay =>
  (proxy, { otherHost }) => ({
    name,
    async start() {
      const bed = await rawBed({ answer, ...(way.scheme === 'https' ? { tls: () => otherHost } : {}) });
      return { ...bed, callAt: `${way.scheme}://${proxy.name(bed, manner, way.host)}/v1` };
    },
    becomes: [becomes],
  });

const refuses =
  (status: string): ProxyManner =>
  ({ socket }) => {
    socket.end(`HTTP/1.1 ${status}\r\ncontent-length: 0\r\n\r\n`);
    return undefined;
  };

const plain = { scheme: 'http' } as const;

/** Faults on the way to the server: names, certificates, proxies. */
export const ON_THE_WAY: readonly (FaultCase | OnTheWay)[] = [
  { name: 'DNS failure', start: unknownLater, becomes: ['connection.dns ENOTFOUND'] },
  secure('TLS', ({ good }) => [good, good], 'ok'),
  secure('TLS certificate expired', ({ good, expired }) => [good, expired], 'connection.tls CERT_HAS_EXPIRED'),
  secure(
    'TLS certificate of another host',
    ({ good, otherHost }) => [good, otherHost],
    'connection.tls ERR_TLS_CERT_ALTNAME_INVALID',
  ),
  through('http through a proxy', plain, always, 'ok'),
  through('https through a proxy', { scheme: 'https', host: 'elsewhere.test' }, always, 'ok'),
  through('proxy refuses', plain, refuses('403 Forbidden'), 'connection.connect PROXY_403'),
  through('proxy wants a login', plain, refuses('407 Proxy Authentication Required'), 'connection.connect PROXY_407'),
  through('proxy cannot reach the host', plain, refuses('502 Bad Gateway'), 'connection.connect PROXY_502'),
  through('proxy says nothing', plain, () => undefined, 'timeout.connect'),
  through('proxy closes', plain, ({ socket }) => void socket.end(), 'connection.connect CLOSED'),
  through('proxy resets', plain, ({ socket }) => void socket.resetAndDestroy(), 'connection.connect ECONNRESET'),
];

const VANISHING = 'vanishing.llm.test';

/** A host whose name is known while the first sockets are opened, and to nobody afterwards. */
async function unknownLater(): Promise<Bed & { readonly callAt: string }> {
  const bed = await rawBed({ answer, drops: true });
  const real = dns.lookup;
  let asked = 0;
  const lookup: LookupFunction = (hostname, options, callback) => {
    if (hostname !== VANISHING) return real(hostname, options, callback);
    const error = Object.assign(new Error(`getaddrinfo ENOTFOUND ${hostname}`), {
      code: 'ENOTFOUND',
      syscall: 'getaddrinfo',
    });
    const known = asked++ < 2;
    const found = options.all ? [{ address: '127.0.0.1', family: 4 }] : '127.0.0.1';
    setImmediate(() => (known ? callback(null, found, 4) : callback(error, '', 4)));
  };
  Object.assign(dns, { lookup });
  return {
    ...bed,
    callAt: `http://${VANISHING}:${new URL(bed.baseUrl).port}/v1`,
    async stop() {
      Object.assign(dns, { lookup: real });
      await bed.stop();
    },
  };
}
