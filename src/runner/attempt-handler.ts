import type { Clock } from '../model/clock.ts';
import type { Exchange } from '../model/exchange.ts';
import type { TransportHandler } from '../model/transport.ts';
import type { Reserved } from './job.ts';

/** One try of a request: what it may cost at worst, and when it was due. */
interface Attempt {
  readonly reserved: Reserved;
  readonly dueMs: number;
}

export interface AttemptSteps {
  /** Null: nothing more may be sent. */
  reserveRetry(): Reserved | null;
  sent(attempt: Attempt, sentMs: number): void;
  retried(attempt: Attempt, exchange: Exchange): void;
  ended(attempt: Attempt, exchange: Exchange): void;
}

/** Turns what a transport reports into attempts: one, or several where the driver's own client retries. */
export function attemptHandler(clock: Clock, first: Attempt, steps: AttemptSteps): TransportHandler {
  let attempt = first;
  let dispatchedMs = clock.nowMs();
  let sent = false;

  function onSent(sentMs: number): void {
    sent = true;
    steps.sent(attempt, sentMs);
  }

  /** No bytes left (a refused connection): it was still our attempt, stamped when we tried. */
  function sendAnyway(): void {
    if (!sent) onSent(dispatchedMs);
  }

  return {
    onSent,
    onRetry(exchange) {
      const reserved = steps.reserveRetry();
      if (reserved === null) return false;
      sendAnyway();
      steps.retried(attempt, exchange);
      dispatchedMs = clock.nowMs();
      attempt = { reserved, dueMs: dispatchedMs };
      sent = false;
      return true;
    },
    onEnd(exchange) {
      sendAnyway();
      steps.ended(attempt, exchange);
    },
  };
}
