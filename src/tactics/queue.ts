import type { NotSentReason } from '../model/outcome.ts';
import type { PlannedSend, TacticRequest, Turn } from '../model/tactic.ts';
import type { EndedTry, Pace } from './layers.ts';

export interface DepartureQueue {
  depart(
    request: TacticRequest,
    attemptNo: number,
    planned: PlannedSend,
    nowMs: number,
  ): PlannedSend | 'held' | NotSentReason;
  turn(nowMs: number): Turn | null;
  ended(ended: EndedTry): void;
  gone(requestId: string): void;
}

/**
 * First come, first served: only the head asks the paces, and it leaves when every one of them lets it. Spacing counts
 * from real departures, so a timer that fires late makes the stream slower and never denser. `capacity` bounds how many
 * wait; a retry is let in beyond it, because its request has been accepted already.
 */
export function departureQueue(options: {
  readonly paces: readonly Pace[];
  readonly capacity: number;
}): DepartureQueue {
  const { paces, capacity } = options;
  const waiting = new Map<string, TacticRequest>();
  /** The head, once it knows its time: it is not named twice. */
  let called: string | null = null;

  const readyMs = (nowMs: number): number => {
    let ready = nowMs;
    for (const pace of paces) ready = Math.max(ready, pace.readyMs(nowMs));
    return ready;
  };
  const leave = (request: TacticRequest, planned: PlannedSend, nowMs: number): PlannedSend => {
    waiting.delete(request.requestId);
    if (called === request.requestId) called = null;
    for (const pace of paces) pace.left(request, nowMs);
    return { ...planned, atMs: nowMs };
  };
  return {
    depart(request, attemptNo, planned, nowMs) {
      const { requestId } = request;
      const isHead = waiting.size === 0 || called === requestId;
      const ready = isHead ? readyMs(nowMs) : Number.POSITIVE_INFINITY;
      if (ready <= nowMs) return leave(request, planned, nowMs);
      if (!waiting.has(requestId)) {
        if (attemptNo === 1 && waiting.size >= capacity) return 'tactic';
        waiting.set(requestId, request);
      }
      if (isHead) called = ready < Number.POSITIVE_INFINITY ? requestId : null;
      return called === requestId ? { ...planned, atMs: ready } : 'held';
    },
    turn(nowMs) {
      if (called !== null || waiting.size === 0) return null;
      const atMs = readyMs(nowMs);
      if (atMs === Number.POSITIVE_INFINITY) return null;
      for (const requestId of waiting.keys()) {
        called = requestId;
        return { requestId, atMs };
      }
      return null;
    },
    ended(ended) {
      for (const pace of paces) pace.ended?.(ended);
    },
    gone(requestId) {
      waiting.delete(requestId);
      if (called === requestId) called = null;
      for (const pace of paces) pace.gone?.(requestId);
    },
  };
}
