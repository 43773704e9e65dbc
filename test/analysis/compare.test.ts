import { describe, expect, test } from 'vitest';
import { trialsNeeded } from '../../src/analysis/claims.ts';
import { compareFold, compareRuns, compareTables, requestTables } from '../../src/analysis/compare.ts';
import { FLAG } from '../../src/analysis/compare-columns.ts';
import { switchbackRounds } from '../../src/analysis/compare-layout.ts';
import { comparedPairs } from '../../src/analysis/compare-pairs.ts';
import { type RequestTable, tableFold } from '../../src/analysis/compare-table.ts';
import { judged } from '../../src/analysis/judged.ts';
import { gapBucket } from '../../src/model/exchange.ts';
import type { ManifestVariant } from '../../src/model/manifest.ts';
import { manifest, variant } from './manifest.ts';
import { end, journal, limited, notSent, OK, type Shot, sent } from './records.ts';

interface Paired extends Shot {
  readonly pairSeq?: number;
}

function attempt(shot: Paired) {
  const record = sent(shot);
  const { pairSeq = shot.seq } = shot;
  return judged({
    sent: { ...record, arrival: { ...record.arrival, pairSeq } },
    end: end(shot),
    outcome: shot.outcome ?? OK,
    stalled: false,
    straggler: false,
  });
}

function tableOf(shots: readonly Paired[], over: Partial<ManifestVariant> = {}): RequestTable {
  const fold = tableFold(variant(over));
  for (const shot of shots) fold.add(attempt(shot));
  return fold.finish();
}

const USAGE = { promptTokens: 100, completionTokens: 20, cachedTokens: null, reasoningTokens: null };

const GAPS = { count: 19, totalMs: 380, maxMs: 20, buckets: [gapBucket(20), 19] };

/** A stream answered after `ttftMs`, unless told otherwise. */
function answered(seq: number, sentMs: number, over: Partial<Paired> = {}, ttftMs = 500): Paired {
  const firstTokenMs = sentMs + ttftMs;
  return {
    seq,
    sentMs,
    finishedMs: firstTokenMs + 400,
    ...over,
    exchange: { firstTokenMs, gaps: GAPS, reportedModel: 'qwen3-max', usage: USAGE, ...over.exchange },
  };
}

