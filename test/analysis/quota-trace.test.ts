/** Goal: one attempt becomes one row that says what it can about the limits. Method: tables and small traces. */
import { describe, expect, test } from 'vitest';
import { QUOTA_CODES, quotaTraceBuilder } from '../../src/analysis/quota-trace.ts';
import { verifyQuota } from '../../src/analysis/quota-verify.ts';
import type { Limited, Outcome } from '../../src/model/outcome.ts';
import { type AttemptFields, attempt, limited, PUBLISHED } from './quota-traffic.ts';

const ok: Outcome = { kind: 'ok' };
const row = (fields: Partial<AttemptFields>) =>
  attempt({
    n: 0,
    sentMs: 0,
    finishedMs: 500,
    outcome: ok,
    promptTokens: 100,
    maxTokens: 50,
    completionTokens: 20,
    ...fields,
  });

function traceOf(rows: readonly Partial<AttemptFields>[], options: { readonly rowsMax?: number } = {}) {
  const builder = quotaTraceBuilder(options);
  for (const one of rows) builder.add(row(one));
  return builder.finish({ restMs: 0 });
}

describe('codes', () => {
  const billing: Limited = { ...(limited('rps') as Limited), limit: 'billing' };
  const relay: Limited = { ...(limited('rps') as Limited), origin: 'relay' };
  test.each<[string, Outcome, boolean, number]>([
    ['an answer is admitted', ok, false, QUOTA_CODES.admitted],
    ['a truncated answer was admitted', { kind: 'truncated' }, false, QUOTA_CODES.admitted],
    ['requests', limited('rpm'), false, QUOTA_CODES.requests],
    ['tokens', limited('tps'), false, QUOTA_CODES.tokens],
    ['burst', limited('burst'), false, QUOTA_CODES.burst],
    ['concurrency', limited('concurrency'), false, QUOTA_CODES.concurrency],
    ['free quota is none of the limits', limited('free_tokens'), false, QUOTA_CODES.other],
    ['billing is none of the limits', billing, false, QUOTA_CODES.other],
    ["a relay's own limit is not the provider's", relay, false, QUOTA_CODES.other],
    ['a stalled answer may have been counted at any time', ok, true, QUOTA_CODES.unusable],
    ['a stalled refusal consumed nothing', limited('rps'), true, QUOTA_CODES.other],
    ['a lost attempt may have been counted', { kind: 'lost' }, false, QUOTA_CODES.unusable],
    ['a server error too', { kind: 'server_error', status: 500, ruleId: null }, false, QUOTA_CODES.unusable],
  ])('%s', (_, outcome, stalled, code) => {
    expect([...traceOf([{ outcome, stalled }]).code]).toEqual([code]);
  });
});

test('tokens: prompt, reported, and reserved at most', () => {
  const trace = traceOf([{}, { sentMs: 1, maxTokens: null }, { sentMs: 2, outcome: limited('tpm') }]);
  expect([...trace.tokensLow]).toEqual([100, 100, 100]);
  expect([...trace.tokensActual]).toEqual([120, 120, 100]);
  expect([...trace.tokensHigh]).toEqual([150, 120, 150]);
});

test('rows come in order of send time, whatever order they ended in', () => {
  const trace = traceOf([
    { sentMs: 30, finishedMs: 40 },
    { sentMs: 10, finishedMs: 50 },
    { sentMs: 20, finishedMs: 60, outcome: limited('rps') },
  ]);
  expect([...trace.sentMs]).toEqual([10, 20, 30]);
  expect([...trace.endMs]).toEqual([50, 60, 40]);
  expect([...trace.code]).toEqual([0, 1, 0]);
});

test('silences of at least a second are rests', () => {
  const builder = quotaTraceBuilder();
  for (const sentMs of [0, 999, 1999]) builder.add(row({ sentMs }));
  expect(builder.finish({ restMs: 5000 }).rests).toEqual([
    { startMs: -5000, endMs: 0 },
    { startMs: 999, endMs: 1999 },
  ]);
});

test('a full trace ends before the first attempt it had to leave out, and says so', () => {
  const rows = [0, 1, 2, 5, 3, 4].map((sentMs) => ({ sentMs }));
  const trace = traceOf(rows, { rowsMax: 4 });
  expect([...trace.sentMs]).toEqual([0, 1, 2]);
  expect(trace.dropped).toBe(3);
  const [rps] = verifyQuota(trace, { quota: PUBLISHED, variant: 'default' });
  expect(rps?.evidence.at(-1)).toBe('3 attempts at the end left out: the trace holds 3 rows.');
});

test('grows beyond its first allocation', () => {
  const rows = Array.from({ length: 5000 }, (_, n) => ({ sentMs: 5000 - n }));
  const trace = traceOf(rows);
  expect(trace.length).toBe(5000);
  expect(trace.sentMs[4999]).toBe(5000);
});
