import { expect, test } from 'vitest';
import { comparedPairs } from '../../src/analysis/compare-pairs.ts';
import { type RequestTable, tableFold } from '../../src/analysis/compare-table.ts';
import { judged } from '../../src/analysis/judged.ts';
import type { ComparisonDesign } from '../../src/model/comparison.ts';
import { randomFor } from '../../src/stats/random.ts';
import { variant } from './manifest.ts';
import { end, limited, OK, type Shot, sent } from './records.ts';

const PAIRS = 900;

interface Side {
  /** Response time, or null for a refusal. */
  readonly responseMs: (seq: number, chance: number) => number | null;
  readonly fromMs?: number;
}

/** 900 requests, ten a second. */
function tableOf(name: string, { responseMs, fromMs = 0 }: Side): RequestTable {
  const random = randomFor(7, name);
  const fold = tableFold(variant({ name, quotaGroup: name }));
  for (let seq = 0; seq < PAIRS; seq += 1) {
    const tookMs = responseMs(seq, random());
    const sentMs = fromMs + seq * 100;
    const outcome = tookMs === null ? limited('requests') : OK;
    const shot: Shot = { seq, sentMs, finishedMs: sentMs + (tookMs ?? 20), outcome };
    const record = sent(shot);
    const paired = { ...record, arrival: { ...record.arrival, pairSeq: seq } };
    fold.add(judged({ sent: paired, end: end({ ...shot }), outcome, stalled: false, straggler: false }));
  }
  return fold.finish();
}

function question(id: string, sides: readonly [Side, Side], design: ComparisonDesign = 'paired') {
  const tables = [tableOf('none', sides[0]), tableOf('tactic', sides[1])];
  const [pair] = comparedPairs(tables, design).pairs;
  return pair?.questions.find((each) => each.id === id);
}

const PROMPT: Side = { responseMs: (_, chance) => 1000 + 800 * chance };

/** A queue that fills for a third of the run and is never empty again. */
const queueing: Side['responseMs'] = (seq, chance) => 1000 + 800 * chance + 6000 * Math.min(1, seq / (PAIRS / 3));

test('calls a queue of seconds slower than none at all, though its own waiting hardly forgets', () => {
  const total = question('total_time', [PROMPT, { responseMs: queueing }]);
  expect(total?.effectiveN).toBeLessThan(30);
  expect(total?.verdict).toBe('a_better');
  expect(total?.blocks).toBeGreaterThanOrEqual(20);
  expect(total?.detectable ?? 0).toBeLessThan(total?.difference?.value ?? 0);
  expect(total?.evidence.join(' ')).toContain('swings too slowly');
});

test('calls it between two runs that met nowhere, too', () => {
  const sides = [PROMPT, { responseMs: queueing, fromMs: 1e6 }] as const;
  expect(question('total_time', sides, 'separate_runs')?.verdict).toBe('a_better');
});

test('does not call a side that wanders to both sides of the other', () => {
  const wandering: Side = {
    responseMs: (seq, chance) => 2500 + 800 * chance + 1200 * Math.sin((2 * Math.PI * 1.25 * seq) / PAIRS),
  };
  const steady: Side = { responseMs: (_, chance) => 2500 + 800 * chance };
  expect(question('total_time', [steady, wandering])?.verdict).toBe('not_enough_data');
});

test('calls one queue longer than another where at least half of the run shows it twofold', () => {
  const short: Side['responseMs'] = (seq, chance) => 1000 + 400 * chance + 1500 * Math.min(1, seq / (PAIRS / 4));
  const long: Side['responseMs'] = (seq, chance) => 1000 + 400 * chance + 9000 * Math.min(1, seq / (PAIRS / 2));
  const total = question('total_time', [{ responseMs: short }, { responseMs: long }]);
  expect(total?.verdict).toBe('a_better');
  expect(total?.evidence.join(' ')).toContain('of 20 equal stretches');
  expect(total?.difference?.low).toBeGreaterThan(0);
});

test('does not order two like queues by a small lead that one of them keeps', () => {
  const lead = (seq: number) => (seq > PAIRS / 3 ? 150 : 0);
  const other: Side['responseMs'] = (seq, chance) => (queueing(seq, 1 - chance) ?? 0) - lead(seq);
  const total = question('total_time', [{ responseMs: queueing }, { responseMs: other }]);
  expect(['not_enough_data', 'no_difference']).toContain(total?.verdict);
});

test('the interval of what hardly forgets is wide: its few blocks are paid for', () => {
  const total = question('total_time', [PROMPT, { responseMs: queueing }]);
  const { low, high } = total?.difference ?? { low: 0, high: 0 };
  expect(high - low).toBeGreaterThan(1000);
});

/** Refuses in a share that swings over the whole run. */
const refusing = (from: number, to: number): Side => ({
  responseMs: (seq, chance) => (chance < from + (to - from) * (seq / PAIRS) ** 2 ? null : 1000),
});

test('calls refusals that every stretch of the run shows, and not those that some stretches lack', () => {
  const all = question('limited', [PROMPT, refusing(0.3, 1)]);
  expect(all?.verdict).toBe('a_better');
  const late: Side = { responseMs: (seq) => (seq > 0.9 * PAIRS ? null : 1000) };
  expect(question('limited', [PROMPT, late])?.verdict).toBe('not_enough_data');
});
