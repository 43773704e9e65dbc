import fc from 'fast-check';
import { expect, test } from 'vitest';
import { countsWithin, firstAfter, slidingPeak, windowIndex } from '../../src/stats/windows.ts';

interface Event {
  readonly atMs: number;
  readonly weight: number;
}

/** Every window that starts at an event, by definition. */
function peakByDefinition(events: readonly Event[], windowMs: number): number {
  const totals = events.map(({ atMs: from }) =>
    events.filter(({ atMs }) => atMs >= from && atMs < from + windowMs).reduce((sum, event) => sum + event.weight, 0),
  );
  return Math.max(0, ...totals);
}

const eventsArbitrary = fc
  .array(fc.record({ atMs: fc.integer({ min: 0, max: 300 }), weight: fc.integer({ min: 0, max: 9 }) }), {
    maxLength: 200,
  })
  .map((events) => events.sort((a, b) => a.atMs - b.atMs));

test('the peak is the most in any half-open window', () => {
  fc.assert(
    fc.property(eventsArbitrary, fc.integer({ min: 1, max: 120 }), (events, windowMs) => {
      const peak = slidingPeak(windowMs);
      for (const { atMs, weight } of events) peak.add(atMs, weight);
      expect(peak.peak()).toBe(peakByDefinition(events, windowMs));
    }),
    { numRuns: 300 },
  );
});

test('events exactly one window apart do not count together, a hair less do', () => {
  const apart = slidingPeak(1000);
  apart.add(0, 1);
  apart.add(1000, 1);
  expect([apart.peak(), apart.peakAtMs(), apart.current()]).toEqual([1, 0, 1]);
  const together = slidingPeak(1000);
  together.add(0, 1);
  together.add(999.999, 1);
  expect([together.peak(), together.peakAtMs()]).toEqual([2, 999.999]);
});

test('an empty peak is 0 and nowhere; a window of no length and time that runs backwards throw', () => {
  const peak = slidingPeak(10);
  expect([peak.peak(), peak.peakAtMs(), peak.current()]).toEqual([0, null, 0]);
  peak.add(5, 1);
  expect(() => peak.add(4.999, 1)).toThrow(RangeError);
  expect(() => peak.add(Number.NaN, 1)).toThrow(RangeError);
  expect(() => slidingPeak(0)).toThrow(RangeError);
});

test('a million events at 10 per ms in a window of 1 s', () => {
  const peak = slidingPeak(1000);
  for (let index = 0; index < 1_000_000; index++) peak.add(index / 10, 2);
  expect(peak.peak()).toBe(20_000);
  expect(peak.current()).toBe(20_000);
});

test('both look-ups count what lies in (at - window, at]', () => {
  fc.assert(
    fc.property(
      eventsArbitrary,
      fc.integer({ min: 1, max: 120 }),
      fc.integer({ min: -10, max: 320 }),
      (events, windowMs, atMs) => {
        const times = events.map((event) => event.atMs);
        const weights = events.map((event) => event.weight);
        const inside = events.filter((event) => event.atMs > atMs - windowMs && event.atMs <= atMs);
        const expected = { count: inside.length, weight: inside.reduce((sum, event) => sum + event.weight, 0) };
        expect(windowIndex(times, weights).within({ windowMs, atMs })).toEqual(expected);
        expect(countsWithin(times, weights, { windowMs, atMs })).toEqual(expected);
        expect(countsWithin(times, null, { windowMs, atMs }).weight).toBe(inside.length);
        expect(windowIndex(times, null).within({ windowMs, atMs }).weight).toBe(inside.length);
      },
    ),
    { numRuns: 300 },
  );
});

test('firstAfter is the number of times up to an instant', () => {
  expect(firstAfter([1, 2, 2, 3], 2)).toBe(3);
  expect(firstAfter([1, 2, 2, 3], 0.5)).toBe(0);
  expect(firstAfter([1, 2, 2, 3], 3)).toBe(4);
  expect(firstAfter([], 3)).toBe(0);
});
