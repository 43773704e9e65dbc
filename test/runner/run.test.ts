import { expect, test } from 'vitest';
import type { StopReason } from '../../src/model/journal.ts';
import type { Tactic } from '../../src/model/tactic.ts';
import type { RunOptions } from '../../src/runner/lane.ts';
import { startRun } from '../../src/runner/run.ts';
import { arrivalsAt, laneOf, newClock, OPEN_SAFETY, recordingSink, scriptedTransport } from './fakes.ts';

function setup(timesMs: readonly number[], change: Partial<RunOptions> = {}, answerAfterMs = 100) {
  const clock = newClock();
  const source = arrivalsAt(...timesMs);
  const transport = scriptedTransport(clock, { answerAfterMs });
  const sink = recordingSink();
  const reasons: StopReason[] = [];
  const options: RunOptions = {
    clock,
    source,
    lanes: [laneOf(transport)],
    sink,
    safety: OPEN_SAFETY,
    lateToleranceMs: () => 6,
    onDone: (reason) => reasons.push(reason),
    ...change,
  };
  return { clock, source, transport, sink, reasons, options };
}

const summary = (records: readonly { type: string }[]) => records.map((record) => record.type).join(' ');

test('sends each arrival at its time and records sent, end and finish in order', () => {
  const { clock, sink, reasons, options } = setup([0, 50]);
  startRun(options);
  clock.run();
  expect(summary(sink.records)).toBe('sent sent end end finish');
  expect(sink.records.flatMap((record) => (record.type === 'sent' ? [record.sentMs] : []))).toEqual([0, 50]);
  expect(reasons).toEqual([{ kind: 'completed' }]);
});

test('an empty source ends at once', () => {
  const { clock, sink, reasons, options } = setup([]);
  startRun(options);
  clock.run();
  expect(summary(sink.records)).toBe('finish');
  expect(reasons).toHaveLength(1);
});

test('sends an arrival that is exactly as late as tolerated and skips one a microsecond later', () => {
  for (const [lateMs, expected] of [
    [6, 'sent end finish'],
    [6.001, 'not_sent finish'],
  ] as const) {
    const { clock, sink, options } = setup([10]);
    // The loop wakes late: another callback of the same process kept it busy.
    const lateClock = { ...clock, nowMs: () => clock.nowMs() + (clock.nowMs() >= 10 ? lateMs : 0) };
    startRun({ ...options, clock: lateClock });
    clock.run();
    expect(summary(sink.records), `${lateMs} ms late`).toBe(expected);
  }
});

test('tolerates lateness by phase: a closed one skips nothing', () => {
  const { clock, sink, options } = setup([10], { lateToleranceMs: (phaseIndex) => (phaseIndex === 0 ? 1000 : 6) });
  const lateClock = { ...clock, nowMs: () => clock.nowMs() + (clock.nowMs() >= 10 ? 900 : 0) };
  startRun({ ...options, clock: lateClock });
  clock.run();
  expect(summary(sink.records)).toBe('sent end finish');
});

test('a skipped arrival is told to the source and never sent afterwards', () => {
  const { clock, source, transport, options } = setup([10, 20]);
  const lateClock = { ...clock, nowMs: () => clock.nowMs() + (clock.nowMs() === 10 ? 7 : 0) };
  startRun({ ...options, clock: lateClock });
  clock.run();
  expect(source.finished).toEqual([
    [0, 'not_sent'],
    [1, 'ok'],
  ]);
  expect(transport.seen.map((outgoing) => outgoing.request.requestId)).toEqual(['r1']);
});

test('the in-flight cap admits the last free slot and skips the next arrival', () => {
  const { clock, sink, options, transport } = setup([0, 1, 2, 150]);
  startRun({ ...options, lanes: [laneOf(transport, { safety: { ...OPEN_SAFETY, maxInFlight: 2 } })] });
  clock.run();
  expect(
    sink.records.flatMap((record) => (record.type === 'not_sent' ? [[record.requestId, record.reason]] : [])),
  ).toEqual([['r2', 'in_flight_cap']]);
  expect(transport.seen).toHaveLength(3);
});

