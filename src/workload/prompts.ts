import type { Message } from '../model/request.ts';
import type { WorkloadContent } from '../model/scenario.ts';
import { unitsOf, utf8Bytes } from './tokens.ts';

/** Size of a list of messages: 1/408 token (tokens.ts), UTF-8 bytes, and how many. */
export interface MessageSizes {
  readonly units: number;
  readonly bytes: number;
  readonly messages: number;
}

/** A prompt that the user wrote, with its sizes measured once. */
export interface OwnPrompt {
  readonly messages: readonly Message[];
  /** As the first turn of a conversation, or alone. */
  readonly sizes: MessageSizes;
  /** What a later turn adds: all but system messages. */
  readonly later: readonly Message[];
  readonly laterSizes: MessageSizes;
}

export function measure(messages: readonly Message[]): MessageSizes {
  return {
    units: messages.reduce((sum, message) => sum + unitsOf(message.content), 0),
    bytes: messages.reduce((sum, message) => sum + utf8Bytes(message.content), 0),
    messages: messages.length,
  };
}

/** The prompts of a workload that brings its own text. Throws a RangeError when there is none or one is empty. */
export function ownPromptsOf(content: Exclude<WorkloadContent, { kind: 'prompt_tokens' }>): readonly OwnPrompt[] {
  const prompts = promptsOf(content);
  if (prompts.length === 0) throw new RangeError('a workload needs at least one prompt');
  return prompts.map((messages, index) => {
    if (messages.length === 0) throw new RangeError(`prompt ${index} has no messages`);
    const later = messages.filter((message) => message.role !== 'system');
    return { messages, sizes: measure(messages), later, laterSizes: measure(later) };
  });
}

function promptsOf(content: Exclude<WorkloadContent, { kind: 'prompt_tokens' }>): readonly (readonly Message[])[] {
  switch (content.kind) {
    case 'text':
      return [[{ role: 'user', content: content.text }]];
    case 'messages':
      return [content.messages];
    case 'file':
      return content.prompts;
  }
}

/** The nonce goes before the first user message; without one, before the first message. Empty = nothing changes. */
export function withNonce(messages: readonly Message[], nonce: string): readonly Message[] {
  if (nonce === '') return messages;
  const firstUser = messages.findIndex((message) => message.role === 'user');
  const place = Math.max(0, firstUser);
  return messages.map((message, index) =>
    index === place ? { ...message, content: nonce + message.content } : message,
  );
}
