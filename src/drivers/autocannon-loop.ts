import type { Client } from 'autocannon';
import type { Clock } from '../model/clock.ts';
import type { Request } from '../model/request.ts';
import type { Timeouts } from '../model/scenario.ts';
import type { Dialect, Target } from '../model/target.ts';
import { AutocannonSlot, type ClosedWork, type SlotContext } from './autocannon-slot.ts';

export interface AutocannonLoopOptions {
  /** The simulator, or an address of this machine: autocannon verifies no certificate. */
  readonly target: Target;
  readonly dialect: Dialect;
  readonly keys: readonly string[];
  readonly timeouts: Timeouts;
  readonly clock: Clock;
  readonly keepHeader: (name: string) => boolean;
  /** Sends `x-quotascope-request`, as the default driver does for the simulator. */
  readonly requestTag: boolean;
  readonly connections: number;
  /** Asked once per free connection, at once after each answer; null: nothing more is sent on this one. */
  readonly next: () => ClosedWork | null;
}

export interface ClosedLoop {
  /** Sends nothing more; what is in flight may end. */
  drain(): void;
  /** Ends what is in flight as `cancelled`. */
  abort(): void;
  sockets(): { readonly open: number; readonly opened: number };
  /** Resolves when every connection has ended. */
  readonly done: Promise<void>;
}

/** We end the run ourselves, at the last answer; autocannon wants a limit, and this one is never reached. */
const DURATION_SECONDS = 7 * 86_400;
/** How often autocannon looks whether it is over; its own figures, which this interval is for, are not used. */
const SAMPLE_MS = 50;

/**
 * A closed loop by autocannon: `connections` requests in flight, each answer makes the next leave. It asks for its work,
 * so it is no Transport. Nothing of autocannon's own statistics is used: latencies start before the connection is open,
 * and answers that never came are missing from them.
 */
export async function autocannonLoop(options: AutocannonLoopOptions): Promise<ClosedLoop> {
  const { target, dialect, connections } = options;
  const url = loopbackUrl(target);
  const first = options.next();
  if (first === null) return NOTHING_TO_SEND;
  const { default: autocannon } = await import('autocannon');
  const prefetched = [first];
  const slots: AutocannonSlot[] = [];
  let draining = false;
  let lastBody = '';
  let ended = 0;
  let opened = 0;

  const context: SlotContext = {
    ...options,
    headersOf: (request, attemptNo, wireHeaders) => headersOf(options, { request, attemptNo, wireHeaders }),
    next: () => (draining ? null : (prefetched.pop() ?? options.next())),
    body: () => lastBody,
    onOpened: () => ++opened,
    onEnded: () => {
      ended += 1;
      // Not at once: the first connections may end while autocannon still makes the others.
      if (ended === connections) setImmediate(() => instance.stop());
    },
  };
  const instance = autocannon({
    url: url.origin,
    connections,
    duration: DURATION_SECONDS,
    timeout: Math.max(1, options.timeouts.totalMs / 1000),
    sampleInt: SAMPLE_MS,
    // More than one request on a connection would leave open which one an answer, or its absence, belongs to.
    pipelining: 1,
    requests: [
      {
        method: 'POST',
        path: url.pathname.replace(/\/$/, '') + dialect.encode(first.outgoing.request).path,
        headers: {},
        // Called right before the connection's `response` event, which has no body.
        onResponse: (_, body) => {
          lastBody = body;
        },
      },
    ],
    setupClient: (client: Client) => slots.push(new AutocannonSlot(context, client)),
  });
  return {
    drain() {
      draining = true;
    },
    abort() {
      draining = true;
      for (const slot of slots) slot.abort();
    },
    sockets: () => ({ open: slots.filter((slot) => slot.isOpen()).length, opened }),
    done: Promise.resolve(instance).then(() => {}),
  };
}

const NOTHING_TO_SEND: ClosedLoop = {
  drain() {},
  abort() {},
  sockets: () => ({ open: 0, opened: 0 }),
  done: Promise.resolve(),
};

function loopbackUrl(target: Target): URL {
  if (target.baseUrl === null) throw new TypeError(`target ${target.name} has no address yet`);
  const url = new URL(target.baseUrl);
  const host = url.hostname;
  if (host !== 'localhost' && host !== '[::1]' && !/^127\.\d+\.\d+\.\d+$/.test(host)) {
    throw new TypeError(`autocannon verifies no TLS certificate: it is not used for ${host}`);
  }
  return url;
}

function headersOf(
  { keys, target, requestTag }: AutocannonLoopOptions,
  call: {
    readonly request: Request;
    readonly attemptNo: number;
    readonly wireHeaders: Readonly<Record<string, string>>;
  },
): Record<string, string> {
  const key = keys[0];
  return {
    'accept-encoding': 'identity',
    'user-agent': 'quotascope',
    ...call.wireHeaders,
    ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
    ...(target.waitTimeoutMs === null
      ? {}
      : { 'x-dashscope-wait-timeout': String(Math.ceil(target.waitTimeoutMs / 1000)) }),
    ...target.headers,
    ...(requestTag ? { 'x-quotascope-request': `${call.request.requestId}#${call.attemptNo}` } : {}),
  };
}