test('nothing is sent once the next request at its worst could pass the token cap', () => {
  // Each request reserves 90 + 10 and settles at 50 (its usage) when it ends 100 ms later.
  const usage = { promptTokens: 40, completionTokens: 10, cachedTokens: null, reasoningTokens: null };
  const { clock, reasons, options } = setup([0, 10, 200, 400]);
  const transport = scriptedTransport(clock, { answerAfterMs: 100, exchange: () => ({ usage }) });
  startRun({ ...options, lanes: [laneOf(transport)], safety: { ...OPEN_SAFETY, maxTokens: 200 } });
  clock.run();
  // 0: 100 reserved. 10: 200 reserved. 200: 100 spent + 100 = 200. 400: 150 spent + 100 > 200.
  expect(transport.seen).toHaveLength(3);
  expect(reasons).toMatchObject([{ kind: 'safety', rule: 'maxTokens' }]);
});

test('a refused request gives its whole reservation back', () => {
  const { clock, options } = setup([0, 200, 400, 600]);
  const transport = scriptedTransport(clock, { answerAfterMs: 100, exchange: () => ({ status: 429 }) });
  const run = startRun({ ...options, lanes: [laneOf(transport)], safety: { ...OPEN_SAFETY, maxTokens: 100 } });
  clock.run();
  expect(transport.seen).toHaveLength(4);
  expect(run.spending()).toMatchObject({ requests: 4, tokens: 0, reservedTokens: 0 });
});

test('money: the send that would pass the cap at its worst stays unsent', () => {
  const price = { inputUsdPerMillion: 1_000_000, outputUsdPerMillion: 0, source: 'test', seenOn: null };
  const { clock, reasons, options } = setup([0, 1, 2]);
  const transport = scriptedTransport(clock, { answerAfterMs: 100 });
  startRun({ ...options, lanes: [laneOf(transport, { price })], safety: { ...OPEN_SAFETY, maxCostUsd: 180 } });
  clock.run();
  expect(transport.seen).toHaveLength(2);
  expect(reasons).toMatchObject([{ kind: 'safety', rule: 'maxCost' }]);
});

test('maxRequests lets exactly that many leave', () => {
  const { clock, reasons, options, transport } = setup([0, 1, 2, 3]);
  startRun({ ...options, safety: { ...OPEN_SAFETY, maxRequests: 3 } });
  clock.run();
  expect(transport.seen).toHaveLength(3);
  expect(reasons).toMatchObject([{ kind: 'safety', rule: 'maxRequests' }]);
});

test('maxDuration ends the run although arrivals remain, and what is in flight ends normally', () => {
  const { clock, reasons, options, sink } = setup([0, 950, 2000]);
  startRun({ ...options, safety: { ...OPEN_SAFETY, maxDurationMs: 1000 } });
  clock.run();
  expect(summary(sink.records)).toBe('sent end sent end finish');
  expect(reasons).toMatchObject([{ kind: 'safety', rule: 'maxDuration' }]);
  expect(clock.nowMs()).toBe(1050);
});

test('an outcome named in the stopOn of its lane ends the run; others do not', () => {
  for (const [stopOn, sends] of [
    [['requests'], 1],
    [['limited'], 1],
    [['tokens', 'auth'], 3],
  ] as const) {
    const { clock, options } = setup([0, 200, 400]);
    const transport = scriptedTransport(clock, { answerAfterMs: 100, exchange: () => ({ status: 429 }) });
    startRun({ ...options, lanes: [laneOf(transport, { safety: { ...OPEN_SAFETY, stopOn } })] });
    clock.run();
    expect(transport.seen, stopOn.join()).toHaveLength(sends);
  }
});

test('stop drains what is in flight, abort cancels it', () => {
  for (const [how, label] of [
    ['stop', 'ok'],
    ['abort', 'cancelled'],
  ] as const) {
    const { clock, options, sink, reasons } = setup([0, 200]);
    const run = startRun(options);
    clock.at(50, () => (how === 'stop' ? run.stop({ kind: 'interrupted' }) : run.abort()));
    clock.run();
    expect(sink.records.flatMap((record) => (record.type === 'end' ? [record.outcome.kind] : []))).toEqual([label]);
    expect(reasons).toEqual([{ kind: 'interrupted' }]);
  }
});

