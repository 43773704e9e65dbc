import { createParser, type EventSourceMessage, type EventSourceParser } from 'eventsource-parser';
import type { DecodedAnswer, Decoder } from '../model/exchange.ts';
import { Answer } from './answer.ts';
import { isErrorDocument, isObject, type JsonObject, parseJson } from './fields.ts';
import type { PlainReader } from './plain-chunk.ts';

/** What differs per dialect: how a document (a frame of a stream, or a whole answer) is read. */
export interface AnswerReader {
  /** Takes what a parsed document says into the answer. */
  read(document: JsonObject, answer: Answer, atMs: number): void;
  /** Whether a choice of the document ended with an error. */
  endedInError(document: JsonObject): boolean;
  /** Reads a raw frame without parsing it; false when it needs `read`. */
  readonly readPlain?: PlainReader;
}

/** Characters buffered for one unfinished line or event of a stream. */
const FRAME_CHARACTERS_MAX = 1 << 20;
/** Characters of a whole answer that is parsed; 64K tokens of any language stay below. */
const DOCUMENT_CHARACTERS_MAX = 4 << 20;
const COMMENTS_MAX = 2;
const COMMENT_CHARACTERS_MAX = 200;
/** Enough characters to recognise the first field of a stream (`retry:`). */
const SNIFF_CHARACTERS = 6;
const STREAM_FIELD = /^(?:data|event|id|retry)?:/;

type Form = 'unknown' | 'stream' | 'document';

/**
 * Decodes streams and whole documents. The form follows from the content type and, where that lies (an error object
 * labelled as an event stream, a stream without a label), from the first characters.
 */
class AnswerDecoder implements Decoder {
  readonly #reader: AnswerReader;
  readonly #answer = new Answer();
  #form: Form = 'unknown';
  #labelledStream = false;
  #status = 0;
  #parser: EventSourceParser | null = null;
  #comments: string[] = [];
  #ending = false;
  #pending: string[] = [];
  #pendingCharacters = 0;
  #atMs = 0;

  constructor(reader: AnswerReader) {
    this.#reader = reader;
  }

  start(status: number, contentType: string): void {
    this.#status = status;
    this.#labelledStream = contentType.toLowerCase().includes('event-stream');
  }

  chunk(text: string, atMs: number): void {
    this.#atMs = atMs;
    if (this.#form === 'stream') {
      this.#feed(text);
      return;
    }
    this.#pendingCharacters += text.length;
    if (this.#pendingCharacters > DOCUMENT_CHARACTERS_MAX) {
      this.#pending = [];
      this.#form = 'document';
      return;
    }
    this.#pending.push(text);
    if (this.#form === 'unknown') this.#sniff(false);
  }

  end(): DecodedAnswer {
    if (this.#form === 'unknown') this.#sniff(true);
    if (this.#form === 'stream') {
      // A last frame without its blank line is still a frame; half a frame is not.
      this.#ending = true;
      this.#feed('\n\n');
    } else if (this.#pendingCharacters <= DOCUMENT_CHARACTERS_MAX) {
      this.#document(this.#pending.join(''));
    }
    this.#pending = [];
    return this.#answer.decoded();
  }

  #sniff(atEnd: boolean): void {
    const text = this.#pending.length === 1 ? (this.#pending[0] as string) : this.#pending.join('');
    const start = text.search(/[^\s\uFEFF]/);
    if (start === -1) return;
    const first = text[start];
    if (first === '{' || first === '[') {
      this.#form = 'document';
    } else if (this.#labelledStream || STREAM_FIELD.test(text.slice(start, start + SNIFF_CHARACTERS))) {
      this.#form = 'stream';
      this.#pending = [];
      this.#feed(text);
    } else if (atEnd || text.length - start >= SNIFF_CHARACTERS) {
      this.#form = 'document';
    }
  }

  #feed(text: string): void {
    this.#parser ??= createParser({
      onEvent: (message) => this.#event(message),
      onComment: (comment) => this.#comment(comment),
      maxBufferSize: FRAME_CHARACTERS_MAX,
    });
    try {
      this.#parser.feed(text);
    } catch {
      // The parser refuses input after an overlong frame: nothing more can be understood of this answer.
    }
  }

  /** DashScope states the status of a frame in a comment line, `:HTTP_STATUS/429`: part of an error frame. */
  #comment(comment: string): void {
    if (this.#comments.length === COMMENTS_MAX) this.#comments.shift();
    this.#comments.push(comment.slice(0, COMMENT_CHARACTERS_MAX));
  }

  #event(message: EventSourceMessage): void {
    const comments = this.#comments;
    if (comments.length > 0) this.#comments = [];
    const { data } = message;
    if (data === '[DONE]') {
      this.#answer.sawDone = true;
      return;
    }
    if (message.event !== 'error' && this.#reader.readPlain?.(data, this.#answer, this.#atMs)) return;
    const document = parseJson(data);
    if (isObject(document)) {
      this.#reader.read(document, this.#answer, this.#atMs);
      const failed = message.event === 'error' || isErrorDocument(document) || this.#reader.endedInError(document);
      if (failed) this.#answer.errorFrame(rawFrame(message, comments));
    } else if (message.event === 'error' || (data.trim() !== '' && !this.#ending)) {
      this.#answer.errorFrame(rawFrame(message, comments));
    }
  }

  #document(text: string): void {
    const document = parseJson(text);
    if (!isObject(document)) return;
    this.#reader.read(document, this.#answer, this.#atMs);
    const failed = isErrorDocument(document) || this.#reader.endedInError(document);
    // With an error status the body speaks for itself; inside a 200 it has to be kept as evidence.
    if (failed && this.#status < 400) this.#answer.errorFrame(text);
  }
}

function rawFrame(message: EventSourceMessage, comments: readonly string[]): string {
  const lines: string[] = [];
  if (message.event !== undefined) lines.push(`event:${message.event}`);
  for (const comment of comments) lines.push(`:${comment}`);
  lines.push(`data:${message.data}`);
  return lines.join('\n');
}

export function answerDecoder(reader: AnswerReader): Decoder {
  return new AnswerDecoder(reader);
}
