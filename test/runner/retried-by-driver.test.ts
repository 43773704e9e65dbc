import { expect, test } from 'vitest';
import { virtualClock } from '../../src/drivers/virtual-clock.ts';
import type { JournalRecord } from '../../src/model/journal.ts';
import type { Safety } from '../../src/model/safety.ts';
import type { Transport } from '../../src/model/transport.ts';
import { startRun } from '../../src/runner/run.ts';
import { noTactic } from '../../src/tactics/none.ts';
import { arrivalsAt, exchangeOf, judgeByStatus, laneOf, OPEN_SAFETY } from './fakes.ts';

/** A driver whose client answers two 429 by asking again, 100 ms later each. */
function runWithRetryingDriver(safety: Safety) {
  const clock = virtualClock({ t0WallMs: 0 });
  const records: JournalRecord[] = [];
  let asked = 0;
  const transport: Transport = {
    send(_, handler) {
      const ask = () => {
        asked += 1;
        handler.onSent(clock.nowMs());
        const refusal = exchangeOf({ status: 429, sentMs: clock.nowMs(), finishedMs: clock.nowMs() });
        clock.at(clock.nowMs() + 100, () => {
          if (asked === 3) handler.onEnd(exchangeOf({ finishedMs: clock.nowMs() }));
          else if (handler.onFailed?.(refusal) === false) handler.onEnd(refusal);
          else if (handler.onRetry?.(refusal)) ask();
          else handler.onEnd(refusal);
        });
      };
      ask();
    },
    abortAll() {},
    sockets: () => ({ open: 0, opened: 0 }),
  };
  const request = () => ({
    requestId: 'r1',
    model: 'm',
    messages: () => [],
    maxTokens: 1,
    stream: true,
    extraBody: {},
    promptTokens: 1,
    promptTokensBound: 1,
  });
  const run = startRun({
    clock,
    source: arrivalsAt(0),
    lanes: [
      {
        transport,
        tactic: noTactic,
        request,
        judge: judgeByStatus,
        price: null,
        safety: { ...OPEN_SAFETY, stopOn: safety.stopOn },
      },
    ],
    sink: { write: (record) => records.push(record), failed: () => null },
    safety,
    lateToleranceMs: () => 6,
    onDone: () => {},
  });
  clock.run();
  return { run, records };
}

const steps = (records: readonly JournalRecord[]) =>
  records.flatMap((record) => {
    if (record.type === 'sent') return [`sent ${record.attemptNo} due ${record.dueMs}`];
    return record.type === 'end' ? [`end ${record.attemptNo} ${record.outcome.kind} ${record.final}`] : [];
  });

test('what a driver retries by itself stands in the journal attempt by attempt', () => {
  const { run, records } = runWithRetryingDriver(OPEN_SAFETY);
  expect(steps(records)).toEqual([
    'sent 1 due 0',
    'end 1 limited false',
    'sent 2 due 100',
    'end 2 limited false',
    'sent 3 due 200',
    'end 3 ok true',
  ]);
  expect(run.tally()).toMatchObject({ taken: 1, sent: 3, ended: 3, inFlight: 0 });
  expect(run.spending().requests).toBe(3);
});

test('a refusal that stops the run is not asked about again', () => {
  const { run, records } = runWithRetryingDriver({ ...OPEN_SAFETY, stopOn: ['requests'] });
  expect(steps(records)).toEqual(['sent 1 due 0', 'end 1 limited true']);
  expect(records.at(-1)).toMatchObject({ type: 'finish', reason: { kind: 'safety', rule: 'requests' } });
  expect(run.spending().requests).toBe(1);
});

test('a retry of the driver that would pass a cap does not leave', () => {
  const { run, records } = runWithRetryingDriver({ ...OPEN_SAFETY, maxRequests: 2 });
  expect(steps(records)).toEqual(['sent 1 due 0', 'end 1 limited false', 'sent 2 due 100', 'end 2 limited true']);
  expect(run.tally()).toMatchObject({ sent: 2, ended: 2, inFlight: 0 });
});

test('a stop ends the calls that only wait, once it is decided', () => {
  const clock = virtualClock({ t0WallMs: 0 });
  const records: JournalRecord[] = [];
  let waiting: (() => void) | null = null;
  const transport: Transport = {
    send(_, handler) {
      handler.onSent(clock.nowMs());
      waiting = () => handler.onEnd(exchangeOf({ status: 429, sentMs: 0, finishedMs: 0 }));
    },
    stopRetrying: () => waiting?.(),
    abortAll() {},
    sockets: () => ({ open: 0, opened: 0 }),
  };
  const run = startRun({
    clock,
    source: arrivalsAt(0),
    lanes: [laneOf(transport)],
    sink: { write: (record) => records.push(record), failed: () => null },
    safety: OPEN_SAFETY,
    lateToleranceMs: () => 6,
    onDone: () => {},
  });
  clock.at(50, () => run.stop({ kind: 'interrupted' }));
  clock.run();
  expect(steps(records)).toEqual(['sent 1 due 0', 'end 1 limited true']);
  expect(records.at(-1)).toMatchObject({ type: 'finish', atMs: 50, reason: { kind: 'interrupted' } });
});
