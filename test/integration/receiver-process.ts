import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { ReceiverBehaviour, ReceiverMessage, ReceiverOrder, SeenRequest } from './receiver.ts';

/** Resolution of the event-loop delay histogram; its own timer adds this much to every reading. */
const LOOP_RESOLUTION_MS = 2;

/** CLOCK_MONOTONIC: one clock for all processes of a machine. */
const monotonicMs = () => Number(process.hrtime.bigint()) / 1e6;

const behaviour: ReceiverBehaviour = JSON.parse(process.argv[2] ?? '{}');
const connections: number[] = [];
const requests: SeenRequest[] = [];
const loop = monitorEventLoopDelay({ resolution: LOOP_RESOLUTION_MS });

async function readAll(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const bytes of request) text += bytes;
  return text;
}

function answer(response: ServerResponse, stream: boolean, content: string): void {
  const usage = { prompt_tokens: 5, completion_tokens: 1, total_tokens: 6 };
  if (!stream) {
    const choices = [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }];
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ id: 'a', object: 'chat.completion', model: 'm', choices, usage }));
    return;
  }
  const frame = (delta: object, finish: string | null, extra: object = {}) =>
    `data: ${JSON.stringify({ id: 'a', model: 'm', choices: [{ index: 0, delta, finish_reason: finish }], ...extra })}\n\n`;
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write(frame({ role: 'assistant', content }, null));
  response.end(`${frame({}, 'stop', { usage })}data: [DONE]\n\n`);
}

/** Says back everything that was said to it, as careless gateways do: in a body, a header and an error event. */
function reflect(request: IncomingMessage, response: ServerResponse, body: string, turn: number): void {
  const { headers } = request;
  const echo = `no: ${headers.authorization} ${JSON.stringify(headers)} asked ${body} ${behaviour.mail ?? ''}`;
  const error = JSON.stringify({ error: { message: echo, type: 'invalid_request_error', code: 'limit_requests' } });
  const key = String(headers.authorization).replace('Bearer ', '');
  const kept = { 'content-type': 'application/json', 'x-request-id': key, 'retry-after': '1' };
  switch (turn % 5) {
    case 0:
      response.writeHead(429, kept);
      response.end(error);
      break;
    case 1:
      response.writeHead(400, kept);
      response.end(error);
      break;
    case 2:
      response.writeHead(200, { 'content-type': 'text/event-stream', 'x-request-id': key });
      response.end(`data: ${error}\n\n`);
      break;
    case 3:
      response.writeHead(502, { 'content-type': 'text/html' });
      response.end(`<html><body>${echo}</body></html>`);
      break;
    default:
      answer(response, JSON.parse(body).stream === true, behaviour.content ?? 'ok');
  }
}

/** The nonce that a prompt begins with: letters, a hyphen, the sequence number in base 36. */
function nonceIn(body: string): string | null {
  return /"content":"([a-z]+-[0-9a-z]+) /.exec(body)?.[1] ?? null;
}

const server = createServer({ keepAliveTimeout: 120_000, noDelay: true }, (request, response) => {
  const seen: { atMs: number; nonce: string | null } = { atMs: monotonicMs(), nonce: null };
  const turn = requests.push(seen) - 1;
  response.on('error', () => {});
  void readAll(request).then(
    (body) => {
      seen.nonce = nonceIn(body);
      setTimeout(() => {
        if (behaviour.kind === 'reflect') reflect(request, response, body, turn);
        else answer(response, body.includes('"stream":true'), behaviour.content ?? 'ok');
      }, behaviour.afterMs);
    },
    () => {},
  );
});
server.on('connection', () => connections.push(monotonicMs()));

process.on('message', (order: ReceiverOrder) => {
  if (order !== 'report') return;
  const loopDelayMaxMs = Math.max(0, loop.max / 1e6 - LOOP_RESOLUTION_MS);
  const wallMinusMonotonicMs = performance.timeOrigin + performance.now() - monotonicMs();
  const message: ReceiverMessage = {
    kind: 'report',
    report: { connections, requests, loopDelayMaxMs, wallMinusMonotonicMs },
  };
  process.send?.(message);
});
process.once('disconnect', () => process.exit(0));
server.listen(0, '127.0.0.1', () => {
  loop.enable();
  const message: ReceiverMessage = { kind: 'listening', port: (server.address() as AddressInfo).port };
  process.send?.(message);
});
