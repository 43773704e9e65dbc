import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { RelaySettings } from '../../model/simulator.ts';
import { type ChanceKey, PURPOSE, uniform } from '../core/chance.ts';

export interface Passing {
  readonly relay: RelaySettings;
  /** The relay's own headers. */
  readonly own: Readonly<Record<string, string>>;
}

/** Of one hop only, or changed by passing on. */
const HOP_HEADERS = new Set(['connection', 'keep-alive', 'transfer-encoding', 'content-length', 'content-encoding']);

/** A single document: one-api and new-api copy the upstream's headers, others are taken to drop them. */
export async function passDocument(
  upstream: Response,
  response: ServerResponse,
  { relay, own }: Passing,
): Promise<void> {
  const headers: Record<string, string> = {};
  upstream.headers.forEach((value, name) => {
    if (relay.rewrites !== 'none' && !HOP_HEADERS.has(name)) headers[name] = value;
  });
  const text = withUsageFactor(await upstream.text(), relay.usageFactor);
  response.writeHead(upstream.status, { 'content-type': 'application/json', ...headers, ...own });
  response.end(text);
}

/** A cut comes after 1 to 8 content lines: how long the stream would have been is not known while it runs. */
const CUT_LINES_MAX = 8;

/**
 * Line by line: one-api takes only lines that begin with `data: `, new-api any `data:`; both write an end mark of their own
 * when the upstream breaks. Other relays hand on what comes.
 */
export async function passStream(
  upstream: Response,
  response: ServerResponse,
  { relay, chance, own }: Passing & { readonly chance: ChanceKey },
): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache', ...own });
  const cutAfter =
    uniform(chance, PURPOSE.cutsStream) < relay.cutsStreams
      ? 1 + Math.floor(uniform(chance, PURPOSE.cut) * CUT_LINES_MAX)
      : Number.POSITIVE_INFINITY;
  let passed = 0;
  let sawDone = false;
  try {
    for await (const line of linesOf(upstream)) {
      const written = relayedLine(line, relay);
      if (written === null) continue;
      if (line.startsWith('data:')) passed += 1;
      // The first line is the empty opening.
      if (passed > cutAfter + 1) break;
      sawDone ||= line.startsWith('data: [DONE]');
      if (!response.write(written)) await once(response, 'drain');
    }
  } catch {
    // A broken upstream looks to the caller like an end.
  }
  if (!sawDone && relay.rewrites !== 'none') response.write('data: [DONE]\n\n');
  response.end();
}

function relayedLine(line: string, { rewrites, usageFactor }: RelaySettings): string | null {
  if (rewrites === 'none') return `${dataLine(line, usageFactor)}\n`;
  if (!line.startsWith(rewrites === 'one-api' ? 'data: ' : 'data:')) return null;
  return `${dataLine(`data: ${line.slice('data:'.length).trimStart()}`, usageFactor)}\n\n`;
}

function dataLine(line: string, usageFactor: number): string {
  if (usageFactor === 1 || !line.startsWith('data: {')) return line;
  return `data: ${withUsageFactor(line.slice('data: '.length), usageFactor)}`;
}

const USAGE_FIELDS = ['prompt_tokens', 'completion_tokens'] as const;

function withUsageFactor(text: string, factor: number): string {
  if (factor === 1) return text;
  try {
    const document = JSON.parse(text);
    const { usage } = document;
    if (typeof usage !== 'object' || usage === null) return text;
    for (const field of USAGE_FIELDS) usage[field] = Math.round(usage[field] * factor);
    usage.total_tokens = usage.prompt_tokens + usage.completion_tokens;
    return JSON.stringify(document);
  } catch {
    return text;
  }
}

async function* linesOf(upstream: Response): AsyncGenerator<string> {
  if (upstream.body === null) return;
  const decoder = new TextDecoder();
  let rest = '';
  for await (const bytes of upstream.body) {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
  if (rest !== '') yield rest;
}
