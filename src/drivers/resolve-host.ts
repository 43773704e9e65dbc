import { type LookupAddress, lookup } from 'node:dns';
import type { LookupFunction } from 'node:net';

/** Asks for all addresses of a host, in the order of preference. */
export type ResolveHost = (hostname: string, onResolved: OnResolved) => void;
type OnResolved = (error: NodeJS.ErrnoException | null, addresses: readonly LookupAddress[]) => void;

/** Sockets opened between two refreshes use the addresses of the last one this long: a long run follows a host that moves. */
const BELIEVED_MS = 60_000;
/** Where connecting fails, the addresses may be old; asked again no oftener than this, however many sockets fail at once. */
const DISTRUSTED_AFTER_MS = 1000;

export interface HostAddresses {
  /** For `net.connect` and `tls.connect`. */
  readonly lookup: LookupFunction;
  /** The next socket asks again. */
  forget(): void;
  /** Connecting to these addresses failed. */
  distrust(): void;
}

export interface HostAddressesOptions {
  readonly resolve?: ResolveHost | undefined;
  readonly nowMs?: () => number;
}

interface Resolved {
  readonly addresses: readonly LookupAddress[];
  readonly atMs: number;
}

/**
 * One question to the resolver for many sockets: hundreds are opened at once, and each would ask by itself, four at a
 * time (dns.lookup runs on libuv's pool of four threads: nodejs.org/api/dns.html, seen 2026-11-21). Sockets take the
 * addresses in turn, as a resolver that rotates its answers would have it; Node tries the others where one does not
 * connect. A failure is told to those who wait, and not kept.
 */
export function hostAddresses(options: HostAddressesOptions = {}): HostAddresses {
  const { resolve = resolveBySystem, nowMs = () => performance.now() } = options;
  const known = new Map<string, Resolved>();
  const asking = new Map<string, OnResolved[]>();
  let turn = 0;

  function addressesOf(hostname: string, onResolved: OnResolved): void {
    const last = known.get(hostname);
    if (last !== undefined && nowMs() - last.atMs < BELIEVED_MS) {
      // Never before the caller has its socket.
      queueMicrotask(() => onResolved(null, last.addresses));
      return;
    }
    const waiting = asking.get(hostname);
    if (waiting === undefined) ask(hostname, onResolved);
    else waiting.push(onResolved);
  }

  function ask(hostname: string, first: OnResolved): void {
    const waiting = [first];
    asking.set(hostname, waiting);
    resolve(hostname, (error, addresses) => {
      // After `forget` another question may be on its way: the newer answer is the one to keep.
      if (asking.get(hostname) === waiting) {
        asking.delete(hostname);
        if (error === null && addresses.length > 0) known.set(hostname, { addresses, atMs: nowMs() });
      }
      for (const onResolved of waiting) onResolved(error, addresses);
    });
  }

  return {
    lookup(hostname, { all, family }, callback) {
      addressesOf(hostname, (error, addresses) => {
        if (error !== null) {
          callback(error, []);
          return;
        }
        const fitting = addresses.filter((each) => (family !== 4 && family !== 6) || each.family === family);
        const inTurn = rotated(fitting, turn++);
        const [first] = inTurn;
        if (first === undefined) callback(notFound(hostname), []);
        else if (all) callback(null, inTurn);
        else callback(null, first.address, first.family);
      });
    },
    forget() {
      known.clear();
      asking.clear();
    },
    distrust() {
      for (const [hostname, { atMs }] of known) {
        if (nowMs() - atMs >= DISTRUSTED_AFTER_MS) known.delete(hostname);
      }
    },
  };
}

/** Each family by itself: which family comes first is the system's choice (RFC 6724), and Node alternates from there. */
function rotated(addresses: readonly LookupAddress[], turn: number): LookupAddress[] {
  const families = new Map<number, LookupAddress[]>();
  for (const each of addresses) families.set(each.family, [...(families.get(each.family) ?? []), each]);
  const next = new Map<number, number>();
  return addresses.map((each) => {
    const same = families.get(each.family) ?? [each];
    const index = next.get(each.family) ?? turn % same.length;
    next.set(each.family, (index + 1) % same.length);
    return same[index] ?? each;
  });
}

function resolveBySystem(hostname: string, onResolved: OnResolved): void {
  lookup(hostname, { all: true }, (error, addresses) => onResolved(error, addresses ?? []));
}

/** As the system says it. */
function notFound(hostname: string): NodeJS.ErrnoException {
  const error = new Error(`getaddrinfo ENOTFOUND ${hostname}`);
  return Object.assign(error, { code: 'ENOTFOUND', syscall: 'getaddrinfo', hostname });
}