describe('requests as rows', () => {
  test('folds the attempts of a request into one row, priced and counted together', () => {
    const table = tableOf([
      { seq: 1, sentMs: 0, scheduledMs: 0, outcome: limited('requests'), final: false },
      answered(1, 1500, { attemptNo: 2, scheduledMs: 0 }),
    ]);
    expect(table.count).toBe(1);
    expect(table.words.attempts[0]).toBe(2);
    expect(table.bytes.refused[0]).toBe(1);
    expect(table.floats.addedDelayMs[0]).toBe(1500);
    const flags = table.words.flags[0] as number;
    expect(flags & FLAG.answered).not.toBe(0);
    expect(flags & FLAG.firstTry).toBe(0);
    // 100 x 1.2 + 20 x 6 dollars per million.
    expect(table.doubles.usd[0]).toBeCloseTo(0.00024, 12);
  });

  test('keeps a request that never left, and one whose retry never left', () => {
    const fold = tableFold(variant());
    fold.notSent(notSent({ seq: 1, dueMs: 0, reason: 'late' }));
    fold.add(attempt({ seq: 2, sentMs: 10, outcome: limited('tokens'), final: false }));
    fold.notSent(notSent({ seq: 2, dueMs: 500, attemptNo: 2, reason: 'budget' }));
    fold.add(attempt({ seq: 3, sentMs: 20, outcome: limited('tokens'), final: false }));
    const table = fold.finish();
    expect(table.count).toBe(3);
    const attempted = Array.from(table.words.flags.subarray(0, 3), (flags) => flags & FLAG.attempted);
    expect(attempted).toEqual([0, FLAG.attempted, FLAG.attempted]);
    expect(table.labels[table.bytes.label[0] as number]?.label).toBe('not_sent.late');
    expect(table.labels[table.bytes.label[1] as number]).toEqual({ label: 'limited.tokens', origin: 'provider' });
  });

  test('leaves out of the answers what idle reuse did to a connection of ours, as the summary does', () => {
    const lost = { kind: 'connection', phase: 'stale_reuse', code: 'ECONNRESET' } as const;
    const table = tableOf([answered(1, 0), { seq: 2, sentMs: 10, outcome: lost }, answered(3, 20)]);
    const attempted = Array.from(table.words.flags.subarray(0, 3), (flags) => flags & FLAG.attempted);
    expect(attempted).toEqual([FLAG.attempted, 0, FLAG.attempted]);
    expect(table.summary.availability?.value).toBe(1);
  });

  test('closes a request whose retry is given up before its first attempt is released', () => {
    const fold = tableFold(variant());
    fold.notSent(notSent({ seq: 1, dueMs: 500, attemptNo: 2, reason: 'budget' }));
    fold.add(attempt({ seq: 1, sentMs: 10, outcome: limited('tokens'), final: false }));
    fold.add(attempt(answered(2, 20)));
    const table = fold.finish();
    expect(table.count).toBe(2);
    expect(Array.from(table.words.pairSeq.subarray(0, 2))).toEqual([1, 2]);
  });

  test('keeps no times of refusals, and none of attempts that a stall of ours touched', () => {
    const fold = tableFold(variant());
    fold.add(attempt({ seq: 1, sentMs: 0, outcome: limited('requests') }));
    const stalled = answered(2, 10);
    fold.add(judged({ sent: sent(stalled), end: end(stalled), outcome: OK, stalled: true, straggler: false }));
    const table = fold.finish();
    expect(Array.from(table.floats.ttftMs.subarray(0, 2))).toEqual([Number.NaN, Number.NaN]);
  });

  test('knows a relay that admits its retries, and a refusal whose kind is lost', () => {
    const table = tableOf([
      answered(1, 0, { exchange: { headers: { 'x-portkey-retry-attempt-count': '2' } } }),
      answered(2, 10, { exchange: { headers: { 'x-portkey-retry-attempt-count': '0' } } }),
      { seq: 3, sentMs: 20, outcome: limited('unknown', { rewrittenBy: 'one-api' }) },
      { seq: 4, sentMs: 30, outcome: limited('requests') },
      // Words replaced: only the code still tells. Words wrapped: a reader still sees the kind.
      { seq: 5, sentMs: 40, outcome: limited('requests', { rewrittenBy: 'new-api' }) },
      { seq: 6, sentMs: 50, outcome: limited('requests', { rewrittenBy: 'portkey' }) },
    ]);
    const flags = Array.from(table.words.flags.subarray(0, 6));
    expect(flags.map((each) => (each & FLAG.retriedByRelay) !== 0)).toEqual([true, ...Array(5).fill(false)]);
    expect(flags.map((each) => (each & FLAG.kindLost) !== 0)).toEqual([false, false, true, false, true, false]);
  });

  test('grows past its first capacity without losing a row', () => {
    const table = tableOf(Array.from({ length: 3000 }, (_, seq) => answered(seq, seq * 10)));
    expect(table.count).toBe(3000);
    expect(table.words.pairSeq[2999]).toBe(2999);
    expect(table.doubles.scheduledMs[2999]).toBe(29_990);
  });
});

const question = (tables: readonly RequestTable[], id: string, design: 'paired' | 'separate_runs' = 'paired') =>
  comparedPairs(tables, design)
    .pairs.flatMap(({ questions }) => questions)
    .find((each) => each.id === id);

const many = (count: number, shot: (seq: number) => Paired) => Array.from({ length: count }, (_, seq) => shot(seq));

