import type { JournalWriter } from '../src/journal/writer.ts';
import type { JournalSink } from '../src/model/journal.ts';

export interface RecordingCosts {
  /** CPU microseconds per request, by slice: with the journal, and in the slice after it without. */
  readonly pairs: readonly { readonly onUs: number; readonly offUs: number }[];
}

const SLICE_MS = 250;
/** Code and sockets warm up. */
const WARM_MS = 2000;

/**
 * A sink that keeps and drops records in turns within one warm process: whatever else the machine does meets both
 * alike. What is still held back at the end of a slice is written within it.
 */
export function sliced(journal: JournalWriter): { readonly sink: JournalSink; readonly costs: () => RecordingCosts } {
  const startMs = performance.now();
  const slices: { readonly on: boolean; readonly costUs: number }[] = [];
  let on = true;
  let slice = { startMs, cpu: process.cpuUsage(), ended: 0 };

  function turn(nowMs: number): void {
    if (on) journal.flush();
    const used = process.cpuUsage(slice.cpu);
    if (nowMs - startMs > WARM_MS && slice.ended > 0)
      slices.push({ on, costUs: (used.user + used.system) / slice.ended });
    on = !on;
    slice = { startMs: nowMs, cpu: process.cpuUsage(), ended: 0 };
  }

  return {
    sink: {
      write(record) {
        if (on) journal.write(record);
        if (record.type !== 'end') return;
        slice.ended++;
        const nowMs = performance.now();
        if (nowMs - slice.startMs >= SLICE_MS) turn(nowMs);
      },
      failed: () => journal.failed(),
    },
    costs: () => ({
      pairs: slices.flatMap((first, index) => {
        const second = slices[index + 1];
        return first.on && second !== undefined && !second.on ? [{ onUs: first.costUs, offUs: second.costUs }] : [];
      }),
    }),
  };
}
