import { type ChanceKey, hexDigits, PURPOSE, uniform, uuid } from '../core/chance.ts';
import type { HeaderWriter, SimulatedDialect } from '../core/plan.ts';

export interface GatewayTimes {
  readonly chance: ChanceKey;
  readonly dialect: SimulatedDialect;
  readonly contentType: string;
  readonly arrivedMs: number;
  readonly startsMs: number;
}

export const JSON_TYPE = 'application/json';
export const STREAM_TYPE = 'text/event-stream;charset=utf-8';

/** The upstream figure of the captures is up to a few milliseconds below `req-cost-time`. */
const GATEWAY_SHARE_MS = 2;

/**
 * Header set of captured answers: 200 without a stream (2025-09), 200 SSE (2026-05), 400 (2025-08), stored copies seen
 * 2026-11-21. That a 429 carries the same set is an inference from the 400. No `x-ratelimit-*` and no `Retry-After`:
 * whoever looked found none. `date` and `transfer-encoding` come from the HTTP server.
 */
export function gatewayHeaders({ chance, dialect, contentType, arrivedMs, startsMs }: GatewayTimes): HeaderWriter {
  return (epochOfZeroMs) => {
    const arrived = Math.round(epochOfZeroMs + arrivedMs);
    const started = Math.round(epochOfZeroMs + startsMs);
    const upstream = Math.max(0, started - arrived - Math.floor(uniform(chance, PURPOSE.trace) * GATEWAY_SHARE_MS));
    const headers: Record<string, string> = {
      vary: 'Origin,Access-Control-Request-Method,Access-Control-Request-Headers, Accept-Encoding',
      'x-request-id': uuid(chance),
      'x-dashscope-call-gateway': 'true',
      'content-type': contentType,
      'req-cost-time': String(started - arrived),
      'req-arrive-time': String(arrived),
      'resp-start-time': String(started),
      'x-envoy-upstream-service-time': String(upstream),
      'set-cookie': `acw_tc=${hexDigits(chance, PURPOSE.cookie, 32)};path=/;HttpOnly;Max-Age=1800`,
      server: 'istio-envoy',
    };
    if (dialect === 'dashscope-native') {
      headers['x-dashscope-timeout'] = '180';
      headers['x-dashscope-finished'] = 'true';
      headers['eagleeye-traceid'] = hexDigits(chance, PURPOSE.trace, 32);
    }
    return headers;
  };
}
