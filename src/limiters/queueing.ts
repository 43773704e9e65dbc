import type { Limiter } from '../model/limiter.ts';
import { admit, RELATIVE_SLACK, refuse } from './decision.ts';

export interface QueueingOptions {
  /** Units that leave the queue per second, evenly. */
  readonly perSecond: number;
  /** A call is taken in while at most this many units are ahead of it; 0 = nobody waits. */
  readonly queue: number;
}

export interface QueueingState {
  /** When everything taken in so far will have left. */
  emptyAtMs: number;
}

/**
 * Leaky bucket as a queue: answers late instead of refusing, and refuses when the queue is full. The wait is at most
 * queue / rate, whatever a call costs; a cost is never too large, because it only delays those behind it.
 */
export function queueing({ perSecond, queue }: QueueingOptions): Limiter<QueueingState> {
  const perMs = perSecond / 1000;
  const slack = Math.max(1, queue) * RELATIVE_SLACK;
  const ahead = (state: QueueingState, nowMs: number) => Math.max(0, (state.emptyAtMs - nowMs) * perMs);
  return {
    description: `queue, ${perSecond} per 1 s, ${queue} deep`,
    init: () => ({ emptyAtMs: Number.NEGATIVE_INFINITY }),
    decide(state, nowMs, cost) {
      const waiting = ahead(state, nowMs);
      if (waiting > queue + slack) return refuse(0, (waiting - queue) / perMs);
      return admit(Math.max(0, Math.floor(queue - waiting - cost + slack)), waiting / perMs);
    },
    observe(state, nowMs, cost, admitted) {
      if (admitted) state.emptyAtMs = Math.max(state.emptyAtMs, nowMs) + cost / perMs;
    },
    finish(state, _nowMs, bookedCost, actualCost) {
      if (state.emptyAtMs > Number.NEGATIVE_INFINITY) state.emptyAtMs += (actualCost - bookedCost) / perMs;
    },
  };
}