describe('pairs', () => {
  test('compares only requests that both were given, and says how many were not', () => {
    const direct = tableOf(
      many(100, (seq) => answered(seq, seq * 100)),
      { name: 'direct' },
    );
    const relay = tableOf(
      many(80, (seq) => answered(seq, seq * 100)),
      { name: 'relay' },
    );
    const [pair] = comparedPairs([direct, relay], 'paired').pairs;
    expect(pair).toMatchObject({ a: 'direct', b: 'relay', paired: 80, unpairedA: 20, unpairedB: 0 });
  });

  test('equal answers of 2000 pairs differ in nothing that matters', () => {
    const [direct, relay] = ['direct', 'relay'].map((name) =>
      tableOf(
        many(2000, (seq) => answered(seq, seq * 100, {}, 400 + (seq % 50))),
        { name },
      ),
    );
    const [pair] = comparedPairs([direct as RequestTable, relay as RequestTable], 'paired').pairs;
    const others = pair?.questions.filter(({ verdict }) => verdict !== 'no_difference') ?? [];
    expect(others.map(({ id, why }) => [id, why])).toEqual([
      ['kinds_lost', 'cannot be asked: direct and relay were never refused'],
    ]);
  });

  test('fifty pairs of perfect answers prove no availability within half a percent', () => {
    const [direct, relay] = ['direct', 'relay'].map((name) =>
      tableOf(
        many(50, (seq) => answered(seq, seq * 100)),
        { name },
      ),
    ) as [RequestTable, RequestTable];
    const found = question([direct, relay], 'availability');
    expect(found?.verdict).toBe('not_enough_data');
    expect(found?.difference?.high).toBeGreaterThan(0.005);
    expect(found?.why).toMatch(/^not enough data/);
  });

  test('one outage of two hundred requests in a row is one event, not two hundred', () => {
    const direct = tableOf(
      many(2000, (seq) => answered(seq, seq * 100)),
      { name: 'direct' },
    );
    const out = (seq: number): Paired =>
      seq >= 700 && seq < 900
        ? { seq, sentMs: seq * 100, outcome: { kind: 'server_error', status: 503, ruleId: null } }
        : answered(seq, seq * 100);
    const found = question([direct, tableOf(many(2000, out), { name: 'relay' })], 'availability');
    expect(found?.difference?.value).toBeCloseTo(-0.1, 6);
    expect(found?.verdict).toBe('not_enough_data');
    expect(found?.effectiveN).toBeLessThan(100);
  });

  test('the same failures scattered over the run are found', () => {
    const direct = tableOf(
      many(2000, (seq) => answered(seq, seq * 100)),
      { name: 'direct' },
    );
    const scattered = (seq: number): Paired =>
      (seq * 7919) % 2000 < 200
        ? { seq, sentMs: seq * 100, outcome: { kind: 'server_error', status: 503, ruleId: null } }
        : answered(seq, seq * 100);
    const found = question([direct, tableOf(many(2000, scattered), { name: 'relay' })], 'availability');
    expect(found?.verdict).toBe('a_better');
    expect(found?.adjustedP).toBeLessThan(0.001);
  });

  test('a cost needs both prices', () => {
    const shots = many(200, (seq) => answered(seq, seq * 100));
    const direct = tableOf(shots, { name: 'direct' });
    const cheap = { inputUsdPerMillion: 1.056, outputUsdPerMillion: 5.28, source: 'relay', seenOn: null };
    expect(question([direct, tableOf(shots, { name: 'relay', price: null })], 'cost')).toMatchObject({
      verdict: 'not_enough_data',
      p: null,
      why: 'cannot be asked: the price of qwen3-max (relay) is not known',
    });
    const priced = question([direct, tableOf(shots, { name: 'relay', price: cheap })], 'cost');
    expect(priced?.verdict).toBe('b_better');
    expect(priced?.effect?.value).toBeCloseTo(-0.12, 6);
  });

  test('is the same whichever side is the baseline, with the sides changed', () => {
    const slow = (seq: number) => answered(seq, seq * 100, {}, 500 + ((seq * 37) % 100) + 200);
    const fast = (seq: number) => answered(seq, seq * 100, {}, 500 + ((seq * 53) % 100));
    const [x, y] = [tableOf(many(1000, slow), { name: 'x' }), tableOf(many(1000, fast), { name: 'y' })];
    const [forth, back] = [question([x, y], 'ttft_median'), question([y, x], 'ttft_median')];
    expect(forth?.verdict).toBe('b_better');
    expect(back?.verdict).toBe('a_better');
    expect(back?.p).toBe(forth?.p);
    expect(back?.difference?.value).toBeCloseTo(-(forth?.difference?.value ?? 0), 9);
    expect(back?.difference?.low).toBeCloseTo(-(forth?.difference?.high ?? 0), 9);
  });
});

