import fc from 'fast-check';
import { expect, test } from 'vitest';
import { classify } from '../../src/outcomes/classify.ts';
import { explain } from '../../src/outcomes/explain.ts';
import { readRateLimitHints } from '../../src/outcomes/hints.ts';
import { messageOf, normaliseMessage } from '../../src/outcomes/message.ts';
import { redact } from '../../src/outcomes/redact.ts';
import { providerRequestId } from '../../src/outcomes/request-id.ts';
import { contextOf, corpus, exchangeOf, more } from './reading.ts';

const bodies = [...corpus, ...more].map((row) => row.body);

/** Real bodies cut, doubled and spliced, JSON of any shape, and noise made of the marks the parsers look for. */
const anyBody = fc.oneof(
  fc
    .tuple(fc.constantFrom(...bodies), fc.nat(400), fc.constantFrom(...bodies), fc.nat(400))
    .map(([a, at, b, to]) => a.slice(0, at) + b.slice(to)),
  fc.json(),
  fc.string({ maxLength: 300 }),
  fc
    .array(
      fc.constantFrom(
        '{',
        '}',
        '[',
        ']',
        '"',
        "'",
        ':',
        ',',
        '\\',
        'data:',
        'event:error\n',
        '\n\n',
        '<429>',
        'error',
        '429',
        '{"error":',
        '限',
        ' ',
      ),
      { maxLength: 200 },
    )
    .map((parts) => parts.join('')),
);

test('any status, headers and body give an outcome, without a throw', () => {
  fc.assert(
    fc.property(
      fc.option(fc.integer({ min: 100, max: 599 })),
      anyBody,
      fc.dictionary(fc.string({ maxLength: 20 }), fc.string({ maxLength: 40 })),
      (status, text, headers) => {
        const exchange = exchangeOf({ status, headers, text });
        const outcome = classify(exchange, contextOf({ baseUrl: 'https://relay.example/v1', model: 'qwen3-max' }));
        expect(outcome.kind).not.toBe('not_sent');
        explain({ status, headers, body: text });
        readRateLimitHints(headers, text, 0);
        providerRequestId(exchange);
        const hidden = redact(text);
        expect(redact(hidden)).toBe(hidden);
        expect(normaliseMessage(messageOf(exchange)).length).toBeLessThanOrEqual(300);
      },
    ),
    { numRuns: 5000, seed: 11 },
  );
}, 20_000);

const HOSTILE: Readonly<Record<string, string>> = {
  'open braces': '{'.repeat(200_000),
  'open objects': '{"a":'.repeat(50_000),
  'open arrays': '['.repeat(200_000),
  backslashes: `{"error":{"message":"${'\\'.repeat(100_000)}`,
  tags: '<a'.repeat(100_000),
  digits: `{"error":{"message":"try again in ${'1'.repeat(100_000)}"}}`,
  spaces: `{"error":{"message":"exceeded${' '.repeat(100_000)}"}}`,
  'near phrases': `{"error":{"message":"${'exceed limit over reach '.repeat(8000)}"}}`,
  chinese: `{"error":{"message":"${'分组服务请求并发'.repeat(12_000)}"}}`,
  frames: 'data: {"error":{"code":"x"}}\n\n'.repeat(5000),
  links: `{"error":{"message":"${'https://'.repeat(10_000)}"}}`,
  dashes: `{"error":{"message":"${'a-'.repeat(50_000)}@"}}`,
};

test.each(Object.entries(HOSTILE))('hostile body of %s takes less than 150 ms', (_, text) => {
  const exchange = exchangeOf({ status: 429, text });
  const from = performance.now();
  classify(exchange, contextOf({ baseUrl: null, model: '' }));
  normaliseMessage(messageOf(exchange));
  expect(performance.now() - from).toBeLessThan(150);
});
