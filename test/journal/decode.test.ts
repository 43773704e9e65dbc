import { expect, test } from 'vitest';
import { lineDecoder } from '../../src/journal/decode.ts';

const SENT = { t: 'sent', id: 'r1', seq: 1, at: 0, s: 10, m: 'qwen3-max', pt: 40, mt: 12 };
const END = { t: 'end', id: 'r1', s: 10, e: 500 };
const NOT_SENT = { t: 'not_sent', id: 'r1', seq: 1, at: 0, d: 5, why: 'late' };

const decode = (line: object) => lineDecoder().decode(JSON.stringify(line));

test('whole lines are records', () => {
  expect(decode(SENT)).toMatchObject({ type: 'sent', promptTokens: 40, maxTokens: 12, keyIndex: 0 });
  expect(decode(END)).toMatchObject({ type: 'end', outcome: { kind: 'ok' }, exchange: { status: 200 } });
  expect(decode(NOT_SENT)).toMatchObject({ type: 'not_sent', reason: 'late' });
});

/* A damaged line can still be JSON: what it says must be counted as unreadable, and reach no figure. */
test.each([
  ['a token count that is an object', { ...SENT, pt: {} }],
  ['a token count that is missing', { ...SENT, pt: undefined }],
  ['an attempt number that is a text', { ...SENT, n: '7' }],
  ['a due time that is a list', { ...SENT, due: [] }],
  ['a phase that is a truth', { ...SENT, ph: true }],
  ['a size that is a number', { ...SENT, size: 4 }],
  ['a status that is a text', { ...END, st: '200' }],
  ['an outcome of no kind', { ...END, o: {} }],
  ['an outcome of a kind nobody knows', { ...END, o: { kind: 'fine' } }],
  ['a limit nobody knows', { ...END, o: { kind: 'limited', limit: 'x', origin: 'edge', heals: 'never' } }],
  ['a broken connection without a phase', { ...END, o: { kind: 'connection', code: 'X' } }],
  ['a transport error without words', { ...END, te: { kind: 'connection', phase: 'body', code: 'X' } }],
  ['a stamp that is a text', { ...END, fb: '3' }],
  ['usage that is no list of numbers', { ...END, u: ['1', 2] }],
  ['gaps without their histogram', { ...END, g: [3, 4, 5] }],
  ['gaps with a histogram of texts', { ...END, g: [3, 4, 5, ['a']] }],
  ['gaps with a count that no answer has', { ...END, g: [3, 4, 5, [2, 1e15]] }],
  ['gaps with half a gap', { ...END, g: [3, 4, 5, [2, 0.5]] }],
  ['a stamp beyond all numbers that are exact', { ...END, e: 1e17 }],
  ['error frames that are a text', { ...END, ef: 'x' }],
  ['a header without its value', { ...END, h: ['server'] }],
  ['a reason nobody knows', { ...NOT_SENT, why: '__proto__' }],
  ['an end for no reason', { t: 'finish', at: 1, reason: { kind: 'x' } }],
  ['a stop without its rule', { t: 'finish', at: 1, reason: { kind: 'safety' } }],
])('%s is no record', (_, line) => {
  expect(() => decode(line)).toThrow(TypeError);
});

test('a number too large for one is no record', () => {
  expect(() => lineDecoder().decode('{"t":"sent","id":"r1","seq":1,"at":1e400,"s":1,"m":"m","pt":1}')).toThrow(
    TypeError,
  );
});
