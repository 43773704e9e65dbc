import { describe, expect, test } from 'vitest';
import { analysed, only } from './fold.ts';
import { manifest, phase } from './manifest.ts';
import { journal, limited, type Shot } from './records.ts';

const refused = (over: Partial<Shot> & { readonly seq: number; readonly sentMs: number }): Shot => ({
  outcome: limited('requests'),
  ...over,
});
const said = (message: string, id: string) => {
  const head = JSON.stringify({ error: { message, code: 'limit_requests' }, request_id: id });
  return { body: { head, tail: '', bytes: head.length } };
};

describe('limit groups', () => {
  test('messages that differ in ids, numbers and times are one group', () => {
    const words = (seq: number) =>
      said(`You exceeded your limit of ${seq} at 2026-11-21 20:00:0${seq}`, `id-${seq}f00d`);
    const shots = [1, 2, 3].map((seq) => refused({ seq, sentMs: seq * 100, exchange: words(seq) }));
    const group = only(analysed(journal(shots)).limits);
    expect(group.count).toBe(3);
    expect(group.normalisedMessage).toBe('limit_requests: You exceeded your limit of # at #');
  });

  test.each([
    ['kind', { outcome: limited('tokens') }],
    ['origin', { outcome: limited('requests', { origin: 'relay' }) }],
    ['origin name', { outcome: limited('requests', { originName: 'openai' }) }],
    ['rewriter', { outcome: limited('requests', { rewrittenBy: 'one-api' }) }],
    ['rule', { outcome: limited('requests', { ruleId: 'another' }) }],
    ['message', { exchange: said('Something else', 'id-2') }],
    ['variant', { variantIndex: 1 }],
  ])('another %s is another group', (_what, over) => {
    const { variants } = manifest();
    const two = manifest({ variants: [variants[0], { ...variants[0], name: 'other' }] });
    const base = { exchange: said('The words', 'id-1') };
    const shots = [refused({ seq: 1, sentMs: 0, ...base }), refused({ seq: 2, sentMs: 50, ...base, ...over })];
    expect(analysed(journal(shots), { manifest: two }).limits.map(({ count }) => count)).toEqual([1, 1]);
  });

  test('the sample is the first refusal, redacted, with the provider’s own request id', () => {
    const exchange = said('key sk-abcdef0123456789 of me@example.com is limited', '0f2e-42');
    const group = only(analysed(journal([refused({ seq: 7, sentMs: 300, exchange })])).limits);
    expect(group.sample).toMatchObject({ status: 429, requestId: 'r-7', providerRequestId: '0f2e-42', atMs: 300 });
    expect(group.sample.body).toContain('[key] of [email] is limited');
    expect(group.normalisedMessage).not.toContain('sk-abcdef');
  });

  test('share, first, last and Retry-After are counted over the variant’s sent attempts', () => {
    const shots = [0, 1, 2, 3, 4, 5, 6, 7].map((seq): Shot => {
      const retryAfterMs = seq === 2 ? 500 : seq === 5 ? 2500 : null;
      return seq === 2 || seq === 5
        ? refused({ seq, sentMs: seq * 100, outcome: limited('requests', { retryAfterMs }) })
        : { seq, sentMs: seq * 100 };
    });
    const group = only(analysed(journal(shots)).limits);
    expect(group).toMatchObject({
      count: 2,
      share: 0.25,
      firstMs: 200,
      lastMs: 500,
      retryAfterMs: { min: 500, max: 2500 },
    });
    expect(group.shareLow).toBeCloseTo(0.0715, 3);
    expect(group.shareHigh).toBeCloseTo(0.5907, 3);
  });

  test('the interval is wider where the refusals come in one run than where they are spread out', () => {
    const width = (isRefused: (seq: number) => boolean) => {
      const shots = Array.from({ length: 200 }, (_, seq): Shot => {
        return isRefused(seq) ? refused({ seq, sentMs: seq * 100 }) : { seq, sentMs: seq * 100 };
      });
      const group = only(analysed(journal(shots)).limits);
      expect(group.share).toBe(0.25);
      return group.shareHigh - group.shareLow;
    };
    const spread = width((seq) => seq % 4 === 0);
    expect(spread).toBeCloseTo(0.119, 2);
    expect(width((seq) => seq < 50)).toBeGreaterThan(spread * 4);
  });
});