describe('switchback', () => {
  const block = (first: number, atMs: number, count = 20) =>
    Array.from({ length: count }, (_, place) => answered(first + place, atMs + place * 100));

  test('finds rounds, also where one variant ends a round and begins the next', () => {
    // A B | B A: the two blocks of B have a rest of 10 s between them.
    const a = tableOf([...block(0, 0), ...block(60, 36_000)], { name: 'a' });
    const b = tableOf([...block(20, 12_000), ...block(40, 24_000)], { name: 'b' });
    const rounds = switchbackRounds([a, b]);
    expect(rounds.count).toBe(2);
    expect([0, 19, 20, 39].map((row) => rounds.of(a, row))).toEqual([0, 0, 1, 1]);
    expect([0, 19, 20, 39].map((row) => rounds.of(b, row))).toEqual([0, 0, 1, 1]);
  });

  test('tells rounds apart by their pair numbers where traffic itself pauses for longer than the rest', () => {
    const stride = 2 ** 24;
    const paused = (round: number, atMs: number) =>
      Array.from({ length: 20 }, (_, place) => {
        const pauseMs = place < 10 ? 0 : 60_000;
        return answered(place, atMs + place * 100 + pauseMs, { pairSeq: round * stride + place });
      });
    // A B | B A, each block 62 s long with a pause of a minute inside, rests of 5 s.
    const a = tableOf([...paused(0, 0), ...paused(1, 201_000)], { name: 'a' });
    const b = tableOf([...paused(0, 67_000), ...paused(1, 134_000)], { name: 'b' });
    const rounds = switchbackRounds([a, b]);
    expect(rounds.count).toBe(2);
    expect([0, 19, 20, 39].map((row) => rounds.of(b, row))).toEqual([0, 0, 1, 1]);
  });

  test('leaves a round out that was never finished', () => {
    const a = tableOf([...block(0, 0), ...block(60, 24_000)], { name: 'a' });
    const b = tableOf(block(20, 12_000), { name: 'b' });
    const rounds = switchbackRounds([a, b]);
    expect(rounds.count).toBe(1);
    expect(rounds.of(a, 20)).toBe(-1);
  });
});

describe('the fold', () => {
  test('says nothing for a single variant, and keeps nothing of it', () => {
    const fold = compareFold(manifest());
    fold.add(attempt(answered(1, 0)));
    expect(fold.finish({ findings: [], warnings: [], durationMs: 60_000 })).toEqual({ comparison: null, findings: [] });
  });

  test('compares two runs, tells the columns apart and warns that they were not interleaved', () => {
    const run = (label: string, addMs: number) => {
      const tables = requestTables(manifest());
      for (const record of journal(many(800, (seq) => answered(seq, seq * 50, {}, 400 + ((seq * 31) % 80) + addMs)))) {
        tables.add(record);
      }
      return { label, tables: tables.finish() };
    };
    const compared = compareRuns([run('monday', 0), run('tuesday', 300)], 1);
    expect(compared.variants).toEqual(['monday', 'tuesday']);
    expect(compared.design).toBe('separate_runs');
    expect(compared.warnings[0]).toMatch(/not interleaved/);
    expect(compared.recommendation.sentences.join(' ')).toMatch(/not interleaved/);
    const ttft = compared.pairs[0]?.questions.find(({ id }) => id === 'ttft_median');
    expect(ttft?.verdict).toBe('a_better');
    expect(ttft?.effect?.name).toBe('cliffs_delta');
  });

  test('takes 300,000 attempts per second of CPU', () => {
    const attempts = many(50_000, (seq) => answered(seq, seq)).map(attempt);
    const fold = tableFold(variant());
    const before = process.cpuUsage().user;
    for (const each of attempts) fold.add(each);
    const seconds = (process.cpuUsage().user - before) / 1e6;
    expect(fold.finish().count).toBe(50_000);
    // A third of what was measured, so that a busy machine does not fail it.
    expect(50_000 / seconds).toBeGreaterThan(300_000);
  });
});

describe('one figure', () => {
  const refusedOrSlow = (seq: number, side: number): Paired =>
    (seq * 7 + side) % 9 === 0
      ? { seq, sentMs: seq * 100, outcome: limited('requests') }
      : answered(seq, seq * 100, {}, 400 + ((seq * 37 + side * 50) % 200));
  const tables = ['direct', 'relay'].map((name, side) =>
    tableOf(
      many(1200, (seq) => refusedOrSlow(seq, side)),
      { name },
    ),
  );
  const comparison = compareTables(tables, { design: 'paired', seed: 1, claims: [], warnings: [] });
  const figure = (id: string) => comparison.pairs[0]?.questions.find((each) => each.id === id);

  test('stands with one interval in the table of questions, under stability, under tactics and in the summary', () => {
    const [, steady] = comparison.stability;
    const [, tactic] = comparison.tactics;
    expect(figure('availability')?.figureB).toEqual(steady?.availability);
    expect(figure('availability')?.figureB).toEqual(tactic?.finalSuccess);
    expect(figure('availability')?.figureB).toEqual(tables[1]?.summary.availability);
    expect(figure('ttft_median')?.figureB).toEqual(steady?.ttftMedianMs);
    expect(figure('ttft_p95')?.figureB).toEqual(steady?.ttftP95Ms);
    expect(figure('total_time')?.figureB).toEqual(steady?.totalMedianMs);
    expect(figure('truncated')?.figureB).toEqual(steady?.truncated);
    expect(figure('hidden_retries')?.figureB).toEqual(steady?.hiddenRetries.lateModes);
    expect(figure('kinds_lost')?.figureB).toEqual(steady?.kindsLost);
    expect(figure('goodput')?.figureB?.value).toBeCloseTo(tactic?.goodputPerSecond ?? 0, 9);
    expect(figure('cost')?.figureB?.value).toBeCloseTo(tactic?.usdPerThousandAnswers ?? 0, 9);
  });

  test('names the figures a difference is of where fewer requests stand against each other', () => {
    const ttft = figure('ttft_median');
    expect(ttft?.n).toBeLessThan(1200);
    expect(ttft?.compared).not.toBeNull();
    expect(ttft?.difference?.value).toBeCloseTo((ttft?.compared?.b ?? 0) - (ttft?.compared?.a ?? 0), 9);
    expect(ttft?.evidence.join(' ')).toContain(`on the ${ttft?.n} pairs where it applies to both`);
    expect(figure('availability')?.compared).toBeNull();
  });

  test('is written the same in a sentence as in a table: shares in percent, their differences in points', () => {
    const { why = '', evidence = [] } = figure('availability') ?? {};
    expect(evidence.join(' ')).toMatch(/88\.\d % \(95 % interval \d\d\.\d–\d\d\.\d %\)/);
    expect(`${why} ${evidence.join(' ')}`).toMatch(/ pp/);
    expect(`${why} ${evidence.join(' ')}`).not.toMatch(/\d\.\d{3,} %/);
  });
});

