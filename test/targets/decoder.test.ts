import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { DecodedAnswer } from '../../src/model/exchange.ts';
import { gapOfBucket } from '../../src/model/exchange.ts';
import type { Request } from '../../src/model/request.ts';
import type { DialectName } from '../../src/model/target.ts';
import { dialectFor } from '../../src/targets/dialects.ts';
import * as streams from './streams.ts';

const REQUEST: Request = {
  requestId: 'r1',
  model: 'qwen-plus',
  messages: () => [{ role: 'user', content: 'hello' }],
  maxTokens: 16,
  stream: true,
  extraBody: {},
  promptTokens: 1,
  promptTokensBound: 9,
};

const DIALECTS: readonly DialectName[] = ['dashscope', 'openai', 'dashscope-native'];
const SSE = 'text/event-stream;charset=utf-8';
const JSON_TYPE = 'application/json';

interface Piece {
  readonly text: string;
  readonly atMs: number;
}

function decode(dialect: DialectName, pieces: readonly Piece[], type = SSE, status = 200): DecodedAnswer {
  const decoder = dialectFor(dialect).decoder(REQUEST);
  decoder.start(status, type);
  for (const { text, atMs } of pieces) decoder.chunk(text, atMs);
  return decoder.end();
}

const whole = (dialect: DialectName, text: string, type = SSE, status = 200) =>
  decode(dialect, [{ text, atMs: 5 }], type, status);

/** One piece per frame, 10 ms apart. */
const framed = (text: string) =>
  text.split(/(?<=\n\n)/).map((frame, index) => ({ text: frame, atMs: 100 + index * 10 }));

describe('captured streams', () => {
  test('compatible mode: the empty first chunk is no token, usage comes in a chunk without choices', () => {
    expect(decode('dashscope', framed(streams.COMPATIBLE_STREAM))).toEqual({
      firstTokenMs: 110,
      firstAnswerTokenMs: 110,
      gaps: { count: 1, totalMs: 10, maxMs: 10, buckets: [55, 1] },
      finishReason: 'stop',
      reportedModel: 'qwen-plus',
      sawDone: true,
      usage: { promptTokens: 22, completionTokens: 17, cachedTokens: null, reasoningTokens: null },
      errorFrames: [],
      answer: { characters: 15, hash: expect.stringMatching(/^[0-9a-f]{8}$/) },
    });
  });

  test('a thinking model: the first token is reasoning, the first answer token is not', () => {
    expect(decode('openai', framed(streams.THINKING_STREAM))).toMatchObject({
      firstTokenMs: 110,
      firstAnswerTokenMs: 120,
      finishReason: 'length',
      usage: { promptTokens: 5, completionTokens: 9, cachedTokens: 3, reasoningTokens: 7 },
      answer: { characters: 2 },
    });
  });

  test('native mode: the last usage counts, the finish reason "null" is none, there is no end mark', () => {
    expect(decode('dashscope-native', framed(streams.NATIVE_STREAM))).toMatchObject({
      firstTokenMs: 100,
      firstAnswerTokenMs: 110,
      finishReason: 'stop',
      reportedModel: null,
      sawDone: false,
      usage: { promptTokens: 287, completionTokens: 6, cachedTokens: 0 },
      answer: { characters: 2 },
    });
  });

  test('native mode cut before its end has no finish reason', () => {
    const [first = '', second = ''] = streams.NATIVE_STREAM.split(/(?<=\n\n)/);
    expect(whole('dashscope-native', first + second)).toMatchObject({
      finishReason: null,
      usage: { completionTokens: 5 },
    });
  });

  test('documents', () => {
    expect(whole('dashscope', streams.COMPATIBLE_DOCUMENT, JSON_TYPE)).toMatchObject({
      firstTokenMs: 5,
      finishReason: 'stop',
      usage: { promptTokens: 10, completionTokens: 20, cachedTokens: 0 },
      answer: { characters: 6 },
      sawDone: false,
      errorFrames: [],
    });
    expect(whole('dashscope-native', streams.NATIVE_DOCUMENT, JSON_TYPE)).toMatchObject({
      finishReason: 'stop',
      usage: { promptTokens: 11, completionTokens: 7 },
      answer: { characters: 5 },
    });
  });

  test('the same words give the same hash however they are framed', () => {
    const delta = (content: string) => `data: ${JSON.stringify({ model: 'm', choices: [{ delta: { content } }] })}\n\n`;
    const one = whole('openai', delta('我是通义'));
    const two = whole('openai', delta('我是') + delta('通义'));
    const other = whole('openai', delta('我是通通'));
    expect(two.answer).toEqual(one.answer);
    expect(other.answer?.hash).not.toBe(one.answer?.hash);
  });
});

