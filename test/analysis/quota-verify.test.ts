/**
 * Goal: every published limit gets the verdict that the enforced one deserves. Method: the limiter stack is stepped
 * under the protocol traffic in virtual time, with and without jitter on the way to the limiter; the estimator sees
 * only what a client sees.
 */
import { describe, expect, test } from 'vitest';
import { QUOTA_CODES } from '../../src/analysis/quota-trace.ts';
import { verifyQuota } from '../../src/analysis/quota-verify.ts';
import type { QuotaVerdict } from '../../src/model/finding.ts';
import type { LimitName, QuotaSet } from '../../src/model/quota.ts';
import { NO_LIMITS, type SimulatorLimits, type TokenAccounting, type WindowKind } from '../../src/model/simulator.ts';
import { randomFor } from '../../src/stats/random.ts';
import { type Account, hold, PUBLISHED, protocol, ramp, rest, run, type Stretch } from './quota-traffic.ts';

const log = (limit: number, window: WindowKind = 'sliding_log', countsRefused = false) => ({
  limit,
  window,
  countsRefused,
});
const tokens = (limit: number, accounting: TokenAccounting = 'prompt_at_admission') => ({ ...log(limit), accounting });
const TEN = protocol(10);
/** No whole number of gaps fills a second. */
const OFF_THE_EDGE = protocol(10.3);

interface Setup extends Omit<Account, 'limits'> {
  readonly limits: Partial<SimulatorLimits>;
  readonly traffic?: readonly Stretch[];
  readonly quota?: Partial<QuotaSet>;
}

function verdicts(jitterMs: number, setup: Setup): Readonly<Record<LimitName, QuotaVerdict>> {
  const { limits, traffic = TEN, quota = {}, ...account } = setup;
  const random = randomFor(11, jitterMs);
  const { trace } = run(
    { ...account, limits: { ...NO_LIMITS, ...limits }, delayMs: () => jitterMs * random() },
    traffic,
  );
  const list = verifyQuota(trace, { quota: { ...PUBLISHED, ...quota }, variant: 'default' });
  return Object.fromEntries(list.map((one) => [one.limit, one])) as Record<LimitName, QuotaVerdict>;
}

function covers(verdict: QuotaVerdict, limit: number): void {
  expect(verdict.estimate?.low).toBeLessThanOrEqual(limit);
  expect(verdict.estimate?.high).toBeGreaterThanOrEqual(limit);
}