describe('the recommended course', () => {
  const compared = (relay: (seq: number) => Paired, over: Partial<ManifestVariant> = {}) => {
    const direct = (seq: number): Paired =>
      (seq * 7919) % 2000 < 200 ? { seq, sentMs: seq * 100, outcome: limited('requests') } : answered(seq, seq * 100);
    const tables = [
      tableOf(many(2000, direct), { name: 'direct' }),
      tableOf(many(2000, relay), { name: 'relay', targetName: 'apiyi', ...over }),
    ];
    return compareTables(tables, { design: 'paired', seed: 1, claims: [], warnings: [] });
  };

  test('follows what answers more, and names the terms', () => {
    const { recommendation } = compared((seq) => answered(seq, seq * 100));
    expect(recommendation.headline).toBe('Use relay for this traffic');
    expect(recommendation.sentences[0]).toMatch(/answers \(100 % against 90.0 %\)/);
    expect(recommendation.sentences.at(-1)).toMatch(/provider's terms/);
  });

  test('does not send anyone to a relay that answers with another model', () => {
    const swapping = (seq: number) =>
      answered(seq, seq * 100, { exchange: { reportedModel: seq % 5 === 0 ? 'qwen-turbo' : 'qwen3-max' } });
    const { recommendation } = compared(swapping);
    expect(recommendation.headline).toBe('relay gains something and loses something: decide which counts more');
    expect(recommendation.sentences[1]).toMatch(/the model that answers \(20.0 % against 0 %\)/);
  });

  test('does not send anyone to a cheaper relay while it is open whether it answers as well', () => {
    const cheap = { inputUsdPerMillion: 1.056, outputUsdPerMillion: 5.28, source: 'relay', seenOn: null };
    const shots = many(300, (seq) => answered(seq, seq * 100));
    const tables = [tableOf(shots, { name: 'direct' }), tableOf(shots, { name: 'relay', price: cheap })];
    const { recommendation } = compareTables(tables, { design: 'paired', seed: 1, claims: [], warnings: [] });
    expect(recommendation.headline).toBe('relay looks better, but this run does not show that it answers as well');
    expect(recommendation.sentences[0]).toMatch(/cost per useful answer/);
  });

  test('says so when nothing is decided', () => {
    const tables = ['direct', 'relay'].map((name) =>
      tableOf(
        many(30, (seq) => answered(seq, seq * 100)),
        { name },
      ),
    );
    const { recommendation } = compareTables(tables, { design: 'paired', seed: 1, claims: [], warnings: [] });
    expect(recommendation.headline).toBe('This run does not decide between the variants');
    expect(recommendation.sentences.join(' ')).toMatch(/too short to decide/);
    expect(recommendation.sentences.join(' ')).not.toMatch(/provider's terms/);
  });
});

test('a claim of 99.9 % needs 3838 perfect answers, one of 99 % needs 381', () => {
  expect(trialsNeeded({ value: 1, target: 0.999 })).toBe(3838);
  expect(trialsNeeded({ value: 1, target: 0.99 })).toBe(381);
});
