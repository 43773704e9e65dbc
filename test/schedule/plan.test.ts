import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Arrivals, Phase } from '../../src/model/scenario.ts';
import { plannedPeaks, planSchedule } from '../../src/schedule/plan.ts';
import { burst, closed, hold, pause, ramp, replay, rowsAt, steps, takeAll } from './phases.ts';

const timesOf = (traffic: readonly Phase[], seed = 1) =>
  takeAll(planSchedule(traffic, { seed }).source()).map((arrival) => arrival.scheduledMs);

test.each<readonly [string, Phase, readonly number[], number]>([
  // phase, arrivals, end
  ['a burst leaves at one instant', burst(3), [0, 0, 0], 0],
  ['a spread burst starts at 0 and leaves one gap free at the end', burst(4, 2000), [0, 500, 1000, 1500], 2000],
  ['a burst of none', burst(0, 500), [], 500],
  ['a hold starts at once and has no arrival at its end', hold(2, 2000), [0, 500, 1000, 1500], 2000],
  ['a hold shorter than a second', hold(10, 250), [0, 100, 200], 250],
  ['a hold shorter than one gap', hold(1, 10), [0], 10],
  ['a rate that is no whole number of microseconds', hold(3, 1000), [0, 333.333, 666.667], 1000],
  ['one request a minute, as a scenario gives it', hold(1 / 60, 120_000), [0, 60_000], 120_000],
  ['twenty a minute: 20/60 times 60 is not 20 in floating point', hold(20 / 60, 9000), [0, 3000, 6000], 9000],
  ['a rate of 0', hold(0, 1000), [], 1000],
  ['a rate of 0, poisson', hold(0, 1000, { kind: 'poisson' }), [], 1000],
  ['a duration of 0', hold(5, 0), [], 0],
  ['a pause', pause(1500), [], 1500],
  // N(t) = t^2 / 2: arrival k at sqrt(2k) seconds.
  ['a ramp from 0', ramp(0, 4, 4000), [0, 1414.214, 2000, 2449.49, 2828.427, 3162.278, 3464.102, 3741.657], 4000],
  // The mirror image: N(t) = 4t - t^2 / 2 = k.
  ['a ramp to 0', ramp(4, 0, 4000), [0, 258.343, 535.898, 837.722, 1171.573, 1550.51, 2000, 2585.786], 4000],
  ['a flat ramp is a hold', ramp(2, 2, 2000), [0, 500, 1000, 1500], 2000],
  ['a ramp of nothing', ramp(0, 0, 1000), [], 1000],
  ['a ramp of no length', ramp(1, 9, 0), [], 0],
  [
    'steps up, with rests between and none after the last',
    steps({ from: 1, to: 3, by: 1 }, 1000, 500),
    [0, 1500, 2000, 3000, 3333.333, 3666.667],
    4000,
  ],
  ['steps down', steps({ from: 2, to: 1, by: 1 }, 1000, 0), [0, 500, 1000], 2000],
  ['steps never pass their end', steps({ from: 1, to: 2.5, by: 1 }, 1000, 0), [0, 1000, 1500], 2000],
  ['a single step', steps({ from: 2, to: 2, by: 0 }, 1000, 700), [0, 500], 1000],
  [
    'steps that pass their end by a rounding error',
    steps({ from: 2 - 1e-10, to: 0, by: 1 }, 1000, 0),
    [0, 500, 1000],
    3000,
  ],
  ['steps from silence', steps({ from: 0, to: 1, by: 1 }, 1000, 0), [1000], 2000],
  ['a replay keeps its times', replay(rowsAt(0, 10.5, 10.5, 300)), [0, 10.5, 10.5, 300], 300],
  ['a replay at double speed', replay(rowsAt(0, 10.5, 301), 2), [0, 5.25, 150.5], 150.5],
  ['a replay that starts late', replay(rowsAt(100)), [100], 100],
  ['an empty replay', replay([]), [], 0],
  ['a closed phase: all at the start, no more without answers', closed(3, 1000), [0, 0, 0], 1000],
  ['a closed phase of no length', closed(3, 0), [], 0],
])('%s', (_, phase, times, endMs) => {
  const plan = planSchedule([phase], { seed: 1 });
  expect(timesOf([phase])).toEqual(times);
  expect(plan.endMs).toBe(endMs);
  expect(plan.phases[0]?.endMs).toBe(endMs);
  expect(plan.phases[0]?.plannedArrivals).toBe(phase.kind === 'closed' ? null : times.length);
});

