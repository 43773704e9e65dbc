import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Analysis } from '../../src/model/analysis.ts';
import type { JournalRecord } from '../../src/model/journal.ts';
import type { Outcome } from '../../src/model/outcome.ts';
import { HOSTILE, sampleAnalysis, sampleRecords, threshold } from './fixture.ts';
import { analysed, only } from './fold.ts';
import { manifest, phase, variant } from './manifest.ts';
import { end, journal, limited, notSent, OK, type Shot, sent } from './records.ts';

const OUTCOMES: readonly Outcome[] = [
  OK,
  limited('requests'),
  limited('tokens'),
  { kind: 'server_error', status: 500, ruleId: null },
  { kind: 'truncated' },
  { kind: 'cancelled' },
  { kind: 'timeout', phase: 'idle' },
];

const attempts = fc
  .array(
    fc.record({
      gapMs: fc.double({ min: 0, max: 900, noNaN: true }),
      serviceMs: fc.double({ min: 1, max: 4000, noNaN: true }),
      outcome: fc.constantFrom(...OUTCOMES),
      phaseIndex: fc.constantFrom(0, 1),
      promptTokens: fc.integer({ min: 1, max: 500 }),
    }),
    { minLength: 1, maxLength: 60 },
  )
  .map((rows) => {
    let sentMs = 0;
    return rows.map(({ gapMs, serviceMs, ...rest }, seq): Shot => {
      sentMs += gapMs;
      return { seq, sentMs, finishedMs: sentMs + serviceMs, ...rest };
    });
  });

const TWO_PHASES = manifest({
  phases: [phase({ index: 0, endMs: 30_000 }), phase({ index: 1, label: 'late', startMs: 30_000 })],
  thresholds: [threshold('limited.share < 10%'), threshold('goodput.rate over 10s > 0/s'), threshold('ttft.p95 < 1s')],
});
const fold = (records: readonly JournalRecord[]) => analysed(records, { manifest: TWO_PHASES });
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

describe('whatever happened', () => {
  test('the order in which answers ended changes nothing in the document', () => {
    const stalls: JournalRecord[] = [{ type: 'stall', fromMs: 2000, toMs: 2200 }];
    fc.assert(
      fc.property(attempts, fc.infiniteStream(fc.nat()), (shots, chance) => {
        const usual = fold([...stalls, ...journal(shots)]);
        const ends = shots.map(end);
        const shuffled = ends
          .map((record) => ({ record, key: chance.next().value ?? 0 }))
          .sort((a, b) => a.key - b.key)
          .map(({ record }) => record);
        const other = fold([...stalls, ...shots.map(sent), ...shuffled, ...journal([])]);
        expect(other).toEqual(usual);
      }),
      { numRuns: 40 },
    );
  });

  test('every part of the document counts the same attempts', () => {
    fc.assert(
      fc.property(attempts, (shots) => {
        const found = fold(journal(shots));
        const [series] = found.series;
        const { sent: count } = found.conservation;
        expect(count).toBe(shots.length);
        expect(sum(found.phases.map((each) => each.sent))).toBe(count);
        expect(sum(series?.sent ?? [])).toBe(count);
        expect(sum(series?.planned ?? [])).toBe(count);
        expect(sum(Object.values(series?.byOutcome ?? {}).flat())).toBe(count);
        const limitedInPhases = sum(found.phases.flatMap((each) => Object.values(each.limited)));
        expect(sum(found.limits.map((group) => group.count))).toBe(limitedInPhases);
        const cancelled = found.conservation.cancelled + found.conservation.lost;
        expect(sum(found.phases.map((each) => each.ok + each.errors)) + limitedInPhases + cancelled).toBe(count);
        expect(sum(found.errors.map((group) => group.count))).toBe(
          sum(found.phases.map((each) => each.errors)) + cancelled,
        );
        expect(only(found.variants).answered).toBe(sum(series?.ok ?? []));
      }),
      { numRuns: 60 },
    );
  });

  test('a journal cut anywhere still adds up: what was in flight is lost', () => {
    fc.assert(
      fc.property(attempts, fc.double({ min: 0, max: 1, noNaN: true }), (shots, share) => {
        const skipped = [notSent({ seq: 900, dueMs: 10 }), notSent({ seq: 901, dueMs: 20, reason: 'budget' })];
        const records = [...skipped, ...journal(shots)];
        const cut = records.slice(0, Math.floor(share * records.length));
        const { conservation, stop } = fold(cut);
        const of = (type: JournalRecord['type']) => cut.filter((record) => record.type === type).length;
        expect(conservation.holds).toBe(true);
        expect(conservation.sent).toBe(of('sent'));
        expect(conservation.planned).toBe(of('sent') + of('not_sent'));
        expect(conservation.lost).toBe(of('sent') - of('end'));
        expect(stop.kind).toBe(of('finish') === 1 ? 'completed' : 'killed');
      }),
      { numRuns: 60 },
    );
  });

  test('the document survives JSON unchanged', () => {
    const document = sampleAnalysis();
    expect(JSON.parse(JSON.stringify(document))).toEqual(document);
  });
});

