/** One simulated run in virtual time: counted only, folded into its analysis, or written as a journal. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { analysis } from '../src/analysis/analysis.ts';
import { manifestOf } from '../src/commands/manifest.ts';
import { planOf } from '../src/commands/plan.ts';
import { beginRecords, endRecords } from '../src/commands/records.ts';
import { runVirtually } from '../src/commands/virtual-run.ts';
import type { JournalRecord } from '../src/model/journal.ts';
import { parseScenario } from '../src/scenario/parse.ts';

export interface ForecastBenchOptions {
  readonly perMinute: number;
  readonly minutes: number;
  readonly sink: 'count' | 'analysis' | 'journal';
  /** Of the journal; null otherwise. */
  readonly folder: string | null;
}

export interface ForecastBenchResult {
  readonly requests: number;
  readonly cpuSeconds: number;
  readonly maxRssBytes: number;
  readonly journalBytes: number | null;
}

const { perMinute, minutes, sink, folder }: ForecastBenchOptions = JSON.parse(process.argv[2] ?? '{}');
const text = JSON.stringify({
  name: 'bench',
  target: 'simulator',
  model: 'qwen3-max',
  workload: { promptTokens: 200, maxTokens: 32 },
  traffic: [{ hold: { rate: `${perMinute}/min`, for: `${minutes * 60}s` } }],
  simulator: {
    limits: {
      rps: { limit: Math.ceil(perMinute / 30) },
      rpm: { limit: Math.ceil(perMinute * 1.01) },
      tps: 'off',
      tpm: 'off',
      burst: 'off',
    },
  },
  safety: { maxInFlight: 100_000 },
});
const parsed = parseScenario(text, { file: 'bench' });
if (!parsed.ok) throw new Error(parsed.problems.map(({ message }) => message).join('; '));
const scenario = parsed.value;
const loaded = { scenario, file: 'bench.yaml', hash: 'bench', warnings: [] };
const manifest = manifestOf({
  kind: 'forecast',
  runId: 'bench',
  loaded,
  variants: scenario.variants,
  phases: planOf(scenario).phases,
  t0WallMs: 0,
  proxy: null,
  forecastLimiter: null,
});
const start = process.cpuUsage();
const { write, finish } = sinkFor();
let requests = 0;
runVirtually({
  scenario,
  t0WallMs: 0,
  sink: {
    write(record) {
      if (record.type === 'sent') requests++;
      write(record);
    },
    failed: () => null,
  },
});
finish();
const used = process.cpuUsage(start);
process.stdout.write(
  JSON.stringify({
    requests,
    cpuSeconds: (used.user + used.system) / 1e6,
    maxRssBytes: process.resourceUsage().maxRSS * 1024,
    journalBytes: folder === null ? null : statSync(join(folder, 'journal.ndjson')).size,
  } satisfies ForecastBenchResult),
);

function sinkFor(): { readonly write: (record: JournalRecord) => void; readonly finish: () => void } {
  if (sink === 'analysis') {
    const fold = analysis({ manifest });
    return { write: (record) => fold.add(record), finish: () => void fold.finish() };
  }
  if (sink === 'count' || folder === null) return { write: () => {}, finish: () => {} };
  const begun = beginRecords({ folder, manifest, secrets: [], clock: null });
  if (!begun.ok) throw new Error(begun.problems[0]?.message);
  return { write: (record) => begun.journal.write(record), finish: () => void endRecords(begun.journal, folder) };
}
