import { basename } from 'node:path';
import { analysis } from '../analysis/analysis.ts';
import { createRunFolder, type FreeBytes } from '../journal/run-folder.ts';
import type { Analysis } from '../model/analysis.ts';
import type { JournalSink } from '../model/journal.ts';
import type { CommandResult } from './failure.ts';
import { familyForecast, type OutcomeCounts, outcomeCounts } from './forecast-family.ts';
import { journalNeedBytes } from './journal-need.ts';
import { limiterFamily } from './limiter-family.ts';
import type { LoadedScenario } from './load-scenario.ts';
import { manifestOf } from './manifest.ts';
import { beginRecords, endRecords, recordManifest } from './records.ts';
import { writeReports } from './report.ts';
import { trafficOf } from './traffic.ts';
import { type RivalScenario, runVirtually } from './virtual-run.ts';

export interface ForecastOptions {
  readonly loaded: LoadedScenario;
  readonly folder: string;
  /** Where the name is taken, adds a number: two may start in the same second. */
  readonly numbered?: boolean;
  /** One window algorithm of `LIMITER_NAMES`; null = the whole family that the published numbers allow. */
  readonly limiter: string | null;
  /** Also writes the journal of the detailed run: one line or two per simulated request. */
  readonly journal: boolean;
  readonly now: Date;
  /** Free space beside a path; asks the disk unless replaced. */
  readonly freeBytes?: FreeBytes;
}

export interface ForecastOutput {
  readonly analysis: Analysis;
  readonly folder: string;
}

/** The scenario under the virtual clock: same loop, same journal, same report, and nothing is sent. */
export function forecast(options: ForecastOptions): CommandResult<ForecastOutput> {
  const { loaded, freeBytes } = options;
  const needBytes = options.journal ? journalNeedBytes(loaded.scenario) : 0;
  const created = createRunFolder({
    path: options.folder,
    numbered: options.numbered ?? false,
    needBytes,
    ...(freeBytes === undefined ? {} : { freeBytes }),
  });
  if (!created.ok) return { ok: false, exitCode: 5, problems: created.problems };
  const folder = created.value;
  const begun = beginDetailed(options, folder);
  if (!begun.ok) return begun;
  const { detailed } = begun;
  // A limiter that was asked for by name is an assumption, not a range: the detailed run is all there is.
  const family = options.limiter === null ? familyForecast(options.loaded.scenario, detailed.run) : null;
  if (options.limiter !== null) detailed.run([]);
  const ended = detailed.finish();
  if (!ended.ok) return ended;
  const document = { ...ended.analysis, forecast: family };
  const written = writeReports(folder, document, options.now);
  return written.ok ? { ok: true, analysis: document, folder } : written;
}

interface DetailedRun {
  /** Once. Null where the journal cut the run short: its counts are not those of the scenario. */
  readonly run: (rivals: readonly RivalScenario[]) => OutcomeCounts | null;
  finish(): CommandResult<{ readonly analysis: Analysis }>;
}

/** One run in full detail: the scenario's own simulator settings, or the limiter that was asked for. */
function beginDetailed(options: ForecastOptions, folder: string): CommandResult<{ readonly detailed: DetailedRun }> {
  const { loaded, limiter } = options;
  const member = limiter === null ? undefined : limiterFamily(loaded.scenario, limiter)[0];
  const scenario = member === undefined ? loaded.scenario : member.apply(loaded.scenario);
  const manifest = manifestOf({
    kind: 'forecast',
    runId: basename(folder),
    loaded: { ...loaded, scenario },
    variants: scenario.variants,
    phases: trafficOf(scenario).phases,
    t0WallMs: options.now.getTime(),
    proxy: null,
    forecastLimiter: member?.name ?? null,
  });
  const records = { folder, manifest, secrets: [], clock: null, maxBytes: scenario.safety.maxJournalBytes };
  const begun = options.journal ? beginRecords(records) : recordManifest(records);
  if (!begun.ok) return begun;
  const writer = begun.journal;
  const fold = analysis({ manifest });
  const counts = outcomeCounts();
  const sink: JournalSink = {
    write(record) {
      fold.add(record);
      counts.add(record);
      writer?.write(record);
    },
    failed: () => writer?.failed() ?? null,
    full: () => writer?.full() ?? null,
  };
  const detailed: DetailedRun = {
    run(rivals) {
      runVirtually({ scenario, sink, t0WallMs: manifest.t0WallMs, rivals });
      return (writer?.failed() ?? writer?.full() ?? null) === null ? counts : null;
    },
    finish() {
      const ended = writer === null ? ({ ok: true } as const) : endRecords(writer, folder);
      return ended.ok ? { ok: true, analysis: fold.finish() } : ended;
    },
  };
  return { ok: true, detailed };
}
