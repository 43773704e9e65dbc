import type { Clock } from '../model/clock.ts';
import type { Exchange } from '../model/exchange.ts';
import type { TransportHandler } from '../model/transport.ts';
import type { Job, Reserved } from './job.ts';

/** What a run does at each step of an attempt; one for all of its attempts. */
export interface AttemptSteps {
  readonly clock: Clock;
  /** Whether a further attempt may follow on this one, by whoever's decision. */
  mayFollow(job: Job, exchange: Exchange): boolean;
  /** Null: nothing more may be sent after this. */
  reserveRetry(job: Job, exchange: Exchange): Reserved | null;
  sent(job: Job, dueMs: number, sentMs: number): void;
  retried(job: Job, reserved: Reserved, exchange: Exchange): void;
  ended(job: Job, reserved: Reserved, exchange: Exchange): void;
}

/**
 * Turns what a transport reports into attempts: one, or several where the driver's own client retries. A class, because
 * there is one for every request: fields cost a simulated request less than closures.
 */
export class AttemptHandler implements TransportHandler {
  readonly #steps: AttemptSteps;
  readonly #job: Job;
  #reserved: Reserved;
  #dueMs: number;
  #dispatchedMs: number;
  #sent = false;

  constructor(steps: AttemptSteps, job: Job, first: { readonly reserved: Reserved; readonly dueMs: number }) {
    this.#steps = steps;
    this.#job = job;
    this.#reserved = first.reserved;
    this.#dueMs = first.dueMs;
    this.#dispatchedMs = steps.clock.nowMs();
  }

  onSent(sentMs: number): void {
    this.#sent = true;
    this.#steps.sent(this.#job, this.#dueMs, sentMs);
  }

  onFailed(exchange: Exchange): boolean {
    return this.#steps.mayFollow(this.#job, exchange);
  }

  onRetry(exchange: Exchange): boolean {
    const reserved = this.#steps.reserveRetry(this.#job, exchange);
    if (reserved === null) return false;
    this.#sendAnyway();
    this.#steps.retried(this.#job, this.#reserved, exchange);
    this.#reserved = reserved;
    this.#dispatchedMs = this.#steps.clock.nowMs();
    this.#dueMs = this.#dispatchedMs;
    this.#sent = false;
    return true;
  }

  onEnd(exchange: Exchange): void {
    this.#sendAnyway();
    this.#steps.ended(this.#job, this.#reserved, exchange);
  }

  /** No bytes left (a refused connection): it was still our attempt, stamped when we tried. */
  #sendAnyway(): void {
    if (!this.#sent) this.onSent(this.#dispatchedMs);
  }
}
