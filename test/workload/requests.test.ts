import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { WorkloadContent } from '../../src/model/scenario.ts';
import { NONCE_TOKENS } from '../../src/workload/text.ts';
import { estimateTokens, utf8Bytes } from '../../src/workload/tokens.ts';
import { arrival, builder, fixed, NO_LIMIT, promptTokens, sized, textOf, workload } from './workloads.ts';

const LOGNORMAL = { kind: 'lognormal', mu: 6.6, sigma: 1, max: 4000 } as const;

test('a request carries the number of its arrival and what the workload says', () => {
  const request = builder({ extraBody: { enable_thinking: false }, stream: false })(arrival(12));
  expect(request).toMatchObject({
    requestId: 'r12',
    model: 'qwen3-max',
    maxTokens: 32,
    stream: false,
    extraBody: { enable_thinking: false },
    promptTokens: 200,
  });
  expect(request.messages()).toHaveLength(1);
  expect(request.messages()[0]?.role).toBe('user');
});

test('a built prompt estimates to exactly the size that was asked, in every language, at any turn', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('zh', 'en', 'mixed'),
      fc.constantFrom('avoid', 'allow'),
      fc.integer({ min: 1, max: 3000 }),
      fc.nat(1_000_000),
      fc.nat(4),
      (language, cache, size, seq, turn) => {
        const request = builder({ language, cache, content: promptTokens(fixed(size)) })(arrival(seq, { turn }));
        expect(estimateTokens(request.messages())).toBe(request.promptTokens);
        expect(request.promptTokens).toBe(Math.max(size, cache === 'avoid' ? NONCE_TOKENS : 1) + turn * (32 + size));
        expect(request.promptTokensBound).toBeGreaterThanOrEqual(1.5 * request.promptTokens + 64);
      },
    ),
    { numRuns: 200 },
  );
});

test('a prompt smaller than its nonce is the nonce', () => {
  for (const size of [1, NONCE_TOKENS - 1]) {
    const request = builder({ content: promptTokens(fixed(size)) })(arrival(3));
    expect(request.promptTokens).toBe(NONCE_TOKENS);
    expect(textOf(request)).toMatch(/^[a-z]{6}-0000003 .{0,4}$/);
  }
});

test('nothing depends on the order of calls', () => {
  const build = builder({ content: promptTokens(LOGNORMAL), maxTokens: LOGNORMAL });
  const forwards = [0, 1, 2, 3].map((seq) => build(arrival(seq)));
  const again = builder({ content: promptTokens(LOGNORMAL), maxTokens: LOGNORMAL });
  for (const seq of [3, 1, 2, 0]) {
    const request = again(arrival(seq));
    expect({ ...request, messages: textOf(request) }).toEqual({
      ...forwards[seq],
      messages: forwards[seq] === undefined ? '' : textOf(forwards[seq]),
    });
  }
});

test('golden sizes: what a recorded run with this seed asked for', () => {
  const build = builder({ content: promptTokens(LOGNORMAL), maxTokens: { ...LOGNORMAL, mu: 5 } });
  const sizes = Array.from({ length: 6 }, (_, seq) => build(arrival(seq))).map((each) => [
    each.promptTokens,
    each.maxTokens,
  ]);
  expect(sizes).toEqual([
    [814, 27],
    [717, 160],
    [546, 1092],
    [463, 268],
    [857, 34],
    [1743, 94],
  ]);
  expect(textOf(build(arrival(3, { size: sized(40) })))).toBe(
    'ohhrly-0000003 The modern student replaced the budget in Lima two years ago. The small meeting delivered the garden in Helsinki since early spring. Is the manager in Berlin more annual than t.',
  );
});

test('sizes and text belong to the pair, the nonce to the request', () => {
  const build = builder({ content: promptTokens(LOGNORMAL) });
  const direct = build(arrival(10, { pairSeq: 5 }));
  const relay = build(arrival(11, { pairSeq: 5, variantIndex: 1 }));
  expect(relay.promptTokens).toBe(direct.promptTokens);
  expect(textOf(relay).slice(16)).toBe(textOf(direct).slice(16));
  expect(textOf(relay).slice(0, 6)).not.toBe(textOf(direct).slice(0, 6));
  expect(build(arrival(10)).promptTokens).not.toBe(direct.promptTokens);
});

