import { describe, expect, test } from 'vitest';
import { Answer } from '../../src/targets/answer.ts';
import { CHAT_READER } from '../../src/targets/chat-completions.ts';
import { answerDecoder } from '../../src/targets/decoder.ts';
import { plainReader } from '../../src/targets/plain-chunk.ts';

/** A reader that has met the stream's first chunk. */
function reader() {
  const answer = new Answer();
  answer.reportedModel = 'm';
  const read = plainReader();
  return { answer, read: (data: string) => read(data, answer, 5) };
}

const plain = (content: string) => `{"choices":[{"delta":{"content":"${content}"},"finish_reason":null}],"model":"m"}`;

describe('a chunk is read without a parse', () => {
  test('when the text of its only choice is all it says', () => {
    const { read, answer } = reader();
    expect(read(plain('Hel'))).toBe(true);
    expect(read(plain('lo \\ud83d\\ude42'))).toBe(true);
    expect(answer.decoded().answer?.characters).toBe(7);
  });

  test.each([
    ['is no JSON', '{"choices":[{"delta":{"content":"Hel"},"finish_reop"}],"model":"m"}'],
    ['has no list of choices', '{"choices":"none","delta":{"content":"Hel"},"model":"m"}'],
    ['has two choices', '{"choices":[{"delta":{"content":"Hel"}},{"delta":{}}],"model":"m"}'],
    ['has its text elsewhere', '{"metadata":{"delta":{"content":"Hel"}},"choices":[{"delta":{}}],"model":"m"}'],
    [
      'has its text twice, spelt otherwise',
      '{"x":{"content":"Hel"},"choices":[{"delta":{"content" :"lo"}}],"model":"m"}',
    ],
    ['spells a name with escapes', '{"choices":[{"delta":{"content":"Hel"}}],"\\u0065rror":{"code":"x"}}'],
  ])('but not when it %s', (_, data) => {
    const { read, answer } = reader();
    expect(read(data)).toBe(false);
    expect(answer.decoded().answer).toBeNull();
  });

  test('but not with a raw control character, which no JSON string holds', () => {
    const { read } = reader();
    expect(read(plain('Hel'))).toBe(true);
    expect(read(plain('a\tb'))).toBe(false);
    expect(read(plain('a\\tb'))).toBe(true);
  });
});

test('a broken chunk among plain ones is evidence, and its text is none', () => {
  const decoder = answerDecoder({ ...CHAT_READER, readPlain: plainReader() });
  decoder.start(200, 'text/event-stream');
  for (const data of [plain('a'), plain('b'), '{"choices":[{"delta":{"content":"c"},"fini"}]}']) {
    decoder.chunk(`data: ${data}\n\n`, 5);
  }
  expect(decoder.end()).toMatchObject({ answer: { characters: 2 }, errorFrames: [expect.stringContaining('fini')] });
});
