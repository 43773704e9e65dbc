import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { SimulatedCall, SimulatedDialect } from '../core/plan.ts';
import type { NativeFormat } from '../wire/native.ts';
import { promptTokens } from '../wire/prompt-tokens.ts';

/** Without base64 data DashScope takes bodies up to 16 MiB (rate-limit page, seen 2026-11-21). */
const BODY_BYTES_MAX = 16 * 1024 * 1024;

const DIALECT_OF_PATH: Readonly<Record<string, SimulatedDialect>> = {
  '/compatible-mode/v1/chat/completions': 'dashscope',
  '/v1/chat/completions': 'dashscope',
  '/api/v1/services/aigc/text-generation/generation': 'dashscope-native',
};

export function dialectOf(url: string): SimulatedDialect | null {
  return DIALECT_OF_PATH[url.split('?', 1)[0] ?? ''] ?? null;
}

/** The body's text; null when it is larger than the service takes. Rejects when the client goes away. */
export function readBody(request: IncomingMessage): Promise<string | null> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let bytes = 0;
    request.on('data', (part: Buffer) => {
      bytes += part.length;
      if (bytes <= BODY_BYTES_MAX) parts.push(part);
      else parts.length = 0;
    });
    request.on('end', () => resolve(bytes > BODY_BYTES_MAX ? null : Buffer.concat(parts).toString('utf8')));
    request.on('error', reject);
    request.on('close', () => reject(new Error('the client went away')));
  });
}

/** The bearer's key; null without one. */
export function bearer(headers: IncomingHttpHeaders): string | null {
  return /^Bearer\s+(\S+)$/i.exec(headers.authorization ?? '')?.[1] ?? null;
}

export interface ParsedCall {
  readonly call: SimulatedCall;
  readonly format: NativeFormat;
}

export interface IncomingContext {
  readonly dialect: SimulatedDialect;
  readonly headers: IncomingHttpHeaders;
  readonly key: string;
  readonly requestId: string;
}

/** What a body asks for; null when it is no JSON object with a model and messages. */
export function parseCall(text: string, context: IncomingContext): ParsedCall | null {
  const body = jsonObject(text);
  if (body === null || typeof body.model !== 'string' || body.model === '') return null;
  return context.dialect === 'dashscope'
    ? compatibleCall(body, body.model, context)
    : nativeCall(body, body.model, context);
}

function compatibleCall(body: JsonObject, model: string, context: IncomingContext): ParsedCall | null {
  if (!Array.isArray(body.messages)) return null;
  return {
    call: {
      ...common(context, model, body),
      promptTokens: promptTokens(body.messages),
      maxTokens: count(body.max_completion_tokens) ?? count(body.max_tokens),
      stream: body.stream === true,
      includeUsage: object(body.stream_options).include_usage === true,
    },
    format: { messageFormat: true, incremental: true },
  };
}

function nativeCall(body: JsonObject, model: string, context: IncomingContext): ParsedCall | null {
  const input = object(body.input);
  const parameters = object(body.parameters);
  const messages = Array.isArray(input.messages) ? input.messages : null;
  if (messages === null && typeof input.prompt !== 'string') return null;
  return {
    call: {
      ...common(context, model, parameters),
      promptTokens: promptTokens(messages ?? [{ content: input.prompt }]),
      maxTokens: count(parameters.max_tokens),
      stream: String(context.headers['x-dashscope-sse'] ?? '').toLowerCase() === 'enable',
      includeUsage: true,
    },
    format: {
      messageFormat: parameters.result_format === 'message',
      incremental: parameters.incremental_output === true,
    },
  };
}

function common({ dialect, headers, key, requestId }: IncomingContext, model: string, parameters: JsonObject) {
  const waitSeconds = Number(headers['x-dashscope-wait-timeout']);
  return {
    requestId,
    dialect,
    model,
    key,
    waitTimeoutMs: waitSeconds > 0 ? waitSeconds * 1000 : null,
    thinking: parameters.enable_thinking === true,
  };
}

type JsonObject = Readonly<Record<string, unknown>>;

function jsonObject(text: string): JsonObject | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : null;
  } catch {
    return null;
  }
}

function object(value: unknown): JsonObject {
  return typeof value === 'object' && value !== null ? (value as JsonObject) : {};
}

function count(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? Math.floor(value) : null;
}
