import { TextDecoder } from 'node:util';
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from 'node:zlib';
import type { BodySample, Decoder } from '../model/exchange.ts';

/** What a body is cut to where it is no evidence (or may not be kept). */
const HEAD_CHARACTERS = 4096;
const TAIL_CHARACTERS = 1024;
/** With `record: bodies`. */
const RECORDED_HEAD_CHARACTERS = 256 * 1024;
/** Larger answers, as they are or unpacked, end the exchange: no answer of a language model comes near. */
const BODY_BYTES_MAX = 64 << 20;

class BodyTooLargeError extends Error {
  readonly code = 'BODY_TOO_LARGE';
  constructor() {
    super(`the answer is larger than ${BODY_BYTES_MAX} bytes`);
  }
}

/** Bytes of one answer -> text for its decoder, and the sample that is kept. UTF-8 errors become U+FFFD. */
export class BodyReader {
  readonly #decoder: Decoder;
  readonly #headMax: number;
  #text: TextDecoder | null = null;
  #head = '';
  #tail = '';
  #bytes = 0;

  constructor(decoder: Decoder, recordBodies: boolean) {
    this.#decoder = decoder;
    this.#headMax = recordBodies ? RECORDED_HEAD_CHARACTERS : HEAD_CHARACTERS;
  }

  /** Throws `BodyTooLargeError`. */
  chunk(bytes: Buffer, atMs: number): void {
    this.#bytes += bytes.length;
    if (this.#bytes > BODY_BYTES_MAX) throw new BodyTooLargeError();
    const text = this.#decode(bytes);
    if (text === '') return;
    this.#keep(text);
    this.#decoder.chunk(text, atMs);
  }

  /** The last, unfinished character of a body that was cut. */
  end(atMs: number): void {
    const text = this.#text?.decode() ?? '';
    if (text === '') return;
    this.#keep(text);
    this.#decoder.chunk(text, atMs);
  }

  sample(): BodySample {
    return { head: this.#head, tail: this.#tail, bytes: this.#bytes };
  }

  /** Chunks that end with an ASCII byte, nearly all, need no decoder with a memory. */
  #decode(bytes: Buffer): string {
    if (this.#text === null) {
      if ((bytes[bytes.length - 1] as number) < 0x80) return bytes.toString('utf8');
      this.#text = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true });
    }
    return this.#text.decode(bytes, { stream: true });
  }

  #keep(text: string): void {
    const room = this.#headMax - this.#head.length;
    let rest = text;
    if (room > 0) {
      this.#head += text.length <= room ? text : text.slice(0, room);
      if (text.length <= room) return;
      rest = text.slice(room);
    }
    this.#tail =
      rest.length >= TAIL_CHARACTERS ? rest.slice(-TAIL_CHARACTERS) : (this.#tail + rest).slice(-TAIL_CHARACTERS);
  }
}

/** Takes packed bytes; the unpacked ones come later, in order. */
export interface Unpacker {
  write(bytes: Buffer): void;
  end(): void;
  /** No callback comes afterwards. */
  destroy(): void;
}

export interface UnpackerCallbacks {
  onData(bytes: Buffer): void;
  onEnd(): void;
  onError(error: Error): void;
}

function streamFor(encoding: string) {
  switch (encoding.trim().toLowerCase()) {
    case 'gzip':
    case 'x-gzip':
      return createGunzip();
    case 'deflate':
      return createInflate();
    case 'br':
      return createBrotliDecompress();
    case 'zstd':
      return createZstdDecompress();
    default:
      return null;
  }
}

/** For a server that packs its answer although it was asked not to; null for identity and unknown encodings. */
export function unpackerFor(encoding: string, callbacks: UnpackerCallbacks): Unpacker | null {
  const stream = streamFor(encoding);
  if (stream === null) return null;
  let live = true;
  stream.on('data', (bytes: Buffer) => live && callbacks.onData(bytes));
  stream.on('end', () => live && callbacks.onEnd());
  stream.on('error', (error) => live && callbacks.onError(error));
  return {
    write: (bytes) => {
      stream.write(bytes);
    },
    end: () => {
      stream.end();
    },
    destroy: () => {
      live = false;
      stream.destroy();
    },
  };
}
