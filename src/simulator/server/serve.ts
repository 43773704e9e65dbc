import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { SimulatorSettings } from '../../model/simulator.ts';
import { attendant } from './attend.ts';
import { bearer, dialectOf, parseCall, readBody } from './incoming.ts';
import { type SimulatorStats, tally } from './tally.ts';
import { liveTimers } from './timers.ts';

/** Idle connections stay open longer than a test pauses: a gateway's connections do, and reuse must not look stale. */
const KEEP_ALIVE_MS = 120_000;

/** Names the attempt, so that its chance is the same live and in a forecast: `<requestId>#<attemptNo>`. */
const REQUEST_HEADER = 'x-quotascope-request';

export interface ListenOptions {
  /** 0 = any free port. */
  readonly port?: number;
  readonly host?: string;
}

export interface RunningSimulator {
  /** `http://127.0.0.1:<port>`; the paths `/compatible-mode/v1` and `/api/v1` follow it. */
  readonly baseUrl: string;
  readonly port: number;
  stats(): SimulatorStats;
  /** Breaks what is open and stops listening. */
  stop(): Promise<void>;
}

/**
 * Serves the simulated endpoint over HTTP in this process. Its time zero (for faults and aligned windows) is the first
 * call. Rejects when the port cannot be had. `GET /__stats` tells what it saw, `/__stats?arrivals` when.
 */
export async function startSimulator(
  settings: SimulatorSettings,
  { port = 0, host = '127.0.0.1' }: ListenOptions = {},
): Promise<RunningSimulator> {
  const seen = tally();
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS, noDelay: true }, handler(settings, seen));
  server.on('connection', () => seen.connected());
  const bound = await listen(server, port, host);
  return {
    baseUrl: `http://${host.includes(':') ? `[${host}]` : host}:${bound}`,
    port: bound,
    stats: seen.stats,
    stop: () => stopListening(server),
  };
}

export function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

export function stopListening(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

function handler(settings: SimulatorSettings, seen: ReturnType<typeof tally>) {
  const timers = liveTimers();
  const desk = attendant(settings, timers, seen);
  let unnamed = 0;

  const requestIdOf = (request: IncomingMessage): string => {
    const named = request.headers[REQUEST_HEADER];
    if (typeof named === 'string' && named !== '') return named;
    unnamed += 1;
    return `unnamed-${unnamed}#1`;
  };

  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    const arrivedMs = timers.nowMs();
    seen.arrived(timers.epochOfZeroMs + arrivedMs);
    response.once('close', () => seen.left(response.writableFinished));
    const text = await readBody(request);
    const dialect = dialectOf(request.url ?? '');
    if (dialect === null || request.method !== 'POST') return desk.notFound(response);
    const key = bearer(request.headers);
    if (key === null) return desk.refuse('invalid_api_key', dialect, response);
    const context = { dialect, headers: request.headers, key, requestId: requestIdOf(request) };
    const parsed = text === null ? null : parseCall(text, context);
    if (parsed === null) desk.refuse('InvalidParameter', dialect, response);
    else desk.serve(parsed, response, arrivedMs);
  };

  return (request: IncomingMessage, response: ServerResponse): void => {
    // A socket that breaks is the client's doing and shows in `aborted`.
    response.on('error', () => {});
    if (request.url?.startsWith('/__stats')) answerStats(request.url, seen, response);
    else serve(request, response).catch(() => response.destroy());
  };
}

function answerStats(url: string, seen: ReturnType<typeof tally>, response: ServerResponse): void {
  const arrivals = url.includes('arrivals') ? { arrivals: seen.arrivals() } : {};
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ ...seen.stats(), ...arrivals }));
}
