import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { calibrate, highestOnTime, rateCalibration } from '../../src/commands/calibrate.ts';
import {
  type Calibration,
  calibrationPath,
  calibrationWarning,
  machineFingerprint,
  readCalibration,
  storeCalibration,
} from '../../src/commands/calibration-cache.ts';
import type { PlannedPhase } from '../../src/model/arrival.ts';
import { createWorkspace, type Workspace } from './run-folder.ts';

let space: Workspace;
beforeAll(() => {
  space = createWorkspace();
});
afterAll(() => space.remove());

const lags = (p99Ms: number) => [...Array(98).fill(0.1), p99Ms, p99Ms];

describe('a rate is on time', () => {
  test.each([
    ['at 10/s below a tenth of the gap', 10, 9.9, true],
    ['at 10/s not from there on', 10, 10, false],
    ['at 1000/s below 5 ms', 1000, 4.9, true],
    ['at 1000/s not from there on', 1000, 5, false],
  ])('%s', (_, perSecond, lagMs, onTime) => {
    expect(rateCalibration(perSecond, lags(lagMs), 0)).toMatchObject({ lagP99Ms: lagMs, lagP50Ms: 0.1, onTime });
  });

  test('only when nothing was skipped, and something was sent', () => {
    expect(rateCalibration(100, lags(1), 1).onTime).toBe(false);
    expect(rateCalibration(100, [], 0).onTime).toBe(false);
  });

  test('together with every lower one', () => {
    const rates = [10, 100, 500].map((perSecond) => rateCalibration(perSecond, lags(perSecond === 100 ? 50 : 1), 0));
    expect(highestOnTime(rates)).toBe(10);
    expect(highestOnTime(rates.slice(1))).toBeNull();
  });
});

describe('the warning before a run', () => {
  const phase = (peakPerSecond: number | null): PlannedPhase => ({
    index: 0,
    kind: 'hold',
    label: 'hold',
    startMs: 0,
    endMs: 1000,
    plannedArrivals: 1,
    peakPerSecond,
  });
  const calibration: Calibration = {
    schemaVersion: 1,
    machine: machineFingerprint(),
    calibratedAt: '2026-11-21T10:00:00.000Z',
    secondsPerRate: 3,
    rates: [rateCalibration(100, lags(1), 0), rateCalibration(500, lags(80), 0)],
    onTimePerSecond: 100,
  };

  test('comes above the rate that was kept on time, not at it', () => {
    expect(calibrationWarning(calibration, [phase(100), phase(null)])).toBeNull();
    expect(calibrationWarning(calibration, [phase(101)])?.message).toContain('more than the 100/s that were tried');
    expect(calibrationWarning(calibration, [phase(500)])?.message).toContain('will likely be invalid');
  });

  test('does not come for bursts, whose rate has no end, or without a calibration', () => {
    expect(calibrationWarning(calibration, [phase(Number.POSITIVE_INFINITY)])).toBeNull();
    expect(calibrationWarning(null, [phase(500)])).toBeNull();
  });

  test("does not use another machine's calibration, or a broken file", () => {
    const path = calibrationPath({ XDG_CACHE_HOME: join(space.path, 'other') });
    storeCalibration(path, { ...calibration, machine: 'another' });
    expect(readCalibration(path)).toBeNull();
    storeCalibration(path, calibration);
    expect(readCalibration(path)).toEqual(calibration);
    expect(readCalibration(space.write('broken.json', '{'))).toBeNull();
  });
});

test('calibrates against the simulator on this machine and stores what it found', async () => {
  const result = await calibrate({
    secondsPerRate: 1,
    env: { XDG_CACHE_HOME: space.path },
    now: new Date('2026-11-21T10:00:00Z'),
  });
  if (!result.ok) throw new Error(result.problems[0]?.message);
  expect(result.path).toBe(join(space.path, 'quotascope', 'calibration.json'));
  expect(JSON.parse(readFileSync(result.path, 'utf8'))).toEqual(result.calibration);
  expect(result.calibration.rates.map(({ perSecond }) => perSecond)).toEqual([10, 100, 500, 1000, 2000]);
  for (const { perSecond, sent, skipped } of result.calibration.rates) expect(sent + skipped).toBe(perSecond);
  expect(result.calibration.rates[0]?.sent).toBeGreaterThan(0);
}, 30_000);
