import { rmdirSync } from 'node:fs';
import { basename } from 'node:path';
import { monotonicClock } from '../drivers/monotonic-clock.ts';
import { createRunFolder, type FreeBytes } from '../journal/run-folder.ts';
import type { JournalWriter } from '../journal/writer.ts';
import type { Analysis } from '../model/analysis.ts';
import { type Endpoints, startEndpoints } from './endpoints.ts';
import { type CommandResult, environmentFailure, errorMessage } from './failure.ts';
import { journalNeedBytes } from './journal-need.ts';
import { type LiveLanes, openLiveLanes } from './live-lanes.ts';
import { fireLoad, type RunView } from './live-load.ts';
import type { LoadedScenario } from './load-scenario.ts';
import { manifestOf } from './manifest.ts';
import { type Plan, planOf } from './plan.ts';
import { beginRecords, endRecords } from './records.ts';
import { rehearse } from './rehearsal.ts';
import { reportFolder } from './report.ts';
import { trafficOf } from './traffic.ts';

/** From the last preparation to t0: the manifest is synced to the disk in it, and the first arrivals find a quiet event loop. */
const LEAD_MS = 250;
/** Sockets opened before t0; more are opened on demand and their handshakes are reported apart. */
const WARM_CONNECTIONS_MAX = 256;

export interface RunOptions {
  readonly loaded: LoadedScenario;
  /** Run folder; must not exist. */
  readonly folder: string;
  /** Where the name is taken, adds a number: two may start in the same second. */
  readonly numbered?: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborted once: send nothing more, let what is in flight end. */
  readonly stop?: AbortSignal;
  /** Aborted: cancel what is in flight too. */
  readonly kill?: AbortSignal;
  /** Free space beside a path; asks the disk unless replaced. */
  readonly freeBytes?: FreeBytes;
  /** Called when the load starts, with a way to look at it. */
  readonly onStart?: (view: RunView) => void;
}

export interface RunOutput {
  readonly analysis: Analysis;
  readonly folder: string;
}

/**
 * Runs a scenario against its target and writes the run folder. What the remote side does is data; this fails only on
 * its own surroundings: a folder that cannot be written, a host that cannot be reached, a key that is missing.
 */
export async function runScenario(options: RunOptions): Promise<CommandResult<RunOutput>> {
  const { loaded, folder, freeBytes } = options;
  const needBytes = journalNeedBytes(loaded.scenario);
  const created = createRunFolder({
    path: folder,
    numbered: options.numbered ?? false,
    needBytes,
    ...(freeBytes === undefined ? {} : { freeBytes }),
  });
  if (!created.ok) return { ok: false, exitCode: 5, problems: created.problems };
  return runIn({ ...options, folder: created.value });
}

/** With its folder created. */
async function runIn(options: RunOptions): Promise<CommandResult<RunOutput>> {
  let endpoints: Endpoints;
  try {
    endpoints = await startEndpoints(options.loaded.scenario.variants);
  } catch (error) {
    removeIfEmpty(options.folder);
    return environmentFailure('simulator', `the simulator did not start: ${errorMessage(error)}`);
  }
  try {
    const fired = await fire(options, endpoints);
    if (!fired.ok) {
      removeIfEmpty(options.folder);
      return fired;
    }
  } finally {
    await endpoints.stop();
  }
  return reportFolder({ folder: options.folder, generatedAt: new Date() });
}

async function fire(options: RunOptions, endpoints: Endpoints): Promise<CommandResult<object>> {
  const { scenario } = options.loaded;
  let journal: JournalWriter | null = null;
  const clock = monotonicClock({ onStall: (fromMs, toMs) => journal?.write({ type: 'stall', fromMs, toMs }) });
  const lanes = openLiveLanes({
    scenario,
    variants: endpoints.variants(),
    env: options.env,
    clock,
    phases: trafficOf(scenario).traffic,
  });
  if (!lanes.ok) return lanes;
  try {
    const plan = planOf(scenario);
    await rehearse(scenario);
    const warmed = await warm(lanes, plan);
    if (!warmed.ok) return warmed;
    clock.zeroIn(scenario.restMs + LEAD_MS);
    const t0WallMs = clock.wallMs() - clock.nowMs();
    const begun = beginRecords({
      folder: options.folder,
      manifest: manifestOf({
        kind: 'run',
        runId: basename(options.folder),
        loaded: options.loaded,
        variants: endpoints.variants(),
        phases: plan.phases,
        t0WallMs,
        proxy: lanes.proxy,
        forecastLimiter: null,
      }),
      secrets: lanes.secrets,
      clock,
      maxBytes: scenario.safety.maxJournalBytes,
    });
    if (!begun.ok) return begun;
    journal = begun.journal;
    await fireLoad({
      scenario,
      clock,
      lanes,
      sink: journal,
      stop: options.stop,
      kill: options.kill,
      onStart: options.onStart,
    });
    return endRecords(journal, options.folder);
  } finally {
    clock.stop();
    for (const transport of lanes.transports) await transport.close();
  }
}

/** A run that never began leaves nothing behind; a folder with anything in it stays. */
function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // Not empty: a journal was begun, and it is kept.
  }
}

/** Opens sockets without sending a request: a request would spend the quota under test. */
async function warm(lanes: LiveLanes, plan: Plan): Promise<CommandResult<object>> {
  const perSecond = Math.max(...plan.peaks.filter((peak) => peak.windowMs === 1000).map((peak) => peak.requests), 1);
  // Two seconds' worth: answers of language models take seconds, and a socket carries one at a time.
  const connections = Math.min(WARM_CONNECTIONS_MAX, Math.ceil(perSecond * 2));
  for (const transport of lanes.transports) {
    const warmed = await transport.warm(connections);
    if (warmed.opened === 0 && warmed.problem !== null) {
      return { ok: false, exitCode: 5, problems: [warmed.problem] };
    }
  }
  return { ok: true };
}
