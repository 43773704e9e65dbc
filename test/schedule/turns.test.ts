import { expect, test } from 'vitest';
import type { Arrival, Source } from '../../src/model/arrival.ts';
import type { Outcome } from '../../src/model/outcome.ts';
import { planSchedule } from '../../src/schedule/plan.ts';
import { withTurns } from '../../src/schedule/turns.ts';
import { burst, closed, hold } from './phases.ts';

const OK: Outcome = { kind: 'ok' };
const TRUNCATED: Outcome = { kind: 'truncated' };
const TURNS = { count: 3, thinkMs: 2000 };

test('the next turn is due a think time after the answer, with a number of its own and the content of its conversation', () => {
  const source = withTurns(planSchedule([burst(1), hold(1, 2000)], { seed: 1 }).source(), TURNS);
  const first = source.take();
  expect(first).toMatchObject({ seq: 0, turn: 0, pairSeq: 0 });
  source.onFinished(first, OK, 700);
  expect(source.take()).toMatchObject({ seq: 1, phaseIndex: 1, scheduledMs: 0, turn: 0, pairSeq: 1 });
  expect(source.take()).toMatchObject({ seq: 2, phaseIndex: 1, scheduledMs: 1000, turn: 0, pairSeq: 2 });
  expect(source.nextDueMs()).toBe(2700);
  const second = source.take();
  expect(second).toEqual({ ...first, seq: 3, scheduledMs: 2700, turn: 1 });
  source.onFinished(second, OK, 3000);
  const third = source.take();
  expect(third).toEqual({ ...first, seq: 4, scheduledMs: 5000, turn: 2 });
  source.onFinished(third, OK, 5100);
  expect(source.nextDueMs()).toBeNull();
});

test.each<readonly [string, Outcome]>([
  ['truncated', TRUNCATED],
  ['not sent', { kind: 'not_sent', reason: 'late' }],
  ['server error', { kind: 'server_error', status: 500, ruleId: null }],
])('a conversation ends at its first failure: %s', (_, outcome) => {
  const source = withTurns(planSchedule([burst(1)], { seed: 1 }).source(), TURNS);
  source.onFinished(source.take(), outcome, 100);
  expect(source.nextDueMs()).toBeNull();
});

test('one turn is no conversation', () => {
  const source = withTurns(planSchedule([burst(1)], { seed: 1 }).source(), { count: 1, thinkMs: 0 });
  source.onFinished(source.take(), OK, 100);
  expect(source.nextDueMs()).toBeNull();
});

test('a new conversation goes before a turn that is due at the same instant', () => {
  const source = withTurns(planSchedule([hold(1, 2000)], { seed: 1 }).source(), { count: 2, thinkMs: 500 });
  source.onFinished(source.take(), OK, 500);
  expect([source.take(), source.take()].map(({ scheduledMs, turn }) => [scheduledMs, turn])).toEqual([
    [1000, 0],
    [1000, 1],
  ]);
});

test('a closed slot is free again when its conversation has ended', () => {
  const source = withTurns(planSchedule([closed(1, 10_000)], { seed: 1 }).source(), { count: 2, thinkMs: 1000 });
  const first = source.take();
  source.onFinished(first, OK, 300);
  const second = source.take();
  expect(second).toMatchObject({ turn: 1, scheduledMs: 1300 });
  source.onFinished(second, OK, 1500);
  expect(source.take()).toMatchObject({ seq: 2, turn: 0, pairSeq: 1, scheduledMs: 1500 });
});

test('the variants of a pair converse apart', () => {
  const pair: Arrival[] = [0, 1].map((variantIndex) => ({
    seq: variantIndex,
    phaseIndex: 0,
    scheduledMs: 0,
    variantIndex,
    pairSeq: 0,
    turn: 0,
    size: null,
  }));
  const queue = [...pair];
  const inner: Source = {
    nextDueMs: () => (queue.length > 0 ? 0 : null),
    take: () => queue.shift() as Arrival,
    onFinished() {},
  };
  const source = withTurns(inner, { count: 2, thinkMs: 0 });
  const [direct, relay] = [source.take(), source.take()];
  source.onFinished(relay, OK, 200);
  source.onFinished(direct, TRUNCATED, 300);
  expect(source.take()).toMatchObject({ variantIndex: 1, turn: 1, scheduledMs: 200 });
  expect(source.nextDueMs()).toBeNull();
});