describe.each(DIALECTS)('%s: what every decoder promises', (dialect) => {
  const stream = dialect === 'dashscope-native' ? streams.NATIVE_STREAM : streams.COMPATIBLE_STREAM;

  test('any chunking gives the same result', () => {
    const inputs = [
      [stream, SSE],
      [stream.replaceAll('\n', '\r\n'), SSE],
      [stream.replaceAll('\n', '\r'), SSE],
      [streams.ERROR_IN_STREAM, SSE],
      [streams.COMPATIBLE_DOCUMENT, JSON_TYPE],
      [streams.NATIVE_DOCUMENT, JSON_TYPE],
      [stream, ''],
      [`\uFEFF${stream}`, SSE],
    ] as const;
    fc.assert(
      fc.property(
        fc.constantFrom(...inputs),
        fc.array(fc.nat({ max: 2000 }), { maxLength: 30 }),
        ([text, type], cuts) => {
          const at = [0, ...cuts.map((cut) => cut % text.length).sort((a, b) => a - b), text.length];
          const pieces = at.slice(1).map((end, index) => ({ text: text.slice(at[index], end), atMs: 5 }));
          expect(decode(dialect, pieces, type)).toEqual(whole(dialect, text, type));
        },
      ),
      { seed: 5, numRuns: 200 },
    );
  });

  test('single characters too', () => {
    const pieces = [...stream].map((text) => ({ text, atMs: 5 }));
    expect(decode(dialect, pieces)).toEqual(whole(dialect, stream));
  });

  test('keeps the error frame with its event name and status comment', () => {
    const { errorFrames, finishReason } = whole(dialect, streams.ERROR_IN_STREAM);
    expect(errorFrames).toEqual([
      'event:error\n:HTTP_STATUS/429\ndata:{"request_id":"70acdc21","code":"Throttling.AllocationQuota","message":"Allocated quota exceeded, please increase your quota limit."}',
    ]);
    expect(finishReason).toBeNull();
  });

  test.each([
    ['an error member', '{"error":{"code":"limit_burst_rate","message":"m"}}'],
    ['an error text', '{"error":"upstream overloaded"}'],
    ['an error type', '{"type":"error","message":"m"}'],
    ['code and message', '{"code":"Throttling","message":"m","request_id":"r"}'],
    ['a numeric code', '{"code":429,"message":"m"}'],
    ['words', 'upstream connect error or disconnect/reset before headers'],
  ])('keeps a frame with %s', (_, data) => {
    expect(whole(dialect, `data: ${data}\n\n`).errorFrames).toEqual([`data:${data}`]);
  });

  test.each([
    ['an empty code', '{"code":"","message":"","output":{"text":"hi"}}'],
    ['a null error', '{"error":null,"choices":[]}'],
    ['code 200', '{"code":200,"message":"success"}'],
  ])('does not take %s for an error', (_, data) => {
    expect(whole(dialect, `data: ${data}\n\n`).errorFrames).toEqual([]);
  });

  test('keeps an error document inside a 200, whatever its label, and leaves one with its own status to the body', () => {
    const error = '{"error":{"code":"limit_requests","message":"m"}}';
    expect(whole(dialect, error, JSON_TYPE).errorFrames).toEqual([error]);
    expect(whole(dialect, error, SSE).errorFrames).toEqual([error]);
    expect(whole(dialect, error, JSON_TYPE, 429).errorFrames).toEqual([]);
  });

  test('reads a last frame that lacks its blank line, and drops half a frame', () => {
    expect(whole(dialect, stream.trimEnd())).toEqual(whole(dialect, stream));
    const cut = stream.slice(0, stream.indexOf('"finish_reason"') + 5);
    expect(whole(dialect, cut)).toMatchObject({ errorFrames: [], finishReason: null });
  });

  test('keeps eight error frames of 4,096 characters at most', () => {
    const frame = `event: error\ndata: ${'x'.repeat(10_000)}\n\n`;
    const { errorFrames } = whole(dialect, frame.repeat(20));
    expect(errorFrames).toHaveLength(8);
    expect(errorFrames.every((text) => text.length === 4096)).toBe(true);
  });

  test('survives a frame of ten million characters', () => {
    const block = { text: 'y'.repeat(1_000_000), atMs: 1 };
    const pieces = [{ text: 'data: ', atMs: 1 }, ...Array.from({ length: 10 }, () => block), { text: '\n\n', atMs: 1 }];
    expect(() => decode(dialect, pieces)).not.toThrow();
  });

  test('never throws, whatever the text', () => {
    const noise = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.json().map((json) => `data: ${json}\n\n`),
      fc.constantFrom(
        'data:',
        'event: error\n',
        '\n\n',
        '\r',
        ':',
        'data: {"choices":[null,1,{"delta":[]}]}\n\n',
        '{',
        stream,
      ),
      fc.constantFrom(
        'data: {"choices":[{"delta":{"content":"\\',
        'data: {"output":{"choices":{}}}\n\n',
        'data: {"choices":[{"message":{"content":[{"text":1},null]}}],"usage":{"prompt_tokens":"x"}}\n\n',
      ),
    );
    fc.assert(
      fc.property(fc.array(noise, { maxLength: 12 }), fc.constantFrom(SSE, JSON_TYPE, ''), (texts, type) => {
        decode(
          dialect,
          texts.map((text) => ({ text, atMs: 1 })),
          type,
        );
      }),
      { seed: 9, numRuns: 300 },
    );
  });
});

