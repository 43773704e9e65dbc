import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, homedir } from 'node:os';
import { dirname, join } from 'node:path';
import type { PlannedPhase } from '../model/arrival.ts';
import type { Problem } from '../model/problem.ts';

export interface RateCalibration {
  readonly perSecond: number;
  readonly sent: number;
  readonly skipped: number;
  readonly lagP50Ms: number;
  readonly lagP99Ms: number;
  readonly lagMaxMs: number;
  readonly onTime: boolean;
}

export interface Calibration {
  readonly schemaVersion: 1;
  readonly machine: string;
  /** ISO. */
  readonly calibratedAt: string;
  readonly secondsPerRate: number;
  readonly rates: readonly RateCalibration[];
  /** Highest rate that was kept on time together with every lower one; null when not even the lowest was. */
  readonly onTimePerSecond: number | null;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** `$XDG_CACHE_HOME` or `~/.cache` (specifications.freedesktop.org/basedir-spec, seen 2026-11-21). */
export function calibrationPath(env: Environment): string {
  const given = env.XDG_CACHE_HOME;
  const cache = given?.startsWith('/') ? given : join(env.HOME ?? homedir(), '.cache');
  return join(cache, 'quotascope', 'calibration.json');
}

/** What a calibration holds for: another processor, or another Node, sends at another pace. */
export function machineFingerprint(): string {
  const cores = cpus();
  return `${cores.length} x ${cores[0]?.model.trim() ?? 'unknown'}, ${process.platform} ${process.arch}, Node ${process.version}`;
}

/** Throws what the file system throws. */
export function storeCalibration(path: string, calibration: Calibration): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${JSON.stringify(calibration, null, 2)}\n`);
}

/** The stored calibration of this machine; null when there is none, or it is another machine's, or unreadable. */
export function readCalibration(path: string): Calibration | null {
  try {
    const found: Calibration = JSON.parse(readFileSync(path, 'utf8'));
    return found.schemaVersion === 1 && found.machine === machineFingerprint() ? found : null;
  } catch {
    return null;
  }
}

/** Said before a run whose planned rate this machine is not known to keep; null when it is, or nothing is known. */
export function calibrationWarning(calibration: Calibration | null, phases: readonly PlannedPhase[]): Problem | null {
  if (calibration === null) return null;
  const planned = Math.max(0, ...phases.map(({ peakPerSecond }) => peakPerSecond ?? 0).filter(Number.isFinite));
  const kept = calibration.onTimePerSecond ?? 0;
  if (planned <= kept) return null;
  const failed = calibration.rates.some(({ perSecond, onTime }) => !onTime && perSecond <= planned);
  const message = failed
    ? `up to ${Math.round(planned)} requests/s are planned, and this machine kept ${kept}/s on time (${calibration.calibratedAt.slice(0, 10)}): the run will likely be invalid`
    : `up to ${Math.round(planned)} requests/s are planned, more than the ${kept}/s that were tried on this machine`;
  const hint = 'lower the rate, use an idle or faster machine, or run quotascope calibrate again';
  return { code: 'beyond-calibration', severity: 'warning', message, hint, where: null };
}
