import { expect, test } from 'vitest';
import { analysed, only } from './fold.ts';
import { journal } from './records.ts';

const after = (headers: Readonly<Record<string, string>>, seq: number) => ({
  seq,
  sentMs: seq * 10,
  exchange: { headers },
});

test('answers that a relay says it retried are counted, with those it gave up on', () => {
  const shots = [
    { 'x-portkey-retry-attempt-count': '0' },
    { 'x-portkey-retry-attempt-count': '2' },
    { 'x-portkey-retry-attempt-count': '-1' },
    { 'x-litellm-attempted-retries': '1' },
    { 'x-request-id': 'a' },
  ].map(after);
  const analysis = analysed(journal(shots));
  expect(only(analysis.variants).relayFacts).toEqual({ hiddenRetries: 3 });
  expect(analysis.findings.map(({ claim }) => claim)).toContain(
    'Hidden retries: 3 answers came after the relay itself had tried again',
  );
});

test('a relay that did not retry is not mentioned', () => {
  const analysis = analysed(journal([after({ 'x-portkey-retry-attempt-count': '0' }, 1)]));
  expect(only(analysis.variants).relayFacts).toEqual({});
  expect(analysis.findings.filter(({ claim }) => claim.startsWith('Hidden retries'))).toEqual([]);
});
