/** A simulated run in virtual time: counted only, folded into its analysis, written as a journal, or the whole command. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { analysis } from '../src/analysis/analysis.ts';
import { forecast } from '../src/commands/forecast.ts';
import { manifestOf } from '../src/commands/manifest.ts';
import { planOf } from '../src/commands/plan.ts';
import { beginRecords, endRecords } from '../src/commands/records.ts';
import { trafficOf } from '../src/commands/traffic.ts';
import { runVirtually } from '../src/commands/virtual-run.ts';
import type { JournalRecord } from '../src/model/journal.ts';
import type { Manifest } from '../src/model/manifest.ts';
import { parseScenario } from '../src/scenario/parse.ts';

export interface ForecastBenchOptions {
  readonly perMinute: number;
  readonly minutes: number;
  /** `command`: plan, detailed run, family of limiters and reports, start-up included. */
  readonly sink: 'count' | 'analysis' | 'journal' | 'command';
  /** Of the journal or the reports; null otherwise. */
  readonly folder: string | null;
}

export interface ForecastBenchResult {
  readonly requests: number;
  readonly cpuSeconds: number;
  readonly maxRssBytes: number;
  /** Resident memory after each tenth of the requests: whether a longer run holds more. */
  readonly rssBytesByTenth: readonly number[];
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
const expected = Math.round(perMinute * minutes);
const rssBytesByTenth: number[] = [];
let requests = 0;
const cpuSeconds = sink === 'command' ? wholeCommand() : oneRun();
process.stdout.write(
  JSON.stringify({
    requests,
    cpuSeconds,
    maxRssBytes: process.resourceUsage().maxRSS * 1024,
    rssBytesByTenth,
    journalBytes: folder === null || sink !== 'journal' ? null : statSync(join(folder, 'journal.ndjson')).size,
  } satisfies ForecastBenchResult),
);

/** CPU seconds of the process so far: what `quotascope forecast` costs whoever calls it. */
function wholeCommand(): number {
  requests = planOf(scenario).requests ?? 0;
  const run = forecast({ loaded, folder: folder ?? '', limiter: null, journal: false, now: new Date(0) });
  if (!run.ok) throw new Error(run.problems[0]?.message);
  return secondsOf(process.cpuUsage());
}

/** CPU seconds of the run and its sink alone. */
function oneRun(): number {
  const manifest = manifestOf({
    kind: 'forecast',
    runId: 'bench',
    loaded,
    variants: scenario.variants,
    phases: trafficOf(scenario).phases,
    t0WallMs: 0,
    proxy: null,
    forecastLimiter: null,
  });
  const start = process.cpuUsage();
  const { write, finish } = sinkFor(manifest);
  const counted = (record: JournalRecord) => {
    if (record.type === 'sent') countSent();
    write(record);
  };
  runVirtually({ scenario, t0WallMs: 0, sink: { write: counted, failed: () => null } });
  finish();
  return secondsOf(process.cpuUsage(start));
}

function secondsOf({ user, system }: NodeJS.CpuUsage): number {
  return (user + system) / 1e6;
}

function countSent(): void {
  requests++;
  if (requests * 10 >= expected * (rssBytesByTenth.length + 1)) rssBytesByTenth.push(process.memoryUsage.rss());
}

function sinkFor(manifest: Manifest): { readonly write: (record: JournalRecord) => void; readonly finish: () => void } {
  if (sink === 'analysis') {
    const fold = analysis({ manifest });
    return { write: (record) => fold.add(record), finish: () => void fold.finish() };
  }
  if (sink === 'count' || folder === null) return { write: () => {}, finish: () => {} };
  const begun = beginRecords({ folder, manifest, secrets: [], clock: null });
  if (!begun.ok) throw new Error(begun.problems[0]?.message);
  return { write: (record) => begun.journal.write(record), finish: () => void endRecords(begun.journal, folder) };
}