test('an attempt whose bytes never left is still one sent and one end record', () => {
  const { clock, options, sink } = setup([5]);
  const transportError = { kind: 'connection', phase: 'connect', code: 'ECONNREFUSED', message: '' } as const;
  const transport = scriptedTransport(clock, {
    answerAfterMs: 3,
    sends: false,
    exchange: () => ({ status: null, sentMs: null, transportError }),
  });
  startRun({ ...options, lanes: [laneOf(transport)] });
  clock.run();
  expect(summary(sink.records)).toBe('sent end finish');
  expect(sink.records[0]).toMatchObject({ type: 'sent', sentMs: 5 });
});

test('a tactic may send again, with another key and model; every try is an attempt of the same request', () => {
  const tactic: Tactic = {
    first: (_request, nowMs) => ({ atMs: nowMs, keyIndex: 0, model: null }),
    next: (_request, attemptNo, _sent, outcome, nowMs) =>
      outcome.kind === 'limited' && attemptNo < 3
        ? { atMs: nowMs + 1000, keyIndex: attemptNo, model: `fallback-${attemptNo}` }
        : null,
  };
  const { clock, options, sink, source } = setup([0]);
  const transport = scriptedTransport(clock, { answerAfterMs: 100, exchange: () => ({ status: 429 }) });
  startRun({ ...options, lanes: [laneOf(transport, { tactic })] });
  clock.run();
  const sent = sink.records.flatMap((record) => (record.type === 'sent' ? [record] : []));
  expect(sent.map(({ attemptNo, keyIndex, model, dueMs }) => [attemptNo, keyIndex, model, dueMs])).toEqual([
    [1, 0, 'qwen3-max', 0],
    [2, 1, 'fallback-1', 1100],
    [3, 2, 'fallback-2', 2200],
  ]);
  expect(sink.records.flatMap((record) => (record.type === 'end' ? [record.final] : []))).toEqual([false, false, true]);
  expect(source.finished).toEqual([[0, 'limited']]);
});

test('a stop turns queued sends into not_sent, so that planned = sent + not_sent', () => {
  const tactic: Tactic = {
    first: (_request, nowMs) => ({ atMs: nowMs + 500, keyIndex: 0, model: null }),
    next: () => null,
  };
  const { clock, options, sink, transport } = setup([0, 10]);
  const run = startRun({ ...options, lanes: [laneOf(transport, { tactic })] });
  clock.at(100, () => run.stop({ kind: 'interrupted' }));
  clock.run();
  expect(summary(sink.records)).toBe('not_sent not_sent finish');
  expect(run.tally()).toMatchObject({ taken: 2, sent: 0, notSent: 2, inFlight: 0 });
});

test('a journal that cannot be written stops the run', () => {
  const { clock, options, transport, reasons } = setup([0, 10, 20]);
  const failure = new Error('ENOSPC: no space left on device');
  startRun({ ...options, sink: { write: () => {}, failed: () => (transport.seen.length >= 1 ? failure : null) } });
  clock.run();
  expect(transport.seen).toHaveLength(1);
  expect(reasons).toMatchObject([{ kind: 'safety', rule: 'journal', detail: failure.message }]);
});

test('a full journal is a cap: nothing more is sent, and what is in flight is still recorded', () => {
  const { clock, options, transport, sink, reasons } = setup([0, 10, 20]);
  const detail = 'the journal has reached its limit of 2 bytes';
  startRun({ ...options, sink: { ...sink, full: () => (sink.records.length >= 2 ? detail : null) } });
  clock.run();
  expect(transport.seen).toHaveLength(2);
  expect(summary(sink.records)).toBe('sent sent end end finish');
  expect(reasons).toEqual([{ kind: 'safety', rule: 'maxJournalBytes', detail }]);
});

test('a journal that is not full yet stops nothing', () => {
  const { clock, options, transport, sink, reasons } = setup([0, 10, 20]);
  startRun({ ...options, sink: { ...sink, full: () => null } });
  clock.run();
  expect(transport.seen).toHaveLength(3);
  expect(reasons).toEqual([{ kind: 'completed' }]);
});

test('a lane that reaches its own cap leaves the other lanes running', () => {
  const { clock, options, sink } = setup([]);
  const transport = scriptedTransport(clock, { answerAfterMs: 1 });
  const base = arrivalsAt(0, 10, 20, 30);
  const source = {
    ...base,
    take: () => {
      const arrival = base.take();
      return { ...arrival, variantIndex: arrival.seq % 2 };
    },
  };
  startRun({
    ...options,
    source,
    lanes: [laneOf(transport, { safety: { ...OPEN_SAFETY, maxRequests: 1 } }), laneOf(transport)],
  });
  clock.run();
  expect(
    sink.records.flatMap((record) => (record.type === 'not_sent' ? [[record.requestId, record.reason]] : [])),
  ).toEqual([['r2', 'budget']]);
  expect(transport.seen).toHaveLength(3);
});

