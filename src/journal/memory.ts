import type { JournalRecord, JournalSink } from '../model/journal.ts';

export interface MemorySink extends JournalSink {
  readonly records: readonly JournalRecord[];
}

/** Keeps every record as it is: no rounding, no redaction. For forecasts that are analysed at once, and for tests. */
export function memorySink(): MemorySink {
  const records: JournalRecord[] = [];
  return {
    records,
    write(record) {
      records.push(record);
    },
    failed: () => null,
  };
}
