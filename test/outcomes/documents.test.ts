import { describe, expect, test } from 'vitest';
import { readDocuments, readEmbedded } from '../../src/outcomes/documents.ts';
import { looksLikeFrames, readFrames } from '../../src/outcomes/frames.ts';

describe('documents', () => {
  test.each([
    ['{"a":1}', [{ a: 1 }]],
    ['{"a":1}{"b":2}', [{ a: 1 }, { b: 2 }]],
    ['{"a":1}\n\n{"b":[2]}', [{ a: 1 }, { b: [2] }]],
    ["{'a': None, 'b': True, 'c': 'it\\'s'}", [{ a: null, b: true, c: "it's" }]],
    ['{"a":{"b":"cut', [{ a: { b: 'cut' } }]],
    ['{"a":"\\u4f59', [{ a: '余' }]],
    ['plain', []],
    ['', []],
  ])('%s', (text, expected) => {
    expect(readDocuments(text)).toEqual(expected);
  });
  test('too deep a nesting is given up, not followed', () => {
    expect(readDocuments('{"a":'.repeat(1000))).toEqual([]);
  });
  test('takes documents out of a message and keeps the rest', () => {
    const { documents, rest } = readEmbedded("Error code: 429 - {'error': {'code': '429'}}\nReceived Model Group=x");
    expect(documents).toEqual([{ error: { code: '429' } }]);
    expect(rest).toContain('Received Model Group=x');
    expect(rest).not.toContain('{');
  });
  test('braces that open nothing stay text', () => {
    expect(readEmbedded('use {name} here')).toEqual({ documents: [], rest: 'use {name} here' });
  });
});

describe('frames', () => {
  test.each([
    'data: {}',
    'event: error\ndata: {}',
    ':HTTP_STATUS/429\nevent: error\ndata: {}',
    'id:1\nevent:error\n:HTTP_STATUS/429\ndata:{}',
  ])('%j reads as a stream', (text) => {
    expect(looksLikeFrames(text)).toBe(true);
  });
  test.each(['{"data":1}', 'database: gone', 'data', 'event log'])('%j does not', (text) => {
    expect(looksLikeFrames(text)).toBe(false);
  });
  test('keeps event, data and the status of the comment', () => {
    expect(readFrames('id:1\nevent:error\n:HTTP_STATUS/429\ndata:{"a":1}\n\ndata: [DONE]')).toEqual([
      { event: 'error', data: '{"a":1}', status: 429 },
      { event: '', data: '[DONE]', status: null },
    ]);
  });
});
