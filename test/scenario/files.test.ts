import { describe, expect, test } from 'vitest';
import { readPrompts, readReplay } from '../../src/scenario/files.ts';

describe('prompt files', () => {
  test('a text file has one prompt per line, blank lines left out', () => {
    expect(readPrompts('p.txt', 'one\n\ntwo\r\n')).toEqual({
      ok: true,
      value: [[{ role: 'user', content: 'one' }], [{ role: 'user', content: 'two' }]],
    });
  });

  test('a row of a .jsonl file holds a prompt or messages', () => {
    const text =
      '{"prompt":"a"}\n{"messages":[{"role":"system","content":"s","extra":1},{"role":"user","content":"u"}]}\n';
    expect(readPrompts('p.jsonl', text)).toEqual({
      ok: true,
      value: [
        [{ role: 'user', content: 'a' }],
        [
          { role: 'system', content: 's' },
          { role: 'user', content: 'u' },
        ],
      ],
    });
  });

  test.each(['{"prompt":3}', '{"messages":[]}', '{"messages":[{"role":"tool","content":"x"}]}', 'null', '{'])(
    'the line that is wrong is named: %s',
    (row) => {
      expect(readPrompts('p.jsonl', `{"prompt":"a"}\n${row}\n`)).toMatchObject({
        ok: false,
        message: 'p.jsonl:2 holds no prompt',
      });
    },
  );

  test('an empty file holds no prompt', () => {
    expect(readPrompts('p.txt', '\n \n')).toMatchObject({ ok: false });
  });
});

describe('replayed traces', () => {
  const rows = (content: string, options: object = {}) => readReplay({ file: 't.csv', ...options }, content);

  test('rows are sorted and counted from the first', () => {
    expect(rows('at\n12\n10.5\n')).toEqual({
      ok: true,
      value: [
        { atMs: 0, promptTokens: null, maxTokens: null },
        { atMs: 1500, promptTokens: null, maxTokens: null },
      ],
    });
  });

  test('times may be milliseconds or datetimes, over midnight and a leap day', () => {
    expect(rows('at\n1000\n1250\n', { time: 'ms' })).toMatchObject({ value: [{ atMs: 0 }, { atMs: 250 }] });
    expect(rows('at\n2024-02-28 23:59:59.5000000\n2024-03-01 00:00:01.0000000\n')).toMatchObject({
      value: [{ atMs: 0 }, { atMs: 86_401_500 }],
    });
  });

  test('columns are found by name, quotes may hold commas', () => {
    const columns = { at: 'TIMESTAMP', promptTokens: 'ContextTokens', maxTokens: 'Generated, all' };
    expect(rows('\uFEFFTIMESTAMP,"Generated, all",ContextTokens\n3,0,374\n', { columns })).toEqual({
      ok: true,
      value: [{ atMs: 0, promptTokens: 374, maxTokens: 1 }],
    });
  });

  test.each([
    ['time\n3\n', 't.csv has no column "at"'],
    ['at\nsoon\n', 't.csv:2 is not readable'],
    ['at\n1\n\n\nx\n', 't.csv:5 is not readable'],
    ['at\n', 't.csv has no rows'],
    ['', 't.csv has no column "at"'],
  ])('what is wrong is named: %j', (content, message) => {
    expect(rows(content)).toMatchObject({ ok: false, message });
  });

  test('a size must be a number', () => {
    expect(rows('at,p\n1,many\n', { columns: { promptTokens: 'p' } })).toMatchObject({
      ok: false,
      message: 't.csv:2 is not readable',
    });
  });
});
