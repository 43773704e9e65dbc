import { OpenAI } from 'openai';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { sdkRetrying, sdkRetryWaitMs } from '../../src/drivers/sdk-retries.ts';
import { virtualClock } from '../../src/drivers/virtual-clock.ts';
import type { Exchange } from '../../src/model/exchange.ts';
import { exchangeOf, laneOf, scriptedTransport } from '../runner/fakes.ts';

const CHANCE = 0.4;
const WALL = Date.parse('2026-11-21T12:00:00Z');

interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Fails like this instead of answering. */
  readonly fails?: boolean;
}

/** Waits of the installed SDK, one per retry, while it meets the same answer again and again. */
async function waitsOfTheSdk(answer: Answer, maxRetries: number): Promise<readonly number[]> {
  const asked: number[] = [];
  const client = new OpenAI({
    apiKey: 'sk-test',
    baseURL: 'http://127.0.0.1:9/v1',
    maxRetries,
    logLevel: 'off',
    fetch: async () => {
      asked.push(Date.now());
      if (answer.fails) throw new TypeError('fetch failed');
      return new Response('{}', { status: answer.status, headers: { ...answer.headers } });
    },
  });
  const call = client.chat.completions.create({ model: 'm', messages: [] }).then(
    () => {},
    () => {},
  );
  await vi.runAllTimersAsync();
  await call;
  return asked.slice(1).map((ms, index) => ms - (asked[index] ?? 0));
}

function waitsOfTheModel(answer: Answer, maxRetries: number): readonly number[] {
  const exchange = exchangeOf({
    status: answer.fails ? null : answer.status,
    headers: answer.headers ?? {},
    transportError: answer.fails ? { kind: 'connection', phase: 'connect', code: 'ECONNREFUSED', message: '' } : null,
  });
  const waits: number[] = [];
  for (let wallMs = WALL; waits.length < maxRetries; ) {
    const waitMs = sdkRetryWaitMs(exchange, { retries: waits.length, chance: CHANCE, wallMs });
    if (waitMs === null) break;
    waits.push(waitMs);
    wallMs += waitMs;
  }
  return waits;
}

describe('the installed SDK does the same', () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: WALL });
    vi.spyOn(Math, 'random').mockReturnValue(CHANCE);
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });

  const CASES: readonly (readonly [name: string, answer: Answer, retries: number])[] = [
    ...[400, 401, 403, 404, 407, 410, 422, 428].map((status) => [`${status}`, { status }, 0] as const),
    ...[408, 409, 429, 500, 502, 503, 529].map((status) => [`${status}`, { status }, 2] as const),
    ['an answer', { status: 200 }, 0],
    ['a failed connection', { status: 0, fails: true }, 2],
    ['x-should-retry: true on a 400', { status: 400, headers: { 'x-should-retry': 'true' } }, 2],
    ['x-should-retry: false on a 429', { status: 429, headers: { 'x-should-retry': 'false' } }, 0],
    ['x-should-retry: perhaps on a 429', { status: 429, headers: { 'x-should-retry': 'perhaps' } }, 2],
    ['Retry-After in seconds', { status: 429, headers: { 'retry-after': '7' } }, 2],
    ['Retry-After: 0', { status: 429, headers: { 'retry-after': '0' } }, 2],
    ['Retry-After of exactly a minute', { status: 429, headers: { 'retry-after': '60' } }, 2],
    ['Retry-After of more than a minute', { status: 429, headers: { 'retry-after': '61' } }, 2],
    ['Retry-After below zero', { status: 429, headers: { 'retry-after': '-1' } }, 2],
    ['Retry-After as a date', { status: 429, headers: { 'retry-after': 'Sat, 21 Nov 2026 12:00:05 GMT' } }, 2],
    ['Retry-After that is neither', { status: 429, headers: { 'retry-after': 'soon' } }, 2],
    ['retry-after-ms before Retry-After', { status: 429, headers: { 'retry-after-ms': '250', 'retry-after': '9' } }, 2],
    ['retry-after-ms that is no number', { status: 429, headers: { 'retry-after-ms': 'x', 'retry-after': '9' } }, 2],
  ];

  test.each(CASES)('%s', async (_, answer, retries) => {
    const model = waitsOfTheModel(answer, 2);
    expect(model).toHaveLength(retries);
    const sdk = await waitsOfTheSdk(answer, 2);
    expect(sdk).toHaveLength(retries);
    for (const [index, ms] of model.entries()) expect(sdk[index]).toBeCloseTo(ms, -0.5);
  });

  test('the wait doubles up to 8 s, and the jitter takes off up to a quarter', async () => {
    const model = waitsOfTheModel({ status: 429 }, 6);
    expect(model.map(Math.round)).toEqual([450, 900, 1800, 3600, 7200, 7200]);
    const sdk = await waitsOfTheSdk({ status: 429 }, 6);
    expect(sdk).toEqual(model.map(Math.round));
  });
});

