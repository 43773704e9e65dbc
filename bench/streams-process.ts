/** Holds many streams open through one transport and says how late its stamps are, warm. */
import { monotonicClock } from '../src/drivers/monotonic-clock.ts';
import { openaiTransport } from '../src/drivers/openai-transport.ts';
import { type UndiciTransportOptions, undiciTransport } from '../src/drivers/undici-transport.ts';
import type { DecodedAnswer } from '../src/model/exchange.ts';
import type { Request } from '../src/model/request.ts';
import type { Dialect } from '../src/model/target.ts';
import { dialectFor } from '../src/targets/dialects.ts';

export interface StreamsOptions {
  readonly port: number;
  readonly driver: 'undici' | 'openai';
  readonly streams: number;
  /** Stamps before this are left out: code and sockets warm up. */
  readonly warmMs: number;
}

export interface StreamsResult {
  readonly stamps: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  readonly cpuShare: number;
  readonly finished: number;
}

const { port, driver, streams, warmMs }: StreamsOptions = JSON.parse(process.argv[2] ?? '{}');
const clock = monotonicClock();
const plain = dialectFor('openai');
const monotonicMs = () => Number(process.hrtime.bigint()) / 1e6;
const clockBehindMs = monotonicMs() - clock.nowMs();
const delays: number[] = [];
let startMs = 0;

/** Every chunk carries the instant it left; what the transport stamps it with says how late the stamp is. */
const stamped: Dialect = {
  ...plain,
  decoder(request) {
    const decoder = plain.decoder(request);
    return {
      start: (status, contentType) => decoder.start(status, contentType),
      chunk(text, atMs) {
        decoder.chunk(text, atMs);
        if (atMs - startMs < warmMs) return;
        for (const [, left] of text.matchAll(/<([\d.]+)>/g)) delays.push(atMs + clockBehindMs - Number(left));
      },
      end: (): DecodedAnswer => decoder.end(),
    };
  },
};

const options: UndiciTransportOptions = {
  target: {
    name: 'bench',
    baseUrl: `http://127.0.0.1:${port}/v1`,
    dialect: 'openai',
    keyEnvs: [],
    headers: {},
    waitTimeoutMs: null,
    protocol: 'h1',
    price: null,
    isSimulator: false,
  },
  dialect: stamped,
  keys: [],
  timeouts: { connectMs: 5000, firstByteMs: 30_000, idleMs: 30_000, totalMs: 120_000 },
  clock,
  keepHeader: () => false,
  recordBodies: false,
};
const transport = driver === 'openai' ? openaiTransport(options) : undiciTransport(options);

function requestOf(index: number): Request {
  return {
    requestId: `r${index}`,
    model: 'm',
    messages: () => [{ role: 'user', content: 'hello' }],
    maxTokens: 1000,
    stream: true,
    extraBody: {},
    promptTokens: 1,
    promptTokensBound: 10,
  };
}

await transport.warm(streams);
startMs = clock.nowMs();
const cpu = process.cpuUsage();
let finished = 0;
await new Promise<void>((resolve) => {
  let open = streams;
  for (let index = 0; index < streams; index++) {
    transport.send(
      { request: requestOf(index), attemptNo: 1, keyIndex: 0 },
      {
        onSent: () => {},
        onEnd: (exchange) => {
          if (exchange.finishReason === 'stop') finished++;
          if (--open === 0) resolve();
        },
      },
    );
  }
});
const used = process.cpuUsage(cpu);
const elapsedMs = clock.nowMs() - startMs;
await transport.close();
clock.stop();
delays.sort((a, b) => a - b);
const quantile = (share: number) => delays[Math.floor(share * (delays.length - 1))] ?? Number.NaN;
process.stdout.write(
  JSON.stringify({
    stamps: delays.length,
    p50Ms: quantile(0.5),
    p99Ms: quantile(0.99),
    maxMs: quantile(1),
    cpuShare: (used.user + used.system) / 1000 / elapsedMs,
    finished,
  } satisfies StreamsResult),
);
