import type { Arrival, Source } from '../model/arrival.ts';
import { dueHeap } from './due-heap.ts';
import { microsecondsOf, millisecondsOf } from './microseconds.ts';

/** More columns than any comparison has. */
const VARIANTS = 1024;

/** A pair across variants shares its `pairSeq`, and each variant has its own conversation. */
function conversationOf(arrival: Arrival): number {
  return arrival.pairSeq * VARIANTS + arrival.variantIndex;
}

/**
 * Makes every arrival the first turn of a conversation: turn k + 1 is due `thinkMs` after turn k was answered, and a
 * conversation ends at its first failure. Turns get fresh `seq` numbers in the order they leave; the conversation keeps
 * its phase and its `pairSeq`, so its content does not depend on what else is under way. To the source inside, a
 * conversation is one request: it hears of the end when the last turn ends. Turns may be due after their phase's end.
 */
export function withTurns(inner: Source, turns: { readonly count: number; readonly thinkMs: number }): Source {
  const waiting = dueHeap<{ readonly arrival: Arrival; readonly turn: number }>();
  /** First arrivals as the source inside made them; only those of running conversations. */
  const opened = new Map<number, Arrival>();
  let seq = 0;

  const waitsFirst = (): boolean => {
    const turnMs = waiting.dueMs();
    const openingMs = inner.nextDueMs();
    return turnMs !== null && (openingMs === null || turnMs < openingMs);
  };
  return {
    nextDueMs: () => (waitsFirst() ? waiting.dueMs() : inner.nextDueMs()),
    take() {
      if (waitsFirst()) {
        const { dueMs, item } = waiting.pop();
        return { ...item.arrival, seq: seq++, scheduledMs: dueMs, turn: item.turn };
      }
      const arrival = inner.take();
      opened.set(conversationOf(arrival), arrival);
      return { ...arrival, seq: seq++ };
    },
    onFinished(arrival, outcome, atMs) {
      const opening = opened.get(conversationOf(arrival));
      if (opening === undefined) return;
      if (outcome.kind === 'ok' && arrival.turn + 1 < turns.count) {
        const dueMs = millisecondsOf(microsecondsOf(atMs + turns.thinkMs));
        waiting.push(dueMs, { arrival: opening, turn: arrival.turn + 1 });
        return;
      }
      opened.delete(conversationOf(arrival));
      inner.onFinished(opening, outcome, atMs);
    },
  };
}
