import type { Tactic } from '../model/tactic.ts';
import type { Decider, Pace } from './layers.ts';
import { departureQueue } from './queue.ts';

export interface Composition {
  /** Outermost first. */
  readonly deciders: readonly Decider[];
  readonly paces: readonly Pace[];
  /** How many may wait for the paces. */
  readonly capacity: number;
}

/**
 * How tactics combine. There are two kinds.
 *
 * *Deciders* (back-off, keys, fallback) say what follows a failed attempt. They nest: the innermost is asked first, and
 * one further out acts only when all inside it have nothing to offer. Its attempt keeps what the deciders outside it
 * chose and undoes what those inside it chose, which begin anew. So `[backoff, keys, fallback]` tries the other models,
 * then another key from the first model on, and waits when nothing is left; `[fallback, backoff]` waits and retries on
 * one model until the back-off gives up, and only then takes the next.
 *
 * *Paces* (smooth, adaptive) say when a send may leave. All of them join in one queue in front of the wire, wherever
 * they stand in the list, and every attempt passes it, retries included: a retry joins the end of the queue when its
 * wait is over. The key is chosen at the departure, when it is known which keys are cooling down.
 */
export function compose(composition: Composition): Tactic {
  const { deciders, paces, capacity } = composition;
  const queue = paces.length === 0 ? null : departureQueue({ paces, capacity });
  const tactic: Tactic = {
    first: (_request, nowMs) => ({ atMs: nowMs, keyIndex: 0, model: null }),
    next(request, attemptNo, sent, outcome, nowMs) {
      const ended = { request, attemptNo, sent, outcome, atMs: nowMs };
      queue?.ended(ended);
      for (const decider of deciders) decider.seen?.(ended);
      for (let index = deciders.length - 1; index >= 0; index -= 1) {
        const planned = deciders[index]?.again(ended) ?? null;
        if (planned === null) continue;
        const inside = deciders.slice(index + 1);
        return inside.reduce((plan, inner) => inner.restart?.(request.requestId, plan) ?? plan, planned);
      }
      return null;
    },
    depart(request, attemptNo, planned, nowMs) {
      const departure = queue === null ? planned : queue.depart(request, attemptNo, planned, nowMs);
      if (typeof departure === 'string' || departure.atMs > nowMs) return departure;
      return deciders.reduce((plan, decider) => decider.aim?.(request, plan, nowMs) ?? plan, departure);
    },
    ended(requestId) {
      queue?.gone(requestId);
      for (const decider of deciders) decider.forget?.(requestId);
    },
  };
  return queue === null ? tactic : { ...tactic, turn: (nowMs) => queue.turn(nowMs) };
}
