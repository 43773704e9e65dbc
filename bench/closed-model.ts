import { closedContenders } from './contenders.ts';
import { type Bench, interleave, median, type Row, spread, startReceiver, verdict, watchWindow } from './harness.ts';

/** (b) Requests per CPU second with 50 in flight: every attempt recorded by us, none by the peers. */
export const closedModel: Bench = async ({ quick, say }) => {
  const receiver = await startReceiver({ kind: 'whole' });
  try {
    const windowMs = quick ? 1500 : 2500;
    const contenders = closedContenders({ port: receiver.port, seconds: Math.ceil((windowMs + 2500) / 1000), say });
    const rounds = quick ? 1 : 3;
    say(`closed model: ${[...contenders.keys()].join(', ')}, ${rounds} rounds`);
    const runs = [...contenders].map(([name, generator]) => {
      const run = async () => {
        const window = await watchWindow(generator, receiver, { warmMs: 1500, windowMs });
        return window.requests / Math.max(0.01, window.cpuSeconds);
      };
      return [name, run] as const;
    });
    return rowsOf(await interleave(new Map(runs), rounds));
  } finally {
    await receiver.stop();
  }
};

function rowsOf(results: ReadonlyMap<string, readonly number[]>): Row[] {
  const peer = median(results.get('autocannon') ?? []);
  return [...results].map(([what, all]) => {
    const ratio = median(all) / peer;
    const said = what === 'autocannon' ? '' : `${ratio.toFixed(2)}x autocannon`;
    const target = what === 'quotascope undici' ? `${said}; ${verdict(ratio >= 0.7, '>= 0.7x')}` : said;
    return { bench: 'closed model, 50 in flight', what, value: `${spread(all, 0)} requests per CPU second`, target };
  });
}
