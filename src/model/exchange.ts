/** Token counts as the provider reported them. */
export interface Usage {
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly cachedTokens: number | null;
  readonly reasoningTokens: number | null;
}

/**
 * Gaps between content chunks of one stream, compact: enough for inter-token latency percentiles and stalls.
 * `buckets` holds (index, count) pairs of a logarithmic histogram, flattened, by rising index; `gapBucket` gives the
 * index and `gapOfBucket` the value read back, which is within 2.2 % of the gap plus 0.03 ms.
 */
export interface ChunkGaps {
  readonly count: number;
  readonly totalMs: number;
  readonly maxMs: number;
  readonly buckets: readonly number[];
}

export function gapBucket(gapMs: number): number {
  return Math.round(16 * Math.log2(1 + gapMs));
}

/** Milliseconds in the (logarithmic) middle of a bucket. */
export function gapOfBucket(index: number): number {
  return 2 ** (index / 16) - 1;
}

export type TransportErrorPhase = 'dns' | 'connect' | 'tls' | 'stale_reuse' | 'request' | 'headers' | 'body';
export type TimeoutPhase = 'connect' | 'first_byte' | 'idle' | 'total';

/** Why no complete HTTP answer came. */
export type TransportError =
  | {
      readonly kind: 'connection';
      readonly phase: TransportErrorPhase;
      readonly code: string;
      readonly message: string;
    }
  | { readonly kind: 'timeout'; readonly phase: TimeoutPhase; readonly afterMs: number }
  | { readonly kind: 'cancelled' };

export interface Connection {
  readonly id: number;
  readonly reused: boolean;
  /** TCP + TLS set-up, when this attempt waited for it; null on a warm connection. */
  readonly handshakeMs: number | null;
}

/** The part of a body that is kept: bounded, and only as much as classification and evidence need. */
export interface BodySample {
  readonly head: string;
  readonly tail: string;
  readonly bytes: number;
}

/** One HTTP exchange as it happened, without any judgement. Times are milliseconds since t0. */
export interface Exchange {
  readonly status: number | null;
  /** Lower-case names; only the allow-listed ones. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: BodySample;
  /** Raw error frames seen inside a stream, kept whatever the body cap. */
  readonly errorFrames: readonly string[];
  readonly transportError: TransportError | null;
  readonly protocol: 'h1' | 'h2' | null;
  readonly connection: Connection | null;
  /** Time spent inside the client before the bytes were handed to the socket. */
  readonly queuedMs: number;
  /** Bytes handed to the socket; null when they never were. */
  readonly sentMs: number | null;
  readonly headersMs: number | null;
  readonly firstByteMs: number | null;
  /** First non-empty content of any kind: answer, reasoning or tool call. */
  readonly firstTokenMs: number | null;
  /** First non-empty answer content: reasoning does not count. */
  readonly firstAnswerTokenMs: number | null;
  readonly finishedMs: number;
  readonly gaps: ChunkGaps | null;
  readonly finishReason: string | null;
  readonly reportedModel: string | null;
  readonly sawDone: boolean;
  readonly usage: Usage | null;
  /** Characters of answer text and its hash: the text itself is not kept unless `record: bodies`. */
  readonly answer: { readonly characters: number; readonly hash: string | null } | null;
}

/** What a dialect's decoder has understood of an answer so far; the transport copies it into the exchange. */
export interface DecodedAnswer {
  readonly firstTokenMs: number | null;
  readonly firstAnswerTokenMs: number | null;
  readonly gaps: ChunkGaps | null;
  readonly finishReason: string | null;
  readonly reportedModel: string | null;
  readonly sawDone: boolean;
  readonly usage: Usage | null;
  readonly errorFrames: readonly string[];
  readonly answer: { readonly characters: number; readonly hash: string | null } | null;
}

/** Reads an answer as it arrives. Text comes in any chunking; never throws, whatever the bytes say. */
export interface Decoder {
  /** `contentType` decides between a stream and a single document. */
  start(status: number, contentType: string): void;
  chunk(text: string, atMs: number): void;
  end(): DecodedAnswer;
}
