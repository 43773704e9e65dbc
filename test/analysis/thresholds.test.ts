import { describe, expect, test } from 'vitest';
import type { Finding } from '../../src/model/finding.ts';
import type { JournalRecord } from '../../src/model/journal.ts';
import { parseRule } from '../../src/scenario/threshold.ts';
import { threshold } from './fixture.ts';
import { analysed } from './fold.ts';
import { manifest, phase, variant } from './manifest.ts';
import { journal, limited, notSent, type Shot } from './records.ts';

const PHASES = [
  phase({ index: 0, kind: 'burst', label: 'burst', startMs: 0, endMs: 10_000 }),
  phase({ index: 1, kind: 'hold', label: 'launch', startMs: 10_000, endMs: 70_000 }),
];

/**
 * 20 requests in the first 10 s (5 refused for tokens), then one a second for a minute: 60 requests, of which the ten
 * from 40 s on are refused for requests by a relay, one breaks and one is cut.
 */
function shots(): readonly Shot[] {
  const burst = Array.from({ length: 20 }, (_, seq): Shot => {
    const sentMs = seq * 500;
    return seq >= 15 ? { seq, sentMs, outcome: limited('tokens') } : { seq, sentMs, ...answered(sentMs, 100) };
  });
  const hold = Array.from({ length: 60 }, (_, place): Shot => {
    const sentMs = 10_000 + place * 1000;
    const base = { seq: 100 + place, sentMs, phaseIndex: 1 };
    if (place >= 30 && place < 40) return { ...base, outcome: limited('requests', { origin: 'relay' }) };
    if (place === 50) return { ...base, outcome: { kind: 'server_error', status: 500, ruleId: null } };
    if (place === 51) return { ...base, outcome: { kind: 'truncated' } };
    return { ...base, ...answered(sentMs, 200) };
  });
  return [...burst, ...hold];
}

function answered(sentMs: number, ttftMs: number): Pick<Shot, 'exchange' | 'finishedMs'> {
  const finishedMs = sentMs + ttftMs + 310;
  return {
    finishedMs,
    exchange: {
      firstTokenMs: sentMs + ttftMs,
      firstAnswerTokenMs: sentMs + ttftMs,
      usage: { promptTokens: 1000, completionTokens: 32, cachedTokens: 10, reasoningTokens: null },
    },
  };
}

const skipped = [notSent({ seq: 900, dueMs: 69_000, phaseIndex: 1 })];
const RECORDS: readonly JournalRecord[] = [
  ...journal(shots(), null),
  ...skipped,
  { type: 'finish', atMs: 70_000, reason: { kind: 'completed' } },
];

function judged(text: string, options: Parameters<typeof manifest>[0] = {}, records = RECORDS): Finding {
  const plan = manifest({ phases: PHASES, ...options, thresholds: [threshold(text)] });
  const [first] = analysed(records, { manifest: plan }).findings;
  if (first === undefined) throw new Error('no finding');
  return first;
}

/** 15 + 48 answered of 80; 15 refused; 1 server error; 1 cut. */
describe.each([
  ['limited.count == 15', 'holds', '15'],
  ['limited.count < 15', 'violated', '15'],
  ['limited.count <= 15', 'holds', '15'],
  ['limited.count > 15', 'violated', '15'],
  ['limited.count >= 15', 'holds', '15'],
  ['limited.count != 15', 'violated', '15'],
  ['limited.tokens.count == 5', 'holds', '5'],
  ['limited.requests.count{phase="burst"} == 0', 'holds', '0'],
  ['limited.count{limit="requests"} == 10', 'holds', '10'],
  ['limited.count{origin="relay"} == 10', 'holds', '10'],
  ['limited.count{origin="edge"} == 0', 'holds', '0'],
  ['limited.share < 20%', 'holds', '0.1875'],
  ['limited.share{phase="burst"} <= 25%', 'holds', '0.25'],
  ['limited.rate{phase="launch"} == 10/min', 'holds', String(10 / 60)],
  ['errors.count == 2', 'holds', '2'],
  ['errors.server_error.count == 1', 'holds', '1'],
  ['errors.timeout.count == 0', 'holds', '0'],
  ['truncated.count == 1', 'holds', '1'],
  ['not_sent.count == 1', 'holds', '1'],
  ['lost.count == 0', 'holds', '0'],
  ['stalled.count == 0', 'holds', '0'],
  ['availability >= 78.75%', 'holds', '0.7875'],
  ['goodput.share >= 79%', 'violated', '0.7875'],
  ['goodput.rate{phase="launch"} >= 48/min', 'holds', '0.8'],
  ['throughput.rate{phase="hold"} >= 1/s', 'holds', '1'],
  ['offered.rate{phase="burst"} == 2/s', 'holds', '2'],
  ['admitted.rate{phase="burst"} == 1.5/s', 'holds', '1.5'],
  ['tokens.input.count == 63000', 'holds', '63000'],
  ['tokens.output.count == 2016', 'holds', '2016'],
  ['tokens.total.count == 65016', 'holds', '65016'],
  ['tokens.cached.count == 630', 'holds', '630'],
  ['tokens.input.rate{phase="burst"} == 1500/s', 'holds', '1500'],
  ['ttft.max < 201ms', 'holds', '200'],
  ['ttft.min{phase="launch"} == 200ms', 'holds', '200'],
  ['lag.max == 0ms', 'holds', '0'],
  ['attempts_per_request.mean == 1', 'holds', '1'],
  ['attempts_per_request.max == 1', 'holds', '1'],
  ['added_delay.max == 0ms', 'holds', '0'],
] as const)('%s', (text, verdict, result) => {
  test(`${verdict}, at ${result}`, () => {
    expect(judged(text)).toMatchObject({ kind: 'threshold', claim: text, verdict, result, subject: text });
  });
});

