import { describe, expect, test } from 'vitest';
import type { SimulatorLimits, SimulatorSettings, TokenAccounting } from '../../src/model/simulator.ts';
import type { SimulatedCall } from '../../src/simulator/core/plan.ts';
import { simulatedEndpoint } from '../../src/simulator/endpoint.ts';
import { answered, callWith, limited, slidingLog } from './settings.ts';

/** Shows the calls at these times to an endpoint and to one rival; the calls that were made when the rival parted. */
function partsAt(
  own: SimulatorSettings,
  rival: Partial<SimulatorLimits>,
  timesMs: readonly number[],
  changes: Partial<SimulatedCall> = {},
): { readonly calls: number | null; readonly kinds: readonly string[] } {
  let calls: number | null = null;
  const kinds: string[] = [];
  const settings = { ...own, limits: { ...own.limits, ...rival } };
  const onParted = () => {
    if (calls !== null) throw new Error('parted twice');
    calls = kinds.length + 1;
  };
  const endpoint = simulatedEndpoint(own, [{ settings, hasParted: () => calls !== null, onParted }]);
  for (const atMs of timesMs) {
    const plan = endpoint.answer(callWith(changes), atMs);
    kinds.push(plan.kind);
    if (plan.kind === 'answer') endpoint.finish(plan, plan.finishedAtMs);
  }
  return { calls, kinds };
}

const SECOND_APART = Array.from({ length: 6 }, (_, index) => index * 1000);

describe('limits that are shown the calls of an endpoint', () => {
  test('never part while both admit, nor while both refuse by the same limit', () => {
    expect(partsAt(limited({ rpm: slidingLog(100) }), { rpm: slidingLog(6) }, SECOND_APART).calls).toBeNull();
    const { calls, kinds } = partsAt(
      limited({ rpm: slidingLog(2) }),
      { rpm: { ...slidingLog(2), window: 'fixed_first' } },
      SECOND_APART,
    );
    expect(kinds).toEqual(['answer', 'answer', 'refusal', 'refusal', 'refusal', 'refusal']);
    expect(calls).toBeNull();
  });

  test('part at the first call that they decide differently', () => {
    expect(partsAt(limited({ rpm: slidingLog(100) }), { rpm: slidingLog(3) }, SECOND_APART).calls).toBe(4);
    expect(partsAt(limited({ rpm: slidingLog(3) }), { rpm: slidingLog(100) }, SECOND_APART).calls).toBe(4);
  });

  test('part where both refuse, but another limit speaks', () => {
    const rival = { rps: slidingLog(1), rpm: slidingLog(5) };
    expect(partsAt(limited({ rpm: slidingLog(1) }), rival, [0, 100]).calls).toBe(2);
  });

  test('part where they book more at admission', () => {
    const tpm = (accounting: TokenAccounting) => ({ ...slidingLog(570), accounting });
    const own = limited({ tpm: tpm('prompt_at_admission') });
    // 100 prompt and 16 answer tokens a call, 464 after four: the fifth fits by its prompt, not with its answer.
    expect(partsAt(own, { tpm: tpm('reserve_max_tokens') }, SECOND_APART).calls).toBe(5);
    expect(partsAt(own, { tpm: tpm('prompt_at_admission') }, SECOND_APART).calls).toBeNull();
  });

  test('learn of the end of an answer, and part by what it gives back', () => {
    const tpm = (accounting: TokenAccounting) => ({ ...slidingLog(2500), accounting });
    const own = limited({ tpm: tpm('reserve_max_tokens') });
    const call = { maxTokens: 1000 };
    expect(partsAt(own, { tpm: tpm('reserve_and_refund') }, SECOND_APART, call).calls).toBe(3);
    expect(partsAt(own, { tpm: tpm('reserve_max_tokens') }, SECOND_APART, call).calls).toBeNull();
  });

  test('change no answer', () => {
    const own = limited({ rpm: slidingLog(3) });
    const plain = simulatedEndpoint(own);
    const watched = simulatedEndpoint(own, [{ settings: own, hasParted: () => false, onParted: () => {} }]);
    const call = callWith();
    expect(answered(watched.answer(call, 5)).finishedAtMs).toBe(answered(plain.answer(call, 5)).finishedAtMs);
  });
});
