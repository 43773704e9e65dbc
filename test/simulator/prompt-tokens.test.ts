import { expect, test } from 'vitest';
import { promptTokens } from '../../src/simulator/wire/prompt-tokens.ts';

test.each([
  ['nothing', [], 0],
  ['48 Latin characters', [{ content: 'a'.repeat(48) }], 10],
  ['one more begins a token', [{ content: 'a'.repeat(49) }], 11],
  ['17 Chinese characters', [{ content: '限'.repeat(17) }], 10],
  ['both, rounded up once over all messages', [{ content: 'a'.repeat(24) }, { content: '限'.repeat(17) }], 15],
  [
    'text parts count, others do not',
    [{ content: [{ type: 'text', text: 'a'.repeat(48) }, { type: 'image_url' }] }],
    10,
  ],
  ['what is no message', [null, 7, { content: 5 }], 0],
])('%s', (_, messages, tokens) => {
  expect(promptTokens(messages)).toBe(tokens);
});