describe.each([0, 2])('with %d ms of jitter', (jitterMs) => {
  test('as published, strict: RPS is as documented and hides RPM', () => {
    const { rps, rpm } = verdicts(jitterMs, { limits: { rps: log(10), rpm: log(600) } });
    expect(rps).toMatchObject({ result: 'as_documented', binding: true, estimate: { value: 10, low: 9, high: 11 } });
    expect(rps.admitted).toEqual({ windowMs: 1000, max: 10 });
    expect(rps.offered.max).toBeGreaterThanOrEqual(20);
    expect(rpm).toMatchObject({ result: 'masked', maskedBy: 'rps', binding: false, estimate: null, refusals: 0 });
  });

  test('RPM 480 behind RPS 10: each gets its own refusals', () => {
    const { rps, rpm } = verdicts(jitterMs, { limits: { rps: log(10), rpm: log(480) } });
    expect(rps).toMatchObject({ result: 'as_documented', binding: false, estimate: { value: 10 } });
    expect(rpm).toMatchObject({ result: 'lower', binding: true, estimate: { value: 480, low: 479, high: 481 } });
  });

  test('RPS 7: lower, and RPM cannot be seen', () => {
    const { rps, rpm } = verdicts(jitterMs, { limits: { rps: log(7), rpm: log(600) } });
    expect(rps).toMatchObject({ result: 'lower', binding: true, estimate: { value: 7, low: 6, high: 8 } });
    expect(rpm).toMatchObject({ result: 'masked', maskedBy: 'rps' });
  });

  test('TPM 1.2 M with 2,300-token requests: higher, and RPM is held under its limit by TPM', () => {
    const traffic = [ramp(1, 8, 30), rest(120), hold(17.4, 75), hold(9.6, 180), rest(120), hold(8.2, 180)];
    const limits = { rpm: log(600), tpm: tokens(1_200_000) };
    const found = verdicts(jitterMs, { limits, traffic, promptTokens: 2300 });
    expect(found.tpm).toMatchObject({ result: 'higher', binding: true });
    covers(found.tpm, 1_200_000);
    expect((found.tpm.estimate?.high ?? 0) - (found.tpm.estimate?.low ?? 0)).toBeLessThan(0.03 * 1_200_000);
    expect(found.rpm).toMatchObject({ result: 'masked', maskedBy: 'tpm' });
    expect(found.tps.result).toBe('higher');
  });

  test.each(['prompt_at_admission', 'reserve_max_tokens', 'reserve_and_refund', 'at_completion'] as const)(
    'TPM as documented, booked by %s',
    (accounting) => {
      const traffic = [rest(1), hold(14.5, 75), hold(8, 180), rest(120), hold(6.9, 180)];
      const { tpm } = verdicts(jitterMs, {
        limits: { tpm: tokens(1_000_000, accounting) },
        traffic,
        promptTokens: 2300,
      });
      expect(tpm.result).toBe('as_documented');
      covers(tpm, 1_000_000);
    },
  );

  test('TPS and TPM, both as documented: TPS is seen to one request, TPM hidden behind it', () => {
    const traffic = [ramp(1, 25, 30), rest(120), hold(50, 75), hold(27, 180)];
    const limits = { tps: tokens(16_667), tpm: tokens(1_000_000) };
    const quota = { tps: 16_667, tpm: 1_000_100 };
    const { tps, tpm } = verdicts(jitterMs, { limits, traffic, quota, promptTokens: 650 });
    expect(tps).toMatchObject({ result: 'as_documented', binding: true });
    covers(tps, 16_667);
    expect(tpm).toMatchObject({ result: 'masked', maskedBy: 'tps' });
  });

  test('no limits: higher where enough was offered, not reached where not', () => {
    const found = verdicts(jitterMs, { limits: {} });
    expect(found.rps).toMatchObject({ result: 'higher', estimate: null });
    expect(found.rpm).toMatchObject({ result: 'higher', estimate: null });
    for (const name of ['tps', 'tpm', 'burst', 'concurrency'] as const) expect(found[name].result).toBe('not_reached');
  });

  test.each(['bucket', 'fixed_clock', 'fixed_first', 'sliding_counter'] as const)(
    'RPM 600 as %s, RPS off: as documented, and no refusal is put down to RPS',
    (window) => {
      const { rps, rpm } = verdicts(jitterMs, { limits: { rpm: log(600, window) }, phaseMs: 33_333 });
      expect(rpm.result).toBe('as_documented');
      covers(rpm, 600);
      expect(rps).toMatchObject({ result: 'higher', refusals: 0 });
    },
  );

  test.each([
    ['a minute at 1.1x', [hold(11, 60)]],
    ['three minutes at 1.1x', [hold(11, 180)]],
  ] as const)('RPM as a full bucket of 600 under %s from rest shows nothing: not reached', (_, traffic) => {
    const { rpm } = verdicts(jitterMs, { limits: { rpm: log(600, 'bucket') }, traffic });
    expect(rpm).toMatchObject({ result: 'not_reached', estimate: null, refusals: 0 });
    expect(rpm.why).toContain('full bucket');
  });

  test.each(['bucket', 'fixed_clock', 'fixed_first', 'sliding_counter'] as const)(
    'RPS 10 and RPM 600, both as %s: RPS as documented, RPM masked',
    (window) => {
      const limits = { rps: log(10, window), rpm: log(600, window) };
      const { rps, rpm } = verdicts(jitterMs, { limits, phaseMs: 333 });
      expect(rps.result).toBe('as_documented');
      covers(rps, 10);
      expect(rpm).toMatchObject({ result: 'masked', maskedBy: 'rps' });
    },
  );

  test('counting refused calls, a lock-out still shows the limit that caused it', () => {
    const { rps, rpm } = verdicts(jitterMs, { limits: { rps: log(10, 'sliding_log', true), rpm: log(600) } });
    expect(rps.result).toBe('as_documented');
    expect(rps.evidence.join()).toContain('counting refused calls');
    expect(rpm.result).toBe('masked');
    const minute = verdicts(jitterMs, { limits: { rpm: log(600, 'sliding_log', true) } });
    expect(minute.rpm.result).toBe('as_documented');
    covers(minute.rpm, 600);
  });

  test('RPS by a burst on a steady baseline', () => {
    const traffic = [hold(5, 60), hold(30, 2), hold(5, 60), hold(30, 2), hold(5, 30)];
    const { rps, rpm } = verdicts(jitterMs, { limits: { rps: log(10) }, traffic });
    expect(rps.result).toBe('as_documented');
    expect(rpm.result).toBe('masked');
  });

  test('the snapshot with 60 RPM, 1 RPS', () => {
    const quota = { rps: 1, rpm: 60, tps: 1667, tpm: 100_000 };
    const { rps, rpm } = verdicts(jitterMs, { limits: { rps: log(1), rpm: log(60) }, traffic: protocol(1), quota });
    expect(rps).toMatchObject({ result: 'as_documented', estimate: { value: 1 } });
    expect(rpm).toMatchObject({ result: 'masked', maskedBy: 'rps' });
    const half = verdicts(jitterMs, { limits: { rps: log(1), rpm: log(40) }, traffic: protocol(1), quota });
    expect(half.rpm).toMatchObject({ result: 'lower', estimate: { value: 40 }, binding: true });
  });

  test('the growth guard: its steps are reported, not a number it never published', () => {
    const burst = { baselinePerSecond: 2, factor: 3, overMs: 10_000 };
    const { burst: guard, rps } = verdicts(jitterMs, { limits: { rps: log(10), burst } });
    expect(guard).toMatchObject({ result: 'as_documented', documented: null });
    expect(guard.refusals).toBeGreaterThan(50);
    expect(guard.why).toMatch(/smallest refused step was [\d.]+ requests per second/);
    expect(rps.result).toBe('as_documented');
  });

  test('concurrency: as many in flight as slots', () => {
    const account = { limits: { concurrency: 8 }, serviceMs: 2000, traffic: [hold(10, 60)] };
    expect(verdicts(jitterMs, { ...account, quota: { concurrency: 8 } }).concurrency).toMatchObject({
      result: 'as_documented',
      estimate: { value: 8, low: 7 },
    });
    expect(verdicts(jitterMs, { ...account, quota: { concurrency: 20 } }).concurrency.result).toBe('lower');
    expect(verdicts(jitterMs, { ...account, quota: { concurrency: 4 } }).concurrency.result).toBe('higher');
    expect(verdicts(jitterMs, account).concurrency.result).toBe('inconclusive');
  });
});

