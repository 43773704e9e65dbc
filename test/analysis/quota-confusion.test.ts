/**
 * Goal: bound the share of wrong verdicts over accounts nobody chose by hand. Method: 200 seeded accounts, RPS and RPM
 * off or at 0.5 to 1.5 times the documented number, window families mixed, a tenth counting refused calls; the truth
 * rule below knows the limits and who refused, and shares nothing with the estimator.
 */
import { expect, test } from 'vitest';
import { verifyQuota } from '../../src/analysis/quota-verify.ts';
import { NO_LIMITS, type WindowKind, type WindowLimit } from '../../src/model/simulator.ts';
import { type Random, randomFor } from '../../src/stats/random.ts';
import { PUBLISHED, protocol, run } from './quota-traffic.ts';

const ACCOUNTS = 200;
const FAMILIES: readonly WindowKind[] = ['sliding_log', 'sliding_counter', 'fixed_clock', 'fixed_first', 'bucket'];
const DOCUMENTED = { rps: 10, rpm: 600 } as const;
const TRAFFIC = protocol(10);

type Name = keyof typeof DOCUMENTED;
type Limits = Readonly<Record<Name, WindowLimit | null>>;

function drawLimit(documented: number, random: Random): WindowLimit | null {
  const isOff = random() < 0.25;
  const limit = Math.round(documented * (0.5 + random()));
  const window = FAMILIES[Math.floor(random() * FAMILIES.length)] as WindowKind;
  const countsRefused = random() < 0.1;
  return isOff ? null : { limit, window, countsRefused };
}

/** What may be said. A limit that never refused cannot be confirmed; a minute behind a tighter second is hidden. */
function acceptable(name: Name, limits: Limits, refusedBy: ReadonlyMap<string, number>): readonly string[] {
  const documented = DOCUMENTED[name];
  const limit = limits[name]?.limit ?? Number.POSITIVE_INFINITY;
  const same = Math.abs(limit - documented) <= Math.max(0.5, 0.03 * documented);
  if ((refusedBy.get(name) ?? 0) > 0) return [same ? 'as_documented' : limit < documented ? 'lower' : 'higher'];
  const hidden = name === 'rpm' && (limits.rps?.limit ?? Number.POSITIVE_INFINITY) * 60 <= documented * 1.03;
  if (hidden && (refusedBy.get('rps') ?? 0) > 0) return ['masked'];
  return limit > documented && !same ? ['higher', 'not_reached', 'masked'] : ['not_reached', 'masked'];
}

test('of the verdicts on 200 random accounts at most one in a hundred is wrong, five undecided', () => {
  let wrong = 0;
  let undecided = 0;
  let missed = 0;
  let measured = 0;
  for (let n = 0; n < ACCOUNTS; n += 1) {
    const random = randomFor(2026, 'account', n);
    const limits = { rps: drawLimit(10, random), rpm: drawLimit(600, random) };
    // Every second account is reached over a path with 2 ms of jitter.
    const delayMs = () => 2 * (n % 2) * random();
    const { trace, refusedBy } = run(
      { limits: { ...NO_LIMITS, ...limits }, phaseMs: 60_000 * random(), delayMs },
      TRAFFIC,
    );
    for (const verdict of verifyQuota(trace, { quota: PUBLISHED, variant: 'default' })) {
      if (verdict.limit !== 'rps' && verdict.limit !== 'rpm') continue;
      const { limit: name, result, estimate } = verdict;
      if (result === 'inconclusive') undecided += 1;
      else if (!acceptable(name, limits, refusedBy).includes(result)) wrong += 1;
      const limit = limits[name]?.limit;
      if (estimate === null || limit === undefined) continue;
      measured += 1;
      if (limit < estimate.low || limit > estimate.high) missed += 1;
    }
  }
  expect(wrong).toBeLessThanOrEqual(0.01 * 2 * ACCOUNTS);
  expect(undecided).toBeLessThanOrEqual(0.05 * 2 * ACCOUNTS);
  expect(measured).toBeGreaterThan(ACCOUNTS);
  expect(missed).toBeLessThanOrEqual(0.01 * measured);
}, 60_000);
