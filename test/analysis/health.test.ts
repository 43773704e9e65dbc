import { describe, expect, test } from 'vitest';
import type { HealthRecord, JournalRecord } from '../../src/model/journal.ts';
import { analysed } from './fold.ts';
import { manifest } from './manifest.ts';
import { journal, notSent, type Shot } from './records.ts';

/** One request every 600 ms for a minute: a mean gap of 600 ms. */
const steady = (lagMs = 0): Shot[] =>
  Array.from({ length: 100 }, (_, seq) => ({ seq, dueMs: seq * 600, sentMs: seq * 600 + lagMs }));
const healthOf = (records: readonly JournalRecord[], lateToleranceMs = 6) =>
  analysed(records, { manifest: manifest({ over: { lateToleranceMs } }) }).health;
const withSkipped = (count: number, reason: 'late' | 'in_flight_cap' | 'budget' | 'tactic') =>
  healthOf([
    ...Array.from({ length: count }, (_, seq) => notSent({ seq: 1000 + seq, dueMs: seq * 10, reason })),
    ...journal(steady().slice(0, 100 - count)),
  ]);
const second = (over: Partial<HealthRecord>): HealthRecord => ({
  type: 'health',
  atMs: 1000,
  inFlight: 3,
  loopDelayMaxMs: 2,
  cpuShare: 0.2,
  rssBytes: 80_000_000,
  gcPauseMaxMs: 1,
  socketsOpen: 10,
  socketsOpened: 10,
  ...over,
});

test('a run on time with nothing skipped is valid', () => {
  expect(healthOf(journal(steady()))).toMatchObject({ verdict: 'valid', reasons: [], skippedLate: 0, stalls: 0 });
});

describe('skipped attempts', () => {
  test.each([
    [1, 'late', 'valid'],
    [2, 'late', 'degraded'],
    [5, 'late', 'degraded'],
    [6, 'late', 'invalid'],
    [6, 'in_flight_cap', 'invalid'],
    [50, 'budget', 'valid'],
    [50, 'tactic', 'valid'],
  ] as const)('%i of 100 for %s: %s', (count, reason, verdict) => {
    expect(withSkipped(count, reason).verdict).toBe(verdict);
  });
});

describe('lag', () => {
  test.each([
    [50, 'valid'],
    [50.1, 'degraded'],
  ])('of %d ms with a mean gap of 600 ms: %s', (lagMs, verdict) => {
    expect(healthOf(journal(steady(lagMs)), 100).verdict).toBe(verdict);
  });

  test.each([
    [10, 'valid'],
    [10.1, 'degraded'],
  ])('of %d ms with a mean gap of 10 ms: %s', (lagMs, verdict) => {
    const fast = Array.from({ length: 6000 }, (_, seq): Shot => {
      return { seq, dueMs: seq * 10, sentMs: seq * 10 + lagMs };
    });
    expect(healthOf(journal(fast)).verdict).toBe(verdict);
  });
});

describe('processor time', () => {
  const seconds = (busy: number, idle: number) =>
    healthOf([
      ...Array.from({ length: busy }, () => second({ cpuShare: 0.95 })),
      ...Array.from({ length: idle }, () => second({ cpuShare: 0.3 })),
      ...journal(steady()),
    ]);

  test.each([
    [5, 95, 'valid'],
    [6, 94, 'degraded'],
    [100, 0, 'invalid'],
  ])('%i busy seconds and %i quiet ones: %s', (busy, idle, verdict) => {
    expect(seconds(busy, idle).verdict).toBe(verdict);
  });

  test('before t0 it does not count', () => {
    const warm = Array.from({ length: 10 }, () => second({ atMs: -1000, cpuShare: 1, loopDelayMaxMs: 300 }));
    expect(healthOf([...warm, second({}), ...journal(steady())])).toMatchObject({
      verdict: 'valid',
      cpuShareMean: 0.2,
      cpuShareMax: 0.2,
      loopDelayMaxMs: 2,
    });
  });
});

test('a stall degrades the run and marks what overlapped it; too many marked make it invalid', () => {
  const stall = (fromMs: number, toMs: number) => healthOf([{ type: 'stall', fromMs, toMs }, ...journal(steady())]);
  expect(stall(600, 650)).toMatchObject({ verdict: 'degraded', stalls: 1, stalledAttempts: 1 });
  expect(stall(0, 11_500)).toMatchObject({ verdict: 'degraded', stalledAttempts: 20 });
  expect(stall(0, 12_000)).toMatchObject({ verdict: 'invalid', stalledAttempts: 21 });
});

test('stalled attempts stay out of every latency', () => {
  const { histograms } = analysed([{ type: 'stall', fromMs: 600, toMs: 650 }, ...journal(steady())]);
  const counts = histograms.filter(({ phase }) => phase === null).map((each) => [each.metric, each.percentiles.count]);
  expect(counts).toEqual([
    ['service', 99],
    ['response', 99],
    ['queued', 99],
    ['lag', 100],
  ]);
});

test('the wall clock is told apart into drift and steps', () => {
  const at = (atMs: number, wallMs: number): JournalRecord => ({ type: 'clock', atMs, wallMs });
  const found = healthOf([
    at(0, 1000),
    at(10_000, 11_004),
    at(20_000, 21_010),
    at(30_000, 32_010),
    ...journal(steady()),
  ]);
  expect(found).toMatchObject({ wallClockDriftMs: 10, wallClockSteps: 1, verdict: 'degraded' });
  expect(healthOf([at(0, 1000), ...journal(steady())]).wallClockDriftMs).toBeNull();
});

test('sockets: the most opened, and the share of attempts that reused one', () => {
  const shots = steady().map((shot): Shot => {
    return shot.seq < 25 ? { ...shot, exchange: { connection: { id: 1, reused: false, handshakeMs: 20 } } } : shot;
  });
  expect(healthOf([second({ socketsOpened: 25 }), second({ socketsOpened: 31 }), ...journal(shots)])).toMatchObject({
    socketsOpened: 31,
    socketsReusedShare: 0.75,
  });
});

describe('connections lost as they were used', () => {
  const with5 = (phase: 'stale_reuse' | 'headers') => {
    const outcome = { kind: 'connection', phase, code: 'ECONNRESET' } as const;
    const exchange = { status: null, transportError: { ...outcome, message: 'reset' } };
    const shots = steady().map((shot) => (shot.seq % 20 === 0 ? { ...shot, outcome, exchange } : shot));
    const { health, errors, phases, variants, conservation } = analysed(journal(shots));
    return { health, errors, phase: phases[0], variant: variants[0], conservation };
  };

  test('after an idle time are our own failure: no error of the endpoint, and no answer it owed', () => {
    const { health, errors, phase, variant, conservation } = with5('stale_reuse');
    expect(health).toMatchObject({ verdict: 'degraded', reasons: [expect.stringContaining('5 of 100 attempts')] });
    expect(errors).toMatchObject([{ label: 'connection.stale_reuse', count: 5 }]);
    expect(phase).toMatchObject({ sent: 100, ok: 95, errors: 0 });
    expect(variant).toMatchObject({
      attempts: 100,
      answered: 95,
      availability: { value: 1 },
      firstTrySuccess: { value: 1 },
    });
    expect(conservation).toMatchObject({ sent: 100, finished: 100, holds: true });
  });

  test('in the middle of traffic are the endpoint’s', () => {
    const { health, phase, variant } = with5('headers');
    expect(health).toMatchObject({ verdict: 'valid', reasons: [] });
    expect(phase).toMatchObject({ errors: 5 });
    expect(variant).toMatchObject({ availability: { value: 0.95 } });
  });
});
