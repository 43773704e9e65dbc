import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ForecastBenchResult } from './forecast-process.ts';
import { type Bench, type Row, runProcess, verdict } from './harness.ts';
import type { ReportBenchResult } from './report-process.ts';

const PER_MINUTE = 6000;

/** (e) Journal to reports: time and memory by the number of attempts; and what recording so many takes. */
export const report: Bench = async ({ quick, full, say }) => {
  const sizes = [1e4, 1e5, ...(quick ? [] : [1e6]), ...(full ? [3e6, 1e7] : [])];
  const rows: Row[] = [];
  for (const attempts of sizes) {
    say(`journal and report of ${attempts.toLocaleString('en-US')} attempts`);
    const folder = mkdtempSync(join(tmpdir(), 'quotascope-bench-'));
    try {
      const options = { perMinute: PER_MINUTE, minutes: attempts / PER_MINUTE, sink: 'journal', folder };
      const written = await runProcess<ForecastBenchResult>('forecast-process.ts', options);
      const read = await runProcess<ReportBenchResult>('report-process.ts', { folder });
      rows.push(...rowsOf(attempts, written, read));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
  return rows;
};

function rowsOf(attempts: number, written: ForecastBenchResult, read: ReportBenchResult): Row[] {
  const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(0)} MB`;
  const what = `${written.requests.toLocaleString('en-US')} attempts`;
  const met = read.seconds < 10 && read.maxRssBytes < 400e6 && read.htmlBytes < 2e6;
  const perAttempt = `${((read.seconds * 1e6) / written.requests).toFixed(1)} us per attempt`;
  return [
    {
      bench: 'journal to reports',
      what,
      value: `${read.seconds.toFixed(2)} s, ${read.cpuSeconds.toFixed(2)} CPU s, ${perAttempt}, ${megabytes(read.maxRssBytes)}, HTML ${(read.htmlBytes / 1e6).toFixed(2)} MB`,
      target: attempts === 1e6 ? verdict(met, '< 10 s, < 400 MB, HTML < 2 MB') : '',
    },
    {
      bench: 'simulated and recorded',
      what,
      value: `${((written.cpuSeconds * 1e6) / written.requests).toFixed(1)} CPU us per attempt, ${megabytes(written.maxRssBytes)} (${rssOverTime(written)}), journal ${megabytes(written.journalBytes ?? 0)}`,
      target: attempts >= 1e5 ? verdict(written.maxRssBytes < 350e6, '< 350 MB') : '',
    },
  ];
}

function rssOverTime({ rssBytesByTenth }: ForecastBenchResult): string {
  const at = (tenth: number) => `${((rssBytesByTenth[tenth - 1] ?? 0) / 1e6).toFixed(0)} MB`;
  return `${at(1)} after a tenth, ${at(5)} half-way, ${at(10)} at the end`;
}
