import type { Arrival } from '../model/arrival.ts';
import type { NumberSpec } from '../model/number-spec.ts';
import type { Phase, Workload } from '../model/scenario.ts';
import { drawNumber } from '../stats/distributions.ts';
import { randomFor } from '../stats/random.ts';

export type LimitTo = Phase['limitTo'];

/**
 * Length of the synthetic answers in a conversation whose workload sets no maxTokens: output tokens of the Azure LLM
 * inference trace 2023, conversation part (Azure/AzurePublicDataset, CC-BY-4.0; mean 211, p99 601), cut well above.
 */
export const REPLY_TOKENS: NumberSpec = { kind: 'lognormal', mu: 5.02, sigma: 0.86, max: 2000 };

/** Sizes of one request, keyed by (seed, conversation, turn): variants of a pair and a forecast draw the same. */
export interface Sizes {
  promptTokens(arrival: Arrival, turn: number): number;
  /** Null when nothing sets one. */
  maxTokens(arrival: Arrival, turn: number): number | null;
  /** Of the synthetic answer to a turn in a later turn's history: what the turn may use, else drawn from a trace. */
  replyTokens(arrival: Arrival, turn: number): number;
}

/** A drawn size as whole tokens, at least 1, at most `cap`. */
export function wholeTokens(value: number, cap: number | null): number {
  const tokens = Math.max(1, Math.round(value));
  return cap === null ? tokens : Math.min(tokens, Math.max(1, Math.floor(cap)));
}

export function sizesOf(options: {
  readonly workload: Workload;
  readonly seed: number;
  readonly limitToOf: (phaseIndex: number) => LimitTo;
}): Sizes {
  const { workload, seed, limitToOf } = options;
  const promptSpec = workload.content.kind === 'prompt_tokens' ? workload.content.size : null;
  const draw = (spec: NumberSpec, purpose: string, arrival: Arrival, turn: number) =>
    spec.kind === 'fixed' ? spec.value : drawNumber(spec, randomFor(seed, purpose, arrival.pairSeq, turn));

  const maxTokens = (arrival: Arrival, turn: number) => {
    const cap = limitToOf(arrival.phaseIndex).maxTokens;
    const own = arrival.size?.maxTokens ?? null;
    if (own !== null) return wholeTokens(own, cap);
    return workload.maxTokens === null ? cap : wholeTokens(draw(workload.maxTokens, 'max', arrival, turn), cap);
  };
  return {
    promptTokens(arrival, turn) {
      const own = arrival.size?.promptTokens ?? null;
      const value = own ?? (promptSpec === null ? 1 : draw(promptSpec, 'size', arrival, turn));
      return wholeTokens(value, limitToOf(arrival.phaseIndex).promptTokens);
    },
    maxTokens,
    replyTokens: (arrival, turn) =>
      maxTokens(arrival, turn) ?? wholeTokens(draw(REPLY_TOKENS, 'reply', arrival, turn), null),
  };
}
