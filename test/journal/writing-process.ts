/** Started by the kill test: sends in real time, as a run would, and says on stdout what it has handed to the journal. */
import { writeSync } from 'node:fs';
import { monotonicClock } from '../../src/drivers/monotonic-clock.ts';
import { journalWriter } from '../../src/journal/writer.ts';

const clock = monotonicClock();
const writer = journalWriter({ path: process.argv[2] as string, secrets: [], maxBytes: null, clock });

function send(seq: number): void {
  const scheduledMs = seq * 2;
  writer.write({
    type: 'sent',
    requestId: `r${seq}`,
    attemptNo: 1,
    arrival: { seq, phaseIndex: 0, scheduledMs, variantIndex: 0, pairSeq: seq, turn: 0, size: null },
    dueMs: scheduledMs,
    sentMs: clock.nowMs(),
    model: 'qwen3-max',
    keyIndex: 0,
    promptTokens: 10,
    maxTokens: null,
  });
  writeSync(1, `${seq} ${clock.nowMs()}\n`);
  clock.at(scheduledMs + 2, () => send(seq + 1));
}

send(0);