test.each<readonly [string, Phase]>([
  ['rate', hold(-1, 1000)],
  ['rate', hold(Number.NaN, 1000)],
  ['rate', hold(Number.POSITIVE_INFINITY, 1000)],
  ['duration', hold(1, -1)],
  ['pause', pause(-5)],
  ['cv', hold(1, 1000, { kind: 'gamma', cv: 0 })],
  ['requests', burst(-1)],
  ['half a request', burst(1.5)],
  ['half a slot', closed(1.5, 1000)],
  ['ramp', ramp(-1, 5, 1000)],
  ['step of 0 between two rates', steps({ from: 1, to: 2, by: 0 }, 1000, 0)],
  ['speed', replay(rowsAt(0), 0)],
  ['rows out of order', replay(rowsAt(5, 4))],
  ['a row before the start', replay(rowsAt(-1))],
])('numbers that no scenario can hold throw: %s', (_, phase) => {
  expect(() => planSchedule([phase], { seed: 1 })).toThrow(RangeError);
});

test('phases follow one another and keep label, kind, count and highest rate', () => {
  const traffic = [
    burst(8),
    pause(15_000),
    { ...ramp(1, 9, 20_000), label: 'climb' },
    closed(20, 60_000),
    hold(9, 60_000),
  ];
  const { phases, endMs } = planSchedule(traffic, { seed: 7 });
  expect(phases).toEqual([
    { index: 0, kind: 'burst', label: 'burst', startMs: 0, endMs: 0, plannedArrivals: 8, peakPerSecond: 8 },
    { index: 1, kind: 'pause', label: 'pause', startMs: 0, endMs: 15_000, plannedArrivals: 0, peakPerSecond: null },
    { index: 2, kind: 'ramp', label: 'climb', startMs: 15_000, endMs: 35_000, plannedArrivals: 100, peakPerSecond: 9 },
    {
      index: 3,
      kind: 'closed',
      label: 'closed',
      startMs: 35_000,
      endMs: 95_000,
      plannedArrivals: null,
      peakPerSecond: null,
    },
    { index: 4, kind: 'hold', label: 'hold', startMs: 95_000, endMs: 155_000, plannedArrivals: 540, peakPerSecond: 9 },
  ]);
  expect(endMs).toBe(155_000);
  expect(planSchedule([], { seed: 1 })).toMatchObject({ phases: [], endMs: 0 });
});

test('the highest rate: of a spread burst, of steps, of a trace', () => {
  const peakOf = (phase: Phase) => planSchedule([phase], { seed: 1 }).phases[0]?.peakPerSecond;
  expect(peakOf(burst(50, 2000))).toBe(25);
  expect(peakOf(burst(50, 100))).toBe(50);
  expect(peakOf(burst(0))).toBeNull();
  expect(peakOf(steps({ from: 12, to: 2, by: 2 }, 1000, 0))).toBe(12);
  expect(peakOf(replay(rowsAt(0, 999, 1000, 1500), 1))).toBe(3);
  expect(peakOf(replay([]))).toBeNull();
});

test('arrivals are numbered through, know their phase, and every walk starts anew', () => {
  const schedule = planSchedule([burst(2), hold(2, 1000)], { seed: 1 });
  const arrivals = takeAll(schedule.source());
  expect(arrivals.map(({ seq, phaseIndex, scheduledMs }) => [seq, phaseIndex, scheduledMs])).toEqual([
    [0, 0, 0],
    [1, 0, 0],
    [2, 1, 0],
    [3, 1, 500],
  ]);
  expect(arrivals[3]).toMatchObject({ pairSeq: 3, variantIndex: 0, turn: 0, size: null });
  expect(takeAll(schedule.source())).toEqual(arrivals);
});

test('take() without a due arrival throws', () => {
  const source = planSchedule([burst(1)], { seed: 1 }).source();
  source.take();
  expect(source.nextDueMs()).toBeNull();
  expect(() => source.take()).toThrow('without a due arrival');
});

test('a replayed row brings its sizes along', () => {
  const rows = [
    { atMs: 0, promptTokens: 374, maxTokens: 44 },
    { atMs: 5, promptTokens: null, maxTokens: 9 },
    { atMs: 6, promptTokens: null, maxTokens: null },
  ];
  expect(takeAll(planSchedule([replay(rows)], { seed: 1 }).source()).map((arrival) => arrival.size)).toEqual([
    { promptTokens: 374, maxTokens: 44 },
    { promptTokens: null, maxTokens: 9 },
    null,
  ]);
});

test("editing one phase does not change another's gaps; the seed changes all", () => {
  const random = hold(20, 5000, { kind: 'poisson' });
  const gaps = (traffic: readonly Phase[], seed: number) =>
    takeAll(planSchedule(traffic, { seed }).source())
      .filter((arrival) => arrival.phaseIndex === 1)
      .map((arrival, _, all) => Math.round((arrival.scheduledMs - (all[0]?.scheduledMs ?? 0)) * 1000));
  const before = gaps([hold(3, 1000), random], 7);
  expect(before.length).toBeGreaterThan(50);
  expect(gaps([hold(30, 2500, { kind: 'poisson' }), random], 7)).toEqual(before);
  expect(gaps([hold(3, 1000), random], 8)).not.toEqual(before);
  expect(timesOf([random, random])).not.toEqual([...timesOf([random]), ...timesOf([random]).map((at) => at + 5000)]);
});

