import { expect, test } from 'vitest';
import type { Outcome } from '../../src/model/outcome.ts';
import { fallbackDecider } from '../../src/tactics/fallback.ts';
import { even, fallback, limited, OK, requestOf, runLab, slidingLimit } from './lab.ts';

const chain = fallbackDecider({ models: ['qwen-plus', 'qwen-turbo'], on: ['tokens', 'server_error'], model: null });
const after = (model: string | null, outcome: Outcome, decider = chain) =>
  decider.again({
    request: requestOf(0),
    attemptNo: 1,
    sent: { atMs: 0, keyIndex: 1, model },
    outcome,
    atMs: 70,
  });

test('takes one step along the chain per attempt, at once and with the same key, and stops at its end', () => {
  const tokens = limited({ limit: 'tokens' });
  expect(after(null, tokens)).toEqual({ atMs: 70, keyIndex: 1, model: 'qwen-plus' });
  expect(after('qwen-plus', tokens)).toEqual({ atMs: 70, keyIndex: 1, model: 'qwen-turbo' });
  expect(after('qwen-turbo', tokens)).toBeNull();
});

test.each<readonly [string, Outcome, boolean]>([
  ['a listed limit', limited({ limit: 'tokens' }), true],
  ['a listed error', { kind: 'server_error', status: 500, ruleId: null }, true],
  ['a limit that is not listed', limited({ limit: 'requests' }), false],
  ['an error that is not listed', { kind: 'connection', phase: 'connect', code: 'E' }, false],
  ['an answer', OK, false],
])('%s', (_, outcome, falls) => {
  expect(after(null, outcome) !== null).toBe(falls);
});

test('a chain that names a model twice, or the model itself, tries each once', () => {
  const decider = fallbackDecider({ models: ['b', 'a', 'b', 'c'], on: ['requests'], model: 'a' });
  expect(after(null, limited(), decider)?.model).toBe('b');
  expect(after('b', limited(), decider)?.model).toBe('c');
  expect(after('c', limited(), decider)).toBeNull();
});

test('the share of each model follows from the limits: 10/s, then 5/s, then the rest', () => {
  const limits: Record<string, (nowMs: number) => boolean> = {
    'qwen3-max': slidingLimit(10, 1000),
    'qwen-plus': slidingLimit(5, 1000),
  };
  const lab = runLab({
    arrivals: even(1200, 50),
    tactics: [fallback(['qwen-plus', 'qwen-turbo'])],
    answer: (outgoing, nowMs) => ((limits[outgoing.request.model]?.(nowMs) ?? true) ? 'ok' : 'requests'),
  });
  const finals = lab.records.flatMap((record) =>
    record.type === 'end' && record.final ? lab.attemptsOf(record.requestId).slice(-1) : [],
  );
  const share = (model: string) => finals.filter((record) => record.model === model).length / finals.length;
  expect(lab.answered).toBe(1200);
  expect(share('qwen3-max')).toBeCloseTo(0.5, 2);
  expect(share('qwen-plus')).toBeCloseTo(0.25, 2);
  expect(share('qwen-turbo')).toBeCloseTo(0.25, 2);
});
