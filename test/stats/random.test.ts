import { expect, test } from 'vitest';
import { hashFor, randomFor } from '../../src/stats/random.ts';

const firstDraws = (random: () => number, count: number) => Array.from({ length: count }, random);

test('streams are the same on every machine and in every version', () => {
  // Golden values: schedules and requests of recorded runs follow from them.
  expect(firstDraws(randomFor(7, 'arrivals', 0), 3)).toEqual([
    0.7298736195079982, 0.5169896308798343, 0.4144516761880368,
  ]);
  expect(firstDraws(randomFor(1), 2)).toEqual([0.2687059920281172, 0.835106099722907]);
  expect(hashFor(7, 'nonce', 42)).toBe(2878687577);
});

test('a stream depends on seed, keys, their order and their type, and on nothing drawn before', () => {
  const draw = (seed: number, ...keys: (string | number)[]) => randomFor(seed, ...keys)();
  const different = [draw(7, 'a', 5), draw(8, 'a', 5), draw(7, 'a', '5'), draw(7, 5, 'a'), draw(7, 'a5'), draw(7, 'a')];
  expect(new Set(different).size).toBe(different.length);
  randomFor(3, 'other')();
  expect(draw(7, 'a', 5)).toBe(different[0]);
});

test('neighbouring numbers, large seeds and fractions open different streams', () => {
  const keys = [0, 1, 2, -1, 2 ** 32, 2 ** 32 + 1, 2 ** 53 - 1, 0.5, 0.25, 1.5];
  expect(new Set(keys.map((key) => randomFor(key, 'x')())).size).toBe(keys.length);
  expect(new Set(keys.map((key) => randomFor(1, key)())).size).toBe(keys.length);
});

/** Chi-square statistic of a 32 x 32 table of pairs; 1023 degrees of freedom: 99.99 % of tables lie in 860 .. 1200. */
function pairStatistic(pairOf: (index: number) => readonly [number, number]): number {
  const cells = new Float64Array(1024);
  const count = 200_000;
  for (let index = 0; index < count; index++) {
    const [x, y] = pairOf(index);
    const cell = Math.floor(x * 32) * 32 + Math.floor(y * 32);
    cells[cell] = (cells[cell] as number) + 1;
  }
  return cells.reduce((sum, cell) => sum + (cell - count / 1024) ** 2 / (count / 1024), 0);
}

test.each<readonly [string, (index: number) => readonly [number, number]]>([
  ['successive draws', (index) => firstDraws(randomFor(1, index, 'size'), 2) as [number, number]],
  ['purposes of one request', (index) => [randomFor(1, index, 'size')(), randomFor(1, index, 'max')()]],
  ['neighbouring requests', (index) => [randomFor(1, 'size', index)(), randomFor(1, 'size', index + 1)()]],
  ['neighbouring seeds', (index) => [randomFor(index, 'size')(), randomFor(index + 1, 'size')()]],
])('the first draws of streams are independent: %s', (_, pairOf) => {
  expect(pairStatistic(pairOf)).toBeGreaterThan(860);
  expect(pairStatistic(pairOf)).toBeLessThan(1200);
});

test('a stream does not depend on which one was asked for before', () => {
  const keys = [['a', 1], ['a', 2], ['b', 1], [1, 'a'], ['1', 'a'], ['a'], []] as const;
  const alone = keys.map((each) => hashFor(3, ...each));
  expect(new Set(alone).size).toBe(keys.length);
  for (const first of keys) {
    for (const [index, second] of keys.entries()) {
      hashFor(3, ...first);
      expect(hashFor(3, ...second)).toBe(alone[index]);
      hashFor(4, ...first);
      expect(hashFor(3, ...second)).toBe(alone[index]);
    }
  }
});

test('draws lie in [0, 1)', () => {
  const random = randomFor(5, 'range');
  let low = 1;
  let high = 0;
  for (let draw = 0; draw < 100_000; draw++) {
    const value = random();
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  expect(low).toBeGreaterThanOrEqual(0);
  expect(low).toBeLessThan(0.001);
  expect(high).toBeLessThan(1);
  expect(high).toBeGreaterThan(0.999);
});
