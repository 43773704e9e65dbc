import fc from 'fast-check';
import { expect, test } from 'vitest';
import { slidingPeak } from '../../src/stats/windows.ts';
import { adaptivePace } from '../../src/tactics/adaptive.ts';
import { departureQueue } from '../../src/tactics/queue.ts';
import { smoothPaces } from '../../src/tactics/smooth.ts';
import { adaptive, backoff, even, limited, requestOf, runLab, slidingLimit, smooth } from './lab.ts';

const SMOOTH = { kind: 'smooth', perSecond: null, tokensPerSecond: null, queue: 10, concurrency: null } as const;

const times = (lab: ReturnType<typeof runLab>) => lab.sent.map((record) => record.sentMs);
const gaps = (sentMs: readonly number[]) => sentMs.slice(1).map((at, index) => at - (sentMs[index] ?? 0));

test('smoothing at the limit: a burst of ten times the limit meets no refusal, and nothing is lost', () => {
  const limit = slidingLimit(10, 1000);
  const lab = runLab({
    arrivals: even(100, 0),
    tactics: [smooth({ perSecond: 10 })],
    answer: (_outgoing, nowMs) => (limit(nowMs) ? 'ok' : 'burst'),
  });
  expect(lab.refused).toBe(0);
  expect(lab.answered).toBe(100);
  expect(times(lab)).toEqual(even(100, 100));
});

test('without smoothing the same burst is refused after the tenth, and pacing above the limit is refused too', () => {
  const unpaced = slidingLimit(10, 1000);
  const burst = runLab({
    arrivals: even(100, 0),
    tactics: [],
    answer: (_outgoing, nowMs) => (unpaced(nowMs) ? 'ok' : 'burst'),
  });
  expect(burst.refused).toBe(90);
  const paced = slidingLimit(10, 1000);
  const above = runLab({
    arrivals: even(100, 0),
    tactics: [smooth({ perSecond: 11 })],
    answer: (_outgoing, nowMs) => (paced(nowMs) ? 'ok' : 'burst'),
  });
  expect(above.refused).toBeGreaterThan(5);
});

test('the time in the queue is part of the response time: due with the arrival, sent when its turn came', () => {
  const lab = runLab({ arrivals: [0, 0, 0], tactics: [smooth({ perSecond: 2 })], answer: () => 'ok' });
  expect(lab.sent.map((record) => [record.arrival.scheduledMs, record.dueMs, record.sentMs])).toEqual([
    [0, 0, 0],
    [0, 500, 500],
    [0, 1000, 1000],
  ]);
});

test('an even stream below the rate is not delayed at all', () => {
  const lab = runLab({ arrivals: even(50, 150), tactics: [smooth({ perSecond: 10 })], answer: () => 'ok' });
  expect(times(lab)).toEqual(even(50, 150));
});

test('first come, first served, and never closer than the interval, whatever the arrivals', () => {
  const arrivals = fc.array(fc.nat(5000), { minLength: 1, maxLength: 40 }).map((all) => all.sort((a, b) => a - b));
  fc.assert(
    fc.property(arrivals, fc.integer({ min: 1, max: 20 }), (arrivalsMs, perSecond) => {
      const lab = runLab({ arrivals: arrivalsMs, tactics: [smooth({ perSecond })], answer: () => 'ok' });
      expect(lab.sent.map((record) => record.arrival.seq)).toEqual(arrivalsMs.map((_, index) => index));
      for (const gap of gaps(times(lab))) expect(gap).toBeGreaterThanOrEqual(1000 / perSecond - 1e-6);
      let freeAtMs = 0;
      for (const record of lab.sent) {
        // Never later than needed either.
        expect(record.sentMs).toBeCloseTo(Math.max(record.arrival.scheduledMs, freeAtMs), 6);
        freeAtMs = record.sentMs + 1000 / perSecond;
      }
    }),
    { numRuns: 60 },
  );
});

test('tokens are paced by prompt plus maxTokens: a long prompt keeps the line busy for longer', () => {
  // maxTokens is 10: costs of 100, 1000, 100, 100 tokens at 1000 tokens a second.
  const tokens = [90, 990, 90, 90];
  const lab = runLab({
    arrivals: even(4, 0),
    tactics: [smooth({ tokensPerSecond: 1000 })],
    answer: () => 'ok',
    tokensOf: (seq) => tokens[seq] ?? 0,
  });
  expect(times(lab)).toEqual([0, 100, 1100, 1200]);
});

