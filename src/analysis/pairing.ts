import type { EndRecord, JournalRecord, SentRecord } from '../model/journal.ts';
import type { Outcome } from '../model/outcome.ts';
import { type Judged, judged } from './judged.ts';
import { type Findable, openAttempts } from './open-attempts.ts';
import type { Stalls } from './stalls.ts';
import { timedQueue } from './timed-queue.ts';

/**
 * An end is held back until the journal has moved on this much, because the stall it overlapped is written by the first
 * timer after the stall: milliseconds later, but after the sockets were read. A second leaves room for a slow start.
 */
const STALL_HOLD_MS = 1000;

/**
 * Attempts kept waiting for an older one that is still open. Beyond this the oldest is set aside as a straggler, so that
 * one hung (or torn) attempt cannot hold a whole run in memory: 65,536 attempts are about 40 MB.
 */
const PENDING_MAX = 65_536;

const LOST: Outcome = { kind: 'lost' };

interface Pending extends Findable {
  readonly sent: SentRecord;
  /** Place among all that were sent. */
  readonly order: number;
  end: EndRecord | null;
  released: boolean;
  straggler: boolean;
}

export interface Pairing {
  sent(record: SentRecord): void;
  /** False when no open attempt fits: its `sent` record was lost with a torn line. */
  end(record: EndRecord): boolean;
  /** The journal has reached this time; ends do not count, since they may be read in any order. */
  reached(atMs: number): void;
  /** Releases everything; attempts without an end become `lost`. */
  flush(): void;
}

export interface PairingOptions {
  readonly stalls: Stalls;
  readonly judge: (end: EndRecord, sent: SentRecord) => Outcome;
  readonly onJudged: (attempt: Judged) => void;
}

/**
 * Pairs `sent` with `end` and hands attempts on in the order they were sent, whatever order they ended in: everything
 * behind this is deterministic and may think in send order. Memory holds what is open, plus what waits for it.
 */
export function pairing({ stalls, judge, onJudged }: PairingOptions): Pairing {
  const open = openAttempts<Pending>();
  const queue = timedQueue<Pending>();
  let orders = 0;
  let reachedMs = Number.NEGATIVE_INFINITY;
  let releasedMs = Number.NEGATIVE_INFINITY;

  const release = (pending: Pending) => {
    pending.released = true;
    const { sent, end, straggler } = pending;
    const finishedMs = end === null ? Number.POSITIVE_INFINITY : end.exchange.finishedMs;
    onJudged(
      judged({
        sent,
        end,
        outcome: end === null ? LOST : judge(end, sent),
        stalled: stalls.overlaps(sent.sentMs, finishedMs),
        straggler: straggler || sent.sentMs < releasedMs,
      }),
    );
    if (sent.sentMs > releasedMs) releasedMs = sent.sentMs;
  };

  const settled = (pending: Pending) =>
    pending.end !== null && pending.end.exchange.finishedMs + STALL_HOLD_MS <= reachedMs;

  const drain = () => {
    for (let pending = queue.first(); pending !== undefined; pending = queue.first()) {
      if (pending.straggler || settled(pending)) {
        if (!pending.straggler) release(pending);
      } else if (queue.size() > PENDING_MAX) {
        pending.straggler = true;
        // Ended already, only held back: nothing more will come for it.
        if (pending.end !== null) release(pending);
      } else break;
      queue.removeFirst();
    }
  };

  const reached = (atMs: number) => {
    if (atMs > reachedMs) reachedMs = atMs;
    drain();
  };

  return {
    reached,
    sent(record) {
      const { requestId, attemptNo, sentMs } = record;
      const pending: Pending = {
        requestId,
        attemptNo,
        sent: record,
        order: orders,
        end: null,
        released: false,
        straggler: false,
        next: null,
      };
      orders += 1;
      open.add(pending);
      queue.add(sentMs, pending);
      reached(sentMs);
    },
    end(record) {
      const pending = open.take(record.requestId, record.attemptNo);
      if (pending === null) return false;
      pending.end = record;
      if (pending.straggler && !pending.released) release(pending);
      return true;
    },
    flush() {
      for (let pending = queue.first(); pending !== undefined; pending = queue.first()) {
        if (!pending.released && !pending.straggler) release(pending);
        queue.removeFirst();
      }
      const leftOpen = open.all().filter((pending) => !pending.released);
      for (const pending of leftOpen.sort((a, b) => a.sent.sentMs - b.sent.sentMs || a.order - b.order)) {
        release(pending);
      }
    },
  };
}

/** The time a record was written at, for records that are written in the order of time; null for ends. */
export function writtenAtMs(record: JournalRecord): number | null {
  switch (record.type) {
    case 'sent':
      return record.sentMs;
    case 'end':
      return null;
    case 'not_sent':
      return record.decidedMs;
    case 'clock':
    case 'health':
    case 'finish':
      return record.atMs;
    case 'stall':
      return record.toMs;
  }
}