describe('numbers that are not whole', () => {
  const sixtieth = 1000 / 60;
  const quota = { rps: sixtieth, rpm: 1000 };
  test.each(['sliding_log', 'fixed_clock', 'fixed_first', 'sliding_counter', 'bucket'] as const)(
    'RPS of 16.67 as %s is as documented, whether 16 or 16.67 requests pass',
    (window) => {
      const found = verdicts(2, { limits: { rps: log(sixtieth, window) }, traffic: protocol(sixtieth), quota });
      expect(found.rps.result).toBe('as_documented');
      expect(found.rpm).toMatchObject({ result: 'masked', maskedBy: 'rps' });
    },
  );

  test('RPS of 15 where 16.67 is documented is lower, of 18 higher', () => {
    const traffic = protocol(sixtieth);
    expect(verdicts(2, { limits: { rps: log(15) }, traffic, quota }).rps.result).toBe('lower');
    expect(verdicts(2, { limits: { rps: log(18) }, traffic, quota }).rps.result).toBe('higher');
  });
});

describe('calls of a third of the second limit', () => {
  const traffic = [rest(1), hold(9, 60)];
  test.each([
    ['2,400 tokens show TPS of 16,667 to one call', 2400, 'as_documented'],
    ['6,000 tokens would hide a limit a quarter lower: no claim', 6000, 'inconclusive'],
  ] as const)('%s', (_, promptTokens, result) => {
    const { tps } = verdicts(2, { limits: { tps: tokens(16_667) }, traffic, promptTokens });
    expect(tps.result).toBe(result);
    covers(tps, 16_667);
  });
});

