import { type Bench, interleave, median, type Row, runProcess, spread, startReceiver, verdict } from './harness.ts';
import type { StreamsOptions, StreamsResult } from './streams-process.ts';

const GAP_MS = 20;

/** (c) Streams of 50 tokens/s at once: client stamp minus server stamp of every chunk, the first two seconds left out. */
export const streams: Bench = async ({ quick, say }) => {
  const seconds = quick ? 4 : 7;
  const rounds = quick ? 1 : 2;
  say(`500 streams of 50 tokens/s, and 100 through the OpenAI SDK, ${rounds} rounds`);
  const receiver = await startReceiver({ kind: 'stream', tokens: (seconds * 1000) / GAP_MS, gapMs: GAP_MS });
  try {
    const run = (driver: StreamsOptions['driver'], count: number) => () =>
      runProcess<StreamsResult>('streams-process.ts', {
        port: receiver.port,
        driver,
        streams: count,
        warmMs: 2000,
      } satisfies StreamsOptions);
    const results = await interleave(
      new Map([
        ['500 streams, undici', run('undici', 500)],
        ['100 streams, undici', run('undici', 100)],
        ['100 streams, openai', run('openai', 100)],
      ]),
      rounds,
    );
    return [...results].map(([what, all]) => rowOf(what, all));
  } finally {
    await receiver.stop();
  }
};

function rowOf(what: string, all: readonly StreamsResult[]): Row {
  const p99 = all.map(({ p99Ms }) => p99Ms);
  const value = [
    `stamp delay p99 ${spread(p99)} ms`,
    `p50 ${spread(all.map(({ p50Ms }) => p50Ms))} ms`,
    `${median(all.map(({ stamps }) => stamps)).toFixed(0)} stamps`,
    `${(median(all.map(({ cpuShare }) => cpuShare)) * 100).toFixed(0)} % of a core`,
  ].join(', ');
  const target = what.startsWith('500') ? verdict(median(p99) < 5, 'p99 < 5 ms on an idle machine') : '';
  return { bench: 'concurrent streams', what, value, target };
}
