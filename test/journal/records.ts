import fc from 'fast-check';
import type { Exchange } from '../../src/model/exchange.ts';
import type { JournalRecord } from '../../src/model/journal.ts';
import { LIMIT_KINDS, type Outcome } from '../../src/model/outcome.ts';

/** A time as the journal keeps it: whole microseconds. */
const ms = fc.integer({ min: -60_000_000, max: 86_400_000_000 }).map((micros) => micros / 1000 + 0);
const duration = fc.integer({ min: 0, max: 300_000_000 }).map((micros) => micros / 1000);
const count = fc.nat({ max: 1_000_000 });
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom('qwen3-max', '限流 429', 'a"b\\c\n'),
);
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null });

const arrival = fc
  .record({
    seq: count,
    phaseIndex: fc.nat({ max: 5 }),
    scheduledMs: ms,
    variantIndex: fc.nat({ max: 2 }),
    pairSeq: count,
    turn: fc.nat({ max: 3 }),
    size: maybe(fc.record({ promptTokens: maybe(count), maxTokens: maybe(count) })),
  })
  .map((value) => (value.turn === 0 ? { ...value, pairSeq: value.seq } : value));

const transportError = fc.oneof(
  fc.record({
    kind: fc.constant('connection' as const),
    phase: fc.constantFrom('dns', 'connect', 'tls', 'stale_reuse', 'request', 'headers', 'body'),
    code: text,
    message: text,
  }),
  fc.record({
    kind: fc.constant('timeout' as const),
    phase: fc.constantFrom('connect', 'first_byte', 'idle', 'total'),
    afterMs: duration,
  }),
  fc.constant({ kind: 'cancelled' as const }),
);

const headerName = fc.constantFrom('content-type', 'x-request-id', 'retry-after', 'server', 'via');

const exchange: fc.Arbitrary<Exchange> = fc.record({
  status: fc.constantFrom(200, 429, 500, null),
  headers: fc.dictionary(headerName, text, { noNullPrototype: true }),
  body: fc.record({ head: text, tail: text, bytes: count }),
  errorFrames: fc.array(text, { maxLength: 3 }),
  transportError: maybe(transportError),
  protocol: fc.constantFrom('h1', 'h2', null),
  connection: maybe(fc.record({ id: count, reused: fc.boolean(), handshakeMs: maybe(duration) })),
  queuedMs: duration,
  sentMs: maybe(ms),
  headersMs: maybe(ms),
  firstByteMs: maybe(ms),
  firstTokenMs: maybe(ms),
  firstAnswerTokenMs: maybe(ms),
  finishedMs: ms,
  gaps: maybe(fc.record({ count, totalMs: duration, maxMs: duration, buckets: fc.array(count, { maxLength: 6 }) })),
  finishReason: maybe(fc.constantFrom('stop', 'length', 'x"y')),
  reportedModel: maybe(fc.constantFrom('qwen3-max', 'qwen-plus')),
  sawDone: fc.boolean(),
  usage: maybe(
    fc.record({
      promptTokens: count,
      completionTokens: count,
      cachedTokens: maybe(count),
      reasoningTokens: maybe(count),
    }),
  ),
  answer: maybe(fc.record({ characters: count, hash: maybe(fc.constantFrom('00c0ffee', 'deadbeef')) })),
});

const outcome: fc.Arbitrary<Outcome> = fc.oneof(
  fc.constant({ kind: 'ok' as const }),
  fc.record({
    kind: fc.constant('limited' as const),
    limit: fc.constantFrom(...LIMIT_KINDS),
    origin: fc.constantFrom('provider' as const, 'relay' as const, 'edge' as const, 'unknown' as const),
    originName: maybe(text),
    rewrittenBy: maybe(text),
    hops: maybe(count),
    ruleId: maybe(text),
    candidates: fc.array(fc.constantFrom(...LIMIT_KINDS), { maxLength: 2 }),
    retryAfterMs: maybe(count),
    heals: fc.constantFrom('seconds' as const, 'window' as const, 'never' as const, 'unknown' as const),
  }),
  fc.record({ kind: fc.constant('server_error' as const), status: maybe(count), ruleId: maybe(text) }),
  fc.record({ kind: fc.constant('timeout' as const), phase: fc.constantFrom('idle' as const, 'total' as const) }),
  fc.constant({ kind: 'cancelled' as const }),
);

/** Any record, with times already in whole microseconds and no text that redaction would touch. */
export const anyRecord: fc.Arbitrary<JournalRecord> = fc.oneof(
  fc.record({
    type: fc.constant('sent' as const),
    requestId: text,
    attemptNo: fc.integer({ min: 1, max: 4 }),
    arrival,
    dueMs: ms,
    sentMs: ms,
    model: fc.constantFrom('qwen3-max', 'qwen-plus'),
    keyIndex: fc.nat({ max: 2 }),
    promptTokens: count,
    maxTokens: maybe(count),
  }),
  fc.record({
    type: fc.constant('end' as const),
    requestId: text,
    attemptNo: fc.integer({ min: 1, max: 4 }),
    exchange,
    outcome,
    final: fc.boolean(),
  }),
  fc.record({
    type: fc.constant('not_sent' as const),
    requestId: text,
    attemptNo: fc.integer({ min: 1, max: 4 }),
    arrival,
    dueMs: ms,
    decidedMs: ms,
    reason: fc.constantFrom('late' as const, 'in_flight_cap' as const, 'budget' as const, 'tactic' as const),
  }),
  fc.record({ type: fc.constant('clock' as const), atMs: ms, wallMs: ms }),
  fc.record({ type: fc.constant('stall' as const), fromMs: ms, toMs: ms }),
  fc.record({
    type: fc.constant('health' as const),
    atMs: ms,
    inFlight: count,
    loopDelayMaxMs: duration,
    cpuShare: duration,
    rssBytes: count,
    gcPauseMaxMs: duration,
    socketsOpen: count,
    socketsOpened: count,
  }),
  fc.record({
    type: fc.constant('finish' as const),
    atMs: ms,
    reason: fc.oneof(
      fc.constant({ kind: 'completed' as const }),
      fc.record({ kind: fc.constant('safety' as const), rule: text, detail: text }),
    ),
  }),
);

/** An ordinary admitted exchange, to be changed where a test needs it. */
export const ADMITTED: Exchange = {
  status: 200,
  headers: { 'content-type': 'text/event-stream', 'x-request-id': '70acdc21-0000-4000-8000-000000000001' },
  body: { head: '', tail: '', bytes: 7312 },
  errorFrames: [],
  transportError: null,
  protocol: 'h1',
  connection: { id: 3, reused: true, handshakeMs: null },
  queuedMs: 0.041,
  sentMs: 1000.123,
  headersMs: 1300.456,
  firstByteMs: 1300.456,
  firstTokenMs: 1310.789,
  firstAnswerTokenMs: 1310.789,
  finishedMs: 2100.5,
  gaps: { count: 31, totalMs: 775, maxMs: 40.25, buckets: [75, 30, 86, 1] },
  finishReason: 'stop',
  reportedModel: 'qwen3-max',
  sawDone: true,
  usage: { promptTokens: 200, completionTokens: 32, cachedTokens: 0, reasoningTokens: null },
  answer: { characters: 120, hash: 'deadbeef' },
};