describe('the worst window', () => {
  test.each([
    // 30 s from 40 s on hold 18 answers (ten refused, one broken, one cut); with the twelve before: 20 s of answers.
    ['goodput.rate{phase="launch"} over 30s >= 36/min', 'holds', 0.6],
    ['goodput.rate{phase="launch"} over 10s >= 1/min', 'violated', 0],
    ['limited.share over 10s < 100%', 'violated', 1],
    ['limited.share{phase="burst"} over 5s < 60%', 'holds', 0.5],
    ['limited.count over 20s <= 10', 'holds', 10],
  ] as const)('%s', (text, verdict, value) => {
    const found = judged(text);
    expect([found.verdict, Number(found.result)]).toEqual([verdict, value]);
  });

  test('lies wholly inside the tagged phases, which may touch', () => {
    expect(judged('limited.count{phase="burst"} over 20s == 0').verdict).toBe('inconclusive');
    expect(judged('limited.count over 65s <= 15').verdict).toBe('holds');
  });

  test('says when it began', () => {
    expect(judged('limited.share over 10s < 50%').evidence).toEqual(['the worst window began 39.5 s after the start']);
  });

  test('is not looked for in time that the run did not reach', () => {
    const stopped: JournalRecord[] = [
      ...journal(
        shots().filter(({ sentMs }) => sentMs < 20_000),
        null,
      ),
      { type: 'finish', atMs: 20_000, reason: { kind: 'interrupted' } },
    ];
    expect(judged('goodput.rate{phase="launch"} over 10s >= 60/min', {}, stopped)).toMatchObject({
      verdict: 'holds',
      result: '1',
    });
    expect(judged('goodput.rate{phase="launch"} over 30s >= 1/min', {}, stopped).verdict).toBe('inconclusive');
  });
});

describe('a rule is inconclusive', () => {
  test.each([
    ['ttft.p99 < 2s', '63 samples are too few for p99: it needs 500'],
    ['handshake.max < 1s', 'there are no samples'],
    ['limited.count{phase="evening"} == 0', 'no phase is called "evening"'],
    ['limited.count{variant="relay"} == 0', 'no variant is called "relay"'],
    ['limited.count{model="other"} == 0', 'nothing was sent in the tagged phases'],
    ['recovery.max < 60s', '1 not measurable: the traffic ended less than one window after the first admission'],
    ['recovery.billing.max < 60s', 'no limit of this kind was met'],
  ])('%s: %s', (text, why) => {
    const found = judged(text);
    expect(found).toMatchObject({ verdict: 'inconclusive', result: null });
    expect(found.why).toContain(why);
  });

  test('where the price is unknown, whatever the others cost', () => {
    expect(judged('cost.total < $5', { variants: [variant({ price: null })] })).toMatchObject({
      verdict: 'inconclusive',
      why: 'the price of qwen3-max (default) is not known',
    });
  });

  test('where the generator was the bottleneck, and says what it measured', () => {
    const late = Array.from({ length: 20 }, (_, seq) => notSent({ seq: 1000 + seq, dueMs: 69_500, phaseIndex: 1 }));
    const found = judged('limited.count <= 15', {}, [...RECORDS.slice(0, -1), ...late, ...RECORDS.slice(-1)]);
    expect(found.verdict).toBe('inconclusive');
    expect(found.why).toContain('the generator was the bottleneck: 21 of 101 planned attempts were skipped');
    expect(found.evidence).toContain('15, asked for <= 15');
  });

  test('where its own phase lost too much of its plan, though the run as a whole did not', () => {
    // Two are few whatever their share; three of 23 are 13 %, of the whole run three of 84 are 3.6 %.
    const lost = (count: number) => {
      return Array.from({ length: count }, (_, seq) => notSent({ seq: 1000 + seq, dueMs: 10 }));
    };
    const run = (count: number, text: string) => judged(text, {}, [...lost(count), ...RECORDS]);
    const rule = 'limited.count{phase="burst"} >= 1';
    expect(run(2, rule).verdict).toBe('holds');
    expect(run(3, rule)).toMatchObject({
      verdict: 'inconclusive',
      result: '5',
      why: 'the generator was the bottleneck: 3 of 23 planned attempts of these phases were skipped',
    });
    expect(run(3, 'limited.count >= 1').verdict).toBe('holds');
    expect(run(3, 'not_sent.count{phase="burst"} == 0').verdict).toBe('violated');
  });

  test('where nothing was sent at all, instead of passing', () => {
    const nothing: JournalRecord[] = [{ type: 'finish', atMs: 70_000, reason: { kind: 'completed' } }];
    expect(judged('limited.count == 0', {}, nothing)).toMatchObject({ verdict: 'inconclusive', result: null });
  });
});