test('with a rate and a token rate the slower of the two decides each gap', () => {
  const tokens = [90, 990, 90, 90];
  const lab = runLab({
    arrivals: even(4, 0),
    tactics: [smooth({ perSecond: 4, tokensPerSecond: 1000 })],
    answer: () => 'ok',
    tokensOf: (seq) => tokens[seq] ?? 0,
  });
  expect(times(lab)).toEqual([0, 250, 1250, 1500]);
});

test('a queue of two lets two wait and turns the next away', () => {
  const lab = runLab({ arrivals: even(5, 0), tactics: [smooth({ perSecond: 1, queue: 2 })], answer: () => 'ok' });
  expect(times(lab)).toEqual([0, 1000, 2000]);
  expect(lab.notSent.map((record) => [record.requestId, record.reason])).toEqual([
    ['r3', 'tactic'],
    ['r4', 'tactic'],
  ]);
});

test('the place in the queue is free again as soon as its request left', () => {
  const lab = runLab({
    arrivals: [0, 0, 999, 1000.5],
    tactics: [smooth({ perSecond: 1, queue: 1 })],
    answer: () => 'ok',
  });
  expect(lab.notSent.map((record) => record.requestId)).toEqual(['r2']);
  expect(times(lab)).toEqual([0, 1000, 2000]);
});

test('the concurrency cap holds the next request until an attempt ended', () => {
  const lab = runLab({ arrivals: even(5, 10), tactics: [smooth({ concurrency: 2 })], answer: () => 'ok' });
  expect(times(lab)).toEqual([0, 10, 100, 110, 200]);
  expect(lab.finished).toHaveLength(5);
});

test('no more than the cap are ever in flight, retries included, and everything ends', () => {
  const kinds = fc.constantFrom('ok', 'requests', 'auth', 'server_error');
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 4 }), fc.array(kinds, { minLength: 5, maxLength: 30 }), (cap, answers) => {
      let at = 0;
      const lab = runLab({
        arrivals: even(12, 15),
        tactics: [smooth({ concurrency: cap, perSecond: 40 }), backoff({ baseMs: 200, attempts: 4 })],
        answer: () => answers[at++ % answers.length] as 'ok',
      });
      let inFlight = 0;
      for (const record of lab.records) {
        if (record.type === 'sent') inFlight += 1;
        if (record.type === 'end') inFlight -= 1;
        expect(inFlight).toBeLessThanOrEqual(cap);
      }
      expect(lab.finished).toHaveLength(12);
      for (const gap of gaps(times(lab))) expect(gap).toBeGreaterThanOrEqual(25 - 1e-6);
    }),
    { numRuns: 40 },
  );
});

test('a slot is given back while its request backs off', () => {
  const lab = runLab({
    arrivals: [0, 50],
    tactics: [smooth({ concurrency: 1 }), backoff({ jitter: 'none' })],
    answer: (outgoing) => (outgoing.request.requestId === 'r0' && outgoing.attemptNo === 1 ? 'requests' : 'ok'),
  });
  expect(lab.sent.map((record) => [record.requestId, record.sentMs])).toEqual([
    ['r0', 0],
    ['r1', 100],
    ['r0', 1100],
  ]);
});

test('a request that the run loop skips after the queue let it go gives its slot back', () => {
  // The in-flight cap of the lane is below the tactic's: r1 and r3 are skipped and must not keep the two slots.
  const lab = runLab({
    arrivals: [0, 10, 150, 160, 300, 310],
    tactics: [smooth({ concurrency: 2 })],
    answer: () => 'ok',
    maxInFlight: 1,
  });
  expect(lab.notSent.map((record) => [record.requestId, record.decidedMs, record.reason])).toEqual([
    ['r1', 10, 'in_flight_cap'],
    ['r3', 160, 'in_flight_cap'],
    ['r5', 310, 'in_flight_cap'],
  ]);
  expect(times(lab)).toEqual([0, 150, 300]);
});

test('when the head of the queue is given up, the next one gets its turn', () => {
  const queue = departureQueue({ paces: smoothPaces({ ...SMOOTH, perSecond: 1 }), capacity: 10 });
  const depart = (seq: number, nowMs: number) => {
    const departure = queue.depart(requestOf(seq), 1, { atMs: nowMs, keyIndex: 0, model: null }, nowMs);
    return typeof departure === 'string' ? departure : departure.atMs;
  };
  expect([depart(0, 0), depart(1, 10), depart(2, 20)]).toEqual([0, 1000, 'held']);
  expect(queue.turn(30), 'r1 knows its time already').toBeNull();
  queue.gone('r1');
  expect(queue.turn(1200)).toEqual({ requestId: 'r2', atMs: 1200 });
  expect(queue.turn(1200), 'named once').toBeNull();
  expect(depart(2, 1200)).toBe(1200);
});

