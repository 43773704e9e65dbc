import { isDeepStrictEqual } from 'node:util';
import { BodyReader } from '../../src/drivers/body-reader.ts';
import type { DecodedAnswer, Decoder } from '../../src/model/exchange.ts';
import { CHAT_READER } from '../../src/targets/chat-completions.ts';
import { answerDecoder } from '../../src/targets/decoder.ts';
import { dialectFor } from '../../src/targets/dialects.ts';
import { type Chance, mutated, pieces } from './chance.ts';
import { type Finding, type FuzzTarget, type Round, withoutThrow } from './target.ts';

const DIALECTS = ['dashscope', 'openai', 'dashscope-native'] as const;
const AT_MS = 5;
/** Streams up to this long are cut at every offset. */
const EVERY_OFFSET_BYTES = 400;
/** What one read of a socket brings at most. */
const READ_BYTES_MAX = 64 << 10;
/** Clearly below and clearly above what the parser holds of one line: near its limit the cut decides. */
const HUGE_CHARACTERS = [700_000, 1_400_000] as const;
const REQUEST = {
  requestId: 'r1',
  model: 'm',
  messages: () => [],
  maxTokens: 16,
  stream: true,
  extraBody: {},
  promptTokens: 1,
  promptTokensBound: 9,
};

const TEXTS = [
  'Hel',
  '',
  '通义',
  '🙂',
  'a"b',
  'back\\slash',
  '\u2028',
  '\ud800',
  'line\nfeed',
  '{"x":1}',
  '"content":"',
];

function chatFrame(chance: Chance): string {
  const content = chance.pick(TEXTS);
  const choice = (delta: object, finish: string | null = null) => ({ delta, index: 0, finish_reason: finish });
  const plain = { choices: [choice({ content })], model: 'm', usage: null, id: 'c' };
  const shapes = [
    plain,
    plain,
    plain,
    { model: 'm', choices: [choice({ content, role: 'assistant' })] },
    { model: 'm', choices: [choice({ reasoning_content: content })] },
    { model: 'm', choices: [choice({ content, reasoning_content: content })] },
    { model: 'm', choices: [choice({ tool_calls: [{ function: { arguments: content } }] })] },
    { model: 'm', choices: [choice({ content }), { ...choice({ content }), index: 1 }] },
    { model: 'm', choices: [choice({ content }, 'stop')] },
    { model: 'm', choices: [choice({ content: null }, 'error')] },
    { model: 'm', choices: [], usage: { prompt_tokens: 3, completion_tokens: chance.below(9) } },
    { model: 'm', choices: [{ delta: { content }, error: { code: 'x' } }] },
    { error: { code: 'limit_requests', message: content } },
    { choices: [{ delta: { content: [{ text: content }] } }], model: 'm' },
    { choices: [choice({ content, content2: content })], model: 'n' },
    { choices: [choice({ content: { content } })], model: 'm' },
    { choices: 'none', delta: { content }, model: 'm' },
    { metadata: { delta: { content } }, choices: [choice({})], model: 'm' },
  ];
  return JSON.stringify(chance.pick(shapes));
}

function nativeFrame(chance: Chance): string {
  const content = chance.pick(TEXTS);
  const shapes = [
    {
      output: { choices: [{ message: { content, role: 'assistant' }, finish_reason: 'null' }] },
      usage: { input_tokens: 3, output_tokens: 1 },
    },
    { output: { choices: [{ message: { content }, finish_reason: 'stop' }] }, request_id: 'r' },
    { output: { text: content, finish_reason: 'stop' } },
    { code: 'Throttling.RateQuota', message: content, request_id: 'r' },
  ];
  return JSON.stringify(chance.pick(shapes));
}

/** A stream of some events, in order or not quite. */
function someStream(chance: Chance, native: boolean): Buffer {
  const end = chance.pick(['\n', '\n', '\r\n', '\r']);
  const event = (): string => {
    const data = native ? nativeFrame(chance) : chatFrame(chance);
    switch (chance.below(14)) {
      case 0:
        return `:HTTP_STATUS/429${end}event:error${end}data:${data}${end}${end}`;
      case 1:
        return `id:${chance.below(9)}${end}event:result${end}data: ${data}${end}${end}`;
      case 2:
        return `: ping${end}${end}`;
      case 3:
        return `data: ${data}${end}`;
      case 4:
        return `data: ${data.slice(0, 20)}${end}data: ${data.slice(20)}${end}${end}`;
      case 5:
        return `data: [DONE]${end}${end}`;
      case 6:
        return `retry: 3${end}data:${data.slice(0, chance.below(data.length))}${end}${end}`;
      default:
        return `data: ${data}${end}${end}`;
    }
  };
  const count = 1 + chance.below(8);
  const text = Array.from({ length: count }, event).join('');
  return Buffer.from((chance.oneIn(12) ? '\uFEFF' : '') + text);
}

