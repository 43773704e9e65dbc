import type { SimulatorSettings } from '../../model/simulator.ts';
import { errorBody, errorFrame } from '../wire/error-body.ts';
import { type DocumentedError, documentedError } from '../wire/error-table.ts';
import { gatewayHeaders, JSON_TYPE, STREAM_TYPE } from '../wire/headers.ts';
import { type ChanceKey, uuid } from './chance.ts';
import type { RefusalCause, RefusalPlanned, SimulatedCall } from './plan.ts';
import { refusalDelayMs } from './timing.ts';

export interface RefusedCall {
  readonly call: SimulatedCall;
  readonly chance: ChanceKey;
  readonly nowMs: number;
  readonly settings: Pick<SimulatorSettings, 'wording' | 'refusals'>;
}

/** Which error of the table answers for a limit. RPS and RPM, and TPS and TPM, share one: the body does not say which. */
const ERROR_OF_LIMIT = {
  rps: 'limit_requests',
  rpm: 'limit_requests',
  tps: 'insufficient_quota',
  tpm: 'insufficient_quota',
  burst: 'limit_burst_rate',
  concurrency: 'Throttling.Concurrency',
} as const;

export function errorOfLimit(
  limit: keyof typeof ERROR_OF_LIMIT | 'free_tokens',
  freeTokensThen: 429 | 403,
): DocumentedError {
  const name =
    limit === 'free_tokens'
      ? freeTokensThen === 403
        ? 'AllocationQuota.FreeTierOnly'
        : 'free_quota_exceeded'
      : ERROR_OF_LIMIT[limit];
  const error = documentedError(name);
  if (error === undefined) throw new Error(`the error table lacks ${name}`);
  return error;
}

/** An error of the table, as status or, for limits of streaming calls where the setting says so, inside the stream. */
export function tableRefusal(error: DocumentedError, cause: RefusalCause, refused: RefusedCall): RefusalPlanned {
  const { call, chance, nowMs, settings } = refused;
  const inStream = settings.refusals === 'in_stream' && call.stream && error.status === 429;
  const atMs = nowMs + (error.afterMs ?? refusalDelayMs(chance));
  const text = () => ({
    dialect: call.dialect,
    wording: settings.wording,
    model: call.model,
    providerId: uuid(chance),
  });
  return {
    kind: 'refusal',
    cause,
    error: error.name,
    status: inStream ? 200 : error.status,
    errorStatus: error.status,
    inStream,
    atMs,
    headers: gatewayHeaders({
      chance,
      dialect: call.dialect,
      contentType: inStream ? STREAM_TYPE : JSON_TYPE,
      arrivedMs: nowMs,
      startsMs: atMs,
    }),
    body: () => (inStream ? errorFrame(error, text()) : errorBody(error, text())),
  };
}

/**
 * Answers of a service mesh in front of the model. The 503 body is quoted by Envoy's users in troubleshooting threads
 * (seen 2026-11-21); the 504 body is reported from practice, no page was read. Other statuses have no body.
 */
const MESH_TEXT: Readonly<Record<number, string>> = { 503: 'no healthy upstream', 504: 'upstream request timeout' };

export function statusRefusal(status: number, { chance, nowMs }: RefusedCall): RefusalPlanned {
  const text = MESH_TEXT[status] ?? '';
  return {
    ...edgeRefusal(chance, nowMs),
    error: `status_${status}`,
    status,
    errorStatus: status,
    headers: () => ({ server: 'istio-envoy', ...(text === '' ? {} : { 'content-type': 'text/plain' }) }),
    body: () => text,
  };
}

/** nginx/nginx src/http/ngx_http_special_response.c with `server_tokens off`, seen 2026-11-21; the version read has a bgcolor as well. */
const NGINX_502 =
  '<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n';

export function edgeFault(fault: 'html_502' | 'empty_429', { chance, nowMs }: RefusedCall): RefusalPlanned {
  const html = fault === 'html_502';
  const status = html ? 502 : 429;
  return {
    ...edgeRefusal(chance, nowMs),
    error: fault,
    status,
    errorStatus: status,
    headers: () => (html ? { server: 'nginx', 'content-type': 'text/html' } : {}),
    body: () => (html ? NGINX_502 : ''),
  };
}

function edgeRefusal(chance: ChanceKey, nowMs: number) {
  return { kind: 'refusal', cause: 'fault', inStream: false, atMs: nowMs + refusalDelayMs(chance) } as const;
}
