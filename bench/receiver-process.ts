import { createServer, type Socket } from 'node:net';

/** `whole`: a short completion at once. `stream`: `tokens` chunks, one each `gapMs`, each carrying the time it left. */
export type ReceiverMode =
  | { readonly kind: 'whole' }
  | { readonly kind: 'stream'; readonly tokens: number; readonly gapMs: number };

export interface ReceiverSeen {
  /** CLOCK_MONOTONIC in ms, shared by all processes of the machine; `seq` from the nonce of our prompts. */
  readonly arrivals: readonly { readonly atMs: number; readonly seq: number | null }[];
}

/** `count` is answered at once; `seen` copies every stamp, which takes time: not while something is measured. */
export type ReceiverOrder = 'count' | 'seen' | 'reset';
export type ReceiverMessage =
  | { readonly kind: 'listening'; readonly port: number }
  | { readonly kind: 'count'; readonly count: number }
  | { readonly kind: 'seen'; readonly seen: ReceiverSeen };

const mode: ReceiverMode = JSON.parse(process.argv[2] ?? '{"kind":"whole"}');
const monotonicMs = () => Number(process.hrtime.bigint()) / 1e6;
let arrivals: { atMs: number; seq: number | null }[] = [];

const answer = JSON.stringify({
  id: 'a',
  object: 'chat.completion',
  model: 'm',
  choices: [{ index: 0, message: { role: 'assistant', content: 'ok' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 20, completion_tokens: 1, total_tokens: 21 },
});
const WHOLE = Buffer.from(
  `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${answer.length}\r\n\r\n${answer}`,
);
const STREAM_HEAD = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n';

function frame(content: string, finish: string | null): string {
  const choices = [{ index: 0, delta: { content }, finish_reason: finish }];
  return `data: ${JSON.stringify({ id: 'a', object: 'chat.completion.chunk', created: 1, model: 'm', choices })}\n\n`;
}

const chunk = (text: string) => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;

/** The 20 ms of each stream start where its request arrived, so the streams do not tick together. */
function stream(socket: Socket, { tokens, gapMs }: { readonly tokens: number; readonly gapMs: number }): void {
  socket.write(STREAM_HEAD);
  const startMs = monotonicMs();
  let sent = 0;
  const next = () => {
    if (socket.destroyed) return;
    sent++;
    if (sent > tokens) {
      socket.write(`${chunk(`${frame('', 'stop')}data: [DONE]\n\n`)}0\r\n\r\n`);
      return;
    }
    socket.write(chunk(frame(`<${monotonicMs()}>`, null)));
    setTimeout(next, Math.max(0, startMs + (sent + 1) * gapMs - monotonicMs()));
  };
  setTimeout(next, gapMs);
}

/** The nonce that our prompts begin with: letters, a hyphen, the sequence number in base 36. */
function seqIn(text: string): number | null {
  const found = /"content":"[a-z]+-([0-9a-z]+) /.exec(text);
  return found === null ? null : Number.parseInt(found[1] as string, 36);
}

/** End of the request whose head ends at `head`; -1 while it is not complete. Some generators send their body chunked. */
function endOf(text: string, head: number): number {
  const fields = text.slice(0, head);
  if (/transfer-encoding: *chunked/i.test(fields)) {
    const last = text.indexOf('0\r\n\r\n', head + 4);
    return last === -1 ? -1 : last + 5;
  }
  const end = head + 4 + Number(/content-length: *(\d+)/i.exec(fields)?.[1] ?? 0);
  return text.length < end ? -1 : end;
}

function receive(socket: Socket): void {
  let pending = '';
  socket.setNoDelay(true);
  socket.on('error', () => {});
  socket.on('data', (bytes) => {
    const atMs = monotonicMs();
    pending = pending === '' ? bytes.toString('latin1') : pending + bytes.toString('latin1');
    for (;;) {
      const head = pending.indexOf('\r\n\r\n');
      if (head === -1) return;
      const end = endOf(pending, head);
      if (end === -1) return;
      arrivals.push({ atMs, seq: seqIn(pending.slice(head, end)) });
      pending = pending.slice(end);
      if (mode.kind === 'stream') stream(socket, mode);
      else socket.write(WHOLE);
    }
  });
}

const server = createServer(receive);
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  process.send?.({ kind: 'listening', port } satisfies ReceiverMessage);
});
process.on('message', (order: ReceiverOrder) => {
  if (order === 'reset') arrivals = [];
  const message: ReceiverMessage =
    order === 'seen' ? { kind: 'seen', seen: { arrivals } } : { kind: 'count', count: arrivals.length };
  process.send?.(message);
});
process.once('disconnect', () => process.exit(0));
