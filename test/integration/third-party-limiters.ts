import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { listen, stopListening } from '../../src/simulator/server/serve.ts';
import type { Installed } from './third-party.ts';

/** What express hands to a function between a request and its answer. */
export type Middleware = (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void) => void;

type Express = () => RequestListener & { use(middleware: Middleware): void };

interface FlexibleLimiter {
  consume(key: string): Promise<unknown>;
}

export interface Endpoint {
  /** Without a path. */
  readonly baseUrl: string;
  /** Calls that passed the limiter, and all that came. */
  counts(): { readonly admitted: number; readonly all: number };
  stop(): Promise<void>;
}

/** Limits as a provider would set them: `perSecond` calls in a second, whoever calls. */
export interface LimiterOptions {
  readonly perSecond: number;
  /** Calls beyond that in ten seconds. */
  readonly burst?: number;
}

const ANSWER = JSON.stringify({
  id: 'chatcmpl-1',
  object: 'chat.completion',
  model: 'qwen3-max',
  choices: [{ index: 0, message: { role: 'assistant', content: 'yes' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 12, completion_tokens: 1, total_tokens: 13 },
});

/** How OpenAI words it: who refuses here speaks for the provider, not for a proxy in front of it. */
export const REFUSAL = JSON.stringify({
  error: {
    message: 'Rate limit reached for requests. Please try again later.',
    type: 'requests',
    param: null,
    code: 'rate_limit_exceeded',
  },
});

type Packages = Extract<Installed, { ok: true }>;

/** Anything else only asks whether the server is up. */
const isCall = ({ method }: IncomingMessage) => method === 'POST';

/** A chat endpoint of a few lines, behind a limiter or, without one, behind whatever proxy stands in front of it. */
export async function startEndpoint({ load }: Packages, limiter: Middleware | null = null): Promise<Endpoint> {
  const express: Express = load('express');
  const app = express();
  const seen = { admitted: 0, all: 0 };
  app.use((request, _response, next) => {
    if (isCall(request)) seen.all += 1;
    next();
  });
  if (limiter !== null) app.use(limiter);
  app.use((request, response) => {
    if (isCall(request)) seen.admitted += 1;
    request.resume();
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(ANSWER);
  });
  const server = createServer({ keepAliveTimeout: 120_000 }, app);
  const port = await listen(server, 0, '127.0.0.1');
  return {
    baseUrl: `http://127.0.0.1:${port}`,
    counts: () => ({ ...seen }),
    stop: () => stopListening(server),
  };
}

export function expressRateLimit({ load }: Packages, settings: object): Middleware {
  return load('express-rate-limit').rateLimit({ windowMs: 1000, ...settings });
}

export function flexible({ load }: Packages, { perSecond, burst }: LimiterOptions): Middleware {
  const { RateLimiterMemory, BurstyRateLimiter } = load('rate-limiter-flexible');
  const usual = new RateLimiterMemory({ points: perSecond, duration: 1 });
  if (burst === undefined) return refusing(usual);
  return refusing(
    new BurstyRateLimiter(usual, new RateLimiterMemory({ keyPrefix: 'burst', points: burst, duration: 10 })),
  );
}

/** As its documentation shows it for express: it rejects with the time to wait, and the answer is the application's. */
function refusing(limiter: FlexibleLimiter): Middleware {
  return (_request, response, next) => {
    limiter.consume('everybody').then(
      () => next(),
      ({ msBeforeNext }: { readonly msBeforeNext: number }) => {
        const retryAfter = String(Math.ceil(msBeforeNext / 1000));
        response.writeHead(429, { 'retry-after': retryAfter, 'content-type': 'application/json' });
        response.end(REFUSAL);
      },
    );
  };
}
