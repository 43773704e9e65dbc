import type { ForecastBenchOptions, ForecastBenchResult } from './forecast-process.ts';
import { type Bench, interleave, median, runProcess, spread, verdict } from './harness.ts';

/** (f) Simulated requests per CPU second, alone and with everything a report needs. */
export const forecast: Bench = async ({ quick, say }) => {
  const rounds = quick ? 1 : 2;
  say(`forecast of 24 h at 600/min, ${rounds} rounds`);
  const run = (sink: ForecastBenchOptions['sink']) => () =>
    runProcess<ForecastBenchResult>('forecast-process.ts', { perMinute: 600, minutes: 24 * 60, sink, folder: null });
  const results = await interleave(
    new Map([
      ['virtual run', run('count')],
      ['virtual run and analysis', run('analysis')],
    ]),
    rounds,
  );
  return [...results].map(([what, all]) => {
    const cpu = all.map(({ cpuSeconds }) => cpuSeconds);
    const perSecond = median(all.map(({ requests, cpuSeconds }) => requests / cpuSeconds));
    const memory = (median(all.map(({ maxRssBytes }) => maxRssBytes)) / 1e6).toFixed(0);
    const value = `${spread(cpu)} CPU s, ${(perSecond / 1e6).toFixed(2)} M requests per CPU second, ${memory} MB`;
    const target = what === 'virtual run' ? '' : verdict(median(cpu) < 3, '< 3 CPU s');
    return { bench: 'forecast of 24 h at 600/min', what, value, target };
  });
};
