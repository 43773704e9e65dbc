import type { Exchange } from '../model/exchange.ts';

/** Takes an answer as it comes in. */
export interface AnswerTap {
  start(status: number, contentType: string): void;
  chunk(text: string): void;
}

export interface FetchedAnswer extends AnswerTap {
  /** What `fetch` gives back. */
  readonly response: Promise<Response>;
  end(exchange: Exchange): void;
}

/** The fetch standard allows them no body (fetch.spec.whatwg.org/#null-body-status). */
const NULL_BODY = new Set([204, 205, 304]);

/**
 * An exchange as `fetch` shows it: an answer comes as a stream once its headers are there, an error whole (the SDK reads
 * it whole anyway, and its retries read the headers, which are known at the end); a cut body is the TypeError
 * "terminated", a failed connection "fetch failed", as undici's fetch words them.
 */
export function fetchedAnswer(): FetchedAnswer {
  const encoder = new TextEncoder();
  const { promise, resolve, reject } = Promise.withResolvers<Response>();
  let body: ReadableStreamDefaultController<Uint8Array> | null = null;
  let streaming = false;
  let text = '';

  function start(status: number, contentType: string): void {
    if (status < 200 || status > 299 || NULL_BODY.has(status)) return;
    const stream = new ReadableStream<Uint8Array>({
      start(controller) {
        body = controller;
      },
      cancel() {
        body = null;
      },
    });
    streaming = true;
    resolve(new Response(stream, { status, headers: { 'content-type': contentType } }));
  }

  function end({ status, headers, transportError }: Exchange): void {
    if (streaming) {
      if (transportError === null) body?.close();
      else body?.error(new TypeError('terminated', { cause: transportError }));
      body = null;
    } else if (transportError !== null || status === null) {
      reject(new TypeError('fetch failed', { cause: transportError }));
    } else if (status < 200 || status > 599) {
      reject(new TypeError(`fetch failed: status ${status}`));
    } else {
      resolve(new Response(NULL_BODY.has(status) ? null : text, { status, headers: { ...headers } }));
    }
  }

  return {
    response: promise,
    start,
    chunk(piece) {
      if (!streaming) text += piece;
      else body?.enqueue(encoder.encode(piece));
    },
    end,
  };
}
