import type { RelaySettings } from '../../model/simulator.ts';

export type Rewrites = RelaySettings['rewrites'];

export interface UpstreamError {
  /** As the relay answers it: after its status mapping. */
  readonly status: number;
  /** As the upstream answered it. */
  readonly upstreamStatus: number;
  readonly body: string;
}

/** Every 429 gets this text whatever the upstream said: one-api controller/relay.go (2025-02), seen 2026-11-21. */
const SATURATED = '当前分组上游负载已饱和，请稍后再试';

/** The suffix both families append; one per hop. */
function withRequestId(message: string, requestId: string): string {
  return `${message} (request id: ${requestId})`;
}

/** The relay's body for an upstream error. `none` passes it on as it came. */
export function rewrittenBody(rewrites: Rewrites, error: UpstreamError, requestId: string): string {
  switch (rewrites) {
    case 'none':
      return error.body;
    case 'one-api':
      return oneApiBody(error, requestId);
    case 'new-api':
      return newApiBody(error);
    default:
      return rewrites satisfies never;
  }
}

/**
 * one-api relay/controller/error.go and controller/relay.go (8df4a2670, 2025-02-21): type, param and code of an
 * OpenAI-shaped error survive (a null param becomes the empty string of a Go struct), anything else is replaced by a
 * stand-in whose param is the upstream's real status. Key order is that of the struct.
 */
function oneApiBody({ status, upstreamStatus, body }: UpstreamError, requestId: string): string {
  const document = parsed(body);
  const standIn = { type: 'upstream_error', param: String(upstreamStatus), code: 'bad_response_status_code' };
  const own = openAiError(document);
  const message =
    own?.message ?? (document === null ? '' : textOf(document) || `bad response status code ${upstreamStatus}`);
  const { type, param, code } = own ?? standIn;
  const text = status === 429 ? SATURATED : message;
  return JSON.stringify({ error: { message: withRequestId(text, requestId), type, param, code } });
}

/**
 * new-api types/error.go and service/error.go (2025-11 and later), seen 2026-11-21: the upstream's error object comes back
 * without the request-id suffix, its links masked; a body that is no OpenAI error keeps only its message; an unreadable one
 * is called by the error's own type.
 */
function newApiBody({ body }: UpstreamError): string {
  const document = parsed(body);
  const own = openAiError(document);
  const message = maskedLinks(own?.message ?? (document === null ? '' : textOf(document)));
  const { type, param, code } = own ?? {
    type: 'bad_response_status_code',
    param: '',
    code: 'bad_response_status_code',
  };
  return JSON.stringify({ error: { message: message || 'openai_error', type: type || 'upstream_error', param, code } });
}

interface OpenAiError {
  readonly message: string;
  readonly type: string;
  readonly param: string;
  readonly code: unknown;
}

function openAiError(document: Record<string, unknown> | null): OpenAiError | null {
  const error = document?.error;
  if (typeof error !== 'object' || error === null) return null;
  const { message, type, param, code } = error as Record<string, unknown>;
  if (typeof message !== 'string' || message === '') return null;
  return { message, type: goString(type), param: goString(param), code: code ?? null };
}

/** Where both families look for a text: `message`, `msg`, `err`, `error_msg`. */
function textOf(document: Record<string, unknown>): string {
  for (const name of ['message', 'msg', 'err', 'error_msg']) {
    const value = document[name];
    if (typeof value === 'string' && value !== '') return value;
  }
  return '';
}

function goString(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function parsed(body: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

/**
 * new-api common/str.go MaskSensitiveInfo, seen 2026-11-21: `https://help.aliyun.com/zh/model-studio/error-code#token-limit`
 * becomes `https://***.com/*** (three path steps as well)`: host, path and the fragment that named the limit are gone.
 */
function maskedLinks(text: string): string {
  return text.replace(/https?:\/\/[^\s)]+/g, (link) => {
    const [, scheme = '', host = '', path = ''] = /^(https?:\/\/)([^/?#]+)([^?#]*)/.exec(link) ?? [];
    const tail = host.split('.').at(-1) ?? '';
    const steps = path.split('/').filter((step) => step !== '');
    return `${scheme}***.${tail}${steps.map(() => '/***').join('')}`;
  });
}

/**
 * No usable channel: one-api middleware/distributor.go (no param, no code), new-api middleware/distributor.go (quoted in
 * public issues, 2026-05).
 */
export function noChannelBody(rewrites: Rewrites, model: string, requestId: string): string {
  if (rewrites === 'new-api') {
    const message = withRequestId(`分组 default 下模型 ${model} 无可用渠道（distributor）`, requestId);
    return JSON.stringify({ error: { code: 'model_not_found', message, type: 'new_api_error' } });
  }
  const message = withRequestId(`当前分组 default 下对于模型 ${model} 无可用渠道`, requestId);
  return JSON.stringify({ error: { message, type: 'one_api_error' } });
}

export interface OwnLimitText {
  readonly limit: number;
  readonly periodMs: number;
}

/** new-api middleware/model-rate-limit.go and utils.go: the limit on successful answers. Whole minutes only. */
export function ownLimitBody({ limit, periodMs }: OwnLimitText, requestId: string): string {
  const minutes = Math.max(1, Math.round(periodMs / 60_000));
  const message = withRequestId(`您已达到请求数限制：${minutes}分钟内最多请求${limit}次`, requestId);
  return JSON.stringify({ error: { code: '', message, type: 'new_api_error' } });
}

/**
 * A refusal inside a 200 stream. one-api reads only lines that begin with `data: `, blank included, so DashScope's
 * `data:{` frame vanishes and an empty stream ends well; new-api takes any `data:` line and hands its content on. Both add
 * `[DONE]` (relay/adaptor/openai/main.go; relay/helper/stream_scanner.go, seen 2026-11-21).
 */
export function refusedStream(rewrites: Rewrites, frames: string): string {
  if (rewrites === 'none') return frames;
  const data = frames
    .split('\n')
    .filter((line) => line.startsWith(rewrites === 'one-api' ? 'data: ' : 'data:'))
    .map((line) => `data: ${line.slice('data:'.length).trimStart()}\n\n`);
  return `${data.join('')}data: [DONE]\n\n`;
}

/** The upstream could not be reached: one-api's text as quoted in a public issue; it leaks the next hop's address. */
export function unreachableBody(rewrites: Rewrites, upstreamUrl: string, requestId: string): string {
  if (rewrites === 'none') return '';
  const message = withRequestId(`do request failed: Post "${upstreamUrl}/chat/completions": EOF`, requestId);
  const type = rewrites === 'one-api' ? 'one_api_error' : 'new_api_error';
  return JSON.stringify({ error: { message, type, param: '', code: 'do_request_failed' } });
}
