import { expect, test } from 'vitest';
import { tableFold } from '../../src/analysis/compare-table.ts';
import { tacticRow, tacticWords } from '../../src/analysis/compare-tactics.ts';
import { judged } from '../../src/analysis/judged.ts';
import { stability } from '../../src/analysis/stability.ts';
import { gapBucket } from '../../src/model/exchange.ts';
import type { ManifestVariant } from '../../src/model/manifest.ts';
import { variant } from './manifest.ts';
import { end, limited, OK, type Shot, sent } from './records.ts';

const DOWN = { kind: 'server_error', status: 503, ruleId: null } as const;

function tableOf(shots: readonly Shot[], over: Partial<ManifestVariant> = {}) {
  const fold = tableFold(variant({ name: 'direct', ...over }));
  for (const shot of shots) {
    fold.add(
      judged({ sent: sent(shot), end: end(shot), outcome: shot.outcome ?? OK, stalled: false, straggler: false }),
    );
  }
  return fold.finish();
}

function answer(seq: number, over: Partial<Shot> = {}): Shot {
  const sentMs = over.sentMs ?? seq * 1000;
  const firstTokenMs = sentMs + 400 + ((seq * 37) % 100);
  return {
    seq,
    sentMs,
    finishedMs: firstTokenMs + 600,
    ...over,
    exchange: {
      firstTokenMs,
      gaps: { count: 20, totalMs: 500, maxMs: 40, buckets: [gapBucket(25), 20] },
      reportedModel: 'qwen3-max',
      usage: { promptTokens: 100, completionTokens: 21, cachedTokens: null, reasoningTokens: null },
      ...over.exchange,
    },
  };
}

/** Ten minutes, one request a second; `down` seconds get no answer. */
const tenMinutes = (down: (second: number) => boolean) =>
  Array.from({ length: 600 }, (_, seq) => (down(seq) ? { seq, sentMs: seq * 1000, outcome: DOWN } : answer(seq)));

test('an outage is one bad stretch, with its length, its labels and the time to recovery', () => {
  const steady = stability(tableOf(tenMinutes((second) => second >= 200 && second < 230)), 1);
  expect(steady.longestBadStretch).toEqual({ fromMs: 200_000, toMs: 230_000, requests: 30, labels: ['server_error'] });
  expect(steady.badStretches).toBe(1);
  expect(steady.recoveryMs).toEqual({ median: 30_000, max: 30_000 });
  expect(steady.availability?.value).toBeCloseTo(0.95, 9);
});

test('a single failure is no bad stretch', () => {
  const steady = stability(tableOf(tenMinutes((second) => second % 100 === 50)), 1);
  expect(steady.badStretches).toBe(0);
  expect(steady.longestBadStretch).toBeNull();
  expect(steady.recoveryMs).toBeNull();
});

test('a stretch that the run ends in has no recovery', () => {
  const steady = stability(tableOf(tenMinutes((second) => second >= 590)), 1);
  expect(steady.longestBadStretch).toMatchObject({ fromMs: 590_000, toMs: null, requests: 10 });
  expect(steady.recoveryMs).toBeNull();
});

test('failures in a row leave availability less certain than scattered ones', () => {
  const width = (down: (second: number) => boolean) => {
    const { availability } = stability(tableOf(tenMinutes(down)), 1);
    return (availability?.high ?? 0) - (availability?.low ?? 0);
  };
  const inARow = width((second) => second >= 200 && second < 230);
  const scattered = width((second) => second % 20 === 3);
  expect(inARow).toBeGreaterThan(2 * scattered);
});

test('counts minutes by planned time, and how far they lay apart', () => {
  const { minutes, betweenMinutes } = stability(tableOf(tenMinutes((second) => second >= 120 && second < 150)), 1);
  expect(minutes.bucketMs).toBe(10_000);
  expect(minutes.startMs).toHaveLength(60);
  expect(minutes.requests.every((count) => count === 10)).toBe(true);
  expect(minutes.byOutcome.server_error?.slice(11, 16)).toEqual([0, 10, 10, 10, 0]);
  expect(minutes.ttftP50Ms[12]).toBeNull();
  expect(betweenMinutes).toMatchObject({ worstAnswered: 0, bestAnswered: 1 });
});

test('buckets are a minute where the run is long enough to show it', () => {
  const shots = Array.from({ length: 700 }, (_, seq) => answer(seq, { sentMs: seq * 1000 }));
  expect(stability(tableOf(shots), 1).minutes.bucketMs).toBe(60_000);
});

test('splits refusals by kind and origin', () => {
  const shots = Array.from({ length: 100 }, (_, seq): Shot => {
    if (seq % 10 === 1) return { seq, sentMs: seq * 100, outcome: limited('requests') };
    if (seq % 20 === 2) return { seq, sentMs: seq * 100, outcome: limited('requests', { origin: 'relay' }) };
    return answer(seq, { sentMs: seq * 100 });
  });
  const { errorMix } = stability(tableOf(shots), 1);
  expect(errorMix.map(({ label, origin, count }) => [label, origin, count])).toEqual([
    ['limited.requests', 'provider', 10],
    ['limited.requests', 'relay', 5],
  ]);
  expect(errorMix[0]?.share.value).toBeCloseTo(0.1, 9);
});