describe('latency', () => {
  const first = { seq: 1, scheduledMs: 90, dueMs: 95, sentMs: 100, finishedMs: 1000 } as const;
  const timed: Shot = {
    ...first,
    exchange: {
      queuedMs: 2,
      headersMs: 150,
      firstByteMs: 151,
      firstTokenMs: 300,
      firstAnswerTokenMs: 600,
      connection: { id: 1, reused: false, handshakeMs: 40 },
      usage: { promptTokens: 10, completionTokens: 8, cachedTokens: null, reasoningTokens: null },
    },
  };

  test('each metric starts and ends where its definition says', () => {
    const found = analysed(journal([timed])).histograms.filter(({ phase: within }) => within === null);
    expect(Object.fromEntries(found.map(({ metric, percentiles }) => [metric, percentiles.max]))).toEqual({
      service: 900,
      response: 910,
      ttft: 200,
      answer_ttft: 500,
      tpot: 100,
      queued: 2,
      handshake: 40,
      headers: 50,
      lag: 5,
    });
  });

  test('admitted, refused and failed attempts never share a histogram', () => {
    const shots: Shot[] = [
      timed,
      { seq: 2, sentMs: 200, finishedMs: 230, outcome: limited('requests') },
      { seq: 3, sentMs: 300, finishedMs: 360, outcome: { kind: 'truncated' } },
      { seq: 4, sentMs: 400, finishedMs: 490, outcome: { kind: 'cancelled' } },
    ];
    const service = analysed(journal(shots)).histograms.filter(
      (each) => each.metric === 'service' && each.phase === null,
    );
    expect(service.map(({ group, percentiles }) => [group, percentiles.count, percentiles.max])).toEqual([
      ['admitted', 1, 900],
      ['refused', 1, 30],
      ['failed', 1, 60],
    ]);
  });

  test('an answer of one token has no time per output token', () => {
    const single = {
      ...timed.exchange,
      usage: { promptTokens: 10, completionTokens: 1, cachedTokens: null, reasoningTokens: null },
    };
    const { histograms } = analysed(journal([{ ...timed, exchange: single }]));
    expect(histograms.some(({ metric }) => metric === 'tpot')).toBe(false);
  });
});