describe('chunks read without a parse', () => {
  /** The same stream with a space after each colon: no chunk is plain then, all are parsed. */
  const spaced = (frame: object) => `data: ${JSON.stringify(frame, null, 1).replaceAll('\n', ' ')}\n\n`;
  const compact = (frame: object) => `data: ${JSON.stringify(frame)}\n\n`;

  test('give what a parse gives', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 12 }),
      fc.constantFrom('"content":"', '"usage":{', '\\', '"', '{"error":1}', '"finish_reason":"stop"', '通义🙂', ''),
    );
    const delta = fc.record(
      { content: fc.option(text), reasoning_content: fc.option(text), role: fc.constant('assistant') },
      { requiredKeys: [] },
    );
    const choice = fc.record(
      {
        finish_reason: fc.constantFrom(null, 'stop', 'error', ''),
        delta,
        index: fc.nat({ max: 1 }),
        logprobs: fc.constant(null),
      },
      { requiredKeys: ['delta'] },
    );
    const frame = fc.record(
      {
        choices: fc.array(choice, { maxLength: 2 }),
        usage: fc.constantFrom(null, { prompt_tokens: 1, completion_tokens: 2 }),
        model: fc.constantFrom('qwen-plus', 'other'),
        error: fc.constantFrom(null, { message: 'no' }),
      },
      { requiredKeys: ['choices'] },
    );
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 8 }), (frames) => {
        const all = [{ choices: [], model: 'qwen-plus' }, ...frames];
        const withSpaces = decode(
          'openai',
          all.map((each, index) => ({ text: spaced(each), atMs: index * 7 })),
        );
        const withoutSpaces = decode(
          'openai',
          all.map((each, index) => ({ text: compact(each), atMs: index * 7 })),
        );
        expect({ ...withoutSpaces, errorFrames: withoutSpaces.errorFrames.length }).toEqual({
          ...withSpaces,
          errorFrames: withSpaces.errorFrames.length,
        });
      }),
      { seed: 13, numRuns: 1000 },
    );
  });
});