/** One slot: the first to depart has it until its request ended; `depart` lets nobody else go. */
function oneSlotTactic() {
  let holder: string | null = null;
  const line: string[] = [];
  const ended: string[] = [];
  const tactic: Tactic = {
    first: (_request, nowMs) => ({ atMs: nowMs, keyIndex: 0, model: null }),
    next: () => null,
    depart({ requestId }, _attemptNo, planned) {
      if (holder !== null && holder !== requestId) {
        line.push(requestId);
        return 'held';
      }
      holder = requestId;
      return { ...planned, keyIndex: 3 };
    },
    turn(nowMs) {
      const requestId = holder === null ? line.shift() : undefined;
      if (requestId === undefined) return null;
      holder = requestId;
      return { requestId, atMs: nowMs + 5 };
    },
    ended(requestId) {
      ended.push(requestId);
      if (holder === requestId) holder = null;
    },
  };
  return { tactic, ended };
}

test('a held request leaves when its turn is named, as the tactic then plans it', () => {
  const { tactic, ended } = oneSlotTactic();
  const { clock, options, sink, transport } = setup([0, 10, 20]);
  startRun({ ...options, lanes: [laneOf(transport, { tactic })] });
  clock.run();
  const sent = sink.records.flatMap((record) => (record.type === 'sent' ? [record] : []));
  expect(sent.map(({ requestId, dueMs, sentMs, keyIndex }) => [requestId, dueMs, sentMs, keyIndex])).toEqual([
    ['r0', 0, 0, 3],
    ['r1', 105, 105, 3],
    ['r2', 210, 210, 3],
  ]);
  expect(ended).toEqual(['r0', 'r1', 'r2']);
});

test('a request that is skipped after its departure still ends, and the next one gets its turn', () => {
  const { tactic, ended } = oneSlotTactic();
  const { clock, options, sink, transport } = setup([0, 10, 20]);
  // Nothing may be in flight: every departure is skipped by the cap.
  startRun({ ...options, lanes: [laneOf(transport, { tactic, safety: { ...OPEN_SAFETY, maxInFlight: 0 } })] });
  clock.run();
  expect(summary(sink.records)).toBe('not_sent not_sent not_sent finish');
  expect(ended).toEqual(['r0', 'r1', 'r2']);
});

test('a stop ends held requests as not sent, each told to the tactic once', () => {
  const { tactic, ended } = oneSlotTactic();
  const { clock, options, sink, transport } = setup([0, 10, 20]);
  const run = startRun({ ...options, lanes: [laneOf(transport, { tactic })] });
  clock.at(50, () => run.stop({ kind: 'interrupted' }));
  clock.run();
  expect(summary(sink.records)).toBe('sent not_sent not_sent end finish');
  expect(
    sink.records.flatMap((record) => (record.type === 'not_sent' ? [[record.dueMs, record.decidedMs]] : [])),
  ).toEqual([
    [10, 50],
    [20, 50],
  ]);
  expect([...ended].sort()).toEqual(['r0', 'r1', 'r2']);
});

test('a departure may name a later time or a reason never to leave', () => {
  const tactic: Tactic = {
    first: (_request, nowMs) => ({ atMs: nowMs, keyIndex: 0, model: null }),
    next: () => null,
    depart: ({ requestId }, _attemptNo, planned, nowMs) =>
      requestId === 'r1' ? 'tactic' : nowMs < 30 ? { ...planned, atMs: 30 } : planned,
  };
  const { clock, options, sink, transport } = setup([0, 10]);
  startRun({ ...options, lanes: [laneOf(transport, { tactic })] });
  clock.run();
  expect(sink.records.flatMap((record) => (record.type === 'sent' ? [[record.requestId, record.sentMs]] : []))).toEqual(
    [['r0', 30]],
  );
  expect(
    sink.records.flatMap((record) => (record.type === 'not_sent' ? [[record.requestId, record.reason]] : [])),
  ).toEqual([['r1', 'tactic']]);
});
