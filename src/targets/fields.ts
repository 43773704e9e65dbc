import type { Usage } from '../model/exchange.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Nonsense is unknown: a count that is not exact would spoil every sum it enters. */
function count(value: unknown): number | null {
  return typeof value === 'number' && value >= 0 && value <= Number.MAX_SAFE_INTEGER ? value : null;
}

function detail(usage: JsonObject, names: readonly string[], field: string): number | null {
  for (const name of names) {
    const details = usage[name];
    if (isObject(details)) {
      const value = count(details[field]);
      if (value !== null) return value;
    }
  }
  return null;
}

const PROMPT_DETAILS = ['prompt_tokens_details', 'input_tokens_details'];
const COMPLETION_DETAILS = ['completion_tokens_details', 'output_tokens_details'];

/**
 * Both spellings: `prompt_tokens` (OpenAI, DashScope compatible mode) and `input_tokens` (DashScope native);
 * `prompt_cache_hit_tokens` is DeepSeek's (api-docs.deepseek.com/api/create-chat-completion, seen 2026-11-21).
 */
export function readUsage(value: unknown): Usage | null {
  if (!isObject(value)) return null;
  const promptTokens = count(value.prompt_tokens) ?? count(value.input_tokens);
  const completionTokens = count(value.completion_tokens) ?? count(value.output_tokens);
  if (promptTokens === null || completionTokens === null) return null;
  return {
    promptTokens,
    completionTokens,
    cachedTokens: detail(value, PROMPT_DETAILS, 'cached_tokens') ?? count(value.prompt_cache_hit_tokens),
    reasoningTokens: detail(value, COMPLETION_DETAILS, 'reasoning_tokens'),
  };
}

/** Null until the end: JSON null, an empty string, or (DashScope native) the string "null". */
export function readFinishReason(value: unknown): string | null {
  return typeof value === 'string' && value !== '' && value !== 'null' ? value : null;
}

/** Text of a message's `content`: a string, or parts with `text` (multimodal models). */
export function readText(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  let text = '';
  for (const part of content) if (isObject(part) && typeof part.text === 'string') text += part.text;
  return text;
}

/** Content that is no answer text: thinking (`reasoning_content`; `reasoning` at OpenRouter) and tool calls. */
export function hasSideContent(message: JsonObject): boolean {
  return (
    isFilled(message.reasoning_content) ||
    isFilled(message.reasoning) ||
    isFilled(message.tool_calls) ||
    isObject(message.function_call)
  );
}

function isFilled(value: unknown): boolean {
  return (typeof value === 'string' || Array.isArray(value)) && value.length > 0;
}

/**
 * Whether a document is an error whatever the HTTP status: an `error` member (OpenAI style, compatible mode), a
 * `type: "error"` (Responses and Anthropic style), or `code` and `message` without an answer (DashScope native).
 */
export function isErrorDocument(value: JsonObject): boolean {
  if (value.error !== undefined && value.error !== null && value.error !== false) return true;
  if (value.type === 'error') return true;
  if (typeof value.message !== 'string' || value.choices !== undefined || isObject(value.output)) return false;
  const code = value.code;
  return (typeof code === 'string' && code !== '') || (typeof code === 'number' && code !== 0 && code !== 200);
}
