import type { Arrival, SizeOverride } from '../model/arrival.ts';
import type { Outcome } from '../model/outcome.ts';
import type { ReplayRow } from '../model/scenario.ts';
import { dueHeap } from './due-heap.ts';
import { microsecondsOf, millisecondsOf } from './microseconds.ts';
import type { Offsets } from './shapes.ts';

/** One phase as the sequence of phases sees it: instants, no arrivals yet. */
export interface PhaseSource {
  /** Null when nothing is due now; with `isExhausted`, for ever. */
  nextDueMs(): number | null;
  isExhausted(): boolean;
  /** Removes the earliest instant. Only called when `nextDueMs()` is a number. */
  take(): { readonly dueMs: number; readonly size: SizeOverride | null };
  /** `scheduledMs` is when the finished arrival was due. */
  onFinished(finished: { readonly scheduledMs: number; readonly outcome: Outcome; readonly atMs: number }): void;
}

/** Planned instants: outcomes change nothing. `rows` are the sizes of a replayed trace, in the same order. */
export function openSource(options: {
  readonly startUs: number;
  readonly offsets: Offsets;
  readonly rows: readonly ReplayRow[] | null;
}): PhaseSource {
  const { startUs, offsets, rows } = options;
  let taken = 0;
  const advance = (): number | null => {
    const offset = offsets.next();
    return offset === Number.POSITIVE_INFINITY ? null : millisecondsOf(startUs + offset);
  };
  let dueMs = advance();
  return {
    nextDueMs: () => dueMs,
    isExhausted: () => dueMs === null,
    take() {
      if (dueMs === null) throw new Error('the phase has no further arrival');
      const current = { dueMs, size: rows === null ? null : sizeOf(rows[taken]) };
      taken++;
      dueMs = advance();
      return current;
    },
    onFinished() {},
  };
}

function sizeOf(row: ReplayRow | undefined): SizeOverride | null {
  if (row === undefined || (row.promptTokens === null && row.maxTokens === null)) return null;
  return { promptTokens: row.promptTokens, maxTokens: row.maxTokens };
}

/** How long a slot waits after a request of it never left: what refuses at once must not become a busy loop. */
export const NOT_SENT_WAIT_MS = 1000;

/** Until a slot's next request is due; null when the slot is given up. */
function slotWaitMs(outcome: Outcome): number | null {
  if (outcome.kind === 'not_sent') {
    // Nothing would be sent any more.
    return outcome.reason === 'budget' || outcome.reason === 'safety_stop' ? null : NOT_SENT_WAIT_MS;
  }
  // A dead host answers in a millisecond; without the wait every slot would try a thousand times a second.
  const neverConnected =
    outcome.kind === 'connection' &&
    (outcome.phase === 'dns' || outcome.phase === 'connect' || outcome.phase === 'tls');
  return neverConnected ? NOT_SENT_WAIT_MS : 0;
}

/** Under a virtual clock an answer can take no time at all; the next request then waits this long, so that time moves. */
const INSTANT_ANSWER_MS = 1;

/**
 * Closed model: `concurrency` requests due at the start, then each finished one makes the next due at once, until the
 * end. Exceptions: a slot whose request never left waits a second, or is given up when a cap stopped it for good.
 */
export function closedSource(options: {
  readonly startMs: number;
  readonly endMs: number;
  readonly concurrency: number;
}): PhaseSource {
  const { startMs, endMs, concurrency } = options;
  const due = dueHeap<null>();
  let inFlight = 0;
  if (startMs < endMs) for (let slot = 0; slot < concurrency; slot++) due.push(startMs, null);

  return {
    nextDueMs: () => due.dueMs(),
    isExhausted: () => inFlight === 0 && due.dueMs() === null,
    take() {
      inFlight++;
      return { dueMs: due.pop().dueMs, size: null };
    },
    onFinished({ scheduledMs, outcome, atMs }) {
      inFlight--;
      const waitMs = slotWaitMs(outcome);
      if (waitMs === null) return;
      const nextMs = atMs <= scheduledMs ? scheduledMs + Math.max(waitMs, INSTANT_ANSWER_MS) : atMs + waitMs;
      // Rounded to the microsecond like every planned instant.
      if (nextMs < endMs) due.push(millisecondsOf(microsecondsOf(nextMs)), null);
    },
  };
}

/**
 * Phases one after the other. No phase is due after the next one starts, so the first one that has something due has
 * the earliest; a closed phase stays in the line while its requests are in flight.
 */
export function sequenceSource(phases: readonly { readonly index: number; readonly open: () => PhaseSource }[]): {
  nextDueMs(): number | null;
  take(): Arrival;
  onFinished(arrival: Arrival, outcome: Outcome, atMs: number): void;
} {
  const sources = phases.map((phase) => ({ phaseIndex: phase.index, source: phase.open() }));
  const byIndex = new Map(sources.map((entry) => [entry.phaseIndex, entry.source]));
  let cursor = 0;
  let seq = 0;

  const earliest = () => {
    while (cursor < sources.length && sources[cursor]?.source.isExhausted()) cursor++;
    for (let index = cursor; index < sources.length; index++) {
      const entry = sources[index];
      if (entry !== undefined && entry.source.nextDueMs() !== null) return entry;
    }
    return null;
  };
  return {
    nextDueMs: () => earliest()?.source.nextDueMs() ?? null,
    take() {
      const entry = earliest();
      if (entry === null) throw new Error('take() without a due arrival');
      const { dueMs, size } = entry.source.take();
      const number = seq++;
      return {
        seq: number,
        phaseIndex: entry.phaseIndex,
        scheduledMs: dueMs,
        variantIndex: 0,
        pairSeq: number,
        turn: 0,
        size,
      };
    },
    onFinished(arrival, outcome, atMs) {
      byIndex.get(arrival.phaseIndex)?.onFinished({ scheduledMs: arrival.scheduledMs, outcome, atMs });
    },
  };
}