test('cache: avoid shares no prefix; cache: allow makes prompts of one size one prompt', () => {
  const avoid = builder();
  expect(textOf(avoid(arrival(1))).slice(0, 6)).not.toBe(textOf(avoid(arrival(2))).slice(0, 6));
  expect(textOf(avoid(arrival(1))).slice(40)).not.toBe(textOf(avoid(arrival(2))).slice(40));
  const allow = builder({ cache: 'allow' });
  expect(textOf(allow(arrival(1)))).toBe(textOf(allow(arrival(2))));
  expect(textOf(allow(arrival(1)))).not.toBe(textOf(builder({ cache: 'allow' }, { seed: 8 })(arrival(1))));
});

test('drawn sizes are whole, at least 1, and follow their distribution', () => {
  const build = builder({ cache: 'allow', content: promptTokens({ ...LOGNORMAL, max: null }) });
  const sizes = Array.from({ length: 20_000 }, (_, seq) => build(arrival(seq)).promptTokens).sort((a, b) => a - b);
  expect(sizes.every((size) => Number.isInteger(size) && size >= 1)).toBe(true);
  // The median of a lognormal is e^mu = 735; five standard errors are 33.
  expect(Math.abs((sizes[10_000] ?? 0) - Math.exp(6.6))).toBeLessThan(33);
  expect(builder({ cache: 'allow', content: promptTokens(fixed(0.2)), maxTokens: fixed(0) })(arrival(1))).toMatchObject(
    {
      promptTokens: 1,
      maxTokens: 1,
    },
  );
});

test.each([
  // arrival's size, phase's limit -> prompt, maxTokens
  [null, NO_LIMIT, 200, 32],
  [null, { promptTokens: 50, maxTokens: 8 }, 50, 8],
  [null, { promptTokens: 500, maxTokens: 80 }, 200, 32],
  [sized(1000, 400), NO_LIMIT, 1000, 400],
  [sized(1000, 400), { promptTokens: 50, maxTokens: 8 }, 50, 8],
  [sized(null, 400), NO_LIMIT, 200, 400],
  [sized(0, 0), NO_LIMIT, NONCE_TOKENS, 1],
] as const)('sizes of the arrival %j under the limit %j', (size, limit, prompt, maxTokens) => {
  const request = builder({}, { limitToOf: () => limit })(arrival(1, { size }));
  expect(request).toMatchObject({ promptTokens: prompt, maxTokens });
});

test('limits are those of the phase', () => {
  const build = builder({}, { limitToOf: (phase) => ({ promptTokens: phase === 1 ? 10 : null, maxTokens: null }) });
  expect(build(arrival(1)).promptTokens).toBe(200);
  expect(build(arrival(1, { phaseIndex: 1 })).promptTokens).toBe(10);
});

test('without maxTokens in the workload there is none, but for a limit of the phase', () => {
  expect(builder({ maxTokens: null })(arrival(1)).maxTokens).toBeNull();
  expect(
    builder({ maxTokens: null }, { limitToOf: () => ({ ...NO_LIMIT, maxTokens: 16 }) })(arrival(1)).maxTokens,
  ).toBe(16);
});

const MESSAGES: WorkloadContent = {
  kind: 'messages',
  messages: [
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: '你好' },
    { role: 'assistant', content: '你好！' },
    { role: 'user', content: 'Bye' },
  ],
};

test('the nonce goes before the first user message of own content, and nowhere when caching is allowed', () => {
  const contents = builder({ content: MESSAGES })(arrival(3))
    .messages()
    .map((message) => message.content);
  expect(contents[0]).toBe('Be brief.');
  expect(contents[1]).toMatch(/^[a-z]{6}-0000003 你好$/);
  expect(contents.slice(2)).toEqual(['你好！', 'Bye']);
  expect(builder({ content: MESSAGES, cache: 'allow' })(arrival(3)).messages()).toEqual(MESSAGES.messages);
  const noUser = { kind: 'messages', messages: [{ role: 'system', content: 'Go.' }] } as const;
  expect(textOf(builder({ content: noUser })(arrival(3)))).toMatch(/^[a-z]{6}-0000003 Go\.$/);
});

