import { describe, expect, test } from 'vitest';
import { cut } from '../../src/simulator/core/fault-plans.ts';
import type { AnswerPlanned } from '../../src/simulator/core/plan.ts';
import { simulatedEndpoint } from '../../src/simulator/endpoint.ts';
import { compatibleAnswer, compatibleStream } from '../../src/simulator/wire/compatible.ts';
import { streamFrames } from '../../src/simulator/wire/frames.ts';
import { nativeAnswer, nativeStream } from '../../src/simulator/wire/native.ts';
import { answered, callWith, settingsWith } from './settings.ts';

const CREATED = 1_726_132_850;
const MESSAGE = { messageFormat: true, incremental: true };

function planFor(changes: Parameters<typeof callWith>[0]): AnswerPlanned {
  const call = callWith({ requestId: 'golden#1', maxTokens: 6, promptTokens: 22, ...changes });
  return answered(simulatedEndpoint(settingsWith()).answer(call, 0));
}

/** The ids are one seeded UUID; texts are words of no meaning. */
function masked(text: string): string {
  return text.replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-9[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/g, 'ID');
}

function compatibleText(plan: AnswerPlanned): string {
  return masked([...streamFrames(plan, compatibleStream(plan, CREATED))].map(({ text }) => text).join(''));
}

