import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ForecastBenchOptions, ForecastBenchResult } from './forecast-process.ts';
import { type Bench, interleave, median, runProcess, spread, verdict } from './harness.ts';

/** (f) Simulated requests per CPU second: alone, with everything a report needs, and as the whole command. */
export const forecast: Bench = async ({ quick, say }) => {
  const rounds = quick ? 1 : 2;
  say(`forecast of 24 h at 600/min, ${rounds} rounds`);
  const results = await interleave(
    new Map([
      ['virtual run', () => measure('count')],
      ['virtual run and analysis', () => measure('analysis')],
      ['the whole command', () => measure('command')],
    ]),
    rounds,
  );
  return [...results].map(([what, all]) => {
    const cpu = all.map(({ cpuSeconds }) => cpuSeconds);
    const perSecond = median(all.map(({ requests, cpuSeconds }) => requests / cpuSeconds));
    const memory = (median(all.map(({ maxRssBytes }) => maxRssBytes)) / 1e6).toFixed(0);
    const value = `${spread(cpu)} CPU s, ${(perSecond / 1e6).toFixed(2)} M requests per CPU second, ${memory} MB`;
    const target = what === 'the whole command' ? verdict(median(cpu) < 3, '< 3 CPU s') : '';
    return { bench: 'forecast of 24 h at 600/min', what, value, target };
  });
};

async function measure(sink: ForecastBenchOptions['sink']): Promise<ForecastBenchResult> {
  const folder = mkdtempSync(join(tmpdir(), 'quotascope-bench-'));
  try {
    const run = { perMinute: 600, minutes: 24 * 60, sink, folder: sink === 'command' ? join(folder, 'run') : null };
    return await runProcess<ForecastBenchResult>('forecast-process.ts', run);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