test('cost is the dated price of the tokens of answered attempts', () => {
  // The cut stream has no usage and counts by its estimate of 100 prompt tokens.
  const total = (63_000 * 1.2 + 2016 * 6 + 100 * 1.2) / 1e6;
  expect(Number(judged('cost.total < $1').result)).toBeCloseTo(total, 12);
  expect(Number(judged('cost.perThousandAnswers < $10').result)).toBeCloseTo((total / 63) * 1000, 10);
  expect(Number(judged('cost.perMonth < $10000').result)).toBeCloseTo((total / 70) * 2_592_000, 8);
});

test('a share carries its interval and says when it reaches over the threshold', () => {
  const found = judged('limited.share{phase="burst"} < 30%');
  expect(found.verdict).toBe('holds');
  expect(found.estimate?.low).toBeLessThan(0.25);
  expect(found.estimate?.high).toBeGreaterThan(0.3);
  expect(found.evidence.at(-1)).toContain('another run may decide otherwise');
});

test('a percentile is decided on enough samples', () => {
  expect(judged('ttft.p50 <= 200ms')).toMatchObject({
    verdict: 'holds',
    result: '200',
    evidence: ['63 samples', '95 % interval 200 ms to 200 ms'],
  });
  expect(judged('ttft.p50 < 200ms').verdict).toBe('violated');
});

describe('quota verdicts', () => {
  const verdicts = (text: string) => {
    const plan = manifest({ phases: PHASES, thresholds: [threshold(text)] });
    return analysed(RECORDS, { manifest: plan });
  };

  test('a rule compares with the verdict of the same limit', () => {
    const found = verdicts('quota.rpm != lower');
    const rpm = found.quota.find(({ limit }) => limit === 'rpm');
    expect(rpm).toBeDefined();
    expect(found.findings[0]).toMatchObject({ result: rpm?.result });
  });

  test('a limit without a published number is inconclusive', () => {
    expect(verdicts('quota.tps == as_documented').findings[0]).toMatchObject({ verdict: 'inconclusive' });
  });
});

describe('claims', () => {
  const variants = [variant({ name: 'direct' }), variant({ name: 'relay' })] as const;
  /** The relay answers as the direct endpoint does, in 88 % of its time. */
  const both = shots().flatMap((shot): Shot[] => {
    const relayed = { ...shot, seq: shot.seq + 5000, variantIndex: 1 };
    return [shot, shot.outcome === undefined ? { ...relayed, ...answered(shot.sentMs, 88) } : relayed];
  });
  const judgedClaim = (text: string) => {
    const rule = parseRule({ text, location: null, allowRelative: true });
    if (!rule.ok) throw new Error(text);
    const claim = { text: `relay: ${text}`, variant: 'relay', ...rule.value };
    return analysed(journal(both, 70_000), { manifest: manifest({ phases: PHASES, variants, claims: [claim] }) })
      .findings[0];
  };

  test.each([
    ['ttft.max <= 88ms', 'holds'],
    ['ttft.max < 88ms', 'violated'],
    ['ttft.max <= 44% of direct', 'holds'],
    ['ttft.max <= 43% of direct', 'violated'],
    ['limited.count <= 100% of direct', 'holds'],
    ['limited.count < 100% of direct', 'violated'],
  ])('relay: %s %s', (text, verdict) => {
    expect(judgedClaim(text)).toMatchObject({
      id: 'claim-1',
      kind: 'claim',
      verdict,
      variant: 'relay',
      claim: `relay: ${text}`,
    });
  });

  test('a relative claim shows what it is measured against', () => {
    expect(judgedClaim('ttft.max <= 44% of direct')?.why).toBe('88 ms, asked for <= 44 % of 200 ms (direct)');
  });
});