const rate = fc.double({ min: 0, max: 200, noNaN: true });
const duration = fc.integer({ min: 0, max: 20_000 });
const arrivalsArbitrary: fc.Arbitrary<Arrivals> = fc.oneof(
  fc.constant<Arrivals>({ kind: 'uniform' }),
  fc.constant<Arrivals>({ kind: 'poisson' }),
  fc.double({ min: 0.2, max: 6, noNaN: true }).map((cv): Arrivals => ({ kind: 'gamma', cv })),
);
const phaseArbitrary: fc.Arbitrary<Phase> = fc.oneof(
  fc.tuple(fc.nat(50), fc.oneof(fc.constant(0), duration)).map(([requests, overMs]) => burst(requests, overMs)),
  duration.map(pause),
  fc.tuple(rate, rate, duration).map(([from, to, durationMs]) => ramp(from, to, durationMs)),
  fc
    .tuple(rate, rate, fc.integer({ min: 5, max: 50 }), fc.nat(2000), fc.nat(2000))
    .map(([from, to, by, each, rest]) => steps({ from, to, by }, each, rest)),
  fc.tuple(rate, duration, arrivalsArbitrary).map(([perSecond, durationMs, kind]) => hold(perSecond, durationMs, kind)),
  fc
    .tuple(fc.array(fc.nat(20_000), { maxLength: 50 }), fc.double({ min: 0.1, max: 10, noNaN: true }))
    .map(([times, speed]) => replay(rowsAt(...times.sort((a, b) => a - b)), speed)),
);

test('whatever the phases: ordered, inside their phase, in microseconds, and as many as planned', () => {
  fc.assert(
    fc.property(fc.array(phaseArbitrary, { maxLength: 5 }), fc.nat(1000), (traffic, seed) => {
      const { phases, source, endMs } = planSchedule(traffic, { seed });
      const counts = new Array<number>(traffic.length).fill(0);
      let lastMs = 0;
      for (const { phaseIndex, scheduledMs } of takeAll(source())) {
        expect(scheduledMs).toBeGreaterThanOrEqual(lastMs);
        lastMs = scheduledMs;
        const phase = phases[phaseIndex];
        expect(scheduledMs).toBeGreaterThanOrEqual(phase?.startMs ?? Number.NaN);
        expect(scheduledMs).toBeLessThanOrEqual(phase?.endMs ?? Number.NaN);
        expect(Math.round(scheduledMs * 1000) / 1000).toBe(scheduledMs);
        counts[phaseIndex] = (counts[phaseIndex] as number) + 1;
      }
      expect(counts).toEqual(phases.map((phase) => phase.plannedArrivals));
      expect(endMs).toBe(phases.at(-1)?.endMs ?? 0);
    }),
    { numRuns: 150 },
  );
});

test('a uniform hold never has more than rate x window + 1 in any window, and not less than rate x window - 1', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0.1, max: 150, noNaN: true }),
      fc.constantFrom(1000, 10_000),
      (perSecond, windowMs) => {
        const [most] = plannedPeaks(planSchedule([hold(perSecond, 30_000)], { seed: 1 }), [windowMs]);
        expect(most).toBeLessThanOrEqual((perSecond * windowMs) / 1000 + 1);
        expect(most).toBeGreaterThan((perSecond * windowMs) / 1000 - 1);
      },
    ),
    { numRuns: 60 },
  );
});

test('540 a minute: 9 in any second, 90 in any 10 s, 540 in any minute, none more', () => {
  expect(plannedPeaks(planSchedule([pause(300.3), hold(9, 120_000)], { seed: 1 }), [1000, 10_000, 60_000])).toEqual([
    9, 90, 540,
  ]);
});

test('planned peaks count closed phases by their first wave only', () => {
  expect(plannedPeaks(planSchedule([closed(5, 1000), hold(1, 1000)], { seed: 1 }), [1000])).toEqual([5]);
});

test('a ramp holds the integral of its rate', () => {
  fc.assert(
    fc.property(rate, rate, fc.integer({ min: 1, max: 20_000 }), (from, to, durationMs) => {
      const { phases } = planSchedule([ramp(from, to, durationMs)], { seed: 1 });
      const integral = ((from + to) / 2) * (durationMs / 1000);
      expect(phases[0]?.plannedArrivals).toBeGreaterThan(integral - 1e-3);
      expect(phases[0]?.plannedArrivals).toBeLessThan(integral + 1 + 1e-3);
    }),
  );
});
