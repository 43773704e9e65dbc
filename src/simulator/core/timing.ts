import type { SimulatorLatency } from '../../model/simulator.ts';
import { bits, type ChanceKey, drawFor, PURPOSE, uniform } from './chance.ts';
import type { AnswerPlanned, SimulatedCall } from './plan.ts';

/**
 * Assumptions, not measurements: no trustworthy published latency of these models was found (searched 2026-11-21).
 * 25 ms per 1,000 prompt tokens follows the prefill share of the single published 32K-context figure
 * (holysheep.ai article of 2026-04: first token 380 ms at short context, 1,240 ms at 32K).
 */
const PREFILL_MS_PER_PROMPT_TOKEN = 0.025;

/** Assumption: one answer's speed lies within 30 % of the model's. */
const SPEED_SPREAD = 0.3;

/** Assumption: one stream in 200 pauses once, for five times its first-token latency. */
const STALL_SHARE = 0.005;
const STALL_FACTOR = 5;

/** Answers that refuse take 15-80 ms; one captured 400 carried `req-cost-time: 81` (2025-08). */
const REFUSAL_MIN_MS = 15;
const REFUSAL_SPREAD_MS = 65;

/**
 * Output lengths of a chat service: lognormal fitted to the conversation trace of Azure/AzurePublicDataset (2023),
 * median 151 tokens. Read 2026-11-21.
 */
const OUTPUT_LENGTH = { kind: 'lognormal', mu: 5.02, sigma: 0.86, max: 32_768 } as const;

/** Share of a thinking answer that is reasoning: assumption. */
const REASONING_MIN = 0.3;
const REASONING_SPREAD = 0.4;

export function refusalDelayMs(chance: ChanceKey): number {
  return REFUSAL_MIN_MS + REFUSAL_SPREAD_MS * uniform(chance, PURPOSE.refusalDelay);
}

export interface AnswerTiming {
  readonly firstTokenMs: number;
  readonly tokensPerSecond: number;
  readonly stall: { readonly afterTokens: number; readonly forMs: number } | null;
  readonly completionTokens: number;
  readonly reasoningTokens: number;
  readonly finishReason: 'stop' | 'length';
  /** From the first token to the end. */
  readonly generationMs: number;
}

/** Draws length and pace of one answer. Times are durations. */
export function answerTiming(call: SimulatedCall, latency: SimulatorLatency, chance: ChanceKey): AnswerTiming {
  const wanted = Math.max(1, Math.round(drawFor(chance, PURPOSE.completionLength, OUTPUT_LENGTH)));
  const completionTokens = call.maxTokens === null ? wanted : Math.min(wanted, Math.max(1, call.maxTokens));
  const firstTokenMs =
    Math.max(0, drawFor(chance, PURPOSE.firstToken, latency.ttftMs)) + PREFILL_MS_PER_PROMPT_TOKEN * call.promptTokens;
  const tokensPerSecond =
    latency.tokensPerSecond * (1 - SPEED_SPREAD + 2 * SPEED_SPREAD * uniform(chance, PURPOSE.speed));
  const stalls = completionTokens > 1 && uniform(chance, PURPOSE.stall) < STALL_SHARE;
  const stall = stalls
    ? {
        afterTokens: 1 + Math.floor((completionTokens - 1) * uniform(chance, PURPOSE.stallPlace)),
        forMs: STALL_FACTOR * firstTokenMs,
      }
    : null;
  return {
    firstTokenMs,
    tokensPerSecond,
    stall,
    completionTokens,
    reasoningTokens: call.thinking
      ? Math.floor(completionTokens * (REASONING_MIN + REASONING_SPREAD * uniform(chance, PURPOSE.reasoning)))
      : 0,
    finishReason: wanted > completionTokens ? 'length' : 'stop',
    generationMs: (completionTokens / tokensPerSecond) * 1000 + (stall?.forMs ?? 0),
  };
}

/** When the token after `tokens` others is there. */
export function tokenAtMs(plan: AnswerPlanned, tokens: number): number {
  const stalled = plan.stall !== null && tokens >= plan.stall.afterTokens ? plan.stall.forMs : 0;
  return plan.firstTokenAtMs + (tokens / plan.tokensPerSecond) * 1000 + stalled;
}

/** Calls back once per content chunk of 1-4 tokens, in order; reasoning and answer never share a chunk. */
export function forEachChunk(
  plan: AnswerPlanned,
  chunk: (part: {
    readonly atMs: number;
    readonly firstToken: number;
    readonly tokens: number;
    readonly reasoning: boolean;
  }) => void,
): void {
  const total = plan.ending.kind === 'complete' ? plan.completionTokens : plan.ending.afterTokens;
  let done = 0;
  for (let index = 0; done < total; index += 1) {
    const size = 1 + (bits(plan.chance, (PURPOSE.chunks << 16) + index) & 3);
    const reasoning = done < plan.reasoningTokens;
    const tokens = Math.min(size, (reasoning ? Math.min(plan.reasoningTokens, total) : total) - done);
    chunk({ atMs: tokenAtMs(plan, done), firstToken: done, tokens, reasoning });
    done += tokens;
  }
}
