import { build, encodeIntoCompressedBase64 } from 'hdr-histogram-js';
import type { HistogramPoint, Percentiles } from '../model/analysis.ts';
import { type ChunkGaps, gapOfBucket } from '../model/exchange.ts';
import { enoughForQuantile } from '../stats/quantiles.ts';

/** Smaller than 2^32 microseconds (71 minutes): longer times count as this long in percentiles, never in min, mean, max. */
const LARGEST_US = 4_294_967_295;

export type Precision = 'fine' | 'coarse';

/** Bits of a sub-bucket index. 11 bits keep three significant digits, the layout of HdrHistogram; 8 bits keep 0.8 %. */
const SUB_BITS: Readonly<Record<Precision, number>> = { fine: 11, coarse: 8 };

/**
 * Log-linear histogram of durations: the bucket layout of HdrHistogram (hdrhistogram.github.io/HdrHistogram, "Internal
 * bucketing"), in microseconds, with the counters of one octave allocated when first met. Recording costs about 10 ns
 * against 120 ns of the library's; the library still writes the exchange format, from the same buckets.
 */
export class DurationHistogram {
  readonly #subBits: number;
  /** `octaves[0]` holds values below 2^subBits; `octaves[k]` those with k more bits, in half as many counters. */
  readonly #octaves: (Float64Array | undefined)[] = [];
  #count = 0;
  #sumMs = 0;
  #minMs = Number.POSITIVE_INFINITY;
  #maxMs = Number.NEGATIVE_INFINITY;

  constructor(precision: Precision = 'fine') {
    this.#subBits = SUB_BITS[precision];
  }

  get count(): number {
    return this.#count;
  }

