import type { Exchange } from '../model/exchange.ts';

/** The provider's id before the relay's: a support desk wants the innermost. */
const HEADERS = [
  'llm_provider-x-request-id',
  'apim-request-id',
  'x-amzn-requestid',
  'request-id',
  'x-request-id',
  'x-oneapi-request-id',
  'x-kong-request-id',
  'cf-ray',
];

const IN_BODY = /"(?:request_id|requestId|RequestId|req_id|sid)"\s{0,4}:\s{0,4}"([\w.:-]{3,100})"/;
const IN_TEXT = /\brequest[ _]?id:? ?["']?([\w-]{8,100})/i;
const COMPLETION = /"id"\s{0,4}:\s{0,4}"((?:chatcmpl|gen|req|msg|resp)[-_][\w-]{4,100})"/;

/** The provider's own id of the exchange: from the body, else from headers; null when none is given. */
export function providerRequestId(exchange: Pick<Exchange, 'headers' | 'body' | 'errorFrames'>): string | null {
  for (const text of [...exchange.errorFrames, exchange.body.head, exchange.body.tail]) {
    const match = IN_BODY.exec(text) ?? IN_TEXT.exec(text);
    if (match?.[1] !== undefined) return match[1];
  }
  for (const name of HEADERS) {
    const value = exchange.headers[name];
    if (value !== undefined && value !== '') return value;
  }
  return COMPLETION.exec(exchange.body.head)?.[1] ?? null;
}