describe('series', () => {
  test('a minute has buckets of 100 ms, and a run that overruns its plan merges them in pairs', () => {
    const shots: Shot[] = [
      { seq: 1, sentMs: 0 },
      { seq: 2, sentMs: 150 },
      { seq: 3, sentMs: 59_950 },
    ];
    const short = only(
      analysed(journal(shots, 59_990).filter((record) => record.type !== 'end' || record.requestId !== 'r-3')).series,
    );
    expect([short.bucketMs, short.startMs.length, short.sent.slice(0, 3)]).toEqual([100, 600, [1, 1, 0]]);
    const long = only(analysed(journal([...shots, { seq: 4, sentMs: 100_000 }], 101_000)).series);
    expect([long.bucketMs, long.startMs.length, long.sent.slice(0, 3), sum(long.sent)]).toEqual([
      200,
      506,
      [2, 0, 0],
      4,
    ]);
  });

  test('in flight counts what is open, also in buckets without a send', () => {
    const shots: Shot[] = [
      { seq: 1, sentMs: 0, finishedMs: 350 },
      { seq: 2, sentMs: 10, finishedMs: 150 },
    ];
    expect(only(analysed(journal(shots, 1000)).series).inFlightMax.slice(0, 5)).toEqual([2, 2, 1, 1, 0]);
  });
});

describe('variants', () => {
  test('a request answered at its second try is available, and its first try was not', () => {
    const shots: Shot[] = [
      { seq: 1, sentMs: 0, outcome: limited('requests'), final: false, finishedMs: 20 },
      { seq: 1, sentMs: 1000, scheduledMs: 0, dueMs: 1000, attemptNo: 2 },
      { seq: 2, sentMs: 100 },
    ];
    const [summary] = analysed(journal(shots)).variants;
    expect(summary).toMatchObject({ requests: 2, attempts: 3, answered: 2, attemptsPerRequest: 1.5 });
    expect(summary?.availability?.value).toBe(1);
    expect(summary?.firstTrySuccess?.value).toBe(0.5);
    expect(summary?.addedDelayMs).toMatchObject({ count: 2, min: 0, max: 1000 });
  });

  test.each([
    ['qwen3-max', 0],
    ['qwen3-max-2025-09-23', 0],
    ['qwen3-max-latest', 0],
    ['Qwen/Qwen3-Max', 0],
    ['qwen3-max-preview', 1],
    ['qwen-plus', 1],
  ])('an answer from %s counts %i as another model', (reportedModel, wrongModel) => {
    const [summary] = analysed(journal([{ seq: 1, sentMs: 0, exchange: { reportedModel } }])).variants;
    expect(summary).toMatchObject({ wrongModel, modelsAnswered: { [reportedModel]: 1 } });
  });

  test('attempts per key are counted by alias', () => {
    const two = manifest({ variants: [variant({ keyAliases: ['key-1', 'key-2'] })] });
    const shots: Shot[] = [
      { seq: 1, sentMs: 0 },
      { seq: 2, sentMs: 10, keyIndex: 1, outcome: limited('requests') },
    ];
    expect(analysed(journal(shots), { manifest: two }).variants[0]?.keyAttempts).toEqual([
      { alias: 'key-1', sent: 1, limited: 0 },
      { alias: 'key-2', sent: 1, limited: 1 },
    ]);
  });
});

