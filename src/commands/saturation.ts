import type { ClosedLoop } from '../drivers/autocannon-loop.ts';
import type { Arrival, PlannedPhase } from '../model/arrival.ts';
import type { Cancel, Clock } from '../model/clock.ts';
import type { Exchange } from '../model/exchange.ts';
import type { JournalRecord, JournalSink, StopReason } from '../model/journal.ts';
import type { Request } from '../model/request.ts';
import type { Phase } from '../model/scenario.ts';
import type { TransportHandler } from '../model/transport.ts';
import { createBudget, isBudgetRefusal, type Reservation } from '../runner/budget.ts';
import { journalStop, stopRuleFor } from '../runner/job.ts';
import type { Lane, Run } from '../runner/lane.ts';
import { createTally } from '../runner/tally.ts';
import type { OpenClosedLoop } from './live-lanes.ts';

export interface SaturationOptions {
  readonly clock: Clock;
  readonly lane: Lane;
  readonly openLoop: OpenClosedLoop;
  readonly sink: JournalSink;
  /** Closed phases and pauses, and where they lie. */
  readonly traffic: readonly Phase[];
  readonly phases: readonly PlannedPhase[];
  readonly onDone: (reason: StopReason) => void;
}

export interface SaturationRun extends Run {
  sockets(): { readonly open: number; readonly opened: number };
}

/**
 * A run whose closed phases a driver plays by itself: it asks for each request and reports on it, and here every one is
 * budgeted, judged and recorded as the run loop would.
 */
export function startSaturation(options: SaturationOptions): SaturationRun {
  const run = new Saturation(options);
  run.start();
  return run;
}

class Saturation implements SaturationRun {
  readonly #options: SaturationOptions;
  readonly #tally = createTally();
  readonly #budget;
  #loop: ClosedLoop | null = null;
  #openedBefore = 0;
  #seq = 0;
  #aborted = false;
  #stopReason: StopReason | null = null;
  #wake: () => void = () => {};
  #cancelDurationCap: Cancel = () => {};

  constructor(options: SaturationOptions) {
    this.#options = options;
    this.#budget = createBudget(options.lane.safety);
  }

  start(): void {
    const { clock, lane } = this.#options;
    const { maxDurationMs } = lane.safety;
    if (maxDurationMs !== null) {
      const detail = `${maxDurationMs / 1000} s have passed`;
      const stop = () => this.stop({ kind: 'safety', rule: 'maxDuration', detail });
      this.#cancelDurationCap = clock.at(maxDurationMs, stop);
    }
    void this.#play();
  }

  stop(reason: StopReason): void {
    this.#stopReason ??= reason;
    this.#loop?.drain();
    this.#wake();
  }

  abort(): void {
    this.#aborted = true;
    this.stop({ kind: 'interrupted' });
    this.#loop?.abort();
  }

  tally() {
    return this.#tally.current();
  }

  spending() {
    return this.#budget.spending();
  }

  sockets() {
    const now = this.#loop?.sockets() ?? { open: 0, opened: 0 };
    return { open: now.open, opened: this.#openedBefore + now.opened };
  }

  async #play(): Promise<void> {
    const { clock, sink, phases, traffic, onDone } = this.#options;
    try {
      for (const phase of phases) {
        const spec = traffic[phase.index];
        if (spec?.kind !== 'closed') continue;
        await this.#waitUntil(phase.startMs);
        if (this.#stopReason !== null) break;
        await this.#playPhase(phase, spec.concurrency);
      }
    } catch (error) {
      this.#stopReason ??= {
        kind: 'safety',
        rule: 'driver',
        detail: error instanceof Error ? error.message : 'unknown',
      };
    }
    const reason: StopReason = this.#stopReason ?? { kind: 'completed' };
    this.#cancelDurationCap();
    sink.write({ type: 'finish', atMs: clock.nowMs(), reason });
    onDone(reason);
  }

  #waitUntil(dueMs: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#options.clock.at(dueMs, resolve);
      this.#wake = () => {
        cancel();
        resolve();
      };
      if (this.#stopReason !== null) this.#wake();
    });
  }

  async #playPhase(phase: PlannedPhase, concurrency: number): Promise<void> {
    const { clock, lane, openLoop } = this.#options;
    const connections = Math.min(concurrency, lane.safety.maxInFlight);
    const loop = await openLoop({ connections, next: () => this.#next(phase) });
    this.#loop = loop;
    const cancel = clock.at(phase.endMs, () => loop.drain());
    if (this.#stopReason !== null) loop.drain();
    if (this.#aborted) loop.abort();
    await loop.done;
    cancel();
    this.#openedBefore += loop.sockets().opened;
    this.#loop = null;
  }

  #next(phase: PlannedPhase) {
    const { clock, lane } = this.#options;
    const nowMs = clock.nowMs();
    if (this.#stopReason !== null || nowMs >= phase.endMs) return null;
    const seq = this.#seq++;
    const arrival: Arrival = {
      seq,
      phaseIndex: phase.index,
      scheduledMs: nowMs,
      variantIndex: 0,
      pairSeq: seq,
      turn: 0,
      size: null,
    };
    const request = lane.request(arrival);
    this.#tally.took();
    const reserved = this.#budget.reserve(request, lane.price);
    if (isBudgetRefusal(reserved)) {
      this.#write({
        type: 'not_sent',
        requestId: request.requestId,
        attemptNo: 1,
        arrival,
        dueMs: nowMs,
        decidedMs: nowMs,
        reason: 'budget',
      });
      this.#tally.notSent({ kind: 'not_sent', reason: 'budget' });
      this.stop({ kind: 'safety', rule: reserved.cap, detail: reserved.detail });
      return null;
    }
    return { outgoing: { request, attemptNo: 1, keyIndex: 0 }, handler: this.#handler(request, arrival, reserved) };
  }

  #handler(request: Request, arrival: Arrival, reserved: Reservation): TransportHandler {
    const { lane } = this.#options;
    const { requestId, model, promptTokens, maxTokens } = request;
    const dueMs = arrival.scheduledMs;
    let sent = false;
    const onSent = (sentMs: number) => {
      sent = true;
      this.#tally.sent();
      const what = { requestId, attemptNo: 1, arrival, model, keyIndex: 0, promptTokens, maxTokens };
      this.#write({ type: 'sent', ...what, dueMs, sentMs });
    };
    const onEnd = (exchange: Exchange) => {
      // No bytes left (a refused connection): it was still our attempt, stamped when we tried.
      if (!sent) onSent(dueMs);
      const outcome = lane.judge(exchange);
      this.#budget.settle(reserved, exchange, outcome);
      this.#write({ type: 'end', requestId, attemptNo: 1, exchange, outcome, final: true });
      this.#tally.ended(outcome);
      const rule = stopRuleFor(outcome, lane.safety);
      if (rule !== null) this.stop({ kind: 'safety', rule, detail: `request ${requestId}` });
    };
    return { onSent, onEnd };
  }

  #write(record: JournalRecord): void {
    const { sink } = this.#options;
    sink.write(record);
    const reason = journalStop(sink);
    if (reason !== null) this.stop(reason);
  }
}
