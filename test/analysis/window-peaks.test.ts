import fc from 'fast-check';
import { expect, test } from 'vitest';
import { windowPeaks } from '../../src/analysis/window-peaks.ts';
import { type SlidingPeak, slidingPeak } from '../../src/stats/windows.ts';

const WINDOWS_MS = [10, 100, 600];
const COLUMNS = [0, 1, 2] as const;
const event = fc.record({
  gapMs: fc.oneof(fc.constantFrom(0, 0.1, 10, 100, 600), fc.integer({ min: 0, max: 700 })),
  weights: fc.tuple(fc.nat(1), fc.nat(1000), fc.nat(50)),
});

test('every window and column is what a peak of its own would be, at every event', () => {
  fc.assert(
    fc.property(fc.array(event, { maxLength: 300 }), (events) => {
      const together = windowPeaks(WINDOWS_MS);
      const alone = WINDOWS_MS.map((windowMs) => COLUMNS.map(() => slidingPeak(windowMs)));
      let atMs = 0;
      for (const { gapMs, weights } of events) {
        atMs += gapMs;
        together.add(atMs, ...weights);
        alone.forEach((columns, window) => {
          COLUMNS.forEach((column) => {
            const peak = columns[column] as SlidingPeak;
            peak.add(atMs, weights[column] as number);
            expect(together.peak(window, column)).toBe(peak.peak());
            expect(together.current(window, column)).toBe(peak.current());
          });
        });
      }
    }),
    { numRuns: 200 },
  );
});

test('more events in a window than the ring first holds are all counted', () => {
  const peaks = windowPeaks([1000, 60_000]);
  for (let index = 0; index < 5000; index++) peaks.add(index * 10, 1);
  expect([peaks.peak(0, 0), peaks.peak(1, 0)]).toEqual([100, 5000]);
});

test('an event before the last one is refused', () => {
  const peaks = windowPeaks([1000]);
  peaks.add(5, 1);
  expect(() => peaks.add(4.9, 1)).toThrow(RangeError);
});
