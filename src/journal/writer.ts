import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import type { Cancel, Clock } from '../model/clock.ts';
import type { JournalRecord, JournalSink } from '../model/journal.ts';
import { encoder } from './encode.ts';
import { LineBuffer } from './line-buffer.ts';
import { redactor } from './redaction.ts';

/** Half of the promise that a killed run misses at most one second of sends. */
const FLUSH_EVERY_MS = 500;
const FLUSH_BYTES = 64 * 1024;
/** Room above `maxBytes` for the ends of what is in flight when the run stops on a full journal, bodies included. */
const RESERVE_BYTES = 4 << 20;

export interface JournalWriterOptions {
  readonly path: string;
  /** Key values that must appear nowhere. */
  readonly secrets: readonly string[];
  /**
   * From here on `full()` says so and the run should stop. Records are still taken; once 4 MB more are written, without
   * bodies, so that every attempt keeps its end. Null = no limit.
   */
  readonly maxBytes: number | null;
  /** Makes records durable within a second. Null: only by size and at `close` (virtual time, where nothing is lost). */
  readonly clock: Clock | null;
  /** False appends to what is there (a pipe, a device). Default true: a journal is never overwritten. */
  readonly mustBeNew?: boolean;
}

export interface JournalWriter extends JournalSink {
  /** Writes what is held back; never throws. */
  flush(): void;
  /** Flushes and syncs to the disk; nothing can be written afterwards. Never throws: see `failed()`. */
  close(): void;
  bytes(): number;
  full(): string | null;
}

/** Appends records as NDJSON, in order, in batches. Throws only when the file cannot be created. */
export function journalWriter(options: JournalWriterOptions): JournalWriter {
  return new BatchedWriter(options);
}

class BatchedWriter implements JournalWriter {
  readonly #clock: Clock | null;
  readonly #encoder;
  readonly #maxBytes: number;
  #file: number | null;
  readonly #pending = new LineBuffer();
  #bytes = 0;
  #error: Error | null = null;
  #broken = false;
  #cancelFlush: Cancel | null = null;

  constructor(options: JournalWriterOptions) {
    this.#file = openSync(options.path, options.mustBeNew === false ? 'a' : 'ax', 0o600);
    this.#clock = options.clock;
    this.#encoder = encoder(redactor(options.secrets));
    this.#maxBytes = options.maxBytes ?? Number.POSITIVE_INFINITY;
  }

  write(record: JournalRecord): void {
    if (this.#broken || this.#file === null) return;
    const kept = this.#size() < this.#maxBytes + RESERVE_BYTES ? record : essential(record);
    if (kept === null) return;
    try {
      this.#encoder.encode(kept, this.#pending);
    } catch (error) {
      this.#fail(error);
      return;
    }
    if (this.#pending.length >= FLUSH_BYTES) this.flush();
    else if (this.#cancelFlush === null && this.#clock !== null) {
      this.#cancelFlush = this.#clock.at(this.#clock.nowMs() + FLUSH_EVERY_MS, () => this.flush());
    }
  }

  failed(): Error | null {
    return this.#error;
  }

  full(): string | null {
    return this.#size() < this.#maxBytes ? null : `the journal has reached its limit of ${this.#maxBytes} bytes`;
  }

  bytes(): number {
    return this.#bytes;
  }

  flush(): void {
    this.#cancelFlush?.();
    this.#cancelFlush = null;
    if (this.#file === null || this.#broken || this.#pending.length === 0) return;
    const batch = this.#pending.held();
    this.#pending.cut(0);
    try {
      let written = 0;
      while (written < batch.length) written += writeSync(this.#file, batch, written);
      this.#bytes += batch.length;
    } catch (error) {
      this.#fail(error);
    }
  }

  close(): void {
    if (this.#file === null) return;
    this.flush();
    const file = this.#file;
    this.#file = null;
    try {
      fsyncSync(file);
    } catch (error) {
      this.#error ??= toError(error);
    }
    try {
      closeSync(file);
    } catch (error) {
      this.#error ??= toError(error);
    }
  }

  #size(): number {
    return this.#bytes + this.#pending.length;
  }

  #fail(error: unknown): void {
    this.#error ??= toError(error);
    this.#broken = true;
    this.#pending.cut(0);
  }
}

/** What the account of attempts needs; null for what it does not. */
function essential(record: JournalRecord): JournalRecord | null {
  switch (record.type) {
    case 'sent':
    case 'not_sent':
    case 'stall':
    case 'finish':
      return record;
    case 'end': {
      const { exchange } = record;
      const body = { head: '', tail: '', bytes: exchange.body.bytes };
      return { ...record, exchange: { ...exchange, body, errorFrames: [] } };
    }
    case 'clock':
    case 'health':
      return null;
    default:
      return record satisfies never;
  }
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
