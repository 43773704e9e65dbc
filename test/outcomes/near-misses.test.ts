import { describe, expect, test } from 'vitest';
import { NEAR_MISSES, type NearMiss } from './near-misses.ts';
import { kindOf, type Row } from './reading.ts';

const rowOfMiss = (miss: NearMiss): Row => ({
  status: miss.status,
  headers: miss.headers ?? {},
  body: miss.body,
  baseUrl: miss.baseUrl ?? 'https://relay.example/v1',
  model: 'qwen3-max',
  expected: { kind: 'not_a_limit', origin: '' },
  evidence: 'built',
  source: '',
  note: miss.why,
});

test('there are at least forty near misses', () => {
  expect(NEAR_MISSES.length).toBeGreaterThanOrEqual(40);
});

describe('is no limit', () => {
  test.each(NEAR_MISSES)('$status: $why', (miss) => {
    expect(kindOf(rowOfMiss(miss))).toBe('not_a_limit');
  });
});

/** One word apart: left is a limit of one kind, right of another. */
const PAIRS: readonly (readonly [left: string, leftKind: string, right: string, rightKind: string])[] = [
  ['usage allocated quota exceeded', 'tokens', 'month allocated quota exceeded', 'billing'],
  [
    'Allocated quota exceeded, please increase your quota limit.',
    'tokens',
    'Free allocated quota exceeded.',
    'free_quota',
  ],
  ['concurrency allocated quota exceeded', 'concurrency', 'usage allocated quota exceeded', 'tokens'],
  ['request reached organization max RPM: 3', 'requests', 'request reached organization max TPM: 3', 'tokens'],
  [
    'request reached max organization concurrency: 1',
    'concurrency',
    'request reached max organization RPM: 1',
    'requests',
  ],
  ['您的账户请求频率过高', 'requests', '您的账户并发数过高', 'concurrency'],
  ['账户余额不足', 'billing', '免费额度已用尽', 'free_quota'],
  ['inference exceeds tpm/rpm limit', 'unknown', 'inference exceeds tpm limit', 'tokens'],
  ['The service is overloaded', 'overload', 'Too many concurrent requests', 'concurrency'],
  ['Rate limit exceeded', 'unknown', 'Requests rate limit exceeded', 'requests'],
];

test.each(PAIRS)('%s is %s, %s is %s', (left, leftKind, right, rightKind) => {
  const kind = (message: string) =>
    kindOf(rowOfMiss({ status: 429, body: JSON.stringify({ error: { message } }), why: '' }));
  expect(kind(left)).toBe(leftKind);
  expect(kind(right)).toBe(rightKind);
});
