import type { NumberSpec } from '../model/number-spec.ts';
import type { ReplayRow, Workload } from '../model/scenario.ts';
import { maxOfNumber, meanOfNumber } from '../stats/distributions.ts';
import { type OwnPrompt, ownPromptsOf } from './prompts.ts';
import { type LimitTo, REPLY_TOKENS, wholeTokens } from './sizes.ts';
import { NONCE_CHARACTERS, NONCE_TOKENS, NONCE_UNITS } from './text.ts';
import { addedBound, extraTokensBound, generatedBound, ownTextBound } from './token-bounds.ts';
import { tokensOfUnits, UNITS_PER_TOKEN } from './tokens.ts';

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

/** What each kind of message in a conversation takes. */
interface TurnParts {
  readonly first: SizeBounds;
  readonly later: SizeBounds;
  readonly reply: SizeBounds;
}

/**
 * Mean and worst case per request of a phase, before anything is drawn. `rows` are those of a replay phase, whose sizes
 * stand in for the workload's. The mean ignores rounding to whole tokens.
 */
export function workloadBounds(workload: Workload, limitTo: LimitTo, rows: readonly ReplayRow[] = []): WorkloadBounds {
  const maxTokens = maxTokensBounds(workload, limitTo, rows);
  const reply = maxTokens ?? boundsOf(REPLY_TOKENS, null);
  const { content } = workload;
  const prompts =
    content.kind === 'prompt_tokens'
      ? generatedBounds(workload, userBounds(content.size, limitTo, rows), reply)
      : ownBounds(workload, ownPromptsOf(content), reply);
  const extraTokens = extraTokensBound(workload.extraBody);
  return {
    promptTokens: prompts.promptTokens,
    promptTokensBound: mapBounds(prompts.promptTokensBound, (size) => size + extraTokens),
    maxTokens,
  };
}

function generatedBounds(workload: Workload, user: SizeBounds, reply: SizeBounds) {
  const turns = workload.turns?.count ?? 1;
  const smallest = workload.cache === 'avoid' ? NONCE_TOKENS : 1;
  const first = mapBounds(user, (size) => Math.max(smallest, size));
  const promptTokens = overTurns({ first, later: user, reply }, turns);
  // 2 turns - 1 messages at most; their overhead is small beside the tokens, so the mean reserves it too.
  const boundOf = (tokens: number) => generatedBound({ language: workload.language, tokens, messages: 2 * turns - 1 });
  return { promptTokens, promptTokensBound: mapBounds(promptTokens, boundOf) };
}

function ownBounds(workload: Workload, prompts: readonly OwnPrompt[], reply: SizeBounds) {
  const turns = workload.turns?.count ?? 1;
  const nonce = workload.cache === 'avoid' ? { units: NONCE_UNITS, bytes: NONCE_CHARACTERS } : { units: 0, bytes: 0 };
  const promptTokens: TurnParts = {
    first: spread(prompts.map(({ sizes }) => tokensOfUnits(sizes.units + nonce.units))),
    later: spread(prompts.map(({ laterSizes }) => laterSizes.units / UNITS_PER_TOKEN)),
    reply,
  };
  const bound: TurnParts = {
    first: spread(prompts.map(({ sizes }) => ownTextBound({ ...sizes, bytes: sizes.bytes + nonce.bytes }))),
    later: spread(prompts.map(({ laterSizes }) => addedBound(laterSizes))),
    // A token of our text is at most 1.7 characters of 3 bytes, or 4.8 of one.
    reply: mapBounds(reply, (size) => addedBound({ bytes: Math.ceil(5.1 * size), messages: 1 })),
  };
  return {
    promptTokens: mapMax(overTurns(promptTokens, turns), Math.ceil),
    promptTokensBound: overTurns(bound, turns),
  };
}

function userBounds(size: NumberSpec, limitTo: LimitTo, rows: readonly ReplayRow[]): SizeBounds {
  const drawn = boundsOf(size, limitTo.promptTokens);
  return overRows(rows, (row) => sizeBounds(row.promptTokens, limitTo.promptTokens) ?? drawn) ?? drawn;
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

/** Turn k carries the first message, k later ones and k answers; over n turns that is (n - 1) / 2 on average. */
function overTurns({ first, later, reply }: TurnParts, turns: number): SizeBounds {
  const unbounded = first.max === null || (turns > 1 && (later.max === null || reply.max === null));
  return {
    mean: first.mean + ((later.mean + reply.mean) * (turns - 1)) / 2,
    max: unbounded ? null : (first.max ?? 0) + ((later.max ?? 0) + (reply.max ?? 0)) * (turns - 1),
  };
}

function mapBounds(bounds: SizeBounds, map: (size: number) => number): SizeBounds {
  return mapMax({ ...bounds, mean: map(bounds.mean) }, map);
}

function mapMax(bounds: SizeBounds, map: (size: number) => number): SizeBounds {
  return { mean: bounds.mean, max: bounds.max === null ? null : map(bounds.max) };
}
