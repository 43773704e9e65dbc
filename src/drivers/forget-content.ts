import type { Exchange } from '../model/exchange.ts';
import type { Outgoing } from '../model/request.ts';
import type { Transport, TransportHandler } from '../model/transport.ts';

const FORGOTTEN = '[redacted]';
/** Letters and digits in a row that say the same as the prompt: fewer are found in ordinary error messages as well. */
const ECHO_CHARACTERS_MIN = 20;
/** Shorter header values would blank out ordinary words. */
const VALUE_CHARACTERS_MIN = 8;
/** Refusals differ in ids only: one that was no echo once is none the next time. */
const KNOWN_TEXTS_MAX = 256;
/** Ids and numbers; a run too long to be left alone shows in the shape. */
const VARYING = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-fA-F]{8,19}|\d{1,19}/g;

export interface ForgetOptions {
  /** Values of headers that the scenario states: tenants, tokens of gateways. */
  readonly headerValues: readonly string[];
  /** The prompts are somebody's own text; generated ones are nobody's secret. */
  readonly ownPrompts: boolean;
}

/** An exchange without what it repeats of the request. */
type Forget = (exchange: Exchange, outgoing: Outgoing) => Exchange;

/**
 * Gateways say back what they were told: headers and prompts in the body of a refusal. Takes both out of what a
 * transport brings home, before anybody can write it down.
 */
export function forgettingContent(transport: Transport, options: ForgetOptions): Transport {
  const forget = contentForgetter(options);
  if (forget === null) return transport;
  return {
    send: (outgoing, handler) => transport.send(outgoing, forgettingHandler(handler, outgoing, forget)),
    stopRetrying: () => transport.stopRetrying?.(),
    abortAll: () => transport.abortAll(),
    sockets: () => transport.sockets(),
  };
}

/** The same for a driver that asks for its work, of which it reports to this handler. */
export function forgettingHandler(handler: TransportHandler, outgoing: Outgoing, forget: Forget): TransportHandler {
  const { onRetry, onFailed } = handler;
  return {
    ...(onFailed === undefined ? {} : { onFailed: (exchange) => onFailed.call(handler, forget(exchange, outgoing)) }),
    ...(onRetry === undefined ? {} : { onRetry: (exchange) => onRetry.call(handler, forget(exchange, outgoing)) }),
    onSent: (sentMs) => handler.onSent(sentMs),
    onEnd: (exchange) => handler.onEnd(forget(exchange, outgoing)),
  };
}

/** Null where nothing of a request is anybody's own. */
export function contentForgetter(options: ForgetOptions): Forget | null {
  const values = options.headerValues.filter((value) => value.length >= VALUE_CHARACTERS_MIN);
  if (values.length === 0 && !options.ownPrompts) return null;
  const known = new Set<string>();
  /** What is shorter repeats neither a value nor a prompt. */
  const shortest = Math.min(
    options.ownPrompts ? ECHO_CHARACTERS_MIN : Number.POSITIVE_INFINITY,
    ...values.map(({ length }) => length),
  );

  function forget(text: string, outgoing: Outgoing): string {
    if (text.length < shortest) return text;
    const shape = text.replace(VARYING, '#');
    if (known.has(shape)) return text;
    let clean = text;
    for (const value of values) clean = clean.replaceAll(value, FORGOTTEN);
    if (options.ownPrompts) {
      for (const { content } of outgoing.request.messages()) clean = withoutEcho(clean, content);
    }
    if (clean === text && known.size < KNOWN_TEXTS_MAX) known.add(shape);
    return clean;
  }

  function cleaned(exchange: Exchange, outgoing: Outgoing): Exchange {
    const headers = cleanedHeaders(exchange.headers, outgoing);
    const { head, tail, bytes } = exchange.body;
    // Nearly every answer: its body was not kept, and no header says anything of ours.
    if (head === '' && tail === '' && exchange.errorFrames.length === 0) {
      return headers === exchange.headers ? exchange : { ...exchange, headers };
    }
    return {
      ...exchange,
      body: { head: forget(head, outgoing), tail: forget(tail, outgoing), bytes },
      headers,
      errorFrames: exchange.errorFrames.map((frame) => forget(frame, outgoing)),
    };
  }

  function cleanedHeaders(headers: Exchange['headers'], outgoing: Outgoing): Exchange['headers'] {
    let clean: Record<string, string> | null = null;
    for (const [name, value] of Object.entries(headers)) {
      const said = forget(value, outgoing);
      if (said === value) continue;
      clean ??= { ...headers };
      clean[name] = said;
    }
    return clean ?? headers;
  }

  return cleaned;
}

/**
 * Replaces what `text` repeats of `spoken`. Both are compared by their letters and digits alone, so that quoting,
 * escaping and line breaks on the way do not hide an echo.
 */
export function withoutEcho(text: string, spoken: string): string {
  const heard = lettersOf(text);
  if (heard.letters.length < ECHO_CHARACTERS_MIN) return text;
  const grams = new Map<string, number[]>();
  for (let at = 0; at + ECHO_CHARACTERS_MIN <= heard.letters.length; at += 1) {
    const gram = heard.letters.slice(at, at + ECHO_CHARACTERS_MIN);
    const places = grams.get(gram);
    if (places === undefined) grams.set(gram, [at]);
    else places.push(at);
  }
  const said = lettersOf(spoken).letters;
  const echoed = new Uint8Array(heard.letters.length);
  let any = false;
  for (let at = 0; at + ECHO_CHARACTERS_MIN <= said.length; at += 1) {
    for (const place of grams.get(said.slice(at, at + ECHO_CHARACTERS_MIN)) ?? []) {
      echoed.fill(1, place, place + ECHO_CHARACTERS_MIN);
      any = true;
    }
  }
  return any ? cut(text, heard, echoed) : text;
}

function cut(text: string, heard: Letters, echoed: Uint8Array): string {
  let clean = '';
  let kept = 0;
  for (let at = 0; at < echoed.length; at += 1) {
    if (echoed[at] === 0) continue;
    clean += text.slice(kept, heard.starts[at]) + FORGOTTEN;
    while (echoed[at + 1] === 1) at += 1;
    kept = heard.ends[at] ?? text.length;
  }
  return clean + text.slice(kept);
}

/** The letters and digits of a text, in lower case, and where each begins and is over. */
interface Letters {
  readonly letters: string;
  readonly starts: readonly number[];
  readonly ends: readonly number[];
}

const LETTER = /[\p{L}\p{N}]/u;
/** As JSON escapes, and JSON inside JSON. */
const ESCAPED = /\\+(?:u([0-9a-fA-F]{4})|.)?/sy;

function lettersOf(text: string): Letters {
  let letters = '';
  const starts: number[] = [];
  const ends: number[] = [];
  for (let at = 0, end = 0; at < text.length; at = end) {
    let character = text[at] as string;
    end = at + 1;
    if (character === '\\') {
      ESCAPED.lastIndex = at;
      const found = ESCAPED.exec(text);
      end = ESCAPED.lastIndex;
      character = found?.[1] === undefined ? ' ' : String.fromCharCode(Number.parseInt(found[1], 16));
    }
    if (!LETTER.test(character)) continue;
    const lower = character.toLowerCase();
    letters += lower.length === 1 ? lower : character;
    starts.push(at);
    ends.push(end);
  }
  return { letters, starts, ends };
}
