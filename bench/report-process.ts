/** Derives the analysis of a run folder from its journal and writes every report. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { reportFolder } from '../src/commands/report.ts';

export interface ReportBenchResult {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly maxRssBytes: number;
  readonly htmlBytes: number;
}

const { folder }: { readonly folder: string } = JSON.parse(process.argv[2] ?? '{}');
const startMs = performance.now();
const startCpu = process.cpuUsage();
const result = reportFolder({ folder, generatedAt: new Date(0) });
if (!result.ok) throw new Error(result.problems[0]?.message);
const used = process.cpuUsage(startCpu);
process.stdout.write(
  JSON.stringify({
    seconds: (performance.now() - startMs) / 1000,
    cpuSeconds: (used.user + used.system) / 1e6,
    maxRssBytes: process.resourceUsage().maxRSS * 1024,
    htmlBytes: statSync(join(folder, 'report.html')).size,
  } satisfies ReportBenchResult),
);
