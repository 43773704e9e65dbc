/** Goal: the allowance for jitter comes from the path that was measured. Method: round trips with known spread. */
import { describe, expect, test } from 'vitest';
import { jitterBoundMs } from '../../src/analysis/quota-jitter.ts';
import { quotaTraceBuilder } from '../../src/analysis/quota-trace.ts';
import { verifyQuota } from '../../src/analysis/quota-verify.ts';
import { NO_LIMITS, type WindowKind } from '../../src/model/simulator.ts';
import { randomFor } from '../../src/stats/random.ts';
import { attempt, limited, PUBLISHED, protocol, run } from './quota-traffic.ts';

function boundOf(roundTripsMs: readonly number[]): number | null {
  const builder = quotaTraceBuilder();
  for (const [n, roundTripMs] of roundTripsMs.entries()) {
    const tokens = { promptTokens: 20, maxTokens: 1, completionTokens: 1 };
    builder.add(attempt({ n, sentMs: n, finishedMs: n + roundTripMs, outcome: limited('rps'), ...tokens }));
  }
  return jitterBoundMs(builder.finish({ restMs: 0 }));
}
const spread = (count: number, fromMs: number, toMs: number) =>
  Array.from({ length: count }, (_, n) => fromMs + ((toMs - fromMs) * n) / (count - 1));

describe('bound', () => {
  test('too few refusals say nothing, twenty do', () => {
    expect(boundOf(spread(19, 10, 30))).toBeNull();
    expect(boundOf(spread(20, 10, 30))).not.toBeNull();
  });

  test('a constant delay is no jitter', () => {
    expect(boundOf(spread(200, 80, 80))).toBe(0);
  });

  test('half the spread of the round trips, without the last one in a hundred', () => {
    expect(boundOf([...spread(1001, 10, 30), 500])).toBeCloseTo(9.8, 1);
  });

  test('20 ms at most', () => {
    expect(boundOf(spread(200, 10, 300))).toBe(20);
  });
});

describe('allowance', () => {
  const found = (jitterMs: number, window: WindowKind) => {
    const random = randomFor(3, jitterMs);
    const limits = { ...NO_LIMITS, rps: { limit: 10, window, countsRefused: false } };
    const { trace } = run({ limits, phaseMs: 333, delayMs: () => jitterMs * random() }, protocol(10));
    const [rps, rpm] = verifyQuota(trace, { quota: PUBLISHED, variant: 'default' });
    return { rps, rpm };
  };

  test('a quiet path needs no more than the usual one', () => {
    const { rps } = found(4, 'sliding_counter');
    expect(rps).toMatchObject({ result: 'as_documented' });
    expect(rps?.evidence).toContain('Arrivals taken as within 5 ms of their send times, apart from a constant delay.');
  });

  test('a path with 40 ms of jitter is given more, and the limit is still found', () => {
    const { rps } = found(40, 'sliding_counter');
    expect(rps).toMatchObject({ result: 'as_documented', estimate: { value: 10 } });
    expect(rps?.evidence).toContain('Arrivals taken as within 10 ms of their send times, apart from a constant delay.');
  });

  test('refusals that jitter moved are not put down to a second limit', () => {
    const { rps, rpm } = found(40, 'bucket');
    expect(rps).toMatchObject({ result: 'as_documented', estimate: { value: 10 } });
    expect(rpm).toMatchObject({ result: 'masked', refusals: 0 });
  });
});
