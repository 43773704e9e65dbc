import { describe, expect, test } from 'vitest';
import type { Request } from '../../src/model/request.ts';
import { dialectFor } from '../../src/targets/dialects.ts';

function request(change: Partial<Request> = {}): Request {
  return {
    requestId: 'r1',
    model: 'qwen3-max',
    messages: () => [{ role: 'user', content: '你好' }],
    maxTokens: 32,
    stream: true,
    extraBody: { enable_thinking: false },
    promptTokens: 1,
    promptTokensBound: 9,
    ...change,
  };
}

describe.each(['dashscope', 'openai'] as const)('%s', (name) => {
  const dialect = dialectFor(name);

  test('asks for a stream with its usage', () => {
    const wire = dialect.encode(request());
    expect(wire).toMatchObject({ method: 'POST', path: '/chat/completions' });
    expect(JSON.parse(wire.body)).toEqual({
      model: 'qwen3-max',
      messages: [{ role: 'user', content: '你好' }],
      max_tokens: 32,
      stream: true,
      stream_options: { include_usage: true },
      enable_thinking: false,
    });
  });

  test('asks for a document without stream options, and without a limit where there is none', () => {
    const body = JSON.parse(dialect.encode(request({ stream: false, maxTokens: null })).body);
    expect(body).not.toHaveProperty('stream_options');
    expect(body).not.toHaveProperty('max_tokens');
    expect(body.stream).toBe(false);
  });

  test('extraBody adds, and changes nothing that the plan rests on', () => {
    const extraBody = {
      model: 'x',
      stream: false,
      max_tokens: 9,
      messages: [],
      stream_options: { chunk: 1, include_usage: false },
    };
    const body = JSON.parse(dialect.encode(request({ extraBody })).body);
    expect(body).toMatchObject({ model: 'qwen3-max', stream: true, max_tokens: 32, messages: [{ content: '你好' }] });
    expect(body.stream_options).toEqual({ chunk: 1, include_usage: true });
  });
});

describe('dashscope-native', () => {
  const dialect = dialectFor('dashscope-native');

  test('puts messages into input and the rest into parameters', () => {
    const wire = dialect.encode(request());
    expect(wire.path).toBe('/services/aigc/text-generation/generation');
    expect(wire.headers).toMatchObject({ 'X-DashScope-SSE': 'enable' });
    expect(JSON.parse(wire.body)).toEqual({
      model: 'qwen3-max',
      input: { messages: [{ role: 'user', content: '你好' }] },
      parameters: { enable_thinking: false, result_format: 'message', max_tokens: 32, incremental_output: true },
    });
  });

  test('asks for a document by leaving the stream header and increments out', () => {
    const wire = dialect.encode(request({ stream: false }));
    expect(wire.headers).not.toHaveProperty('X-DashScope-SSE');
    expect(JSON.parse(wire.body).parameters).not.toHaveProperty('incremental_output');
  });
});
