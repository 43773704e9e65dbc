import type { SimulatorSettings } from '../../model/simulator.ts';
import type { SimulatedDialect } from '../core/plan.ts';
import type { DocumentedError } from './error-table.ts';

export interface ErrorText {
  readonly dialect: SimulatedDialect;
  readonly wording: SimulatorSettings['wording'];
  readonly model: string;
  readonly providerId: string;
}

/**
 * Compatible envelope in the key order of a captured 429 (openclaw and opencode logs of 2026-03, seen 2026-11-21);
 * `type` repeats the code except where the table says otherwise. Native envelope with `request_id` first.
 */
export function errorBody(error: DocumentedError, { dialect, wording, model, providerId }: ErrorText): string {
  const text = (dialect === 'dashscope' ? error.message : error.nativeMessage)[wording].replace('{model}', model);
  if (dialect === 'dashscope-native') return nativeError(error.nativeCode, text, providerId);
  return JSON.stringify({
    error: { code: error.code, message: text, param: null, type: error.type ?? error.code },
    request_id: providerId,
  });
}

/**
 * A refusal inside a stream that opened with 200: the frame of QwenLM/qwen-code `rateLimit.test.ts` (seen 2026-11-21).
 * It carries the native envelope in both dialects and is the first and only event.
 */
export function errorFrame(error: DocumentedError, { wording, model, providerId }: ErrorText): string {
  const text = error.nativeMessage[wording].replace('{model}', model);
  const data = nativeError(error.nativeCode, text, providerId);
  return `id:1\nevent:error\n:HTTP_STATUS/${error.status}\ndata:${data}\n\n`;
}

function nativeError(code: string, message: string, providerId: string): string {
  return JSON.stringify({ request_id: providerId, code, message });
}
