import type { Request, WireRequest } from '../model/request.ts';
import type { Dialect } from '../model/target.ts';
import type { Answer } from './answer.ts';
import { type AnswerReader, answerDecoder } from './decoder.ts';
import { hasSideContent, isObject, type JsonObject, readFinishReason, readText, readUsage } from './fields.ts';

const DOCUMENT_HEADERS = { 'content-type': 'application/json', accept: 'application/json' };
const STREAM_HEADERS = {
  'content-type': 'application/json',
  accept: 'text/event-stream',
  'X-DashScope-SSE': 'enable',
};

/**
 * POST /services/aigc/text-generation/generation (help.aliyun.com/zh/model-studio/qwen-api-via-dashscope, seen
 * 2026-11-21). Without `incremental_output` each event repeats the answer so far. `extraBody` goes into `parameters`.
 */
function encode(request: Request): WireRequest {
  const body = {
    model: request.model,
    input: { messages: request.messages() },
    parameters: {
      ...request.extraBody,
      result_format: 'message',
      ...(request.maxTokens === null ? {} : { max_tokens: request.maxTokens }),
      ...(request.stream ? { incremental_output: true } : {}),
    },
  };
  return {
    method: 'POST',
    path: '/services/aigc/text-generation/generation',
    headers: request.stream ? STREAM_HEADERS : DOCUMENT_HEADERS,
    body: JSON.stringify(body),
  };
}

function choicesOf(document: JsonObject): readonly unknown[] {
  return isObject(document.output) && Array.isArray(document.output.choices) ? document.output.choices : [];
}

/** Usage is cumulative: each event's replaces the one before. The model is not stated. */
function readOutput(document: JsonObject, answer: Answer, atMs: number): void {
  const usage = readUsage(document.usage);
  if (usage !== null) answer.usage = usage;
  if (!isObject(document.output)) return;
  const output = document.output;
  answer.finishReason ??= readFinishReason(output.finish_reason);
  let text = readText(output.text);
  let side = false;
  if (typeof output.text === 'string') answer.open();
  for (const choice of choicesOf(document)) {
    if (!isObject(choice)) continue;
    answer.finishReason ??= readFinishReason(choice.finish_reason);
    if (!isObject(choice.message)) continue;
    answer.open();
    text += readText(choice.message.content);
    side ||= hasSideContent(choice.message);
  }
  if (text !== '' || side) answer.content(text, atMs);
}

const READER: AnswerReader = {
  read: readOutput,
  endedInError: (document) =>
    (isObject(document.output) && document.output.finish_reason === 'error') ||
    choicesOf(document).some((choice) => isObject(choice) && choice.finish_reason === 'error'),
};

export function dashscopeNative(): Dialect {
  return { name: 'dashscope-native', encode, decoder: () => answerDecoder(READER) };
}
