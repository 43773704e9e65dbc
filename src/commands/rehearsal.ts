import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monotonicClock } from '../drivers/monotonic-clock.ts';
import { journalWriter } from '../journal/writer.ts';
import type { Phase, Scenario, Variant } from '../model/scenario.ts';
import { NO_LIMITS, type SimulatorSettings } from '../model/simulator.ts';
import { startSimulator } from '../simulator/server/serve.ts';
import { pathOfDialect } from './endpoints.ts';
import { openLiveLanes } from './live-lanes.ts';
import { fireLoad } from './live-load.ts';

const SOCKETS = 12;
const PAUSE_MS = 60;

const bounds = { label: null, limitTo: { promptTokens: 200, maxTokens: 8 } } as const;
const burst: Phase = { ...bounds, kind: 'burst', requests: 20, overMs: 0 };
const pause: Phase = { ...bounds, kind: 'pause', durationMs: PAUSE_MS };

/** Enough rounds for the optimising compiler to have seen every branch: answers, refusals, bursts and spaced sends. */
const TRAFFIC: readonly Phase[] = [
  burst,
  pause,
  burst,
  pause,
  { ...bounds, kind: 'hold', ratePerSecond: 200, durationMs: 400, arrivals: { kind: 'uniform' } },
  pause,
  burst,
];

/**
 * Fires some hundred requests at a sink inside this process before the run, through the same loop, transport, decoder,
 * classifier and journal, and throws the result away. Cold code takes milliseconds where warm code takes microseconds:
 * without this the first burst of a run would leave late and be skipped.
 */
export async function rehearse(scenario: Scenario): Promise<void> {
  const sink = await startSimulator(sinkSettings(scenario.variants[0].simulator));
  const clock = monotonicClock();
  const folder = mkdtempSync(join(tmpdir(), 'quotascope-rehearsal-'));
  try {
    const variants = scenario.variants.map((variant) => aimedAt(variant, sink.baseUrl));
    const lanes = openLiveLanes({
      scenario: { ...scenario, record: 'outcomes' },
      variants,
      env: {},
      clock,
      phases: TRAFFIC,
    });
    if (!lanes.ok) throw new Error('a rehearsal needs no key');
    for (const transport of lanes.transports) await transport.warm(SOCKETS);
    const journal = journalWriter({ path: join(folder, 'journal.ndjson'), secrets: [], maxBytes: null, clock });
    clock.zeroIn(1);
    const safety = {
      ...scenario.safety,
      maxRequests: null,
      maxTokens: null,
      maxCostUsd: null,
      maxJournalBytes: null,
      stopOn: [],
    };
    await fireLoad({
      scenario: { ...scenario, traffic: TRAFFIC, safety, workload: { ...scenario.workload, turns: null } },
      clock,
      lanes: { ...lanes, lanes: lanes.lanes.map((lane) => ({ ...lane, safety })) },
      sink: journal,
      stop: undefined,
      kill: undefined,
      onStart: undefined,
    });
    journal.close();
    for (const transport of lanes.transports) await transport.close();
  } finally {
    clock.stop();
    await sink.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function aimedAt(variant: Variant, baseUrl: string): Variant {
  const target = {
    ...variant.target,
    isSimulator: true,
    keyEnvs: [],
    baseUrl: baseUrl + pathOfDialect(variant.target.dialect),
  };
  // autocannon cannot follow the rehearsal's rates; its classifier, budget and journal are the same.
  const driver = variant.driver === 'autocannon' ? 'undici' : variant.driver;
  return { ...variant, target, tactics: [], driver, sdkRetries: 0 };
}

/** Answers at once, and refuses some. */
function sinkSettings(given: SimulatorSettings): SimulatorSettings {
  return {
    ...given,
    limits: { ...NO_LIMITS, rps: { limit: 60, window: 'sliding_log', countsRefused: false } },
    latency: { ttftMs: { kind: 'fixed', value: 1 }, tokensPerSecond: 5000, networkMs: 0 },
    relay: null,
    faults: [],
  };
}