test('a head that is asked too early, because the pace has slowed, is told the later time', () => {
  const pace = adaptivePace({ kind: 'adaptive', startPerSecond: 10, increasePerSecond: 1, decrease: 0.5 });
  const queue = departureQueue({ paces: [pace], capacity: 10 });
  const plan = (atMs: number) => ({ atMs, keyIndex: 0, model: null });
  queue.depart(requestOf(0), 1, plan(0), 0);
  expect(queue.depart(requestOf(1), 1, plan(0), 0)).toEqual(plan(100));
  queue.ended({ request: requestOf(0), attemptNo: 1, sent: plan(0), outcome: limited(), atMs: 50 });
  expect(queue.depart(requestOf(1), 1, plan(100), 100)).toEqual(plan(200));
  expect(queue.depart(requestOf(1), 1, plan(200), 200)).toEqual(plan(200));
});

test('adaptive pacing settles within 15 % of the limit, from far below and from far above', () => {
  for (const start of [1, 40]) {
    const limit = slidingLimit(10, 1000);
    const lab = runLab({
      arrivals: even(9000, 50),
      tactics: [adaptive(start, 0.5, 0.9)],
      answer: (_outgoing, nowMs) => (limit(nowMs) ? 'ok' : 'requests'),
    });
    const inWindow = times(lab).filter((at) => at >= 120_000 && at < 420_000).length / 300;
    expect(inWindow, `sends per second from ${start}/s`).toBeGreaterThan(8.5);
    expect(inWindow, `sends per second from ${start}/s`).toBeLessThan(11.5);
    const laterRefused = lab.records.filter(
      (record) =>
        record.type === 'end' &&
        record.outcome.kind === 'limited' &&
        record.exchange.finishedMs >= 120_000 &&
        record.exchange.finishedMs < 420_000,
    ).length;
    expect(laterRefused / (inWindow * 300)).toBeLessThan(0.1);
  }
});

test('halving costs a quarter of the limit: the mean of the saw tooth is (1 + decrease) / 2', () => {
  const limit = slidingLimit(10, 1000);
  const lab = runLab({
    arrivals: even(9000, 50),
    tactics: [adaptive(5, 0.5, 0.5)],
    answer: (_outgoing, nowMs) => (limit(nowMs) ? 'ok' : 'requests'),
  });
  const perSecond = times(lab).filter((at) => at >= 120_000 && at < 420_000).length / 300;
  expect(perSecond).toBeGreaterThan(7);
  expect(perSecond).toBeLessThan(8.5);
});

test('refusals of one volley lower the rate once', () => {
  // Eight leave within the 1000 ms that answers take; all are refused; the ninth interval follows from one halving.
  const lab = runLab({
    arrivals: even(20, 0),
    tactics: [adaptive(10, 0.001, 0.5)],
    answer: (_outgoing, nowMs) => (nowMs < 750 ? 'requests' : 'ok'),
    answerAfterMs: 750,
  });
  const sentMs = times(lab);
  expect(gaps(sentMs).slice(0, 7)).toEqual(even(7, 0).map(() => 100));
  for (const gap of gaps(sentMs).slice(8, 12)) expect(gap).toBeCloseTo(200, 0);
});

test('an unused rate does not grow: after minutes of calm a burst still leaves at the starting pace', () => {
  const lab = runLab({
    arrivals: [...even(100, 1000), ...even(10, 0).map(() => 200_000)],
    tactics: [adaptive(2, 1, 0.5)],
    answer: () => 'ok',
  });
  const burst = times(lab).filter((at) => at >= 200_000);
  expect(gaps(burst)[0]).toBe(500);
});

test('refusals without end slow it to a try a minute and no further', () => {
  const lab = runLab({
    arrivals: even(40, 0),
    tactics: [adaptive(1, 0.1, 0.1)],
    answer: () => 'requests',
  });
  expect(Math.max(...gaps(times(lab)))).toBeCloseTo(60_000, 6);
});

test('used-up money does not slow the stream: waiting would not bring it back', () => {
  const lab = runLab({ arrivals: even(5, 0), tactics: [adaptive(1, 0.001, 0.1)], answer: () => 'billing' });
  expect(times(lab)).toEqual(even(5, 1000));
});

test('a rate limit and an adaptive pace together keep to the slower', () => {
  const lab = runLab({
    arrivals: even(60, 0),
    tactics: [adaptive(100, 1, 0.5), smooth({ perSecond: 10 })],
    answer: () => 'ok',
  });
  const peak = slidingPeak(1000);
  for (const at of times(lab)) peak.add(at, 1);
  expect(peak.peak()).toBe(10);
});