  record(valueMs: number): void {
    this.#count += 1;
    this.#sumMs += valueMs;
    if (valueMs < this.#minMs) this.#minMs = valueMs;
    if (valueMs > this.#maxMs) this.#maxMs = valueMs;
    this.#increment(valueMs, 1);
  }

  /** Samples known only as a group: `valueMs` places them, and the caller adds their exact sum and maximum. */
  recordGroup(valueMs: number, count: number): void {
    this.#count += count;
    if (valueMs < this.#minMs) this.#minMs = valueMs;
    this.#increment(valueMs, count);
  }

  /** The exact total and maximum of samples given to `recordGroup`. */
  addExact(exact: { readonly totalMs: number; readonly maxMs: number }): void {
    this.#sumMs += exact.totalMs;
    if (exact.maxMs > this.#maxMs) this.#maxMs = exact.maxMs;
  }

  merge(other: DurationHistogram): void {
    this.#count += other.#count;
    this.#sumMs += other.#sumMs;
    this.#minMs = Math.min(this.#minMs, other.#minMs);
    this.#maxMs = Math.max(this.#maxMs, other.#maxMs);
    other.#octaves.forEach((counters, octave) => {
      if (counters === undefined) return;
      const own = this.#counters(octave);
      for (let index = 0; index < counters.length; index += 1) own[index] = (own[index] ?? 0) + (counters[index] ?? 0);
    });
  }

  /** Milliseconds at or below which a share `p` of the samples lies, within the bucket's width; null without samples. */
  quantileMs(p: number): number | null {
    return this.#quantilesMs([p])[0] ?? null;
  }

  /** The same for several shares, ascending, in one walk over the buckets; empty without samples. */
  #quantilesMs(shares: readonly number[]): readonly number[] {
    if (this.#count === 0) return [];
    const found: number[] = [];
    let seen = 0;
    for (const [highestUs, count] of this.#buckets()) {
      seen += count;
      while (found.length < shares.length && seen >= this.#rankOf(shares[found.length] as number)) {
        found.push(this.#within(highestUs));
      }
      if (found.length === shares.length) return found;
    }
    return [...found, ...shares.slice(found.length).map(() => this.#maxMs)];
  }

  #rankOf(share: number): number {
    return Math.max(1, Math.ceil(share * this.#count - 1e-9));
  }

  percentiles(): Percentiles {
    const n = this.#count;
    if (n === 0) return NO_SAMPLES;
    const shares = [0.5, 0.9, 0.95, 0.99, 0.999].filter((p) => enoughForQuantile(n, p));
    const [p50, p90, p95, p99, p999] = this.#quantilesMs(shares);
    return {
      count: n,
      min: this.#minMs,
      mean: this.#sumMs / n,
      p50: p50 ?? null,
      p90: p90 ?? null,
      p95: p95 ?? null,
      p99: p99 ?? null,
      p999: p999 ?? null,
      max: this.#maxMs,
    };
  }

  /** At most 60 points, denser towards the tail, none beyond what the sample size supports. */
  curve(): readonly HistogramPoint[] {
    if (this.#count === 0) return [];
    const beyond = CURVE_SHARES.findIndex((share) => (1 - share) * this.#count < 1);
    const shares = beyond === -1 ? CURVE_SHARES : CURVE_SHARES.slice(0, beyond);
    const values = this.#quantilesMs(shares);
    const points = shares.map((share, index) => ({ share, valueMs: values[index] ?? 0 }));
    return [...points, { share: 1, valueMs: this.#maxMs }];
  }

  /** HdrHistogram V2, compressed, base64, microseconds, three digits. */
  toHdr(): string {
    const hdr = build({
      lowestDiscernibleValue: 1,
      highestTrackableValue: Math.max(2, Math.ceil(this.#count === 0 ? 2 : this.#maxMs * 1000)),
      numberOfSignificantValueDigits: 3,
      bitBucketSize: 64,
      useWebAssembly: false,
    });
    for (const [highestUs, count] of this.#buckets()) hdr.recordValueWithCount(highestUs, count);
    return encodeIntoCompressedBase64(hdr);
  }

  #within(us: number): number {
    return Math.min(Math.max(us / 1000, this.#minMs), this.#maxMs);
  }

  #increment(valueMs: number, count: number): void {
    const rounded = Math.round(valueMs * 1000);
    const us = rounded < 0 ? 0 : Math.min(rounded, LARGEST_US);
    const shift = 32 - Math.clz32(us) - this.#subBits;
    const octave = Math.max(shift, 0);
    const counters = this.#octaves[octave] ?? this.#counters(octave);
    // Octaves above the first only use the upper half of their sub-buckets.
    const index = octave === 0 ? us : (us >>> octave) - (1 << (this.#subBits - 1));
    counters[index] = (counters[index] as number) + count;
  }

  #counters(octave: number): Float64Array {
    let counters = this.#octaves[octave];
    if (counters === undefined) {
      counters = new Float64Array(octave === 0 ? 1 << this.#subBits : 1 << (this.#subBits - 1));
      this.#octaves[octave] = counters;
    }
    return counters;
  }

  /** Non-empty buckets in order: the highest microsecond that falls into it, and its count. */
  *#buckets(): Generator<readonly [highestUs: number, count: number]> {
    const half = 2 ** (this.#subBits - 1);
    for (let octave = 0; octave < this.#octaves.length; octave += 1) {
      const counters = this.#octaves[octave];
      if (counters === undefined) continue;
      for (let index = 0; index < counters.length; index += 1) {
        const count = counters[index] ?? 0;
        if (count > 0) yield [octave === 0 ? index : (index + half + 1) * 2 ** octave - 1, count];
      }
    }
  }
}

/** Percentiles of nothing. */
export const NO_SAMPLES: Percentiles = {
  count: 0,
  min: null,
  mean: null,
  p50: null,
  p90: null,
  p95: null,
  p99: null,
  p999: null,
  max: null,
};

/** 0, 5 ... 90 %, then nine steps per decade of the remaining tail, down to 1e-6. */
const CURVE_SHARES: readonly number[] = [
  ...Array.from({ length: 19 }, (_, step) => step / 20),
  ...[2, 3, 4, 5, 6].flatMap((decade) =>
    (decade < 4 ? [9, 8, 7, 6, 5, 4, 3, 2, 1] : [7, 5, 3, 2, 1]).map((nines) => 1 - nines * 10 ** -decade),
  ),
].filter((share, index, all) => index === 0 || share > (all[index - 1] ?? 0));

/** Looked up instead of computed: a stream has a dozen buckets, and a power costs more than the rest of the record. */
const GAP_MS: readonly number[] = Array.from({ length: 600 }, (_, index) => gapOfBucket(index));

/** Adds the gaps between chunks of one stream. */
export function recordGaps(histogram: DurationHistogram, gaps: ChunkGaps): void {
  const { buckets } = gaps;
  for (let at = 0; at + 1 < buckets.length; at += 2) {
    const valueMs = GAP_MS[buckets[at] as number] ?? gaps.maxMs;
    histogram.recordGroup(Math.min(valueMs, gaps.maxMs), buckets[at + 1] as number);
  }
  histogram.addExact(gaps);
}