// Shapes: documentation of qwen-plus in compatible mode and a real capture (stored copies), seen 2026-11-21.
describe('compatible stream, byte for byte', () => {
  const tail = (usage: string) =>
    `"object":"chat.completion.chunk",${usage}"created":1726132850,"system_fingerprint":null,"model":"qwen3-max","id":"chatcmpl-ID"}`;
  const frames = (usage: string, rest: string) =>
    `${[
      `data: {"choices":[{"delta":{"content":"","role":"assistant"},"index":0,"logprobs":null,"finish_reason":null}],${tail(usage)}`,
      `data: {"choices":[{"finish_reason":null,"delta":{"content":"TEXT"},"index":0,"logprobs":null}],${tail(usage)}`,
      `data: {"choices":[{"finish_reason":null,"delta":{"content":"TEXT"},"index":0,"logprobs":null}],${tail(usage)}`,
      `data: {"choices":[{"finish_reason":"length","delta":{"content":""},"index":0,"logprobs":null}],${tail(usage)}`,
    ].join('\n\n')}\n\n${rest}data: [DONE]\n\n`;
  const withoutText = (text: string) => text.replaceAll(/"content":"[a-z ]+"/g, '"content":"TEXT"');

  test('with usage: null in every chunk, then a chunk without choices', () => {
    expect(withoutText(compatibleText(planFor({ includeUsage: true })))).toBe(
      frames(
        '"usage":null,',
        `data: {"choices":[],${tail('"usage":{"prompt_tokens":22,"completion_tokens":6,"total_tokens":28},')}\n\n`,
      ),
    );
  });

  test('without include_usage: no usage anywhere', () => {
    expect(withoutText(compatibleText(planFor({ includeUsage: false })))).toBe(frames('', ''));
  });

  test('the text is the same in every chunking and in a document', () => {
    const text = compatibleText(planFor({}));
    const streamed = [...text.matchAll(/"content":"([a-z ]*)"/g)].map(([, part]) => part).join('');
    const document = JSON.parse(compatibleAnswer(planFor({ stream: false }), CREATED));
    expect(document.choices[0].message.content).toBe(streamed);
    expect(streamed.split(' ')).toHaveLength(6);
  });

  test('a thinking model reasons first, with content: null, and counts it', () => {
    const plan = planFor({ thinking: true, maxTokens: 12 });
    expect(plan.reasoningTokens).toBeGreaterThan(0);
    const text = compatibleText(plan);
    expect(text).toMatch(/"delta":\{"content":null,"reasoning_content":"[a-z ]+"\}/);
    expect(text).toMatch(/"delta":\{"content":"[a-z ]+","reasoning_content":null\}/);
    expect(text.indexOf('"content":null,"reasoning_content":"')).toBeLessThan(text.indexOf('"reasoning_content":null'));
    expect(text).toContain(
      `"completion_tokens_details":{"reasoning_tokens":${plan.reasoningTokens},"text_tokens":${12 - plan.reasoningTokens}}`,
    );
  });
});

test('compatible document, byte for byte', () => {
  const text = masked(compatibleAnswer(planFor({ stream: false }), 1_766_635_351));
  expect(text.replace(/"content":"[a-z ]+"/, '"content":"..."')).toBe(
    '{"model":"qwen3-max","usage":{"prompt_tokens":22,"completion_tokens":6,"total_tokens":28,"prompt_tokens_details":{"cached_tokens":0}},"choices":[{"message":{"content":"...","role":"assistant"},"finish_reason":"length","index":0,"logprobs":null}],"object":"chat.completion","created":1766635351,"system_fingerprint":null,"id":"chatcmpl-ID"}',
  );
});

// Shape of a native stream (stored copy), seen 2026-11-21.
describe('native, byte for byte', () => {
  test('numbered events with a status comment, "null" until the end, usage so far, no [DONE]', () => {
    const plan = planFor({ dialect: 'dashscope-native' });
    const text = masked([...streamFrames(plan, nativeStream(plan, MESSAGE))].map((frame) => frame.text).join(''));
    const event = (id: number, content: string, finish: string, output: number) =>
      `id:${id}\nevent:result\n:HTTP_STATUS/200\ndata:{"output":{"choices":[{"message":{"content":"${content}","role":"assistant"},"finish_reason":"${finish}"}]},"usage":{"total_tokens":${22 + output},"output_tokens":${output},"input_tokens":22},"request_id":"ID"}\n\n`;
    const outputs = [...text.matchAll(/"output_tokens":(\d+)/g)].map(([, count]) => Number(count));
    expect(text.replaceAll(/"content":"[a-z ]+"/g, '"content":"TEXT"')).toBe(
      event(1, '', 'null', 0) +
        event(2, 'TEXT', 'null', outputs[1] ?? 0) +
        event(3, 'TEXT', 'null', 6) +
        event(4, '', 'length', 6),
    );
  });

  test('without incremental_output every event repeats the answer so far', () => {
    const plan = planFor({ dialect: 'dashscope-native' });
    const writer = nativeStream(plan, { messageFormat: true, incremental: false });
    const contents = [...streamFrames(plan, writer)].map(({ text }) => /"content":"([^"]*)"/.exec(text)?.[1] ?? '');
    for (let n = 1; n < contents.length; n += 1) expect(contents[n]).toContain(contents[n - 1]);
    expect(contents.at(-1)?.split(' ')).toHaveLength(6);
  });

  test('a document in text format', () => {
    const text = masked(nativeAnswer(planFor({ dialect: 'dashscope-native' }), { ...MESSAGE, messageFormat: false }));
    expect(text.replace(/"text":"[a-z ]+"/, '"text":"..."')).toBe(
      '{"output":{"finish_reason":"length","text":"..."},"usage":{"total_tokens":28,"output_tokens":6,"input_tokens":22},"request_id":"ID"}',
    );
  });
});

describe('a cut stream', () => {
  const whole = planFor({ maxTokens: 40 });

  test('that breaks has neither finish reason nor end mark', () => {
    const text = compatibleText(cut(whole, 'reset'));
    expect(text).not.toContain('"finish_reason":"');
    expect(text).not.toContain('[DONE]');
    expect(compatibleText(whole).startsWith(text.slice(0, 200))).toBe(true);
  });

  test.each([
    ['nothing', false, false],
    ['done', false, true],
    ['usage_and_done', true, true],
  ] as const)('that ends in good order adds %s', (adds, usage, done) => {
    const text = compatibleText(cut(whole, adds));
    expect(text).not.toContain('"finish_reason":"');
    expect(text.includes('"total_tokens"')).toBe(usage);
    expect(text.endsWith('data: [DONE]\n\n')).toBe(done);
  });
});
