import type { JournalWriter } from '../src/journal/writer.ts';
import type { JournalSink } from '../src/model/journal.ts';

export interface RecordingCosts {
  /** CPU microseconds per request, by slice: with the journal, and in its neighbour without. */
  readonly pairs: readonly { readonly onUs: number; readonly offUs: number }[];
}

const SLICE_MS = 100;
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
  let turns = 0;
  let slice = { startMs, cpu: process.cpuUsage(), ended: 0 };

  function turn(nowMs: number): void {
    if (on) journal.flush();
    const used = process.cpuUsage(slice.cpu);
    if (nowMs - startMs > WARM_MS && slice.ended > 0)
      slices.push({ on, costUs: (used.user + used.system) / slice.ended });
    // on off off on on off ...: what drifts or swings meets both sides alike.
    turns++;
    on = turns % 4 === 0 || turns % 4 === 3;
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
    costs: () => ({ pairs: pairsOf(slices) }),
  };
}

/** Each `on` with the `off` beside it, in either order. */
function pairsOf(slices: readonly { readonly on: boolean; readonly costUs: number }[]): RecordingCosts['pairs'] {
  const start = slices.findIndex(({ on }, index) => on !== slices[index + 1]?.on);
  const pairs: { onUs: number; offUs: number }[] = [];
  for (let index = Math.max(0, start); index + 1 < slices.length; index += 2) {
    const [first, second] = [slices[index], slices[index + 1]];
    if (first === undefined || second === undefined || first.on === second.on) continue;
    const [on, off] = first.on ? [first, second] : [second, first];
    pairs.push({ onUs: on.costUs, offUs: off.costUs });
  }
  return pairs;
}
