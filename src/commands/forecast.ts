import { basename } from 'node:path';
import { analysis } from '../analysis/analysis.ts';
import { createRunFolder } from '../journal/run-folder.ts';
import type { Analysis, Forecast, ForecastMember } from '../model/analysis.ts';
import type { JournalSink } from '../model/journal.ts';
import { outcomeLabel } from '../model/outcome.ts';
import type { Scenario } from '../model/scenario.ts';
import type { CommandResult } from './failure.ts';
import { limiterFamily, withSeed } from './limiter-family.ts';
import type { LoadedScenario } from './load-scenario.ts';
import { manifestOf } from './manifest.ts';
import { planOf } from './plan.ts';
import { beginRecords, endRecords, recordManifest } from './records.ts';
import { writeReports } from './report.ts';
import { trafficOf } from './traffic.ts';
import { runVirtually } from './virtual-run.ts';

/** Draws of chance per member of the family, fewer where a scenario is so long that they would take minutes. */
const SEEDS_PER_MEMBER = 3;
const LONG_PLAN_REQUESTS = 50_000;

export interface ForecastOptions {
  readonly loaded: LoadedScenario;
  readonly folder: string;
  /** One window algorithm of `LIMITER_NAMES`; null = the whole family that the published numbers allow. */
  readonly limiter: string | null;
  /** Also writes the journal of the detailed run: one line or two per simulated request. */
  readonly journal: boolean;
  readonly now: Date;
}

export interface ForecastOutput {
  readonly analysis: Analysis;
  readonly folder: string;
}

/** The scenario under the virtual clock: same loop, same journal, same report, and nothing is sent. */
export function forecast(options: ForecastOptions): CommandResult<ForecastOutput> {
  const created = createRunFolder({ path: options.folder });
  if (!created.ok) return { ok: false, exitCode: 5, problems: created.problems };
  const folder = created.value;
  const detailed = detailedForecast(options, folder);
  if (!detailed.ok) return detailed;
  // A limiter that was asked for by name is an assumption, not a range: the detailed run is all there is.
  const family = options.limiter === null ? familyForecast(options) : null;
  const document = { ...detailed.analysis, forecast: family };
  const written = writeReports(folder, document, options.now);
  return written.ok ? { ok: true, analysis: document, folder } : written;
}

/** One run in full detail: the scenario's own simulator settings, or the limiter that was asked for. */
function detailedForecast(options: ForecastOptions, folder: string): CommandResult<{ readonly analysis: Analysis }> {
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
  const sink: JournalSink = {
    write(record) {
      fold.add(record);
      writer?.write(record);
    },
    failed: () => writer?.failed() ?? null,
    full: () => writer?.full() ?? null,
  };
  runVirtually({ scenario, sink, t0WallMs: manifest.t0WallMs });
  const ended = writer === null ? ({ ok: true } as const) : endRecords(writer, folder);
  if (!ended.ok) return ended;
  return { ok: true, analysis: fold.finish() };
}

/** The range of outcomes over every algorithm that the published numbers allow. */
function familyForecast(options: ForecastOptions): Forecast {
  const { scenario } = options.loaded;
  const requests = planOf(scenario).requests ?? 0;
  const seeds = requests > LONG_PLAN_REQUESTS ? 1 : SEEDS_PER_MEMBER;
  const members: ForecastMember[] = [];
  for (const member of limiterFamily(scenario, null)) {
    for (let draw = 0; draw < seeds; draw += 1) {
      const seed = scenario.seed + draw;
      members.push(simulateMember(member.apply(withSeed(scenario, seed)), member.name, seed));
    }
  }
  const byOk = [...members].sort((a, b) => a.okShare - b.okShare);
  const [worst] = byOk;
  const best = byOk.at(-1);
  if (worst === undefined || best === undefined) throw new Error('the family of limiters is empty');
  return { members, range: rangesOf(members), worst, best };
}

function simulateMember(scenario: Scenario, limiter: string, seed: number): ForecastMember {
  const counts = new Map<string, number>();
  let requests = 0;
  const sink: JournalSink = {
    write(record) {
      if (record.type !== 'end' || !record.final) return;
      requests += 1;
      const label = outcomeLabel(record.outcome);
      counts.set(label, (counts.get(label) ?? 0) + 1);
    },
    failed: () => null,
  };
  runVirtually({ scenario, sink, t0WallMs: 0 });
  const share = (count: number) => (requests === 0 ? 0 : count / requests);
  const limited = [...counts].filter(([label]) => label.startsWith('limited.'));
  return {
    limiter,
    seed,
    okShare: share(counts.get('ok') ?? 0),
    limitedShare: Object.fromEntries(limited.map(([label, count]) => [label, share(count)])),
  };
}

function rangesOf(members: readonly ForecastMember[]): Forecast['range'] {
  const labels = new Set(members.flatMap((member) => Object.keys(member.limitedShare)));
  const range: Record<string, { low: number; high: number }> = {
    ok: extent(members.map((member) => member.okShare)),
  };
  for (const label of labels) range[label] = extent(members.map((member) => member.limitedShare[label] ?? 0));
  return range;
}

function extent(values: readonly number[]): { low: number; high: number } {
  return { low: Math.min(...values), high: Math.max(...values) };
}
