import { closeSync, openSync, readSync } from 'node:fs';
import type { JournalRecord } from '../model/journal.ts';
import { lineDecoder } from './decode.ts';

const CHUNK_BYTES = 1 << 20;
/** No record is this long: what is, is not ours, and must not fill the memory. */
const LINE_BYTES_MAX = 64 << 20;
const LINE_FEED = 10;

export interface JournalRead {
  readonly records: number;
  /** Lines that are no record (damaged, or of a newer version). A torn last line is not among them. */
  readonly unreadableLines: number;
  /** The file ends inside a line: the process was killed while it wrote. */
  readonly tornTail: boolean;
  readonly bytes: number;
}

/**
 * Reads a journal from start to end and hands over each record, in order, in bounded memory. Throws only when the file
 * cannot be opened or read (or when `onRecord` throws).
 */
export function readJournal(path: string, onRecord: (record: JournalRecord) => void): JournalRead {
  const file = openSync(path, 'r');
  try {
    return readLines(file, onRecord);
  } finally {
    closeSync(file);
  }
}

function readLines(file: number, onRecord: (record: JournalRecord) => void): JournalRead {
  const lines = lineReader(onRecord);
  let buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  let held = 0;
  let bytes = 0;
  let skipping = false;
  for (;;) {
    if (held === buffer.length) {
      if (buffer.length >= LINE_BYTES_MAX) {
        skipping = true;
        held = 0;
      } else {
        buffer = Buffer.concat([buffer, Buffer.allocUnsafe(buffer.length)]);
      }
    }
    const read = readSync(file, buffer, held, buffer.length - held, null);
    if (read === 0) return { ...lines.counts(), tornTail: held > 0 || skipping, bytes };
    bytes += read;
    const filled = held + read;
    let start = 0;
    if (skipping) {
      const end = buffer.subarray(0, filled).indexOf(LINE_FEED);
      start = end === -1 ? filled : end + 1;
      skipping = end === -1;
      if (!skipping) lines.unreadable();
    }
    const last = buffer.lastIndexOf(LINE_FEED, filled - 1);
    if (last >= start) {
      lines.take(buffer.toString('utf8', start, last + 1));
      start = last + 1;
    }
    buffer.copyWithin(0, start, filled);
    held = filled - start;
  }
}

function lineReader(onRecord: (record: JournalRecord) => void) {
  const decoder = lineDecoder();
  let records = 0;
  let unreadableLines = 0;

  function decode(line: string): JournalRecord | null | undefined {
    try {
      return decoder.decode(line);
    } catch {
      return undefined;
    }
  }

  return {
    counts: () => ({ records, unreadableLines }),
    unreadable() {
      unreadableLines++;
    },
    /** Whole lines only. */
    take(text: string) {
      let start = 0;
      for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', start)) {
        if (end > start) {
          const record = decode(text.slice(start, end));
          if (record === undefined) unreadableLines++;
          else if (record !== null) {
            records++;
            onRecord(record);
          }
        }
        start = end + 1;
      }
    },
  };
}
