import { expect, test } from 'vitest';
import { drawNormal } from '../../src/stats/distributions.ts';
import { signFlipTest } from '../../src/stats/permutation.ts';
import { randomFor } from '../../src/stats/random.ts';

const options = { random: randomFor(1, 'flips') };

test('five differences of one sign: 2 of 32 patterns are as extreme', () => {
  expect(signFlipTest([1, 2, 3, 4, 5], options)).toEqual({ mean: 3, p: 2 / 32, exact: true });
});

test("Darwin's plants (Fisher, The Design of Experiments, section 21): 1726 of 32768 patterns", () => {
  // Differences in eighths of an inch. Fifteen pairs: beyond the exact range, so p scatters around 0.0527.
  const differences = [49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48];
  const result = signFlipTest(differences, { random: randomFor(1, 'darwin') });
  expect(result?.exact).toBe(false);
  expect(result?.p).toBeGreaterThan(0.0527 - 0.008);
  expect(result?.p).toBeLessThan(0.0527 + 0.008);
});

test('the exact test ends at 14 pairs', () => {
  expect(signFlipTest(new Array(14).fill(1), options)).toMatchObject({ p: 2 / 2 ** 14, exact: true });
  const sampled = signFlipTest(new Array(15).fill(1), options);
  expect(sampled?.exact).toBe(false);
  expect(sampled?.p).toBeGreaterThan(0);
  expect(sampled?.p).toBeLessThan(0.002);
});

test('no differences say nothing; no pairs are no test', () => {
  expect(signFlipTest([0, 0, 0], options)).toMatchObject({ mean: 0, p: 1 });
  expect(signFlipTest([], options)).toBeNull();
});

test('about one false alarm in twenty on random pairs', () => {
  let alarms = 0;
  for (let trial = 0; trial < 200; trial++) {
    const random = randomFor(trial, 'pairs');
    const differences = Array.from({ length: 30 }, () => drawNormal(random));
    if ((signFlipTest(differences, { random: randomFor(trial, 'f'), permutations: 400 })?.p ?? 1) <= 0.05) alarms++;
  }
  expect(alarms).toBeGreaterThan(1);
  expect(alarms).toBeLessThan(22);
});
