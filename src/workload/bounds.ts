import type { NumberSpec, ReplayRow, Workload } from '../model/scenario.ts';
import { maxOfNumber, meanOfNumber } from '../stats/distributions.ts';
import { ownPromptsOf } from './prompts.ts';
import { type LimitTo, REPLY_TOKENS, wholeTokens } from './sizes.ts';
import { NONCE_CHARACTERS, NONCE_TOKENS, NONCE_UNITS } from './text.ts';
import { extraTokensBound, generatedBound, ownTextBound } from './token-bounds.ts';
import { tokensOfUnits } from './tokens.ts';

/** Tokens of one request. */
export interface SizeBounds {
  readonly mean: number;
  /** The most a request can have; null = unbounded. */
  readonly max: number | null;
}

export interface WorkloadBounds {
  /** Estimated prompt tokens, as in `Request.promptTokens`. For conversations over all turns, none having failed. */
  readonly promptTokens: SizeBounds;
  /** What the safety budget reserves for a prompt, as in `Request.promptTokensBound`. */
  readonly promptTokensBound: SizeBounds;
  /** Null when requests carry no maxTokens: then no output is bounded. */
  readonly maxTokens: SizeBounds | null;
}

/**
 * Mean and worst case per request of a phase, before anything is drawn. `rows` are those of a replay phase, whose sizes
 * stand in for the workload's. The mean ignores rounding to whole tokens.
 */
export function workloadBounds(workload: Workload, limitTo: LimitTo, rows: readonly ReplayRow[] = []): WorkloadBounds {
  const maxTokens = maxTokensBounds(workload, limitTo, rows);
  const turns = workload.turns?.count ?? 1;
  const reply = maxTokens ?? boundsOf(REPLY_TOKENS, null);
  const extraTokens = extraTokensBound(workload.extraBody);
  const { content, language } = workload;
  if (content.kind === 'prompt_tokens') {
    const spec = content.size;
    const drawn = boundsOf(spec, limitTo.promptTokens);
    const user = overRows(rows, (row) => sizeBounds(row.promptTokens, limitTo.promptTokens) ?? drawn) ?? drawn;
    const smallest = workload.cache === 'avoid' ? NONCE_TOKENS : 1;
    const promptTokens = overTurns(atLeast(user, smallest), reply, turns);
    const bound = (messages: number) => (tokens: number) =>
      generatedBound({ language, tokens, messages }) + extraTokens;
    return {
      promptTokens,
      promptTokensBound: mapBounds(promptTokens, { mean: bound(turns), max: bound(2 * turns - 1) }),
      maxTokens,
    };
  }
  const nonce = workload.cache === 'avoid' ? { units: NONCE_UNITS, bytes: NONCE_CHARACTERS } : { units: 0, bytes: 0 };
  const prompts = ownPromptsOf(content);
  const tokens = spread(prompts.map((prompt) => tokensOfUnits(prompt.units + nonce.units)));
  const bytes = spread(
    prompts.map((prompt) => ownTextBound({ bytes: prompt.bytes + nonce.bytes, messages: prompt.messages.length })),
  );
  // A character of a synthetic answer is at most 3 bytes, and a token of English 4.8 of them.
  const replyBytes = mapBounds(reply, { mean: (size) => 5.1 * size, max: (size) => Math.ceil(5.1 * size) + 8 });
  return {
    promptTokens: overTurns(tokens, reply, turns),
    promptTokensBound: shift(overTurns(bytes, replyBytes, turns), extraTokens),
    maxTokens,
  };
}

function maxTokensBounds(workload: Workload, limitTo: LimitTo, rows: readonly ReplayRow[]): SizeBounds | null {
  const cap = limitTo.maxTokens;
  const spec: NumberSpec | null = workload.maxTokens ?? (cap === null ? null : { kind: 'fixed', value: cap });
  const drawn = spec === null ? null : boundsOf(spec, cap);
  if (!rows.some((row) => row.maxTokens !== null)) return drawn;
  const perRow = rows.map((row) => sizeBounds(row.maxTokens, cap) ?? drawn);
  // One row without a size leaves the output of the phase unbounded.
  if (perRow.some((bounds) => bounds === null)) return null;
  return overRows(rows, (row) => sizeBounds(row.maxTokens, cap) ?? drawn);
}

function boundsOf(spec: NumberSpec, cap: number | null): SizeBounds {
  const max = maxOfNumber(spec, cap);
  return { mean: Math.max(1, meanOfNumber(spec, cap)), max: max === null ? null : wholeTokens(max, null) };
}

/** A size that is given; null when it is not. */
function sizeBounds(tokens: number | null, cap: number | null): SizeBounds | null {
  if (tokens === null) return null;
  const size = wholeTokens(tokens, cap);
  return { mean: size, max: size };
}

/** Null without rows, or when a row has no bounds at all. */
function overRows(rows: readonly ReplayRow[], of: (row: ReplayRow) => SizeBounds | null): SizeBounds | null {
  if (rows.length === 0) return null;
  let sum = 0;
  let max: number | null = 0;
  for (const row of rows) {
    const bounds = of(row);
    if (bounds === null) return null;
    sum += bounds.mean;
    max = max === null || bounds.max === null ? null : Math.max(max, bounds.max);
  }
  return { mean: sum / rows.length, max };
}

function spread(values: readonly number[]): SizeBounds {
  const sum = values.reduce((total, value) => total + value, 0);
  return { mean: sum / values.length, max: values.reduce((most, value) => Math.max(most, value), 0) };
}

/** The request of turn k carries k + 1 user messages and k answers; the mean over turns is (n + 1) / 2 and (n - 1) / 2. */
function overTurns(user: SizeBounds, reply: SizeBounds, turns: number): SizeBounds {
  if (turns === 1) return user;
  const unbounded = user.max === null || reply.max === null;
  return {
    mean: (user.mean * (turns + 1) + reply.mean * (turns - 1)) / 2,
    max: unbounded ? null : (user.max ?? 0) * turns + (reply.max ?? 0) * (turns - 1),
  };
}

function atLeast(bounds: SizeBounds, smallest: number): SizeBounds {
  return mapBounds(bounds, { mean: (size) => Math.max(smallest, size), max: (size) => Math.max(smallest, size) });
}

function shift(bounds: SizeBounds, by: number): SizeBounds {
  return mapBounds(bounds, { mean: (size) => size + by, max: (size) => size + by });
}

function mapBounds(
  bounds: SizeBounds,
  map: { readonly mean: (size: number) => number; readonly max: (size: number) => number },
): SizeBounds {
  return { mean: map.mean(bounds.mean), max: bounds.max === null ? null : map.max(bounds.max) };
}
