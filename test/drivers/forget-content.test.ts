import { describe, expect, test } from 'vitest';
import { forgettingContent, withoutEcho } from '../../src/drivers/forget-content.ts';
import type { Exchange } from '../../src/model/exchange.ts';
import type { Outgoing } from '../../src/model/request.ts';
import type { Transport } from '../../src/model/transport.ts';
import { exchangeOf } from '../runner/fakes.ts';

const PROMPT = 'The merger "Zephyrine" closes on Tuesday,\nbefore the markets open.';
const CHINESE = '请根据以下客户合同内容，总结第三季度的付款条款与违约责任。';

describe('what a refusal repeats of the prompt is taken out', () => {
  test.each([
    ['as it is', `bad input: ${PROMPT} (code 7)`],
    ['as JSON', JSON.stringify({ message: `bad input: ${PROMPT}`, code: 7 })],
    ['as JSON in JSON', JSON.stringify({ message: JSON.stringify({ 'bad input': PROMPT }), code: 7 })],
    ['in capitals', `bad input: ${PROMPT.toUpperCase()} (code 7)`],
    ['cut off', `bad input: ${PROMPT.slice(0, 40)}... (code 7)`],
  ])('%s', (_, text) => {
    const clean = withoutEcho(text, PROMPT);
    expect(clean).toContain('[redacted]');
    expect(clean.toLowerCase()).not.toMatch(/zephyrine|merger|tuesday/);
    expect(clean).toContain('bad input');
    expect(clean).toMatch(/7\)?}?$/);
  });

  test('twice', () => {
    expect(withoutEcho(`${PROMPT} and ${PROMPT}!`, PROMPT)).toBe('[redacted]. and [redacted].!');
  });

  test('Chinese, escaped as ASCII', () => {
    const escaped = [...CHINESE].map((letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`).join('');
    expect(withoutEcho(`{"message":"输入不合规: ${escaped}"}`, CHINESE)).toMatch(
      /^\{"message":"输入不合规: \[redacted\](\\u3002)?"\}$/,
    );
  });
});

describe('what it does not repeat stays', () => {
  const message = '{"error":{"message":"You exceeded your current requests list","code":"limit_requests"}}';

  test('another text', () => {
    expect(withoutEcho(message, PROMPT)).toBe(message);
  });

  test.each([
    ['19 letters in common', 'abcdefghij klmnopqrs', 'x abcdefghij klmnopqrs y'],
    ['nothing said', '', message],
  ])('%s', (_, spoken, text) => {
    expect(withoutEcho(text, spoken)).toBe(text);
  });

  test('20 letters in common are an echo', () => {
    expect(withoutEcho('x abcdefghij klmnopqrst y', 'abcdefghij klmnopqrst')).toBe('x [redacted] y');
  });
});

describe('a transport that forgets', () => {
  const outgoing: Outgoing = {
    request: {
      requestId: 'r0',
      model: 'm',
      messages: () => [{ role: 'user', content: PROMPT }],
      maxTokens: 4,
      stream: false,
      extraBody: {},
      promptTokens: 5,
      promptTokensBound: 9,
    },
    attemptNo: 1,
    keyIndex: 0,
  };
  const answering = (exchange: Exchange): Transport => ({
    send(_, handler) {
      handler.onSent(3);
      handler.onEnd(exchange);
    },
    abortAll: () => {},
    sockets: () => ({ open: 0, opened: 0 }),
  });
  const refusal = exchangeOf({
    status: 400,
    headers: { 'x-request-id': 'tenant-58c1e0a7' },
    body: { head: `bad: ${PROMPT}`, tail: 'for tenant-58c1e0a7', bytes: 99 },
    errorFrames: [JSON.stringify({ error: PROMPT })],
  });

  test('takes prompts and header values out of body, headers and frames', () => {
    const seen: Exchange[] = [];
    const options = { headerValues: ['tenant-58c1e0a7'], ownPrompts: true };
    forgettingContent(answering(refusal), options).send(outgoing, {
      onSent: (sentMs) => expect(sentMs).toBe(3),
      onEnd: (exchange) => seen.push(exchange),
    });
    expect(seen).toEqual([
      {
        ...refusal,
        headers: { 'x-request-id': '[redacted]' },
        body: { head: 'bad: [redacted].', tail: 'for [redacted]', bytes: 99 },
        errorFrames: ['{"error":"[redacted]."}'],
      },
    ]);
  });

  test('is the transport itself where there is nothing to forget', () => {
    const transport = answering(refusal);
    expect(forgettingContent(transport, { headerValues: ['short'], ownPrompts: false })).toBe(transport);
  });
});
