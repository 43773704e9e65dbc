import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monotonicClock } from '../drivers/monotonic-clock.ts';
import { type JournalWriter, journalWriter } from '../journal/writer.ts';
import type { JournalSink } from '../model/journal.ts';
import type { Scenario } from '../model/scenario.ts';
import { parseScenario } from '../scenario/parse.ts';
import {
  type Calibration,
  calibrationPath,
  machineFingerprint,
  type RateCalibration,
  storeCalibration,
} from './calibration-cache.ts';
import { type Endpoints, startEndpoints } from './endpoints.ts';
import { type CommandResult, environmentFailure, errorMessage } from './failure.ts';
import { openLiveLanes } from './live-lanes.ts';
import { fireLoad } from './live-load.ts';
import { rehearse } from './rehearsal.ts';
import { trafficOf } from './traffic.ts';

const RATES_PER_SECOND = [10, 100, 500, 1000, 2000] as const;
/** Lag up to a tenth of the gap keeps the shape of the arrivals; below 5 ms it cannot matter at any rate. */
const LAG_SHARE_OF_GAP = 0.1;
const LAG_ALWAYS_GOOD_MS = 5;
/** Answers take about a millisecond: what is in flight at once stays far below. */
const SOCKETS = 64;
const LEAD_MS = 100;

export interface CalibrateOptions {
  readonly secondsPerRate: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly now: Date;
  /** Called after each rate. */
  readonly onRate?: (rate: RateCalibration) => void;
}

export interface CalibrateOutput {
  readonly calibration: Calibration;
  /** Where it was stored. */
  readonly path: string;
}

/**
 * Measures which rates this machine sends on time to 127.0.0.1: the run loop, driver and journal of a real run, against
 * the simulator in a process of its own with every limit off.
 */
export async function calibrate(options: CalibrateOptions): Promise<CommandResult<CalibrateOutput>> {
  let endpoints: Endpoints | null = null;
  try {
    const scenario = scenarioAt(RATES_PER_SECOND[0], options.secondsPerRate);
    endpoints = await startEndpoints(scenario.variants);
    await rehearse(scenario);
    const rates: RateCalibration[] = [];
    for (const perSecond of RATES_PER_SECOND) {
      const rate = await measure(scenarioAt(perSecond, options.secondsPerRate), perSecond, endpoints);
      rates.push(rate);
      options.onRate?.(rate);
    }
    const calibration: Calibration = {
      schemaVersion: 1,
      machine: machineFingerprint(),
      calibratedAt: options.now.toISOString(),
      secondsPerRate: options.secondsPerRate,
      rates,
      onTimePerSecond: highestOnTime(rates),
    };
    const path = calibrationPath(options.env);
    storeCalibration(path, calibration);
    return { ok: true, calibration, path };
  } catch (error) {
    return environmentFailure('calibration', `the calibration failed: ${errorMessage(error)}`);
  } finally {
    await endpoints?.stop();
  }
}

export function highestOnTime(rates: readonly RateCalibration[]): number | null {
  const firstLate = rates.findIndex(({ onTime }) => !onTime);
  const kept = firstLate === -1 ? rates : rates.slice(0, firstLate);
  return kept.at(-1)?.perSecond ?? null;
}

function scenarioAt(perSecond: number, seconds: number): Scenario {
  const parsed = parseScenario(
    JSON.stringify({
      name: 'calibration',
      target: 'simulator',
      model: 'qwen3-max',
      workload: { promptTokens: 50, maxTokens: 4, stream: false },
      traffic: [{ hold: { rate: `${perSecond}/s`, for: `${seconds}s` } }],
      simulator: {
        limits: { rps: 'off', rpm: 'off', tps: 'off', tpm: 'off', burst: 'off' },
        latency: { ttft: '1ms', tokensPerSecond: 10_000 },
      },
      safety: { maxInFlight: 2000 },
    }),
    { file: 'calibration' },
  );
  if (!parsed.ok) throw new Error(parsed.problems[0]?.message ?? 'the calibration scenario is invalid');
  return parsed.value;
}

async function measure(scenario: Scenario, perSecond: number, endpoints: Endpoints): Promise<RateCalibration> {
  const clock = monotonicClock();
  const { traffic } = trafficOf(scenario);
  const lanes = openLiveLanes({ scenario, variants: endpoints.variants(), env: {}, clock, phases: traffic });
  if (!lanes.ok) throw new Error(lanes.problems[0]?.message ?? 'no lane');
  const folder = mkdtempSync(join(tmpdir(), 'quotascope-calibrate-'));
  try {
    for (const transport of lanes.transports) await transport.warm(SOCKETS);
    const writer = journalWriter({ path: join(folder, 'journal.ndjson'), secrets: [], maxBytes: null, clock });
    const lags: number[] = [];
    const skips = { count: 0 };
    const sink = lagSink(writer, lags, skips);
    clock.zeroIn(LEAD_MS);
    await fireLoad({ scenario, clock, lanes, sink, stop: undefined, kill: undefined, onStart: undefined });
    writer.close();
    return rateCalibration(perSecond, lags, skips.count);
  } finally {
    clock.stop();
    for (const transport of lanes.transports) await transport.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

function lagSink(writer: JournalWriter, lags: number[], skips: { count: number }): JournalSink {
  return {
    write(record) {
      if (record.type === 'sent') lags.push(record.sentMs - record.dueMs);
      else if (record.type === 'not_sent') skips.count += 1;
      writer.write(record);
    },
    failed: () => writer.failed(),
  };
}

export function rateCalibration(perSecond: number, lagsMs: readonly number[], skipped: number): RateCalibration {
  const sorted = [...lagsMs].sort((a, b) => a - b);
  const quantile = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  const lagP99Ms = quantile(0.99);
  const allowedMs = Math.max((1000 / perSecond) * LAG_SHARE_OF_GAP, LAG_ALWAYS_GOOD_MS);
  return {
    perSecond,
    sent: sorted.length,
    skipped,
    lagP50Ms: quantile(0.5),
    lagP99Ms,
    lagMaxMs: sorted.at(-1) ?? 0,
    onTime: sorted.length > 0 && skipped === 0 && lagP99Ms < allowedMs,
  };
}
