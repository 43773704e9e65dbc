import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { RelaySettings } from '../../model/simulator.ts';
import { type ChanceKey, PURPOSE, uniform } from '../core/chance.ts';
import { readBody } from '../server/incoming.ts';
import { listen, stopListening } from '../server/serve.ts';
import { liveTimers, type Timers } from '../server/timers.ts';
import { ownLimit } from './own-limit.ts';
import { passDocument, passStream } from './passing.ts';
import { channelFor, retryWaitMs, triesAgain } from './policy.ts';
import { relayHeaders, relayRequestId } from './request-id.ts';
import { ownLimitBody, rewrittenBody, unreachableBody } from './rewriting.ts';

export interface RelayServerOptions {
  /** Base of any OpenAI-compatible upstream: `/chat/completions` is appended. */
  readonly upstreamUrl: string;
  readonly relay: RelaySettings;
  readonly seed?: number;
  /** One key per channel; by default the simulator's `acct1-channel`, `acct2-channel`, ... */
  readonly channelKeys?: readonly string[];
  readonly port?: number;
  readonly host?: string;
}

export interface RunningRelay {
  /** `http://127.0.0.1:<port>`; `/v1/chat/completions` follows it. */
  readonly baseUrl: string;
  readonly port: number;
  stop(): Promise<void>;
}

/** A relay in front of an HTTP upstream; the same manners as the in-process one, with real waiting for hidden retries. */
export async function startRelay(options: RelayServerOptions): Promise<RunningRelay> {
  const { port = 0, host = '127.0.0.1' } = options;
  const server = createServer({ noDelay: true }, relayHandler(options));
  const bound = await listen(server, port, host);
  return { baseUrl: `http://${host}:${bound}`, port: bound, stop: () => stopListening(server) };
}

interface RelayedRequest {
  readonly options: RelayServerOptions;
  readonly timers: Timers;
  readonly chance: ChanceKey;
  readonly relayId: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly response: ServerResponse;
  /** Fires when the caller has gone. */
  readonly signal: AbortSignal;
}

function relayHandler(options: RelayServerOptions) {
  const { relay, seed = 1 } = options;
  const timers = liveTimers();
  const limit = ownLimit(relay.ownLimit);
  let served = 0;

  const serve = async (incoming: IncomingMessage, response: ServerResponse) => {
    const gone = new AbortController();
    response.on('error', () => {});
    response.once('close', () => gone.abort());
    const body: unknown = JSON.parse((await readBody(incoming)) ?? '');
    if (typeof body !== 'object' || body === null) throw new SyntaxError('not a JSON object');
    served += 1;
    const named = incoming.headers['x-quotascope-request'];
    const chance = { seed, id: typeof named === 'string' ? named : `relayed-${served}#1` };
    const relayId = relayRequestId(chance, relay.rewrites, timers.epochOfZeroMs + timers.nowMs());
    const request = {
      options,
      timers,
      chance,
      relayId,
      body: body as Record<string, unknown>,
      response,
      signal: gone.signal,
    };
    if (relay.ownLimit !== null && !limit.admits(timers.nowMs())) {
      return answer(request, { status: 429, body: ownLimitBody(relay.ownLimit, relayId) });
    }
    if (relay.addsLatencyMs > 0) await pause(timers, relay.addsLatencyMs);
    if (await forward(request)) limit.succeeded(timers.nowMs());
  };

  return (incoming: IncomingMessage, response: ServerResponse): void => {
    serve(incoming, response).catch(() => {
      if (response.headersSent) response.destroy();
      else response.writeHead(400).end();
    });
  };
}

const pause = (timers: Timers, forMs: number): Promise<void> =>
  new Promise((go) => timers.at(timers.nowMs() + forMs, go));

interface RelayError {
  readonly status: number;
  readonly body: string;
}

function answer({ options, relayId, response }: RelayedRequest, { status, body }: RelayError): void {
  const own = relayHeaders(options.relay.rewrites, relayId);
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...own });
  response.end(body);
}

/** True when the caller got an answer. */
async function forward(request: RelayedRequest): Promise<boolean> {
  const { options, timers, chance, relayId } = request;
  const { channels, rewrites, retries } = options.relay;
  let lastChannel: number | null = null;
  let error: RelayError = { status: 500, body: unreachableBody(rewrites, options.upstreamUrl, relayId) };
  for (let tryNo = 0; tryNo <= retries; tryNo += 1) {
    const channel = channelFor(chance, { rewrites, channels, tryNo, lastChannel });
    if (channel === null) continue;
    const waitMs = lastChannel === null ? 0 : retryWaitMs(options.relay, tryNo);
    if (waitMs > 0) await pause(timers, waitMs);
    lastChannel = channel;
    const upstream = await callUpstream(request, channel, tryNo);
    if (upstream?.ok) {
      await pass(upstream, request);
      return true;
    }
    if (upstream !== null) error = await relayedError(upstream, request);
    if (request.signal.aborted || !triesAgain(rewrites, error.status)) break;
  }
  answer(request, error);
  return false;
}

async function callUpstream({ options, chance, body, signal }: RelayedRequest, channel: number, tryNo: number) {
  const { swapsModel } = options.relay;
  const swaps = swapsModel !== null && uniform(chance, PURPOSE.swap) < swapsModel.share;
  const key = options.channelKeys?.[channel] ?? `acct${channel + 1}-channel`;
  try {
    return await fetch(`${options.upstreamUrl}/chat/completions`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${key}`,
        'x-quotascope-request': tryNo === 0 ? chance.id : `${chance.id}/try${tryNo + 1}`,
      },
      body: JSON.stringify({ ...body, model: swaps ? swapsModel.to : body.model }),
      signal,
    });
  } catch {
    return null;
  }
}

async function relayedError(upstream: Response, { options, relayId }: RelayedRequest): Promise<RelayError> {
  const { mapsStatus, rewrites } = options.relay;
  const upstreamStatus = upstream.status;
  const status = mapsStatus?.from === upstreamStatus ? mapsStatus.to : upstreamStatus;
  const body = await upstream.text().catch(() => '');
  return { status, body: rewrittenBody(rewrites, { status, upstreamStatus, body }, relayId) };
}

function pass(upstream: Response, { options, chance, relayId, body, response }: RelayedRequest): Promise<void> {
  const { relay } = options;
  const own = relayHeaders(relay.rewrites, relayId);
  if (body.stream === true) return passStream(upstream, response, { relay, chance, own });
  return passDocument(upstream, response, { relay, own });
}
