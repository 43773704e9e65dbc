/** Derives the analysis of a run folder from its journal and writes every report. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { reportFolder } from '../src/commands/report.ts';

export interface ReportBenchResult {
  readonly seconds: number;
  readonly maxRssBytes: number;
  readonly htmlBytes: number;
}

const { folder }: { readonly folder: string } = JSON.parse(process.argv[2] ?? '{}');
const startMs = performance.now();
const result = reportFolder({ folder, generatedAt: new Date(0) });
if (!result.ok) throw new Error(result.problems[0]?.message);
process.stdout.write(
  JSON.stringify({
    seconds: (performance.now() - startMs) / 1000,
    maxRssBytes: process.resourceUsage().maxRSS * 1024,
    htmlBytes: statSync(join(folder, 'report.html')).size,
  } satisfies ReportBenchResult),
);
