import { describe, expect, test } from 'vitest';
import { compareFold } from '../../src/analysis/compare.ts';
import { judged } from '../../src/analysis/judged.ts';
import { thresholds } from '../../src/analysis/thresholds.ts';
import type { Finding } from '../../src/model/finding.ts';
import type { Claim } from '../../src/model/threshold.ts';
import { threshold } from './fixture.ts';
import { manifest, phase, variant } from './manifest.ts';
import { end, limited, OK, type Shot, sent } from './records.ts';

const DIRECT = variant({ name: 'direct', quotaGroup: 'direct' });
const RELAY = variant({
  name: 'relay',
  quotaGroup: 'relay',
  price: { inputUsdPerMillion: 1.056, outputUsdPerMillion: 5.28, source: 'relay', seenOn: '2026-11-21' },
});
const HEALTHY = { verdict: 'valid', reasons: [] } as unknown as Parameters<
  ReturnType<typeof thresholds>['finish']
>[0]['health'];

const USAGE = { promptTokens: 100, completionTokens: 20, cachedTokens: null, reasoningTokens: null };

function claim(text: string, variantName = 'relay', relativeTo: string | null = null): Claim {
  return { text: `${variantName}: ${text}`, variant: variantName, threshold: threshold(text), relativeTo };
}

/** The finding of one claim about `count` requests of each variant. */
function decided(given: Claim, count: number, shotOf: (seq: number, variantIndex: number) => Partial<Shot>): Finding {
  const plan = manifest({
    phases: [phase({ index: 0, endMs: count * 100 })],
    variants: [DIRECT, RELAY],
    claims: [given],
  });
  const rules = thresholds(plan);
  const fold = compareFold(plan);
  for (let seq = 0; seq < count; seq += 1) {
    for (const variantIndex of [0, 1]) {
      const over = shotOf(seq, variantIndex);
      const shot: Shot = { seq: seq * 2 + variantIndex, sentMs: seq * 100, variantIndex, ...over };
      const record = sent(shot);
      const attempt = judged({
        sent: { ...record, arrival: { ...record.arrival, pairSeq: seq } },
        end: end({ ...shot, exchange: { usage: shot.outcome === undefined ? USAGE : null, ...shot.exchange } }),
        outcome: shot.outcome ?? OK,
        stalled: false,
        straggler: false,
      });
      rules.add(attempt);
      fold.add(attempt);
    }
  }
  const findings = rules.finish({ endMs: count * 100, health: HEALTHY, recovery: [], quota: [], cost: [] });
  const [finding] = fold.finish({ findings, warnings: [], durationMs: 60_000 }).findings;
  if (finding === undefined) throw new Error('the claim has no finding');
  return finding;
}

const perfect = () => ({});
const DOWN = { kind: 'server_error', status: 503, ruleId: null } as const;

