import type { Workload } from '../model/scenario.ts';
import { utf8Bytes } from './tokens.ts';

/** What a chat template adds around a prompt: role markers, a default system line; generously. */
const TEMPLATE_TOKENS = 64;
/** Role markers of every further message (`<|im_start|>assistant\n` ... `<|im_end|>\n` is 5 in Qwen's template). */
const TOKENS_PER_MESSAGE = 8;

/**
 * How far a tokenizer may exceed the estimate on text that we made. English differs by a few per cent between
 * encodings; on Chinese cl100k counts 1.86 times what Qwen does (same measurement as in tokens.ts).
 */
const ESTIMATE_FACTOR = { en: 1.5, zh: 2, mixed: 2 } as const;

/** Keys of `extraBody` that a provider renders into the prompt, with the instructions it puts around them. */
const PROMPT_KEYS = ['tools', 'functions', 'response_format'] as const;
const TOOL_PREAMBLE_TOKENS = 256;

/** Tokens that `extraBody` may add to every prompt. */
export function extraTokensBound(extraBody: Workload['extraBody']): number {
  return PROMPT_KEYS.reduce((sum, key) => {
    const value = extraBody[key];
    return value === undefined ? sum : sum + utf8Bytes(JSON.stringify(value)) + TOOL_PREAMBLE_TOKENS;
  }, 0);
}

function templateTokens(messages: number): number {
  return TEMPLATE_TOKENS + TOKENS_PER_MESSAGE * Math.max(0, messages - 1);
}

/** Bound for generated text of this estimate. */
export function generatedBound(options: {
  readonly language: Workload['language'];
  readonly tokens: number;
  readonly messages: number;
}): number {
  return Math.ceil(options.tokens * ESTIMATE_FACTOR[options.language]) + templateTokens(options.messages);
}

/** Bound for a user's own text: a byte-level encoding never makes more tokens than there are bytes. */
export function ownTextBound(options: { readonly bytes: number; readonly messages: number }): number {
  return options.bytes + templateTokens(options.messages);
}

/** What further messages add to a bound. */
export function addedBound(added: { readonly bytes: number; readonly messages: number }): number {
  return added.bytes + TOKENS_PER_MESSAGE * added.messages;
}
