import { expect, test } from 'vitest';
import { LIMIT_KINDS } from '../../src/model/outcome.ts';
import { advise } from '../../src/outcomes/advice.ts';
import { explain } from '../../src/outcomes/explain.ts';
import { corpus } from './reading.ts';

const base = {
  kind: 'limited',
  origin: 'provider',
  originName: 'dashscope',
  rewrittenBy: null,
  hops: null,
  ruleId: null,
  candidates: [],
  retryAfterMs: null,
  heals: 'seconds',
} as const;
const context = { model: 'qwen3-max', baseUrl: null };

test('explains a pasted answer in the terms of the corpus', () => {
  for (const row of corpus) {
    const said = explain({
      status: row.status,
      headers: row.headers,
      body: row.body,
      baseUrl: row.baseUrl,
      model: row.model,
    });
    expect([said.originName, said.rewrittenBy]).toContain(row.expected.origin);
    expect(said.advice.steps.length).toBeGreaterThan(0);
    expect(said.limit === null).toBe(said.kind !== 'limited');
  }
});

test('a bare body without a status is read as a refusal', () => {
  const said = explain({ status: null, headers: {}, body: 'Free allocated quota exceeded.', baseUrl: null });
  expect(said).toMatchObject({ kind: 'limited', limit: 'free_quota', originName: 'dashscope', heals: 'never' });
  expect(said.source).toContain('model-studio');
});

test('header names may come in any case', () => {
  const said = explain({ status: 429, headers: { 'Retry-After': '7' }, body: '{"error":{"code":"limit_requests"}}' });
  expect(said.retryAfterMs).toBe(7000);
});

test('advice differs by kind', () => {
  const headlines = LIMIT_KINDS.map((limit) => advise({ ...base, limit }, context).headline);
  expect(new Set(headlines).size).toBe(LIMIT_KINDS.length);
});

test('advice says how long to wait, and when not to', () => {
  expect(advise({ ...base, limit: 'tokens', retryAfterMs: 11_000 }, context).steps[0]).toContain('11 s');
  expect(advise({ ...base, limit: 'billing', heals: 'never' }, context).steps[0]).toContain('Do not retry');
});

test('advice names the relay to talk to', () => {
  const steps = advise({ ...base, limit: 'requests', origin: 'relay', originName: 'new-api' }, context).steps.join(' ');
  expect(steps).toContain('new-api');
  const replaced = advise({ ...base, limit: 'tokens', rewrittenBy: 'one-api' }, context).steps.join(' ');
  expect(replaced).toContain('one-api');
});

test('unknown limits name their candidates', () => {
  expect(advise({ ...base, limit: 'unknown', candidates: ['tokens', 'billing'] }, context).steps.join(' ')).toContain(
    'tokens, billing',
  );
});