describe('a claimed availability', () => {
  test('of 99.9 % is open after 1000 perfect answers, and says how many more would decide', () => {
    const finding = decided(claim('availability.share >= 99.9%'), 1000, perfect);
    expect(finding.verdict).toBe('inconclusive');
    expect(finding.why).toMatch(/about 2,900 more requests would decide/);
  });

  test('of 99.9 % holds from 3838 perfect answers on, not before', () => {
    expect(decided(claim('availability.share >= 99.9%'), 3837, perfect).verdict).toBe('inconclusive');
    expect(decided(claim('availability.share >= 99.9%'), 3838, perfect).verdict).toBe('holds');
  });

  test('of 99.9 % is violated by two failures in a hundred', () => {
    const finding = decided(claim('availability.share >= 99.9%'), 2000, (seq, side) =>
      side === 1 && seq % 50 === 7 ? { outcome: DOWN } : {},
    );
    expect(finding.verdict).toBe('violated');
    expect(finding.why).toMatch(/^98.0 % \(95 % interval/);
  });

  test('is about its own variant only', () => {
    const finding = decided(claim('availability.share >= 99%'), 1000, (seq, side) =>
      side === 0 && seq % 2 === 0 ? { outcome: DOWN } : {},
    );
    expect(finding.verdict).toBe('holds');
  });
});

describe('a claim of none at all', () => {
  const none = claim('limited.share{limit="requests"} == 0%');

  test('is refuted by one refusal in two thousand', () => {
    const finding = decided(none, 2000, (seq, side) =>
      side === 1 && seq === 1000 ? { outcome: limited('requests') } : {},
    );
    expect(finding.verdict).toBe('violated');
  });

  test('is not refuted by a refusal of another kind', () => {
    const finding = decided(none, 2000, (seq, side) =>
      side === 1 && seq === 1000 ? { outcome: limited('tokens') } : {},
    );
    expect(finding.verdict).toBe('holds');
  });

  test('holds from 600 clean requests on, as far as they reach', () => {
    expect(decided(none, 600, perfect)).toMatchObject({
      verdict: 'holds',
      why: 'not one in 600: at most 0.50 % (95 %)',
    });
    const open = decided(none, 599, perfect);
    expect(open.verdict).toBe('inconclusive');
    expect(open.why).toMatch(/1 more clean request/);
  });
});

describe('a claim relative to another variant', () => {
  const cheaper = (text: string) => claim(text, 'relay', 'direct');
  const cost = (share: string): Claim => {
    const own = threshold('cost.total < $1');
    return {
      ...cheaper('cost.total < $1'),
      threshold: { ...own, operator: '<=', value: Number(share), unit: 'share' },
    };
  };

  test('"12 % cheaper" holds where every pair costs 88 %', () => {
    const finding = decided(cost('0.88'), 400, perfect);
    expect(finding.verdict).toBe('holds');
    expect(finding.estimate?.value).toBeCloseTo(0.88, 9);
  });

  test('a relay that answers half as often is not half as expensive', () => {
    const finding = decided(cost('0.6'), 400, (seq, side) => (side === 1 && seq % 2 === 0 ? { outcome: DOWN } : {}));
    expect(finding.estimate?.value).toBeCloseTo(0.88, 9);
    expect(finding.verdict).toBe('violated');
    expect(finding.evidence.join(' ')).toMatch(/200 pairs that both answered/);
  });

  test('"15 % cheaper" is violated by the same prices', () => {
    expect(decided(cost('0.85'), 400, perfect).verdict).toBe('violated');
  });

  test('is open where too few answers of different length were compared', () => {
    const finding = decided(cost('0.85'), 30, (seq, side) => ({
      exchange: { usage: { ...USAGE, completionTokens: ((seq * 7 + side * 13) % 30) * 10 + 1 } },
    }));
    expect(finding.verdict).toBe('inconclusive');
  });

  test('is violated by a relay that reports twice the tokens', () => {
    const finding = decided(cost('0.88'), 400, (_, side) => ({
      exchange: { usage: { ...USAGE, promptTokens: side === 1 ? 200 : 100 } },
    }));
    expect(finding.verdict).toBe('violated');
    expect(finding.why).toMatch(/of direct/);
  });

  const noMoreThan = (metric: string): Claim => {
    const own = threshold(`${metric} <= 1%`);
    return { ...cheaper(`${metric} <= 1%`), threshold: { ...own, value: 1, unit: 'share' } };
  };

  test('"not refused more often than direct" holds where neither ever is, given enough requests', () => {
    expect(decided(noMoreThan('limited.share'), 2000, perfect).verdict).toBe('holds');
    expect(decided(noMoreThan('limited.share'), 100, perfect).verdict).toBe('inconclusive');
  });

  test('"not refused more often than direct" is violated by a relay that is', () => {
    const finding = decided(noMoreThan('limited.share'), 2000, (seq, side) =>
      side === 1 && seq % 20 === 3 ? { outcome: limited('requests') } : {},
    );
    expect(finding.verdict).toBe('violated');
    expect(finding.why).toMatch(/^5.0 % .* against 0 % .*\(direct\)/);
  });

  test('"not refused more often than direct" holds where both are refused together, and is said per request', () => {
    const finding = decided(noMoreThan('limited.share'), 1000, (seq) =>
      seq % 11 === 3 ? { outcome: limited('requests') } : {},
    );
    expect(finding.verdict).toBe('holds');
    expect(finding.estimate?.value).toBeCloseTo(91 / 1000, 9);
    expect(finding.result).toBe(String(finding.estimate?.value));
  });

  test('"not refused more often than direct" is open where each is refused by itself as often', () => {
    const finding = decided(noMoreThan('limited.share'), 1000, (seq, side) =>
      (seq * 7 + side * 3) % 11 === 3 ? { outcome: limited('requests') } : {},
    );
    expect(finding.verdict).toBe('inconclusive');
  });

  test('a slower relay violates "starts no later than 110 % of direct", an equal one does not', () => {
    const own = threshold('ttft.p50 <= 1s');
    const starts: Claim = { ...cheaper('ttft.p50 <= 1s'), threshold: { ...own, value: 1.1, unit: 'share' } };
    const late = (addMs: number) => (seq: number, side: number) => {
      const firstTokenMs = seq * 100 + 400 + ((seq * 37 + side * 11) % 60) + side * addMs;
      return { finishedMs: firstTokenMs + 200, exchange: { firstTokenMs, usage: USAGE } };
    };
    expect(decided(starts, 800, late(0)).verdict).toBe('holds');
    expect(decided(starts, 800, late(200)).verdict).toBe('violated');
  });
});