test('own content: the estimate counts all of it and the bound its bytes', () => {
  for (const cache of ['avoid', 'allow'] as const) {
    for (const turn of [0, 1, 3]) {
      const request = builder({ content: MESSAGES, cache, language: 'zh' })(arrival(3, { turn }));
      expect(request.promptTokens).toBe(estimateTokens(request.messages()));
      const bytes = request.messages().reduce((sum, message) => sum + utf8Bytes(message.content), 0);
      expect(request.promptTokensBound).toBe(bytes + 64 + 8 * (request.messages().length - 1));
    }
  }
});

const FILE: WorkloadContent = {
  kind: 'file',
  path: 'prompts.txt',
  prompts: ['one', 'two', 'three'].map((content) => [{ role: 'user', content }]),
};

test('prompts of a file are taken in turn by pair', () => {
  const build = builder({ content: FILE, cache: 'allow' });
  expect([0, 1, 2, 3, 7].map((seq) => textOf(build(arrival(seq))))).toEqual(['one', 'two', 'three', 'one', 'two']);
  expect(textOf(build(arrival(9, { pairSeq: 2 })))).toBe('three');
  expect(textOf(builder({ content: { kind: 'text', text: 'Hi' }, cache: 'allow' })(arrival(5)))).toBe('Hi');
});

test('content without any prompt or message throws when the builder is made', () => {
  expect(() => builder({ content: { ...FILE, prompts: [] } })).toThrow(RangeError);
  expect(() => builder({ content: { kind: 'messages', messages: [] } })).toThrow(RangeError);
});

test('turn k carries the k turns before it and k answers, unchanged but for the nonce', () => {
  const build = builder({ turns: { count: 4, thinkMs: 0 }, content: promptTokens(LOGNORMAL), maxTokens: LOGNORMAL });
  const history = [0, 1, 2, 3].map((turn) => build(arrival(20 + turn, { pairSeq: 4, turn })));
  history.forEach((request, turn) => {
    expect(request.messages().map((message) => message.role)).toEqual([
      'user',
      ...Array.from({ length: turn }, () => ['assistant', 'user']).flat(),
    ]);
  });
  const contents = history.map((request) => request.messages().map((message) => message.content));
  const last = contents[3] ?? [];
  contents.forEach((earlier) => {
    expect(earlier.slice(1)).toEqual(last.slice(1, earlier.length));
    expect(earlier[0]?.slice(16)).toBe(last[0]?.slice(16));
  });
  expect(new Set(contents.map((each) => each[0]?.slice(0, 6))).size).toBe(4);
  const sizes = history.map((request) => request.promptTokens);
  expect(sizes).toEqual([...sizes].sort((a, b) => a - b));
  // What the answer may use is what the history then carries.
  expect(estimateTokens([{ role: 'assistant', content: last[1] ?? '' }])).toBeGreaterThanOrEqual(
    (history[0]?.maxTokens ?? 0) - 1,
  );
});

test('a conversation over a file goes on with the next prompts; system messages are not repeated', () => {
  const request = builder({ content: FILE, cache: 'allow' })(arrival(1, { turn: 2 }));
  expect(
    request
      .messages()
      .filter((each) => each.role === 'user')
      .map((each) => each.content),
  ).toEqual(['two', 'three', 'one']);
  const roles = builder({ content: MESSAGES })(arrival(1, { turn: 1 }))
    .messages()
    .map((each) => each.role);
  expect(roles.filter((role) => role === 'system')).toHaveLength(1);
  expect(roles).toHaveLength(4 + 1 + 3);
});

test('tools in extraBody raise the bound by at least their bytes', () => {
  const tools = [{ type: 'function', function: { name: 'weather', parameters: { city: '城市' } } }];
  const plain = builder()(arrival(1)).promptTokensBound;
  const bytes = Buffer.byteLength(JSON.stringify(tools));
  expect(builder({ extraBody: { tools } })(arrival(1)).promptTokensBound).toBeGreaterThanOrEqual(plain + bytes);
  expect(builder({ extraBody: { enable_thinking: false } })(arrival(1)).promptTokensBound).toBe(plain);
});

test('no text is made until it is asked for: a million-token prompt costs nothing', () => {
  const huge = builder({ content: promptTokens(fixed(1e12)) })(arrival(1));
  expect(huge.promptTokens).toBe(1e12);
  expect(workload().content.kind).toBe('prompt_tokens');
});
