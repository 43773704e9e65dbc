import { expect, test } from 'vitest';
import type { Outcome } from '../../src/model/outcome.ts';
import { planSchedule } from '../../src/schedule/plan.ts';
import { closed, hold, pause, takeAll } from './phases.ts';

const OK: Outcome = { kind: 'ok' };
const notSent = (reason: 'late' | 'in_flight_cap' | 'budget' | 'safety_stop' | 'tactic'): Outcome => ({
  kind: 'not_sent',
  reason,
});
const connection = (phase: 'dns' | 'connect' | 'tls' | 'headers'): Outcome => ({
  kind: 'connection',
  phase,
  code: 'E',
});

function opened(concurrency: number, durationMs: number) {
  const source = planSchedule([pause(100), closed(concurrency, durationMs)], { seed: 1 }).source();
  return { source, first: takeAll(source) };
}

test('each finished request makes the next one due at once', () => {
  const { source, first } = opened(2, 1000);
  expect(first.map((arrival) => arrival.scheduledMs)).toEqual([100, 100]);
  expect(source.nextDueMs()).toBeNull();
  source.onFinished(first[1] as (typeof first)[0], OK, 350.25);
  expect(source.nextDueMs()).toBe(350.25);
  expect(source.take()).toMatchObject({ seq: 2, pairSeq: 2, phaseIndex: 1, scheduledMs: 350.25 });
  expect(source.nextDueMs()).toBeNull();
});

test('the last one is due before the end, none at the end or after it', () => {
  const { source, first } = opened(2, 1000);
  source.onFinished(first[0] as (typeof first)[0], OK, 1099.999);
  expect(source.nextDueMs()).toBe(1099.999);
  source.take();
  source.onFinished(first[1] as (typeof first)[0], OK, 1100);
  expect(source.nextDueMs()).toBeNull();
});

test.each([
  ['late', notSent('late'), 1150],
  ['in_flight_cap', notSent('in_flight_cap'), 1150],
  ['a full queue of the tactic', notSent('tactic'), 1150],
  ['a host that is not there', connection('connect'), 1150],
  ['a name that does not resolve', connection('dns'), 1150],
  ['a connection that broke later', connection('headers'), 150],
  ['budget', notSent('budget'), null],
  ['safety_stop', notSent('safety_stop'), null],
] as const)('after %s the slot is due at %s', (_, outcome, dueMs) => {
  const { source, first } = opened(1, 5000);
  source.onFinished(first[0] as (typeof first)[0], outcome, 150);
  expect(source.nextDueMs()).toBe(dueMs);
});

test('an answer that takes no time does not stop time', () => {
  const { source, first } = opened(1, 5000);
  source.onFinished(first[0] as (typeof first)[0], OK, 100);
  expect(source.nextDueMs()).toBe(101);
});

test('the earliest slot goes first, whatever the order of the answers', () => {
  const { source, first } = opened(3, 5000);
  source.onFinished(first[0] as (typeof first)[0], notSent('late'), 200);
  source.onFinished(first[1] as (typeof first)[0], OK, 300);
  source.onFinished(first[2] as (typeof first)[0], OK, 300);
  expect(takeAll(source).map((arrival) => arrival.scheduledMs)).toEqual([300, 300, 1200]);
});

test('while all slots are in flight the next phase is due; an answer in time still comes before it', () => {
  const schedule = planSchedule([closed(1, 1000), hold(1, 2000)], { seed: 1 });
  const source = schedule.source();
  const [inFlight] = [source.take()];
  expect(source.nextDueMs()).toBe(1000);
  source.onFinished(inFlight, OK, 400);
  expect(source.nextDueMs()).toBe(400);
  expect(source.take().phaseIndex).toBe(0);
  expect(takeAll(source).map(({ phaseIndex, scheduledMs }) => [phaseIndex, scheduledMs])).toEqual([
    [1, 1000],
    [1, 2000],
  ]);
});

test('N slots with answers of constant time make N x duration / time requests', () => {
  const source = planSchedule([closed(20, 60_000)], { seed: 1 }).source();
  const running: { readonly endMs: number; readonly arrival: ReturnType<typeof source.take> }[] = [];
  let sent = 0;
  for (;;) {
    const dueMs = source.nextDueMs();
    if (dueMs !== null && dueMs <= (running[0]?.endMs ?? Number.POSITIVE_INFINITY)) {
      running.push({ endMs: dueMs + 250, arrival: source.take() });
      sent++;
      continue;
    }
    const done = running.shift();
    if (done === undefined) break;
    source.onFinished(done.arrival, OK, done.endMs);
  }
  expect(sent).toBe(20 * 240);
});