test('finds standstills, cut streams, other models, odd usage and relay retries', () => {
  const shots = Array.from({ length: 200 }, (_, seq): Shot => {
    const still = { count: 20, totalMs: 3500, maxMs: 3000, buckets: [gapBucket(25), 19, gapBucket(3000), 1] };
    if (seq % 20 === 1) return answer(seq, { exchange: { gaps: still } });
    if (seq % 20 === 2) return answer(seq, { outcome: { kind: 'truncated' }, exchange: { finishReason: null } });
    if (seq % 20 === 3) return answer(seq, { exchange: { reportedModel: 'qwen-turbo' } });
    if (seq % 20 === 4) {
      const usage = { promptTokens: 300, completionTokens: 21, cachedTokens: null, reasoningTokens: null };
      return answer(seq, { exchange: { usage } });
    }
    if (seq % 20 === 5) return answer(seq, { exchange: { headers: { 'x-litellm-attempted-retries': '1' } } });
    return answer(seq);
  });
  const steady = stability(tableOf(shots), 1);
  // Of 190 answers; cut streams are no answers.
  expect(steady.stalls?.value).toBeCloseTo(10 / 190, 9);
  expect(steady.longestStallMs).toBe(3000);
  expect(steady.truncated?.value).toBeCloseTo(10 / 200, 9);
  expect(steady.wrongModel?.value).toBeCloseTo(10 / 200, 9);
  expect(steady.modelsAnswered).toEqual({ 'qwen3-max': 190, 'qwen-turbo': 10 });
  expect(steady.usageAnomalies?.value).toBeCloseTo(10 / 190, 9);
  expect(steady.hiddenRetries.reportedByHeader).toBe(10);
});

test('intervals of durations hold the estimate and are the same each time', () => {
  const table = tableOf(tenMinutes(() => false));
  const [first, second] = [stability(table, 7), stability(table, 7)];
  expect(first.ttftMedianMs).toEqual(second.ttftMedianMs);
  const { value, low, high } = first.ttftMedianMs ?? { value: 0, low: 0, high: 0 };
  expect(low).toBeLessThan(value);
  expect(high).toBeGreaterThan(value);
  expect(value).toBeGreaterThan(445);
  expect(value).toBeLessThan(455);
});

test('counts connections opened per request', () => {
  const fresh = { id: 1, reused: false, handshakeMs: 40 };
  const shots = Array.from({ length: 100 }, (_, seq) =>
    answer(seq, seq % 4 === 0 ? { exchange: { connection: fresh } } : {}),
  );
  expect(stability(tableOf(shots), 1).connectionChurn).toEqual({ opened: 25, perRequest: 0.25 });
});

test('says nothing of what was not there', () => {
  const steady = stability(tableOf([]), 1);
  expect(steady).toMatchObject({ availability: null, errorMix: [], ttftMedianMs: null, connectionChurn: null });
  expect(steady.minutes.startMs).toEqual([]);
});

test('the tactics row counts attempts, tokens and money per useful answer', () => {
  const retried = Array.from({ length: 100 }, (_, seq): readonly Shot[] => {
    const sentMs = seq * 100;
    if (seq % 5 !== 0) return [answer(seq, { sentMs })];
    const again = answer(seq, { sentMs: sentMs + 2000, scheduledMs: sentMs, attemptNo: 2 });
    return [{ seq, sentMs, scheduledMs: sentMs, outcome: limited('requests'), final: false }, again];
  }).flat();
  const backoff = {
    kind: 'backoff',
    baseMs: 1000,
    factor: 2,
    jitter: 'full',
    maxMs: 60_000,
    attempts: 5,
    honourRetryAfter: true,
  } as const;
  const row = tacticRow(tableOf(retried, { tactics: [backoff] }));
  expect(row).toMatchObject({ tactic: 'backoff (full jitter, 5 attempts)', amplification: 1.2, refusedAttempts: 20 });
  expect(row.firstTrySuccess?.value).toBeCloseTo(0.8, 9);
  expect(row.finalSuccess?.value).toBe(1);
  expect(row.addedDelayMs).toEqual({ p50: 0, p95: 2000, max: 2000 });
  expect(row.tokensPerAnswer).toBe(121);
  // 100 x 1.2 + 21 x 6 dollars per million, a thousand times.
  expect(row.usdPerThousandAnswers).toBeCloseTo(0.246, 9);
});

test('names tactics from the outermost in', () => {
  const smooth = { kind: 'smooth', perSecond: 10, tokensPerSecond: null, queue: 500, concurrency: 4 } as const;
  const fallback = { kind: 'fallback', models: ['qwen-plus'], on: ['requests'] } as const;
  expect(tacticWords([])).toBe('none');
  expect(tacticWords([smooth, fallback])).toBe('smooth (600/min, 4 at a time) > fallback (qwen-plus)');
});
