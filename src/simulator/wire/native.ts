import { uuid } from '../core/chance.ts';
import type { AnswerPlanned } from '../core/plan.ts';
import type { StreamWriter } from './frames.ts';
import { words } from './words.ts';

export interface NativeFormat {
  /** `parameters.result_format`: `message` answers with choices, `text` with a plain text. */
  readonly messageFormat: boolean;
  /** `parameters.incremental_output`: each event carries only what is new. */
  readonly incremental: boolean;
}

/**
 * Native protocol, as captured (stored copies, seen 2026-11-21): no space after `data:`, `finish_reason` is the string
 * "null" until the end, every event carries the usage so far, no `[DONE]`.
 */
export function nativeAnswer(plan: AnswerPlanned, format: NativeFormat): string {
  return JSON.stringify({
    output: nativeOutput(plan, format, { first: 0, end: plan.completionTokens, finishReason: plan.finishReason }),
    usage: nativeUsage(plan, plan.completionTokens),
    request_id: uuid(plan.chance),
  });
}

export function nativeStream(plan: AnswerPlanned, format: NativeFormat): StreamWriter {
  const requestId = uuid(plan.chance);
  let id = 0;
  const event = (first: number, end: number, finishReason: string): string => {
    id += 1;
    const data = JSON.stringify({
      output: nativeOutput(plan, format, { first: format.incremental ? first : 0, end, finishReason }),
      usage: nativeUsage(plan, end),
      request_id: requestId,
    });
    return `id:${id}\nevent:result\n:HTTP_STATUS/200\ndata:${data}\n\n`;
  };
  return {
    opening: () => event(0, 0, 'null'),
    chunk: ({ firstToken, tokens }) => event(firstToken, firstToken + tokens, 'null'),
    closing: () => event(plan.completionTokens, plan.completionTokens, plan.finishReason),
    cleanCut: () => '',
  };
}

interface Part {
  readonly first: number;
  /** Tokens generated so far. */
  readonly end: number;
  readonly finishReason: string;
}

function nativeOutput(
  plan: AnswerPlanned,
  { messageFormat }: NativeFormat,
  { first, end, finishReason }: Part,
): object {
  const answerFrom = Math.max(first, plan.reasoningTokens);
  const content = words(plan, answerFrom, Math.max(0, end - answerFrom));
  if (!messageFormat) return { finish_reason: finishReason, text: content };
  const thought = Math.max(0, Math.min(end, plan.reasoningTokens) - first);
  const reasoning = plan.reasoningTokens > 0 ? { reasoning_content: words(plan, first, thought) } : {};
  return { choices: [{ message: { content, ...reasoning, role: 'assistant' }, finish_reason: finishReason }] };
}

/** Reported output tokens grow with the stream; a relay's factor is already in the total. */
function nativeUsage({ usage, completionTokens }: AnswerPlanned, end: number): object {
  const output =
    end >= completionTokens ? usage.completionTokens : Math.round((usage.completionTokens * end) / completionTokens);
  const details =
    usage.reasoningTokens === null
      ? {}
      : { output_tokens_details: { reasoning_tokens: Math.min(output, usage.reasoningTokens) } };
  return {
    total_tokens: usage.promptTokens + output,
    output_tokens: output,
    input_tokens: usage.promptTokens,
    ...details,
  };
}
