import { expect, test } from 'vitest';
import type { Arrivals } from '../../src/model/scenario.ts';
import { planSchedule } from '../../src/schedule/plan.ts';
import { hold, takeAll } from './phases.ts';

function gapsOf(arrivals: Arrivals, seed: number): number[] {
  const times = takeAll(planSchedule([hold(50, 2_000_000, arrivals)], { seed }).source()).map(
    (each) => each.scheduledMs,
  );
  return times.slice(1).map((at, index) => at - (times[index] as number));
}

/** 100,000 gaps of 20 ms on average, at fixed seeds. */
test.each<readonly [string, Arrivals, number]>([
  ['poisson', { kind: 'poisson' }, 1],
  ['gamma, regular', { kind: 'gamma', cv: 0.5 }, 0.5],
  ['gamma, cv 1 is poisson', { kind: 'gamma', cv: 1 }, 1],
  ['gamma, bursty', { kind: 'gamma', cv: 2.2 }, 2.2],
  ['gamma, spiky', { kind: 'gamma', cv: 6 }, 6],
])('%s: rate and coefficient of variation are as asked', (_, arrivals, cv) => {
  const gaps = gapsOf(arrivals, 5);
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
  const variance = gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length;
  // Five standard errors of the mean; the deviation of a heavy-tailed gap is known to a few per cent.
  expect(Math.abs(mean / 20 - 1)).toBeLessThan((5 * cv) / Math.sqrt(gaps.length));
  expect(Math.abs(Math.sqrt(variance) / mean / cv - 1)).toBeLessThan(0.06);
});

test('gaps of a poisson hold have no memory: counts per second vary as their mean', () => {
  const { source } = planSchedule([hold(50, 2_000_000, { kind: 'poisson' })], { seed: 5 });
  const counts = new Float64Array(2000);
  for (const { scheduledMs } of takeAll(source())) {
    const second = Math.floor(scheduledMs / 1000);
    counts[second] = (counts[second] as number) + 1;
  }
  const mean = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  const variance = counts.reduce((sum, count) => sum + (count - mean) ** 2, 0) / counts.length;
  expect(variance / mean).toBeGreaterThan(0.85);
  expect(variance / mean).toBeLessThan(1.15);
});

test.each([0.5, 2.2, 6])('a short phase holds rate x time on average even at cv %d: no excess at its start', (cv) => {
  const runs = 4000;
  let total = 0;
  let squares = 0;
  for (let seed = 0; seed < runs; seed++) {
    const count = planSchedule([hold(5, 2000, { kind: 'gamma', cv })], { seed }).phases[0]?.plannedArrivals ?? 0;
    total += count;
    squares += count * count;
  }
  const mean = total / runs;
  const standardError = Math.sqrt((squares / runs - mean * mean) / runs);
  expect(Math.abs(mean - 10)).toBeLessThan(4.5 * standardError);
});

test('a million arrivals come in order without being held', () => {
  const { source, phases } = planSchedule([hold(1000, 1_000_000, { kind: 'poisson' })], { seed: 2 });
  const walk = source();
  let lastMs = 0;
  let count = 0;
  for (let dueMs = walk.nextDueMs(); dueMs !== null; dueMs = walk.nextDueMs()) {
    if (dueMs < lastMs) throw new Error(`${dueMs} after ${lastMs}`);
    lastMs = walk.take().scheduledMs;
    count++;
  }
  expect(count).toBe(phases[0]?.plannedArrivals);
  expect(Math.abs(count - 1_000_000)).toBeLessThan(5000);
});
