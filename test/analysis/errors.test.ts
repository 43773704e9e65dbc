import { expect, test } from 'vitest';
import { analysed } from './fold.ts';
import { journal, limited, type Shot } from './records.ts';

test('errors are grouped by label and message, refusals and answers are not among them', () => {
  const reset = (message: string): Partial<Shot> => ({
    outcome: { kind: 'connection', phase: 'headers', code: 'ECONNRESET' },
    exchange: { status: null, transportError: { kind: 'connection', phase: 'headers', code: 'ECONNRESET', message } },
  });
  const shots: Shot[] = [
    { seq: 1, sentMs: 0 },
    { seq: 2, sentMs: 100, outcome: limited('requests') },
    { seq: 3, sentMs: 200, ...reset('socket hang up') },
    { seq: 4, sentMs: 300, ...reset('socket hang up') },
    { seq: 5, sentMs: 400, ...reset('other side closed') },
    { seq: 6, sentMs: 500, outcome: { kind: 'truncated' } },
  ];
  const found = analysed(journal(shots)).errors.map(({ label, normalisedMessage, count, firstMs, lastMs }) => {
    return [label, normalisedMessage, count, firstMs, lastMs];
  });
  expect(found).toEqual([
    ['connection.headers', 'ECONNRESET: socket hang up', 2, 200, 300],
    ['connection.headers', 'ECONNRESET: other side closed', 1, 400, 400],
    ['truncated', 'the stream ended without a finish reason', 1, 500, 500],
  ]);
});

test('what was in flight when the process died is lost, and the run is called killed', () => {
  const records = journal(
    [
      { seq: 1, sentMs: 0 },
      { seq: 2, sentMs: 50 },
    ],
    null,
  ).filter((record) => record.type !== 'end' || record.requestId !== 'r-2');
  const { errors, conservation, stop, exitCode } = analysed(records);
  expect(errors).toMatchObject([{ label: 'lost', count: 1, sample: null }]);
  expect(conservation).toEqual({
    planned: 2,
    sent: 2,
    notSent: {},
    finished: 1,
    cancelled: 0,
    lost: 1,
    holds: true,
  });
  expect(stop).toEqual({ kind: 'killed' });
  expect(exitCode).toBe(130);
});

test('messages that never repeat end up in one group', () => {
  const words = 'abcdefghijklmnopqrstuvwxyz';
  const shots = Array.from({ length: 260 }, (_, seq): Shot => {
    const head = `broken ${words[Math.floor(seq / 26)]}${words[seq % 26]}`;
    return {
      seq,
      sentMs: seq,
      outcome: { kind: 'server_error', status: 500, ruleId: null },
      exchange: { status: 500, body: { head, tail: '', bytes: 9 } },
    };
  });
  const { errors } = analysed(journal(shots));
  expect(errors).toHaveLength(201);
  expect(errors[0]).toMatchObject({ normalisedMessage: '(further messages)', count: 60 });
});
