import type { ChunkGaps, DecodedAnswer, Usage } from '../model/exchange.ts';
import { gapBucket } from '../model/exchange.ts';

/** Error frames kept of one answer, and characters of each: evidence, not an archive. */
const ERROR_FRAMES_MAX = 8;
const ERROR_FRAME_CHARACTERS_MAX = 4096;

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/** FNV-1a, 32 bit, over UTF-16 code units (isthe.com/chongo/tech/comp/fnv): equality of answers, nothing more. */
function fnv1a(hash: number, text: string): number {
  let next = hash;
  for (let index = 0; index < text.length; index++) {
    next = Math.imul(next ^ text.charCodeAt(index), FNV_PRIME);
  }
  return next >>> 0;
}

function countCharacters(text: string): number {
  let count = 0;
  for (let index = 0; index < text.length; index++) {
    if ((text.charCodeAt(index) & 0xfc00) !== 0xdc00) count++;
  }
  return count;
}

/** What is known of an answer so far. Owns the counters of one exchange, on the hot path of every chunk. */
export class Answer {
  finishReason: string | null = null;
  reportedModel: string | null = null;
  usage: Usage | null = null;
  sawDone = false;
  #firstTokenMs: number | null = null;
  #firstAnswerTokenMs: number | null = null;
  #lastTokenMs = 0;
  #gapCount = 0;
  #gapTotalMs = 0;
  #gapMaxMs = 0;
  #gapBuckets: Map<number, number> | null = null;
  #answered = false;
  #characters = 0;
  #hash = FNV_OFFSET;
  readonly #errorFrames: string[] = [];

  /** The answer has a message, be it empty. */
  open(): void {
    this.#answered = true;
  }

  /** One frame brought content; `text` is its share of the answer, empty for reasoning and tool calls. */
  content(text: string, atMs: number): void {
    this.#answered = true;
    if (this.#firstTokenMs === null) this.#firstTokenMs = atMs;
    else this.#gap(Math.max(0, atMs - this.#lastTokenMs));
    this.#lastTokenMs = atMs;
    if (text === '') return;
    if (this.#firstAnswerTokenMs === null) this.#firstAnswerTokenMs = atMs;
    this.#characters += countCharacters(text);
    this.#hash = fnv1a(this.#hash, text);
  }

  errorFrame(raw: string): void {
    if (this.#errorFrames.length >= ERROR_FRAMES_MAX) return;
    this.#errorFrames.push(raw.length > ERROR_FRAME_CHARACTERS_MAX ? raw.slice(0, ERROR_FRAME_CHARACTERS_MAX) : raw);
  }

  decoded(): DecodedAnswer {
    return {
      firstTokenMs: this.#firstTokenMs,
      firstAnswerTokenMs: this.#firstAnswerTokenMs,
      gaps: this.#gaps(),
      finishReason: this.finishReason,
      reportedModel: this.reportedModel,
      sawDone: this.sawDone,
      usage: this.usage,
      errorFrames: this.#errorFrames,
      answer: this.#answered
        ? {
            characters: this.#characters,
            hash: this.#characters > 0 ? this.#hash.toString(16).padStart(8, '0') : null,
          }
        : null,
    };
  }

  #gap(gapMs: number): void {
    this.#gapCount++;
    this.#gapTotalMs += gapMs;
    if (gapMs > this.#gapMaxMs) this.#gapMaxMs = gapMs;
    this.#gapBuckets ??= new Map();
    const bucket = gapBucket(gapMs);
    this.#gapBuckets.set(bucket, (this.#gapBuckets.get(bucket) ?? 0) + 1);
  }

  #gaps(): ChunkGaps | null {
    if (this.#gapBuckets === null) return null;
    const pairs = [...this.#gapBuckets].sort((a, b) => a[0] - b[0]);
    return { count: this.#gapCount, totalMs: this.#gapTotalMs, maxMs: this.#gapMaxMs, buckets: pairs.flat() };
  }
}
