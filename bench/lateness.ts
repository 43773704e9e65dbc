import { pacedContenders } from './contenders.ts';
import {
  type Bench,
  interleave,
  median,
  quantile,
  type Row,
  spread,
  startReceiver,
  verdict,
  type Window,
  watchWindow,
} from './harness.ts';

interface Lateness {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly cpuMsPerRequest: number;
  readonly perSecond: number;
  /** Only ours say which arrival of the plan they are: how late on the grid, and how many of the plan are missing. */
  readonly grid: { readonly p99Ms: number; readonly missing: number } | null;
}

/**
 * A peer's arrivals say nothing of when they were meant to come: the even grid at the rate it achieved, laid through the
 * arrival that is earliest relative to it, is the kindest reading. It is given for ours too.
 */
export function gridLateness(arrivalsMs: readonly number[], rate: number): readonly number[] {
  const gapMs = 1000 / rate;
  const offsets = arrivalsMs.map((atMs, index) => atMs - index * gapMs);
  const earliest = offsets.reduce((low, offset) => Math.min(low, offset), Number.POSITIVE_INFINITY);
  return offsets.map((offset) => offset - earliest);
}

/** Against the plan itself: arrival k of a uniform phase was meant for k gaps after the first. */
function planLateness(window: Window, rate: number): readonly number[] | null {
  const known = window.arrivals.filter(({ seq }) => seq !== null);
  if (known.length < window.arrivals.length || known.length === 0) return null;
  const offsets = known.map(({ atMs, seq }) => atMs - ((seq ?? 0) * 1000) / rate);
  const earliest = offsets.reduce((low, offset) => Math.min(low, offset), Number.POSITIVE_INFINITY);
  return offsets.map((offset) => offset - earliest);
}

function latenessOf(window: Window, rate: number, windowMs: number): Lateness {
  const sorted = window.arrivals.map(({ atMs }) => atMs).sort((a, b) => a - b);
  const achieved = sorted.length < 2 ? rate : ((sorted.length - 1) * 1000) / ((sorted.at(-1) ?? 0) - (sorted[0] ?? 0));
  const onGrid = gridLateness(sorted, achieved);
  const planned = planLateness(window, rate);
  const late = planned ?? onGrid;
  return {
    p50Ms: quantile(late, 0.5),
    p99Ms: quantile(late, 0.99),
    cpuMsPerRequest: (window.cpuSeconds * 1000) / Math.max(1, window.requests),
    perSecond: (window.requests * 1000) / windowMs,
    grid: planned === null ? null : { p99Ms: quantile(onGrid, 0.99), missing: missingOf(window) },
  };
}

/** (a) When requests arrive that should arrive evenly, stamped by another process. */
export const lateness: Bench = async ({ quick, say }) => {
  const receiver = await startReceiver({ kind: 'whole' });
  const rows: Row[] = [];
  try {
    for (const rate of quick ? [100, 1000] : [10, 100, 1000, 5000]) {
      const windowMs = quick ? 2000 : 3000;
      const rounds = quick ? 1 : 3;
      const seconds = Math.ceil((windowMs + 2000) / 1000);
      const contenders = pacedContenders(rate, { port: receiver.port, seconds, say });
      say(`lateness at ${rate}/s: ${[...contenders.keys()].join(', ')}, ${rounds} rounds`);
      const runs = [...contenders].map(([name, generator]) => {
        const run = async () =>
          latenessOf(await watchWindow(generator, receiver, { warmMs: 1000, windowMs }), rate, windowMs);
        return [name, run] as const;
      });
      rows.push(...rowsOf(rate, await interleave(new Map(runs), rounds)));
    }
  } finally {
    await receiver.stop();
  }
  return rows;
};

function rowsOf(rate: number, results: ReadonlyMap<string, readonly Lateness[]>): Row[] {
  const ours = results.get('quotascope') ?? [];
  const p99 = (all: readonly Lateness[]) => median(all.map(({ p99Ms }) => p99Ms));
  const cpu = (all: readonly Lateness[]) => median(all.map(({ cpuMsPerRequest }) => cpuMsPerRequest));
  return [...results].map(([name, all]): Row => {
    const grids = all.flatMap(({ grid }) => (grid === null ? [] : [grid]));
    const value = [
      `p99 ${spread(all.map(({ p99Ms }) => p99Ms))} ms`,
      `p50 ${spread(all.map(({ p50Ms }) => p50Ms))} ms`,
      ...(grids.length === 0 ? [] : gridText(grids)),
      `${median(all.map(({ perSecond }) => perSecond)).toFixed(0)}/s`,
      `${cpu(all).toFixed(3)} CPU ms per request`,
    ].join(', ');
    const ratio = p99(ours) / p99(all);
    return {
      bench: `arrivals at ${rate}/s`,
      what: name,
      value,
      target: name === 'quotascope' ? '' : against(name, rate, ratio, cpu(ours) / cpu(all)),
    };
  });
}

function gridText(grids: readonly { readonly p99Ms: number; readonly missing: number }[]): string[] {
  const missing = grids.map((grid) => grid.missing);
  return [`on the grid p99 ${spread(grids.map(({ p99Ms }) => p99Ms))} ms`, `skipped ${spread(missing, 0)}`];
}

function missingOf({ arrivals }: Window): number {
  const numbers = arrivals.flatMap(({ seq }) => (seq === null ? [] : [seq]));
  const first = numbers.reduce((low, seq) => Math.min(low, seq), Number.POSITIVE_INFINITY);
  const last = numbers.reduce((high, seq) => Math.max(high, seq), 0);
  return last - first + 1 - numbers.length;
}

function against(name: string, rate: number, ratio: number, cpuRatio: number): string {
  const said = `our p99 is ${ratio.toPrecision(2)}x, our CPU ${cpuRatio.toFixed(2)}x`;
  if (rate !== 1000) return said;
  if (name.startsWith('autocannon')) return `${said}; ${verdict(ratio <= 0.01, 'p99 <= 1/100')}`;
  if (name.startsWith('hey')) return `${said}; ${verdict(ratio <= 0.1, 'p99 <= 1/10')}`;
  return `${said}; ${verdict(ratio <= 1 && cpuRatio <= 0.5, 'p99 <= 1x at half its CPU')}`;
}
