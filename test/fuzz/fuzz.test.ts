import { afterAll, describe, expect, test } from 'vitest';
import { chanceOf } from '../../bench/fuzz/chance.ts';
import { errorsTarget } from '../../bench/fuzz/errors.ts';
import { headsTarget } from '../../bench/fuzz/heads.ts';
import { journalsTarget } from '../../bench/fuzz/journals.ts';
import { scenariosTarget } from '../../bench/fuzz/scenarios.ts';
import { streamsTarget } from '../../bench/fuzz/streams.ts';

/* Few inputs, always the same: `npm run fuzz` tries more of them. */

const TARGETS = [
  { target: streamsTarget(), rounds: 3 },
  { target: headsTarget(), rounds: 2 },
  { target: journalsTarget(), rounds: 4 },
  { target: errorsTarget(), rounds: 2 },
  { target: scenariosTarget(), rounds: 2 },
] as const;
afterAll(async () => {
  for (const { target } of TARGETS) await target.close();
});

describe('mutated input', () => {
  test.each(TARGETS)('of $target.name breaks nothing', { timeout: 60_000 }, async ({ target, rounds }) => {
    const chance = chanceOf(3);
    for (let round = 0; round < rounds; round++) expect((await target.round(chance)).findings).toEqual([]);
  });

  test('is the same for the same seed', () => {
    const draw = (seed: number) => {
      const chance = chanceOf(seed);
      return Array.from({ length: 20 }, () => chance.below(1000));
    };
    expect(draw(4)).toEqual(draw(4));
    expect(draw(4)).not.toEqual(draw(5));
  });
});
