import type { MonotonicClock } from '../drivers/monotonic-clock.ts';
import type { UndiciTransport } from '../drivers/undici-transport.ts';
import type { PlannedPhase } from '../model/arrival.ts';
import type { JournalSink } from '../model/journal.ts';
import type { Scenario } from '../model/scenario.ts';
import type { Run } from '../runner/lane.ts';
import { startRun } from '../runner/run.ts';
import { recordHealth } from './health.ts';
import type { LiveLanes } from './live-lanes.ts';
import { LATE_TOLERANCE_MS } from './manifest.ts';
import { type Progress, progressOf } from './progress.ts';
import { startSaturation } from './saturation.ts';
import { type Traffic, trafficOf } from './traffic.ts';

/** Sockets are refreshed this long before a phase that follows a silence: servers close idle ones after seconds. */
const REFRESH_LEAD_MS = 500;
const IDLE_BEFORE_REFRESH_MS = 3000;

export interface RunView {
  readonly phases: readonly PlannedPhase[];
  progress(): Progress;
}

export interface LiveLoadOptions {
  readonly scenario: Scenario;
  readonly clock: MonotonicClock;
  readonly lanes: LiveLanes;
  readonly sink: JournalSink;
  /** Aborted once: send nothing more, let what is in flight end. */
  readonly stop: AbortSignal | undefined;
  /** Aborted: cancel what is in flight too. */
  readonly kill: AbortSignal | undefined;
  readonly onStart: ((view: RunView) => void) | undefined;
}

/** Fires the traffic and resolves when the last attempt has ended. t0 must lie ahead on the clock. */
export function fireLoad(options: LiveLoadOptions): Promise<void> {
  const { scenario, clock, lanes, sink } = options;
  const traffic = trafficOf(scenario);
  return new Promise((resolve) => {
    const onDone = () => {
      health.stop();
      releaseSignals();
      resolve();
    };
    const { run, sockets } = startLoad(options, traffic, onDone);
    const health = recordHealth({ clock, sink, transports: sockets, inFlight: () => run.tally().inFlight });
    const releaseSignals = obeySignals(run, options);
    refreshBeforePhases(traffic.phases, lanes.transports, clock);
    options.onStart?.({
      phases: traffic.phases,
      progress: progressOf({ run, clock, phases: traffic.phases }),
    });
  });
}

interface StartedLoad {
  readonly run: Run;
  readonly sockets: readonly Pick<UndiciTransport, 'sockets'>[];
}

/** The run loop, or the driver that plays closed phases by itself. */
function startLoad(options: LiveLoadOptions, traffic: Traffic, onDone: () => void): StartedLoad {
  const { scenario, clock, lanes, sink } = options;
  const [lane] = lanes.lanes;
  if (lanes.closedLoop !== null && lane !== undefined) {
    const { phases, traffic: specs } = traffic;
    const run = startSaturation({ clock, lane, openLoop: lanes.closedLoop, sink, traffic: specs, phases, onDone });
    return { run, sockets: [run] };
  }
  const run = startRun({
    clock,
    source: traffic.source(),
    lanes: lanes.lanes,
    sink,
    safety: scenario.safety,
    lateToleranceMs: (index) =>
      traffic.phases[index]?.kind === 'closed' ? Number.POSITIVE_INFINITY : LATE_TOLERANCE_MS,
    onDone,
  });
  return { run, sockets: lanes.transports };
}

function obeySignals(run: Run, { stop, kill }: LiveLoadOptions): () => void {
  const onStop = () => run.stop({ kind: 'interrupted' });
  const onKill = () => run.abort();
  stop?.addEventListener('abort', onStop, { once: true });
  kill?.addEventListener('abort', onKill, { once: true });
  if (stop?.aborted) onStop();
  return () => {
    stop?.removeEventListener('abort', onStop);
    kill?.removeEventListener('abort', onKill);
  };
}

/** A burst after a silence must not find sockets that the server has closed meanwhile. */
function refreshBeforePhases(
  phases: readonly PlannedPhase[],
  transports: readonly UndiciTransport[],
  clock: MonotonicClock,
): void {
  for (const phase of phases) {
    const before = phases[phase.index - 1];
    const silence = before === undefined || before.kind === 'pause' ? (before?.endMs ?? 0) - (before?.startMs ?? 0) : 0;
    if (silence < IDLE_BEFORE_REFRESH_MS) continue;
    clock.at(phase.startMs - REFRESH_LEAD_MS, () => {
      for (const transport of transports) transport.refresh();
    });
  }
}
