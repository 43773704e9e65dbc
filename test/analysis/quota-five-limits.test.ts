/**
 * Goal: one run judges all five limits of an account, whatever it enforces. Method: a ramp, a drain and a hold of small
 * calls for the request limits, then large calls for the token limits, in virtual time with several jitters; what is
 * enforced is changed per case, what is documented stays.
 */
import { describe, expect, test } from 'vitest';
import { verifyQuota } from '../../src/analysis/quota-verify.ts';
import type { QuotaResult, QuotaVerdict } from '../../src/model/finding.ts';
import type { LimitName } from '../../src/model/quota.ts';
import { NO_LIMITS, type SimulatorLimits, type WindowKind } from '../../src/model/simulator.ts';
import { randomFor } from '../../src/stats/random.ts';
import { hold, PUBLISHED, prompts, ramp, rest, run, type Stretch } from './quota-traffic.ts';

const log = (limit: number, window: WindowKind = 'sliding_log') => ({ limit, window, countsRefused: false });
const tokens = (limit: number) => ({ ...log(limit), accounting: 'prompt_at_admission' as const });

const BURST = { baselinePerSecond: 5, factor: 3, overMs: 10_000 };
const AS_PUBLISHED: SimulatorLimits = {
  ...NO_LIMITS,
  rps: log(10),
  rpm: log(600),
  tps: tokens(16_666),
  tpm: tokens(1_000_000),
  burst: BURST,
};

const TRAFFIC: readonly Stretch[] = [
  ...prompts(20, [
    hold(5000, 0.002),
    rest(20),
    ramp(1, 20, 60),
    hold(20, 75),
    hold(11, 180),
    rest(120),
    ramp(1, 9.5, 40),
  ]),
  ...prompts(2400, [hold(9.5, 200)]),
];

function verdicts(limits: SimulatorLimits, jitterMs: number): Readonly<Record<LimitName, QuotaVerdict>> {
  const random = randomFor(5, jitterMs);
  const account = { limits, maxTokens: 1, completionTokens: 1, serviceMs: 600, delayMs: () => jitterMs * random() };
  const { trace } = run(account, TRAFFIC);
  const list = verifyQuota(trace, { quota: { ...PUBLISHED, tps: 16_666 }, variant: 'default' });
  return Object.fromEntries(list.map((one) => [one.limit, one])) as Record<LimitName, QuotaVerdict>;
}

interface Case {
  readonly name: string;
  readonly limits: Partial<SimulatorLimits>;
  readonly expected: Readonly<Record<'rps' | 'rpm' | 'tps' | 'tpm' | 'burst', QuotaResult>>;
  /** What must lie in the interval. */
  readonly covers: Partial<Record<LimitName, number>>;
}

const CASES: readonly Case[] = [
  {
    name: 'as published',
    limits: {},
    expected: { rps: 'as_documented', rpm: 'masked', tps: 'as_documented', tpm: 'masked', burst: 'as_documented' },
    covers: { rps: 10, tps: 16_666 },
  },
  {
    name: 'RPM 480',
    limits: { rpm: log(480) },
    expected: { rps: 'as_documented', rpm: 'lower', tps: 'as_documented', tpm: 'masked', burst: 'as_documented' },
    covers: { rps: 10, rpm: 480, tps: 16_666 },
  },
  {
    name: 'RPS 7',
    limits: { rps: log(7) },
    expected: { rps: 'lower', rpm: 'masked', tps: 'as_documented', tpm: 'masked', burst: 'as_documented' },
    covers: { rps: 7, tps: 16_666 },
  },
  {
    name: 'RPS and TPS off, TPM 1.2 M',
    limits: { rps: null, tps: null, tpm: tokens(1_200_000) },
    expected: { rps: 'higher', rpm: 'as_documented', tps: 'higher', tpm: 'higher', burst: 'as_documented' },
    covers: { rpm: 600, tpm: 1_200_000 },
  },
  {
    name: 'no limits',
    limits: NO_LIMITS,
    expected: { rps: 'higher', rpm: 'higher', tps: 'higher', tpm: 'higher', burst: 'not_reached' },
    covers: {},
  },
  {
    name: 'RPS off, RPM a bucket of 600',
    limits: { rps: null, rpm: log(600, 'bucket') },
    expected: { rps: 'higher', rpm: 'as_documented', tps: 'as_documented', tpm: 'masked', burst: 'as_documented' },
    covers: { rpm: 600, tps: 16_666 },
  },
];

describe.each([0, 2, 5])('with %d ms of jitter', (jitterMs) => {
  test.each(CASES)('$name', ({ limits, expected, covers }) => {
    const found = verdicts({ ...AS_PUBLISHED, ...limits }, jitterMs);
    const { rps, rpm, tps, tpm, burst } = found;
    expect({ rps: rps.result, rpm: rpm.result, tps: tps.result, tpm: tpm.result, burst: burst.result }).toEqual(
      expected,
    );
    for (const [name, limit] of Object.entries(covers)) {
      const { estimate } = found[name as LimitName];
      expect(estimate?.low).toBeLessThanOrEqual(limit);
      expect(estimate?.high).toBeGreaterThanOrEqual(limit);
    }
  });
});

test('a per-second limit is not suspected of refusals in seconds that admitted nothing', () => {
  const { tps, tpm } = verdicts({ ...AS_PUBLISHED, rps: null, tps: null, tpm: tokens(1_200_000) }, 2);
  expect(tps.refusals).toBe(0);
  expect(tpm.refusals).toBeGreaterThan(150);
  expect((tpm.estimate?.high ?? 0) - (tpm.estimate?.low ?? 0)).toBeLessThan(0.02 * 1_200_000);
});

test('says how fine a limit is seen through calls of that size', () => {
  const { tps, tpm } = verdicts(AS_PUBLISHED, 2);
  expect(tps.why).toContain('16,666 is documented, within one call of about 2,3');
  expect(tps.evidence.at(-1)).toContain('smaller calls tell finer');
  expect((tps.estimate?.high ?? 0) - (tps.estimate?.low ?? 0)).toBeLessThan(1.1 * 2400);
  expect(tpm.why).toContain('TPS of 16,666 lets no more than 999,960 tokens per minute pass');
});
