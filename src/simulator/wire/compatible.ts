import { uuid } from '../core/chance.ts';
import type { AnswerPlanned } from '../core/plan.ts';
import type { Chunk, StreamWriter } from './frames.ts';
import { words } from './words.ts';

/**
 * OpenAI-compatible mode. Field order and the stream's stages follow captures of qwen-plus (documentation page and stored
 * copies, seen 2026-11-21): `system_fingerprint: null`, `logprobs: null`, the id repeats the request id.
 */
export function compatibleAnswer(plan: AnswerPlanned, createdSeconds: number): string {
  const answer = words(plan, plan.reasoningTokens, plan.completionTokens - plan.reasoningTokens);
  const reasoning = plan.reasoningTokens > 0 ? { reasoning_content: words(plan, 0, plan.reasoningTokens) } : {};
  return JSON.stringify({
    model: plan.reportedModel,
    usage: { ...compatibleUsage(plan), prompt_tokens_details: { cached_tokens: plan.usage.cachedTokens ?? 0 } },
    choices: [
      {
        message: { content: answer, ...reasoning, role: 'assistant' },
        finish_reason: plan.finishReason,
        index: 0,
        logprobs: null,
      },
    ],
    object: 'chat.completion',
    created: createdSeconds,
    system_fingerprint: null,
    id: `chatcmpl-${uuid(plan.chance)}`,
  });
}

export function compatibleStream(plan: AnswerPlanned, createdSeconds: number): StreamWriter {
  const id = `chatcmpl-${uuid(plan.chance)}`;
  const usageNull = plan.call.includeUsage ? { usage: null } : {};
  const frame = (choices: readonly object[], usage: object): string =>
    `data: ${JSON.stringify({
      choices,
      object: 'chat.completion.chunk',
      ...usage,
      created: createdSeconds,
      system_fingerprint: null,
      model: plan.reportedModel,
      id,
    })}\n\n`;
  const openingDelta = plan.reasoningTokens > 0 ? { content: null, reasoning_content: '' } : { content: '' };
  const usage = () => (plan.call.includeUsage ? frame([], { usage: compatibleUsage(plan) }) : '');
  return {
    opening: () =>
      frame(
        [{ delta: { ...openingDelta, role: 'assistant' }, index: 0, logprobs: null, finish_reason: null }],
        usageNull,
      ),
    chunk: (chunk) => frame([{ finish_reason: null, delta: delta(plan, chunk), index: 0, logprobs: null }], usageNull),
    closing: () =>
      frame([{ finish_reason: plan.finishReason, delta: { content: '' }, index: 0, logprobs: null }], usageNull) +
      usage() +
      DONE,
    cleanCut: (adds) => (adds === 'usage_and_done' ? usage() : '') + (adds === 'nothing' ? '' : DONE),
  };
}

const DONE = 'data: [DONE]\n\n';

/** Thinking models: `reasoning_content` with `content: null` until the answer begins. */
function delta(plan: AnswerPlanned, { firstToken, tokens, reasoning }: Chunk): object {
  const text = words(plan, firstToken, tokens);
  if (reasoning) return { content: null, reasoning_content: text };
  return plan.reasoningTokens > 0 ? { content: text, reasoning_content: null } : { content: text };
}

function compatibleUsage({ usage }: AnswerPlanned): object {
  const details =
    usage.reasoningTokens === null
      ? {}
      : {
          completion_tokens_details: {
            reasoning_tokens: usage.reasoningTokens,
            text_tokens: usage.completionTokens - usage.reasoningTokens,
          },
        };
  return {
    prompt_tokens: usage.promptTokens,
    completion_tokens: usage.completionTokens,
    total_tokens: usage.promptTokens + usage.completionTokens,
    ...details,
  };
}
