import type { ChunkGaps, Usage } from '../model/exchange.ts';
import { gapBucket } from '../model/exchange.ts';
import type { AnswerPlanned } from '../simulator/core/plan.ts';

/** The endpoint's chunks carry 1 to 4 tokens, each size as often as the others. */
const CHUNK_SIZES = [1, 2, 3, 4] as const;
const TOKENS_PER_CHUNK = 2.5;
/** Mean length of the endpoint's words with the space before them: its answers are never written out here. */
const CHARACTERS_PER_TOKEN = 6.375;

/** What a client has understood of a planned answer by a given instant, computed instead of decoded. */
export interface AnswerSeen {
  readonly firstTokenMs: number | null;
  readonly firstAnswerTokenMs: number | null;
  readonly gaps: ChunkGaps | null;
  readonly answer: { readonly characters: number; readonly hash: null } | null;
}

const NOTHING_SEEN: AnswerSeen = { firstTokenMs: null, firstAnswerTokenMs: null, gaps: null, answer: null };

/** `delayMs`: way back through the network; `untilMs`: the client's clock when it stopped reading. */
export function answerSeen(plan: AnswerPlanned, delayMs: number, untilMs: number): AnswerSeen {
  if (!plan.call.stream) return documentSeen(plan, delayMs, untilMs);
  const firstTokenMs = plan.firstTokenAtMs + delayMs;
  if (firstTokenMs > untilMs) return NOTHING_SEEN;
  const total = plan.ending.kind === 'complete' ? plan.completionTokens : plan.ending.afterTokens;
  const tokens = Math.min(total, tokensBy(plan, untilMs - delayMs));
  const answerTokens = Math.max(0, tokens - plan.reasoningTokens);
  const firstAnswerAtMs = plan.firstTokenAtMs + tokenTimeMs(plan, plan.reasoningTokens) + delayMs;
  return {
    firstTokenMs,
    firstAnswerTokenMs: answerTokens > 0 ? firstAnswerAtMs : null,
    gaps: gapsOf(plan, tokens),
    answer: { characters: Math.round(answerTokens * CHARACTERS_PER_TOKEN), hash: null },
  };
}

function documentSeen(plan: AnswerPlanned, delayMs: number, untilMs: number): AnswerSeen {
  const atMs = plan.headersAtMs + delayMs;
  if (atMs > untilMs || plan.ending.kind === 'reset') return NOTHING_SEEN;
  const answerTokens = plan.completionTokens - plan.reasoningTokens;
  return {
    firstTokenMs: atMs,
    firstAnswerTokenMs: answerTokens > 0 ? atMs : null,
    gaps: null,
    answer: { characters: Math.round(answerTokens * CHARACTERS_PER_TOKEN), hash: null },
  };
}

/** From the first token to the one after `tokens` others. */
function tokenTimeMs(plan: AnswerPlanned, tokens: number): number {
  const stallMs = plan.stall !== null && tokens >= plan.stall.afterTokens ? plan.stall.forMs : 0;
  return (tokens / plan.tokensPerSecond) * 1000 + stallMs;
}

function tokensBy(plan: AnswerPlanned, atMs: number): number {
  const elapsedMs = atMs - plan.firstTokenAtMs;
  const steady = Math.floor((elapsedMs / 1000) * plan.tokensPerSecond) + 1;
  if (plan.stall === null || steady <= plan.stall.afterTokens) return steady;
  const after = Math.floor(((elapsedMs - plan.stall.forMs) / 1000) * plan.tokensPerSecond) + 1;
  return Math.max(plan.stall.afterTokens, after);
}

/** Gaps of the steady part by chunk size, a stall as one gap of its own. */
function gapsOf(plan: AnswerPlanned, tokens: number): ChunkGaps | null {
  const count = Math.round(tokens / TOKENS_PER_CHUNK) - 1;
  if (count < 1) return null;
  const buckets: number[] = [];
  let left = count;
  for (const size of CHUNK_SIZES) {
    const share = Math.round(left / (CHUNK_SIZES.length + 1 - size));
    left -= share;
    if (share > 0) buckets.push(gapBucket((size / plan.tokensPerSecond) * 1000), share);
  }
  const largestMs = (4 / plan.tokensPerSecond) * 1000;
  const stallMs = plan.stall !== null && tokens > plan.stall.afterTokens ? plan.stall.forMs : 0;
  const spokenMs = ((tokens - TOKENS_PER_CHUNK) / plan.tokensPerSecond) * 1000;
  if (stallMs === 0) return { count, totalMs: spokenMs, maxMs: largestMs, buckets };
  const stallGapMs = stallMs + (TOKENS_PER_CHUNK / plan.tokensPerSecond) * 1000;
  return {
    count: count + 1,
    totalMs: spokenMs + stallMs,
    maxMs: Math.max(stallGapMs, largestMs),
    buckets: mergedBuckets(buckets, gapBucket(stallGapMs)),
  };
}

function mergedBuckets(buckets: readonly number[], extra: number): readonly number[] {
  const counts = new Map<number, number>([[extra, 1]]);
  for (let index = 0; index < buckets.length; index += 2) {
    const bucket = buckets[index] as number;
    counts.set(bucket, (counts.get(bucket) ?? 0) + (buckets[index + 1] as number));
  }
  return [...counts].sort((a, b) => a[0] - b[0]).flat();
}

/** Usage as it reaches the client, or null: a cut stream ends before it, unless a relay adds one of its own. */
export function usageSeen(plan: AnswerPlanned): Usage | null {
  const { ending } = plan;
  const reported = ending.kind === 'complete' || (ending.kind === 'clean' && ending.adds === 'usage_and_done');
  if (!reported) return null;
  // The usage of a stream has no prompt details, in either dialect.
  return plan.call.stream ? { ...plan.usage, cachedTokens: null } : plan.usage;
}

/**
 * Error frames of a refusal inside a stream, in the form in which a decoder keeps them: without ids, `data:` without a
 * space. The end mark and empty chunks are none.
 */
export function errorFramesOf(body: string): readonly string[] {
  return body
    .split('\n\n')
    .map((frame) =>
      frame
        .split('\n')
        .filter((line) => line !== '' && !line.startsWith('id:'))
        .map((line) => line.replace(/^(data|event): /, '$1:'))
        .join('\n'),
    )
    .filter((frame) => /^event:error|"error"|"code"/m.test(frame));
}