describe('the rate at onset', () => {
  test('is what was sent in the 1, 10 and 60 s up to the first refusal, itself included', () => {
    const before = Array.from({ length: 30 }, (_, seq): Shot => ({ seq, sentMs: seq * 1000, promptTokens: 10 }));
    const shots = [...before, { seq: 30, sentMs: 29_500 }, refused({ seq: 31, sentMs: 29_900, promptTokens: 1000 })];
    const { onset } = only(analysed(journal(shots)).limits);
    expect(onset).toEqual({
      episodes: 1,
      requests: { in1s: 3, in10s: 12, in60s: 32 },
      tokens: { in1s: 1110, in10s: 1200, in60s: 1400 },
    });
  });

  test.each([
    [10_000, 1],
    [10_001, 2],
  ])('refusals %i ms apart are %i episodes', (apartMs, episodes) => {
    const shots = [refused({ seq: 1, sentMs: 0 }), refused({ seq: 2, sentMs: apartMs })];
    expect(only(analysed(journal(shots)).limits).onset.episodes).toBe(episodes);
  });

  test('is the median over episodes, and a refusal during a stall of our own starts none', () => {
    const episode = (seq: number, atMs: number, sends: number): Shot[] => [
      ...Array.from({ length: sends - 1 }, (_, step) => ({ seq: seq + step, sentMs: atMs - 500 + step })),
      refused({ seq: seq + 90, sentMs: atMs }),
    ];
    const shots = [...episode(100, 1000, 3), ...episode(200, 15_000, 5), ...episode(300, 30_000, 40)];
    const stalled = refused({ seq: 999, sentMs: 50_000 });
    const records = journal([...shots, stalled]);
    const withStall = [
      ...records.slice(0, -1),
      { type: 'stall', fromMs: 49_000, toMs: 50_010 } as const,
      ...records.slice(-1),
    ];
    const { onset, count } = only(analysed(withStall).limits);
    expect(count).toBe(4);
    expect(onset.episodes).toBe(3);
    expect(onset.requests.in1s).toBe(5);
  });
});

describe('recovery', () => {
  const plan = manifest({ phases: [phase({ index: 0, endMs: 300_000 })] });
  /** A burst of 12 at 0, refused from the 10th on; then one poll every 1 s, admitted from `backMs` on. */
  const story = (options: { readonly backMs: number; readonly untilMs: number; readonly every?: number }): Shot[] => {
    const { backMs, untilMs, every = 1000 } = options;
    const burst = Array.from({ length: 12 }, (_, seq): Shot => {
      return seq < 10 ? { seq, sentMs: seq } : refused({ seq, sentMs: seq });
    });
    const polls = Array.from({ length: Math.floor((untilMs - 1010) / every) }, (_, step): Shot => {
      const sentMs = 1010 + step * every;
      return sentMs < backMs ? refused({ seq: 100 + step, sentMs }) : { seq: 100 + step, sentMs };
    });
    return [...burst, ...polls];
  };
  const recoveryOf = (shots: readonly Shot[]) => only(analysed(journal(shots, 300_000), { manifest: plan }).recovery);

  test('runs from the first refusal to the first admission that a clean window follows', () => {
    expect(recoveryOf(story({ backMs: 41_000, untilMs: 110_000 }))).toMatchObject({
      limit: 'requests',
      measurable: true,
      episodesMs: [41_000],
      medianMs: 41_000,
      maxMs: 41_000,
    });
  });

  test('an admission that a refusal follows within the window does not end the episode', () => {
    const shots = story({ backMs: 41_000, untilMs: 150_000 }).map((shot): Shot => {
      return shot.sentMs === 60_010 ? { ...shot, outcome: limited('requests') } : shot;
    });
    expect(recoveryOf(shots).episodesMs).toEqual([61_000]);
  });

  test.each([
    ['nothing was admitted again', story({ backMs: 1e9, untilMs: 110_000 })],
    ['the traffic ended less than one window', story({ backMs: 41_000, untilMs: 100_000 })],
    ['the traffic did not rest', story({ backMs: 41_000, untilMs: 110_000, every: 200 })],
  ])('is not measurable where %s', (why, shots) => {
    const found = recoveryOf(shots);
    expect(found).toMatchObject({ measurable: false, episodesMs: [], medianMs: null, maxMs: null });
    expect(found.why).toContain(why);
  });

  test('is not measurable where the polls themselves use the quota up', () => {
    const { variants } = plan;
    const small = { ...variants[0], quota: { ...variants[0].quota, rpm: 60, rps: 1 } };
    const shots = story({ backMs: 41_000, untilMs: 110_000 });
    const found = only(analysed(journal(shots, 300_000), { manifest: { ...plan, variants: [small] } }).recovery);
    expect(found.measurable).toBe(false);
    expect(found.why).toContain('more than half of the published requests per minute');
  });
});
