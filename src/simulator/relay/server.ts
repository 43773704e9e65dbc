import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { RelaySettings } from '../../model/simulator.ts';
import { type ChanceKey, PURPOSE, uniform } from '../core/chance.ts';
import { readBody } from '../server/incoming.ts';
import { listen, stopListening } from '../server/serve.ts';
import { liveTimers } from '../server/timers.ts';
import { ownLimit } from './own-limit.ts';
import { passDocument, passStream } from './passing.ts';
import { channelFor, triesAgain } from './policy.ts';
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
  readonly chance: ChanceKey;
  readonly relayId: string;
  readonly body: Record<string, unknown>;
  readonly stream: boolean;
  readonly response: ServerResponse;
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
    const text = await readBody(incoming);
    served += 1;
    const named = incoming.headers['x-quotascope-request'];
    const chance = { seed, id: typeof named === 'string' ? named : `relayed-${served}#1` };
    const relayId = relayRequestId(chance, relay.rewrites, timers.epochOfZeroMs + timers.nowMs());
    if (!limit.admits(timers.nowMs())) return answer(response, 429, relayId, ownLimitBody(limitText(relay), relayId));
    const body: Record<string, unknown> = JSON.parse(text ?? '');
    if (relay.addsLatencyMs > 0) await wait(relay.addsLatencyMs);
    const request = { chance, relayId, body, stream: body.stream === true, response, signal: gone.signal };
    if (await forward(request)) limit.succeeded(timers.nowMs());
  };

  const answer = (response: ServerResponse, status: number, relayId: string, body: string) => {
    const headers = { 'content-type': 'application/json; charset=utf-8', ...relayHeaders(relay.rewrites, relayId) };
    response.writeHead(status, headers);
    response.end(body);
  };

  const wait = (ms: number) => new Promise<void>((resolve) => void timers.at(timers.nowMs() + ms, resolve));

  /** True when the caller got an answer. */
  const forward = async (request: RelayedRequest): Promise<boolean> => {
    const { chance, relayId, response } = request;
    const { channels, rewrites } = relay;
    let lastChannel: number | null = null;
    let refusal = { status: 500, body: unreachableBody(rewrites, options.upstreamUrl, relayId) };
    for (let tryNo = 0; tryNo <= relay.retries; tryNo += 1) {
      const channel = channelFor(chance, { rewrites, channels, tryNo, lastChannel });
      if (channel === null) continue;
      lastChannel = channel;
      const upstream = await callUpstream(request, channel, tryNo);
      if (upstream?.ok) {
        await pass(upstream, request);
        return true;
      }
      refusal = upstream === null ? refusal : await refused(upstream, relayId);
      if (!triesAgain(rewrites, refusal.status)) break;
    }
    answer(response, refusal.status, relayId, refusal.body);
    return false;
  };

  const callUpstream = async ({ chance, body, signal }: RelayedRequest, channel: number, tryNo: number) => {
    const swaps = relay.swapsModel !== null && uniform(chance, PURPOSE.swap) < relay.swapsModel.share;
    const model = swaps && relay.swapsModel !== null ? relay.swapsModel.to : body.model;
    const key = options.channelKeys?.[channel] ?? `acct${channel + 1}-channel`;
    try {
      return await fetch(`${options.upstreamUrl}/chat/completions`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          authorization: `Bearer ${key}`,
          'x-quotascope-request': tryNo === 0 ? chance.id : `${chance.id}/try${tryNo + 1}`,
        },
        body: JSON.stringify({ ...body, model }),
        signal,
      });
    } catch {
      return null;
    }
  };

  const refused = async (upstream: Response, relayId: string) => {
    const upstreamStatus = upstream.status;
    const status = relay.mapsStatus?.from === upstreamStatus ? relay.mapsStatus.to : upstreamStatus;
    const body = await upstream.text().catch(() => '');
    return { status, body: rewrittenBody(relay.rewrites, { status, upstreamStatus, body }, relayId) };
  };

  const pass = (upstream: Response, { chance, relayId, response, stream }: RelayedRequest) => {
    const own = relayHeaders(relay.rewrites, relayId);
    return stream
      ? passStream(upstream, response, { relay, chance, own })
      : passDocument(upstream, response, { relay, own });
  };

  return (incoming: IncomingMessage, response: ServerResponse): void => {
    serve(incoming, response).catch(() => {
      if (response.headersSent) response.destroy();
      else response.writeHead(400).end();
    });
  };
}

function limitText({ ownLimit: limit }: RelaySettings) {
  return limit ?? { limit: 0, periodMs: 60_000 };
}
