import type { Message, Request } from '../model/request.ts';
import type { Dialect } from '../model/target.ts';
import type { Answer } from './answer.ts';
import { type AnswerReader, answerDecoder } from './decoder.ts';
import { hasSideContent, isObject, type JsonObject, readFinishReason, readText, readUsage } from './fields.ts';
import { plainReader } from './plain-chunk.ts';

const STREAM_HEADERS = { 'content-type': 'application/json', accept: 'text/event-stream' };
const DOCUMENT_HEADERS = { 'content-type': 'application/json', accept: 'application/json' };

/**
 * POST /chat/completions. `stream_options.include_usage` asks for the closing usage chunk, without which a stream
 * states no token counts (alibabacloud.com/help/en/model-studio/stream, seen 2026-11-21). `extraBody` (as
 * `enable_thinking`) cannot change model, messages, maxTokens or stream: the plan was made with those.
 */
function requestEncoder(): Dialect['encode'] {
  let like: Pick<Request, (typeof SETTINGS)[number]> | null = null;
  let settings = '';
  return (request) => {
    // All but the messages is the same from request to request of most workloads, and written once.
    if (like === null || SETTINGS.some((name) => like?.[name] !== request[name])) {
      const { extraBody, model, maxTokens, stream } = request;
      like = { extraBody, model, maxTokens, stream };
      settings = JSON.stringify(settingsOf(request)).slice(1);
    }
    return {
      method: 'POST',
      path: '/chat/completions',
      headers: request.stream ? STREAM_HEADERS : DOCUMENT_HEADERS,
      body: `{"messages":${messagesJson(request.messages())},${settings}`,
    };
  };
}

const SETTINGS = ['extraBody', 'model', 'maxTokens', 'stream'] as const;

function settingsOf(request: Request): JsonObject {
  const { messages: _, ...extraBody } = request.extraBody;
  return {
    ...extraBody,
    model: request.model,
    ...(request.maxTokens === null ? {} : { max_tokens: request.maxTokens }),
    stream: request.stream,
    ...(request.stream ? { stream_options: streamOptions(request) } : {}),
  };
}

function messagesJson(messages: readonly Message[]): string {
  let text = '';
  for (const { role, content } of messages) {
    text += `${text === '' ? '[' : ','}{"role":"${role}","content":${JSON.stringify(content)}}`;
  }
  return text === '' ? '[]' : `${text}]`;
}

function streamOptions(request: Request): JsonObject {
  const given = request.extraBody.stream_options;
  return { ...(isObject(given) ? given : {}), include_usage: true };
}

function readChoices(document: JsonObject, answer: Answer, atMs: number): void {
  if (answer.reportedModel === null && typeof document.model === 'string' && document.model !== '') {
    answer.reportedModel = document.model;
  }
  const usage = readUsage(document.usage);
  if (usage !== null) answer.usage = usage;
  if (!Array.isArray(document.choices)) return;
  let text = '';
  let side = false;
  for (const choice of document.choices) {
    if (!isObject(choice)) continue;
    answer.finishReason ??= readFinishReason(choice.finish_reason);
    const message = isObject(choice.delta) ? choice.delta : choice.message;
    if (!isObject(message)) continue;
    answer.open();
    text += readText(message.content);
    side ||= hasSideContent(message);
  }
  if (text !== '' || side) answer.content(text, atMs);
}

/** Without the shortcut for plain chunks: what every frame means. */
export const CHAT_READER = {
  read: readChoices,
  endedInError: (document: JsonObject) =>
    Array.isArray(document.choices) &&
    document.choices.some((choice) => isObject(choice) && choice.finish_reason === 'error'),
} satisfies AnswerReader;

/** OpenAI's chat completions, as DashScope's compatible mode and most relays speak it. */
export function chatCompletions(name: 'dashscope' | 'openai'): Dialect {
  return { name, encode: requestEncoder(), decoder: () => answerDecoder({ ...CHAT_READER, readPlain: plainReader() }) };
}
