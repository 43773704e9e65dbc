import type { Certificates, KeyPair } from '../drivers/certificates.ts';
import { always, answer, type Bed, type ProxyBed, type ProxyManner, rawBed } from './fault-beds.ts';
import type { FaultCase } from './fault-cases.ts';

export type OnTheWay = (proxy: ProxyBed, certificates: Certificates) => FaultCase;

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
export const ON_THE_WAY: readonly OnTheWay[] = [
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

interface FromTheStart {
  readonly name: string;
  readonly start: (proxy: ProxyBed, certificates: Certificates) => Promise<Bed & { readonly callAt?: string }>;
  /** Of the problem with which the run refuses to begin. */
  readonly code: string;
  readonly says: string;
}

/** From the first socket on: nothing needs to be asked to know it, so nothing is. */
export const FROM_THE_START: readonly FromTheStart[] = [
  {
    name: 'refused',
    async start() {
      const bed = await rawBed({ answer });
      await bed.stop();
      return bed;
    },
    code: 'unreachable-connect',
    says: 'ECONNREFUSED',
  },
  {
    name: 'DNS failure',
    start: async () => ({ ...(await rawBed({ answer })), callAt: 'http://no-such-host.invalid/v1' }),
    code: 'unreachable-dns',
    says: 'no-such-host.invalid',
  },
  {
    name: 'TLS certificate expired',
    start: (_, { expired }) => rawBed({ answer, tls: () => expired }),
    code: 'unreachable-tls',
    says: 'CERT_HAS_EXPIRED',
  },
  {
    name: 'TLS certificate of another host',
    start: (_, { otherHost }) => rawBed({ answer, tls: () => otherHost }),
    code: 'unreachable-tls',
    says: 'ERR_TLS_CERT_ALTNAME_INVALID',
  },
  {
    name: 'TLS certificate of another host, inside a tunnel',
    async start(proxy, { otherHost }) {
      const bed = await rawBed({ answer, tls: () => otherHost });
      return { ...bed, callAt: `https://${proxy.name(bed, always)}/v1` };
    },
    code: 'unreachable-tls',
    says: 'ERR_TLS_CERT_ALTNAME_INVALID',
  },
  {
    name: 'a proxy that does not know the host',
    start: async () => ({ ...(await rawBed({ answer })), callAt: 'https://unknown.llm.test/v1' }),
    code: 'unreachable-connect',
    says: 'PROXY_400',
  },
];
