import fc from 'fast-check';
import { expect, test } from 'vitest';
import { editDistance, nearest, suggestion } from '../../src/scenario/spelling.ts';

test.each([
  ['', '', 0],
  ['abc', '', 3],
  ['kitten', 'sitting', 3],
  ['brust', 'burst', 1],
  ['rpm', 'rps', 1],
])('%j to %j takes %d edits', (a, b, distance) => {
  expect(editDistance(a, b)).toBe(distance);
});

test('the distance is symmetric and zero only for equal words', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 12 }), fc.string({ maxLength: 12 }), (a, b) => {
      expect(editDistance(a, b)).toBe(editDistance(b, a));
      expect(editDistance(a, b) === 0).toBe(a === b);
    }),
  );
});

test('two edits are a typo, three are another word', () => {
  expect(nearest('treshholds', ['thresholds'])).toBe('thresholds');
  expect(nearest('trshlds', ['thresholds'])).toBeNull();
  expect(nearest('SIMULATOR', ['simulator'])).toBe('simulator');
});

test('a short name is not meant by something entirely else', () => {
  expect(nearest('xx', ['at', 'to'])).toBeNull();
  expect(suggestion('xx', ['at', 'to'])).toBe('allowed: at, to');
});
