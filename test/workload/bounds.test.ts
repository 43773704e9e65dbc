import { expect, test } from 'vitest';
import type { ReplayRow, Workload } from '../../src/model/scenario.ts';
import { workloadBounds } from '../../src/workload/bounds.ts';
import { NONCE_TOKENS } from '../../src/workload/text.ts';
import { arrival, builder, fixed, NO_LIMIT, promptTokens, workload } from './workloads.ts';

const LOGNORMAL = { kind: 'lognormal', mu: 6.6, sigma: 1, max: 4000 } as const;
const row = (prompt: number | null, maxTokens: number | null): ReplayRow => ({
  atMs: 0,
  promptTokens: prompt,
  maxTokens,
});

test('fixed sizes are themselves', () => {
  expect(workloadBounds(workload(), NO_LIMIT)).toEqual({
    promptTokens: { mean: 200, max: 200 },
    promptTokensBound: { mean: 364, max: 364 },
    maxTokens: { mean: 32, max: 32 },
  });
});

test('a lognormal is bounded by its max, by the limit of the phase, or not at all', () => {
  const bounds = (max: number | null, cap: number | null) =>
    workloadBounds(workload({ content: promptTokens({ ...LOGNORMAL, max }) }), { ...NO_LIMIT, promptTokens: cap });
  expect(bounds(4000, null).promptTokens.max).toBe(4000);
  expect(bounds(null, null).promptTokens.max).toBeNull();
  expect(bounds(null, null).promptTokensBound.max).toBeNull();
  expect(bounds(null, 900).promptTokens.max).toBe(900);
  expect(bounds(4000, 900).promptTokens.mean).toBeLessThan(bounds(4000, null).promptTokens.mean);
});

test('no maxTokens, no bound on the output', () => {
  expect(workloadBounds(workload({ maxTokens: null }), NO_LIMIT).maxTokens).toBeNull();
  expect(workloadBounds(workload({ maxTokens: null }), { ...NO_LIMIT, maxTokens: 16 }).maxTokens).toEqual({
    mean: 16,
    max: 16,
  });
  expect(workloadBounds(workload({ maxTokens: LOGNORMAL }), { ...NO_LIMIT, maxTokens: 64 }).maxTokens?.max).toBe(64);
});

test('a prompt is never smaller than its nonce', () => {
  const tiny = { content: promptTokens(fixed(1)) };
  expect(workloadBounds(workload(tiny), NO_LIMIT).promptTokens).toEqual({ mean: NONCE_TOKENS, max: NONCE_TOKENS });
  expect(workloadBounds(workload({ ...tiny, cache: 'allow' }), NO_LIMIT).promptTokens).toEqual({ mean: 1, max: 1 });
});

test('replayed rows stand in for the workload, row by row', () => {
  const bounds = workloadBounds(workload(), NO_LIMIT, [row(1000, 10), row(null, 20), row(300, null)]);
  expect(bounds.promptTokens).toEqual({ mean: 500, max: 1000 });
  expect(bounds.maxTokens).toEqual({ mean: (10 + 20 + 32) / 3, max: 32 });
  const capped = workloadBounds(workload(), { promptTokens: 400, maxTokens: 15 }, [row(1000, 10), row(300, 20)]);
  expect(capped).toMatchObject({ promptTokens: { mean: 350, max: 400 }, maxTokens: { mean: 12.5, max: 15 } });
  expect(workloadBounds(workload({ maxTokens: null }), NO_LIMIT, [row(1, 10), row(1, null)]).maxTokens).toBeNull();
});

const TEXT = { kind: 'text', text: '你好，世界' } as const;
const FILE = {
  kind: 'file',
  path: 'p.txt',
  prompts: ['short', 'a good deal longer than short', '你好'].map((content) => [{ role: 'user' as const, content }]),
} as const;

test.each<readonly [string, Partial<Workload>]>([
  ['fixed', {}],
  ['lognormal', { content: promptTokens(LOGNORMAL), maxTokens: { ...LOGNORMAL, mu: 4, max: 300 } }],
  ['lognormal, zh, cached', { content: promptTokens(LOGNORMAL), cache: 'allow', language: 'zh' }],
  ['conversation', { turns: { count: 4, thinkMs: 0 }, content: promptTokens({ ...LOGNORMAL, sigma: 0.5 }) }],
  ['conversation without maxTokens', { turns: { count: 3, thinkMs: 0 }, maxTokens: null, language: 'mixed' }],
  ['text', { content: TEXT }],
  ['file', { content: FILE, cache: 'allow' }],
  ['file conversation, zh answers', { content: FILE, turns: { count: 3, thinkMs: 0 }, language: 'zh' }],
  ['file conversation, en answers', { content: FILE, turns: { count: 3, thinkMs: 0 }, language: 'en' }],
  ['tools', { extraBody: { tools: [{ name: 'weather' }] } }],
])('%s: built requests have this mean and stay below this maximum', (_, changes) => {
  const bounds = workloadBounds(workload(changes), NO_LIMIT);
  const build = builder(changes);
  const turns = changes.turns?.count ?? 1;
  const runs = 3000;
  const sums = { promptTokens: 0, promptTokensBound: 0 };
  for (let run = 0; run < runs; run++) {
    const request = build(arrival(run, { turn: run % turns, pairSeq: Math.floor(run / turns) }));
    for (const key of ['promptTokens', 'promptTokensBound'] as const) {
      sums[key] += request[key];
      expect(request[key]).toBeLessThanOrEqual(bounds[key].max ?? Number.NaN);
    }
    expect(request.maxTokens ?? 0).toBeLessThanOrEqual(bounds.maxTokens?.max ?? 0);
  }
  expect(Math.abs(sums.promptTokens / runs / bounds.promptTokens.mean - 1)).toBeLessThan(0.07);
  // The mean of a bound is itself an upper estimate where answers are made up.
  expect(sums.promptTokensBound / runs).toBeLessThan(1.07 * bounds.promptTokensBound.mean);
});