test.each(['sliding_log', 'sliding_counter', 'fixed_clock', 'fixed_first', 'bucket'] as const)(
  'RPS and RPM that both count refused calls, as %s: never a wrong verdict',
  (window) => {
    const limits = { rps: log(10, window, true), rpm: log(480, window, true) };
    const { rps, rpm } = verdicts(2, { limits, phaseMs: 12_345 });
    expect(['as_documented', 'inconclusive']).toContain(rps.result);
    expect(['lower', 'masked', 'inconclusive']).toContain(rpm.result);
  },
);

test('a run without attempts reaches nothing', () => {
  for (const one of Object.values(verdicts(0, { limits: {}, traffic: [] }))) expect(one.result).toBe('not_reached');
});

test('nothing published: what was measured is said, and held against nothing', () => {
  const { rps, rpm } = verdicts(0, { limits: { rps: log(10) }, quota: { rps: null, rpm: null } });
  expect(rps).toMatchObject({ result: 'inconclusive', documented: null, estimate: { value: 10 } });
  expect(rpm).toMatchObject({ result: 'not_reached', documented: null });
});

test('one lone refusal in a minute at half the limit is no limit', () => {
  const { trace } = run({ limits: NO_LIMITS }, [hold(5, 120)]);
  trace.code[300] = 1;
  const [rps, rpm] = verifyQuota(trace, { quota: PUBLISHED, variant: 'default' });
  expect(rps?.result).not.toBe('as_documented');
  expect(rpm?.result).not.toBe('as_documented');
});

test('refusals for growth where nothing grew say nothing about the guard', () => {
  const { trace } = run({ limits: NO_LIMITS }, [hold(5, 60)]);
  trace.code[200] = QUOTA_CODES.burst;
  const find = () =>
    verifyQuota(trace, { quota: PUBLISHED, variant: 'default' }).find(({ limit }) => limit === 'burst');
  expect(find()).toMatchObject({ result: 'inconclusive', estimate: null, refusals: 1 });
  expect(find()?.why).toContain('where nothing grew');
  // The same refusal as the first call of a run, from nothing to one.
  trace.code[200] = QUOTA_CODES.admitted;
  trace.code[0] = QUOTA_CODES.burst;
  expect(find()).toMatchObject({ result: 'as_documented', refusals: 1 });
});

test('says what it saw in words', () => {
  const { rps, rpm } = verdicts(0, { limits: { rps: log(10), rpm: log(600) }, traffic: OFF_THE_EDGE });
  expect(rps.why).toBe(
    `10 requests admitted in the tightest second, and ${rps.refusals.toLocaleString('en-US')} refusals beyond that need a limit of 10 requests per second; 10 is documented.`,
  );
  expect(rpm.why).toBe(
    'RPS of 10 lets no more than 600 requests per minute pass, so nothing can reach the documented 600; 590 requests admitted in the tightest minute.',
  );
});
