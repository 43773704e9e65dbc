import { ours } from './contenders.ts';
import {
  type Bench,
  interleave,
  median,
  type Receiver,
  type Row,
  spread,
  startReceiver,
  verdict,
  watchWindow,
} from './harness.ts';

/** (d) What the journal costs: CPU per request with and without it, for plain answers and for streams of 32 events. */
export const recording: Bench = async ({ quick, say }) => {
  const rounds = quick ? 1 : 5;
  say(`recording on and off, ${rounds} rounds`);
  const rows: Row[] = [];
  for (const stream of [false, true]) {
    const receiver = await startReceiver(stream ? { kind: 'stream', tokens: 30, gapMs: 4 } : { kind: 'whole' });
    try {
      rows.push(...rowsOf(stream, await costs(receiver, { stream, rounds, windowMs: quick ? 1500 : 2500 })));
    } finally {
      await receiver.stop();
    }
  }
  return rows;
};

function costs(
  receiver: Receiver,
  options: { readonly stream: boolean; readonly rounds: number; readonly windowMs: number },
): Promise<Map<string, number[]>> {
  const { stream, rounds, windowMs } = options;
  const phase = { closed: { concurrency: stream ? 100 : 50, for: `${Math.ceil((windowMs + 2500) / 1000)}s` } };
  const run = (record: boolean) => async () => {
    const generator = ours({ port: receiver.port, phase, stream, record });
    const window = await watchWindow(generator, receiver, { warmMs: 1500, windowMs });
    return (window.cpuSeconds * 1e6) / Math.max(1, window.requests);
  };
  return interleave(
    new Map([
      ['on', run(true)],
      ['off', run(false)],
    ]),
    rounds,
  );
}

function rowsOf(stream: boolean, results: ReadonlyMap<string, readonly number[]>): Row[] {
  const on = results.get('on') ?? [];
  const off = results.get('off') ?? [];
  const share = median(on.map((cost, round) => cost / (off[round] ?? cost))) - 1;
  const limit = stream ? 0.02 : 0.1;
  const what = stream ? 'stream of 32 events' : 'plain request';
  const value = `${spread(on, 1)} us with, ${spread(off, 1)} us without: ${(share * 100).toFixed(1)} % (median of rounds)`;
  return [{ bench: 'recording', what, value, target: verdict(share <= limit, `<= ${limit * 100} %`) }];
}