function decoded(decoder: Decoder, parts: readonly Buffer[], start: Start): DecodedAnswer {
  const reader = new BodyReader(decoder, false);
  decoder.start(start.status, start.contentType);
  for (const part of parts) {
    for (let at = 0; at < part.length; at += READ_BYTES_MAX)
      reader.chunk(part.subarray(at, at + READ_BYTES_MAX), AT_MS);
  }
  reader.end(AT_MS);
  return decoder.end();
}

interface Start {
  readonly status: number;
  readonly contentType: string;
}

interface StreamCase {
  readonly bytes: Buffer;
  readonly dialect: (typeof DIALECTS)[number];
  readonly start: Start;
}

/** Null when every way to read the bytes says the same. */
export function checkStream(
  { bytes, dialect, start }: StreamCase,
  ways: readonly (readonly Buffer[])[],
): Finding | null {
  const input = `${dialect} ${start.status} ${start.contentType} ${bytes.toString('base64')}`;
  return withoutThrow(input, () => {
    const whole = decoded(dialectFor(dialect).decoder(REQUEST), [bytes], start);
    if (dialect !== 'dashscope-native') {
      const parsed = decoded(answerDecoder(CHAT_READER), [bytes], start);
      if (!isDeepStrictEqual(parsed, whole))
        return difference('the plain path differs from a full parse', whole, parsed);
    }
    for (const parts of ways) {
      const cut = decoded(dialectFor(dialect).decoder(REQUEST), parts, start);
      if (isDeepStrictEqual(cut, whole)) continue;
      const at = parts.map((part) => part.length).join(' ');
      return difference(`cut into ${at} it reads otherwise`, whole, cut);
    }
    return null;
  });
}

const difference = (what: string, one: DecodedAnswer, other: DecodedAnswer) =>
  `${what}:\n${JSON.stringify(one)}\n${JSON.stringify(other)}`.slice(0, 4000);

function everyOffset(bytes: Buffer): readonly (readonly Buffer[])[] {
  const single = Array.from({ length: bytes.length }, (_, at) => bytes.subarray(at, at + 1));
  return [single, ...single.map((_, at) => [bytes.subarray(0, at), bytes.subarray(at)])];
}

function huge(bytes: Buffer, chance: Chance): Buffer {
  const line = Buffer.from(`data: "${'x'.repeat(chance.pick(HUGE_CHARACTERS))}"\n\n`);
  return Buffer.concat([bytes, line, bytes]);
}

function oneCase(chance: Chance): Finding | null {
  const dialect = chance.pick(DIALECTS);
  const clean = someStream(chance, dialect === 'dashscope-native');
  const once = chance.oneIn(4) ? clean : mutated(clean, chance);
  const bytes = chance.oneIn(400) ? huge(once, chance) : once;
  const contentType = chance.pick(['text/event-stream', 'text/event-stream;charset=utf-8', 'application/json', '']);
  const start = { status: chance.pick([200, 200, 200, 429, 500]), contentType };
  const every = bytes.length <= EVERY_OFFSET_BYTES && chance.oneIn(8);
  const ways = every ? everyOffset(bytes) : [pieces(bytes, chance), pieces(bytes, chance), pieces(bytes, chance, 60)];
  return checkStream({ bytes, dialect, start }, ways);
}

export function streamsTarget(): FuzzTarget {
  return {
    name: 'streams',
    about:
      'bytes of streamed answers, every dialect: the plain path agrees with a full parse, any cut gives one answer',
    async round(chance): Promise<Round> {
      const findings: Finding[] = [];
      for (let left = 200; left > 0; left--) {
        const finding = oneCase(chance);
        if (finding !== null) findings.push(finding);
      }
      return { cases: 200, findings };
    },
    async close() {},
  };
}