describe('gaps', () => {
  test('lie between content chunks, within 2.2 % and 0.03 ms when read back', () => {
    const delta = (content: string) => `data: ${JSON.stringify({ model: 'm', choices: [{ delta: { content } }] })}\n\n`;
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 60_000, noNaN: true }), { minLength: 1, maxLength: 20 }),
        (gapsMs) => {
          let atMs = 50;
          const pieces = [{ text: delta('a'), atMs }];
          for (const gapMs of gapsMs) {
            pieces.push({ text: delta(''), atMs: atMs + gapMs / 2 });
            atMs += gapMs;
            pieces.push({ text: delta('b'), atMs });
          }
          const gaps = decode('openai', pieces).gaps;
          expect(gaps?.count).toBe(gapsMs.length);
          expect(gaps?.totalMs).toBeCloseTo(atMs - 50, 4);
          expect(gaps?.maxMs).toBeCloseTo(Math.max(...gapsMs), 4);
          const back: number[] = [];
          const buckets = gaps?.buckets ?? [];
          for (let index = 0; index < buckets.length; index += 2) {
            for (let count = buckets[index + 1] as number; count > 0; count--)
              back.push(gapOfBucket(buckets[index] as number));
          }
          const sorted = [...gapsMs].sort((a, b) => a - b);
          expect(back).toHaveLength(sorted.length);
          for (const [index, gapMs] of sorted.entries()) {
            expect(Math.abs((back[index] as number) - gapMs)).toBeLessThanOrEqual(0.022 * gapMs + 0.03);
          }
        },
      ),
      { seed: 17 },
    );
  });

  test('are null where fewer than two chunks had content', () => {
    expect(whole('openai', `data: ${JSON.stringify({ choices: [{ delta: { content: 'a' } }] })}\n\n`).gaps).toBeNull();
  });
});

describe('other content', () => {
  const frame = (delta: object) => `data: ${JSON.stringify({ model: 'm', choices: [{ delta }] })}\n\n`;

  test('a tool call is a token but no answer', () => {
    const decoded = whole('openai', frame({ tool_calls: [{ index: 0, function: { name: 'f' } }] }));
    expect(decoded).toMatchObject({ firstTokenMs: 5, firstAnswerTokenMs: null, answer: { characters: 0, hash: null } });
  });

  test('parts of a multimodal answer are text', () => {
    expect(whole('openai', frame({ content: [{ text: 'ab' }, { text: 'c' }] })).answer?.characters).toBe(3);
  });

  test('nothing at all is no answer', () => {
    expect(whole('openai', '')).toMatchObject({ answer: null, usage: null, firstTokenMs: null });
  });

  test('keep-alive comments are neither tokens nor errors', () => {
    const decoded = whole('openai', `${': OPENROUTER PROCESSING\n\n'.repeat(50)}${frame({ content: 'a' })}`);
    expect(decoded).toMatchObject({ errorFrames: [], answer: { characters: 1 } });
  });

  test('usage without completion tokens is unknown', () => {
    expect(
      whole('openai', `data: ${JSON.stringify({ choices: [], usage: { prompt_tokens: 4 } })}\n\n`).usage,
    ).toBeNull();
  });

  test.each(['1e308', '-1', '"7"'])('usage of %s tokens is unknown', (tokens) => {
    const frame = `data: {"choices":[],"usage":{"prompt_tokens":${tokens},"completion_tokens":1}}\n\n`;
    expect(whole('openai', frame).usage).toBeNull();
  });
});
