import type { EngineOptions } from './engine-process.ts';
import { type Bench, median, quantile, type Row, runProcess, startReceiver, verdict } from './harness.ts';
import type { RecordingCosts } from './recording-slices.ts';

/** (d) What the journal costs: CPU per request with and without it, for plain answers and for streams of 32 events. */
export const recording: Bench = async ({ quick, say }) => {
  const seconds = quick ? 10 : 45;
  say(`recording on and off in slices of one run, ${seconds} s each`);
  const rows: Row[] = [];
  for (const stream of [false, true]) {
    const receiver = await startReceiver(stream ? { kind: 'stream', tokens: 30, gapMs: 4 } : { kind: 'whole' });
    try {
      const concurrency = stream ? 100 : 50;
      const { pairs } = await runProcess<RecordingCosts>('engine-process.ts', {
        port: receiver.port,
        phase: { closed: { concurrency, for: `${seconds}s` } },
        driver: 'undici',
        stream,
        record: 'by_turns',
        sockets: concurrency,
      } satisfies EngineOptions);
      rows.push(rowOf(stream, pairs));
    } finally {
      await receiver.stop();
    }
  }
  return rows;
};

function rowOf(stream: boolean, pairs: RecordingCosts['pairs']): Row {
  const on = pairs.map(({ onUs }) => onUs);
  const off = pairs.map(({ offUs }) => offUs);
  const shares = pairs.map(({ onUs, offUs }) => onUs / offUs - 1);
  const share = median(shares);
  // Order statistics: 95 % of the time the true median lies between these two.
  const reach = 0.98 / Math.sqrt(Math.max(1, pairs.length));
  const limit = stream ? 0.02 : 0.1;
  const percent = (value: number) => `${(value * 100).toFixed(1)} %`;
  const us = (values: readonly number[]) => `${median(values).toFixed(1)} us`;
  const interval = `${percent(quantile(shares, 0.5 - reach))}..${percent(quantile(shares, 0.5 + reach))}`;
  const value = `${us(on)} with, ${us(off)} without: ${percent(share)} (95 % ${interval}, ${pairs.length} pairs)`;
  const what = stream ? 'stream of 32 events' : 'plain request';
  return { bench: 'recording', what, value, target: verdict(share <= limit, `<= ${limit * 100} %`) };
}