test('an answer that has begun is not asked for again, however it ends', () => {
  const cut = { kind: 'connection', phase: 'body', code: 'ECONNRESET', message: '' } as const;
  const step = { retries: 0, chance: 0, wallMs: WALL };
  expect(sdkRetryWaitMs(exchangeOf({ status: 200, transportError: cut }), step)).toBeNull();
  expect(sdkRetryWaitMs(exchangeOf({ status: 503, transportError: cut }), step)).toBe(500);
  expect(sdkRetryWaitMs(exchangeOf({ status: null, transportError: { kind: 'cancelled' } }), step)).toBeNull();
});

/** Refusals first, then an answer; every attempt takes 100 ms and the waits have no jitter. */
function play(options: {
  readonly refusals: number;
  readonly maxRetries: number;
  readonly mayRetry?: boolean;
  readonly mayFollow?: boolean;
}) {
  const clock = virtualClock({ t0WallMs: WALL });
  const inner = scriptedTransport(clock, {
    answerAfterMs: 100,
    exchange: ({ attemptNo }) => ({ status: attemptNo <= options.refusals ? 429 : 200 }),
  });
  const transport = sdkRetrying(inner, { clock, maxRetries: options.maxRetries, chance: () => 0 });
  const steps: string[] = [];
  const said = (what: string, { status }: Exchange) => steps.push(`${clock.nowMs()} ${what} ${status}`);
  const request = laneOf(inner).request({
    seq: 1,
    phaseIndex: 0,
    scheduledMs: 0,
    variantIndex: 0,
    pairSeq: 1,
    turn: 0,
    size: null,
  });
  transport.send(
    { request, attemptNo: 1, keyIndex: 0 },
    {
      onSent: (ms) => steps.push(`${ms} sent`),
      onFailed: () => options.mayFollow ?? true,
      onRetry: (exchange) => {
        said('retry after', exchange);
        return options.mayRetry ?? true;
      },
      onEnd: (exchange) => said('end', exchange),
    },
  );
  return { clock, transport, inner, steps };
}

describe('in virtual time', () => {
  test('each try is told as it leaves', () => {
    const { clock, inner, steps } = play({ refusals: 2, maxRetries: 2 });
    clock.run();
    expect(steps).toEqual([
      '0 sent',
      '600 retry after 429',
      '600 sent',
      '1700 retry after 429',
      '1700 sent',
      '1800 end 200',
    ]);
    expect(inner.seen.map(({ attemptNo }) => attemptNo)).toEqual([1, 2, 3]);
  });

  test('the last refusal is the end when the retries are used up', () => {
    const { clock, steps } = play({ refusals: 3, maxRetries: 2 });
    clock.run();
    expect(steps.at(-1)).toBe('1800 end 429');
    expect(steps.filter((step) => step.endsWith('sent'))).toHaveLength(3);
  });

  test('a retry that may not leave ends the call with what it had', () => {
    const { clock, inner, steps } = play({ refusals: 2, maxRetries: 2, mayRetry: false });
    clock.run();
    expect(steps).toEqual(['0 sent', '600 retry after 429', '600 end 429']);
    expect(inner.seen).toHaveLength(1);
  });

  test('a failure on which nothing may follow is the end, without a wait', () => {
    const { clock, inner, steps } = play({ refusals: 2, maxRetries: 2, mayFollow: false });
    clock.run();
    expect(steps).toEqual(['0 sent', '100 end 429']);
    expect(inner.seen).toHaveLength(1);
  });

  test.each(['stopRetrying', 'abortAll'] as const)('what waits is ended at once by %s', (how) => {
    const { clock, transport, steps } = play({ refusals: 2, maxRetries: 2 });
    clock.at(300, () => transport[how]?.());
    clock.run();
    expect(steps).toEqual(['0 sent', '300 end 429']);
  });
});
