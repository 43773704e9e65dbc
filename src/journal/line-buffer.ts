/** Longer texts are copied by the platform; shorter ones cost less character by character than the call. */
const COPY_ABOVE = 48;
const BILLION = 1_000_000_000;

const ASCII_MAX = 127;
const ZERO = 48;
const MINUS = 45;

/**
 * Bytes of lines that wait to be written. Digits and ASCII go straight into the buffer: strings in between, joined and
 * encoded at the end, cost twice as much as the record is worth and live long enough to be copied by the collector.
 */
export class LineBuffer {
  #bytes = Buffer.allocUnsafe(128 * 1024);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Any text, as UTF-8. */
  text(text: string): this {
    const { length } = text;
    this.#reserve(3 * length);
    if (length > COPY_ABOVE || !this.#ascii(text)) this.#length += this.#bytes.write(text, this.#length, 'utf8');
    return this;
  }

  /** Any text, quoted and escaped for JSON. */
  quoted(text: string): this {
    return this.text(JSON.stringify(text));
  }

  /** As JSON writes it; whole numbers below 2^53 without a string. */
  number(value: number): this {
    if (!Number.isSafeInteger(value)) return this.text(Number.isFinite(value) ? String(value) : 'null');
    this.#reserve(24);
    let rest = value;
    if (rest < 0) {
      this.#bytes[this.#length++] = MINUS;
      rest = -rest;
    }
    if (rest < BILLION) {
      this.#digits(rest, digitsOf(rest));
      return this;
    }
    const high = Math.floor(rest / BILLION);
    this.#digits(high, digitsOf(high));
    this.#digits(rest - high * BILLION, 9);
    return this;
  }

  /** Puts text before what was written from `start` on. */
  insert(start: number, text: string): void {
    const length = Buffer.byteLength(text, 'utf8');
    this.#reserve(length);
    this.#bytes.copyWithin(start + length, start, this.#length);
    this.#bytes.write(text, start, 'utf8');
    this.#length += length;
  }

  /** Forgets what was written from `start` on. */
  cut(start: number): void {
    this.#length = start;
  }

  /** What is held, valid until the next write. */
  held(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  /** False, with nothing written, for a text that is not ASCII. */
  #ascii(text: string): boolean {
    const bytes = this.#bytes;
    const start = this.#length;
    for (let index = 0; index < text.length; index++) {
      const code = text.charCodeAt(index);
      if (code > ASCII_MAX) return false;
      bytes[start + index] = code;
    }
    this.#length = start + text.length;
    return true;
  }

  #digits(value: number, count: number): void {
    const bytes = this.#bytes;
    let rest = value;
    for (let at = this.#length + count - 1; at >= this.#length; at--) {
      const tenth = (rest / 10) | 0;
      bytes[at] = ZERO + rest - tenth * 10;
      rest = tenth;
    }
    this.#length += count;
  }

  #reserve(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(needed, 2 * this.#bytes.length));
    larger.set(this.held());
    this.#bytes = larger;
  }
}

/** Of a whole number below 2^31. */
function digitsOf(value: number): number {
  let count = 1;
  for (let limit = 10; value >= limit && count < 10; limit *= 10) count++;
  return count;
}