describe('cost', () => {
  const usage = { promptTokens: 1000, completionTokens: 500, cachedTokens: 200, reasoningTokens: null };

  test('answers pay by usage, refusals nothing, and what was cut or lost by estimate', () => {
    const shots: Shot[] = [
      { seq: 1, sentMs: 0, exchange: { usage } },
      { seq: 2, sentMs: 10, outcome: limited('tokens') },
      { seq: 3, sentMs: 20, outcome: { kind: 'timeout', phase: 'total' } },
      {
        seq: 4,
        sentMs: 30,
        outcome: { kind: 'connection', phase: 'connect', code: 'ECONNREFUSED' },
        exchange: { sentMs: null },
      },
    ];
    expect(only(analysed(journal(shots)).cost)).toMatchObject({
      promptTokens: 1100,
      completionTokens: 500,
      cachedTokens: 200,
      estimatedAttempts: 1,
      totalUsd: (1100 * 1.2 + 500 * 6) / 1e6,
      perThousandAnswersUsd: ((1100 * 1.2 + 500 * 6) / 1e6) * 1000,
    });
  });

  test.each([
    ['without a price', { price: null }, 'qwen3-max'],
    ['with a fallback model that no list prices', {}, 'qwen-long'],
    ['with a fallback model that is not listed at this target', { targetName: 'my-relay' }, 'qwen-plus'],
  ])('%s the cost is unknown, never 0', (_what, over, model) => {
    const one = manifest({ variants: [variant(over)] });
    const { totalUsd, perThousandAnswersUsd, perMonthUsd, unpricedModels } = only(
      analysed(journal([{ seq: 1, sentMs: 0, model, exchange: { usage } }]), { manifest: one }).cost,
    );
    expect([totalUsd, perThousandAnswersUsd, perMonthUsd]).toEqual([null, null, null]);
    expect(unpricedModels).toEqual([model]);
  });

  test('every attempt costs the list price of its own model', () => {
    const shots = [
      { seq: 1, sentMs: 0, exchange: { usage } },
      { seq: 2, sentMs: 10, model: 'qwen-plus', exchange: { usage } },
    ];
    const { totalUsd, priceSource, unpricedModels } = only(analysed(journal(shots)).cost);
    const { promptTokens, completionTokens } = usage;
    expect(totalUsd).toBeCloseTo((promptTokens * (1.2 + 0.4) + completionTokens * (6 + 1.2)) / 1e6, 12);
    expect(priceSource).toMatch(/^qwen3-max: .*; qwen-plus: .*billing-for-model-studio as of 2025-04-22/);
    expect(unpricedModels).toEqual([]);
  });
});

test('records of another plan, and ends without their send, are counted as unreadable', () => {
  const foreign = {
    ...sent({ seq: 1, sentMs: 0 }),
    arrival: { ...sent({ seq: 1, sentMs: 0 }).arrival, phaseIndex: 7 },
  };
  const broken = { ...sent({ seq: 2, sentMs: 0 }), sentMs: null as unknown as number };
  const found = analysed([foreign, broken, end({ seq: 3, sentMs: 0 }), ...journal([{ seq: 4, sentMs: 5 }])]);
  expect(found.unreadableLines).toBe(3);
  expect(found.conservation).toMatchObject({ sent: 1, finished: 1, holds: true });
});

test('reclassifying judges old exchanges by today’s rules', () => {
  const head = JSON.stringify({
    error: {
      message: 'You exceeded your current requests list.',
      code: 'limit_requests',
    },
    request_id: 'abc-123',
  });
  const shot: Shot = {
    seq: 1,
    sentMs: 0,
    outcome: { kind: 'client_error', status: 429, ruleId: null },
    exchange: { status: 429, finishReason: null, body: { head, tail: '', bytes: head.length } },
  };
  expect(analysed(journal([shot])).limits).toEqual([]);
  expect(analysed(journal([shot]), { reclassify: true }).limits).toMatchObject([{ limit: 'requests', count: 1 }]);
});

describe('the sample', () => {
  const document: Analysis = sampleAnalysis();

  test('has every kind of limit, every kind of error and two variants', () => {
    const kinds = [...new Set(document.limits.map(({ limit }) => limit))].sort();
    expect(kinds).toEqual(['burst', 'concurrency', 'free_quota', 'overload', 'requests', 'tokens', 'unknown']);
    const labels = new Set(document.errors.map(({ label }) => label));
    expect([...labels].sort()).toEqual([
      'auth',
      'cancelled',
      'client_error',
      'connection.headers',
      'server_error',
      'timeout.idle',
      'truncated',
    ]);
    expect(document.variants).toHaveLength(2);
    expect(document.recovery.some(({ measurable }) => measurable)).toBe(true);
  });

  test('carries the hostile text and no key', () => {
    const text = JSON.stringify(document);
    for (const part of [HOSTILE.script, HOSTILE.longId]) expect(text).toContain(part);
    expect(text).not.toContain('sk-canary');
  });

  test('is the same each time', () => {
    expect(sampleAnalysis()).toEqual(document);
    expect(sampleRecords().length).toBeGreaterThan(2500);
  });
});
