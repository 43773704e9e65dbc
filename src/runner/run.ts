import type { Arrival } from '../model/arrival.ts';
import type { Cancel } from '../model/clock.ts';
import type { Exchange } from '../model/exchange.ts';
import type { JournalRecord, StopReason } from '../model/journal.ts';
import type { NotSentReason, Outcome } from '../model/outcome.ts';
import type { PlannedSend } from '../model/tactic.ts';
import { AttemptHandler, type AttemptSteps } from './attempt-handler.ts';
import { type Budget, createBudget, isBudgetRefusal, type Spending } from './budget.ts';
import { type Job, journalStop, type LaneState, notSentRecord, type Reserved, sentRecord, stopRuleFor } from './job.ts';
import type { Run, RunOptions } from './lane.ts';
import { createTally, type Tally } from './tally.ts';

/**
 * The one loop that sends: live and in virtual time, for runs, forecasts and comparisons. It takes what is due from
 * the source, lets the tactic say when it leaves, keeps within the safety caps, and appends every step to the journal.
 */
export function startRun(options: RunOptions): Run {
  const loop = new RunLoop(options);
  loop.start();
  return loop;
}

class RunLoop implements Run {
  readonly #options: RunOptions;
  readonly #tally = createTally();
  readonly #budget: Budget;
  readonly #lanes: readonly LaneState[];
  /** Requests whose next send the tactic has put off. */
  readonly #waiting = new Map<string, Job>();
  readonly #steps: AttemptSteps;
  #unfinished = 0;
  #stopReason: StopReason | null = null;
  #done = false;
  #armed: { readonly dueMs: number; readonly cancel: Cancel } | null = null;
  #cancelDurationCap: Cancel = () => {};

  constructor(options: RunOptions) {
    this.#options = options;
    this.#budget = createBudget(options.safety);
    this.#lanes = options.lanes.map((lane) => ({ lane, budget: createBudget(lane.safety), inFlight: 0 }));
    this.#steps = {
      clock: options.clock,
      mayFollow: (job, exchange) => this.#mayFollow(job, exchange),
      reserveRetry: (job, exchange) => (this.#mayFollow(job, exchange) ? this.#reserve(job) : null),
      sent: (job, dueMs, sentMs) => this.#recordSent(job, dueMs, sentMs),
      retried: (job, reserved, exchange) => this.#retried(job, reserved, exchange),
      ended: (job, reserved, exchange) => this.#end(job, reserved, exchange),
    };
  }

  start(): void {
    const { clock, safety } = this.#options;
    const { maxDurationMs } = safety;
    if (maxDurationMs !== null) {
      const detail = `${maxDurationMs / 1000} s have passed`;
      this.#cancelDurationCap = clock.at(maxDurationMs, () =>
        this.stop({ kind: 'safety', rule: 'maxDuration', detail }),
      );
    }
    this.#arm();
  }

  stop(reason: StopReason): void {
    if (this.#stopReason !== null) return;
    this.#stopReason = reason;
    const queued = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const job of queued) {
      job.cancelTimer?.();
      this.#skip(job, 'safety_stop');
    }
    for (const lane of this.#options.lanes) lane.transport.stopRetrying?.();
    this.#arm();
  }

  abort(): void {
    this.stop({ kind: 'interrupted' });
    for (const lane of this.#options.lanes) lane.transport.abortAll();
  }

  tally(): Tally {
    return this.#tally.current();
  }

  spending(): Spending {
    return this.#budget.spending();
  }

  #pump(): void {
    const { clock, source } = this.#options;
    this.#armed = null;
    let dueMs = source.nextDueMs();
    while (this.#stopReason === null && dueMs !== null && dueMs <= clock.nowMs()) {
      this.#accept(source.take());
      dueMs = source.nextDueMs();
    }
    this.#arm();
  }

  /** Wakes up for the next arrival, or ends the run when none can come any more. */
  #arm(): void {
    const dueMs = this.#stopReason === null ? this.#options.source.nextDueMs() : null;
    if (dueMs === null) {
      this.#armed?.cancel();
      this.#armed = null;
      if (this.#unfinished === 0) this.#finish();
    } else if (this.#armed === null || dueMs < this.#armed.dueMs) {
      this.#armed?.cancel();
      this.#armed = { dueMs, cancel: this.#options.clock.at(dueMs, () => this.#pump()) };
    }
  }

  #accept(arrival: Arrival): void {
    const state = this.#lanes[arrival.variantIndex];
    if (state === undefined) throw new Error(`no lane for variant ${arrival.variantIndex}`);
    const request = state.lane.request(arrival);
    this.#tally.took();
    this.#unfinished += 1;
    const nowMs = this.#options.clock.nowMs();
    const planned = { atMs: arrival.scheduledMs, keyIndex: 0, model: null };
    const { requestId, promptTokens, maxTokens } = request;
    const asked = { requestId, arrival, promptTokens, maxTokens };
    const job: Job = { arrival, state, request, asked, attemptNo: 1, planned, cancelTimer: null };
    if (nowMs - arrival.scheduledMs > this.#options.lateToleranceMs(arrival.phaseIndex)) {
      this.#skip(job, 'late');
      return;
    }
    const first = state.lane.tactic.first(job.asked, nowMs);
    if (typeof first === 'string') {
      this.#skip(job, first);
      return;
    }
    job.planned = first;
    if (first.atMs > nowMs) this.#wait(job);
    else this.#depart(job, arrival.scheduledMs);
  }

  #wait(job: Job): void {
    const dueMs = job.planned.atMs;
    this.#waiting.set(job.request.requestId, job);
    job.cancelTimer = this.#options.clock.at(dueMs, () => {
      this.#waiting.delete(job.request.requestId);
      job.cancelTimer = null;
      const toleranceMs = this.#options.lateToleranceMs(job.arrival.phaseIndex);
      if (this.#options.clock.nowMs() - dueMs > toleranceMs) this.#skip(job, 'late');
      else this.#depart(job, dueMs);
    });
  }

  #depart(job: Job, dueMs: number): void {
    const { tactic } = job.state.lane;
    const nowMs = this.#options.clock.nowMs();
    const departure = tactic.depart?.(job.asked, job.attemptNo, job.planned, nowMs) ?? job.planned;
    if (departure === 'held') {
      this.#waiting.set(job.request.requestId, job);
      return;
    }
    if (typeof departure === 'string') {
      this.#skip(job, departure);
      return;
    }
    job.planned = departure;
    if (departure.atMs > nowMs) {
      this.#wait(job);
      return;
    }
    this.#send(job, dueMs);
    this.#callTurn(job.state);
  }

  /** A departure or an end makes room: wakes the held request that the tactic names. */
  #callTurn({ lane }: LaneState): void {
    const turn = lane.tactic.turn?.(this.#options.clock.nowMs()) ?? null;
    const job = turn === null ? undefined : this.#waiting.get(turn.requestId);
    if (turn === null || job === undefined) return;
    job.planned = { ...job.planned, atMs: turn.atMs };
    this.#wait(job);
  }

  #send(job: Job, dueMs: number): void {
    const { state, attemptNo, planned } = job;
    if (state.inFlight >= state.lane.safety.maxInFlight) {
      this.#skip(job, 'in_flight_cap');
      return;
    }
    const reserved = this.#reserve(job);
    if (reserved === null) {
      this.#skip(job, 'budget');
      return;
    }
    state.inFlight += 1;
    const request = planned.model === null ? job.request : { ...job.request, model: planned.model };
    const handler = new AttemptHandler(this.#steps, job, { reserved, dueMs });
    state.lane.transport.send({ request, attemptNo, keyIndex: planned.keyIndex }, handler);
  }

  #recordSent(job: Job, dueMs: number, sentMs: number): void {
    this.#tally.sent();
    this.#write(sentRecord(job, { dueMs, sentMs }));
  }

  #reserve(job: Job): Reserved | null {
    const { price } = job.state.lane;
    const run = this.#budget.reserve(job.request, price);
    if (isBudgetRefusal(run)) {
      this.stop({ kind: 'safety', rule: run.cap, detail: run.detail });
      return null;
    }
    const lane = job.state.budget.reserve(job.request, price);
    if (isBudgetRefusal(lane)) {
      this.#budget.release(run);
      return null;
    }
    return { run, lane };
  }

  #settle(job: Job, reserved: Reserved, exchange: Exchange): Outcome {
    const outcome = job.state.lane.judge(exchange);
    this.#budget.settle(reserved.run, exchange, outcome);
    job.state.budget.settle(reserved.lane, exchange, outcome);
    const rule = stopRuleFor(outcome, job.state.lane.safety);
    if (rule !== null) this.stop({ kind: 'safety', rule, detail: `request ${job.request.requestId}` });
    return outcome;
  }

  #recordEnd(job: Job, exchange: Exchange, { outcome, final }: { outcome: Outcome; final: boolean }): void {
    const { requestId } = job.request;
    this.#write({ type: 'end', requestId, attemptNo: job.attemptNo, exchange, outcome, final });
    this.#tally.ended(outcome);
  }

  /** A refusal that stops the run is not asked about again. */
  #mayFollow({ state }: Job, exchange: Exchange): boolean {
    return this.#stopReason === null && stopRuleFor(state.lane.judge(exchange), state.lane.safety) === null;
  }

  /** The driver's own client sends again: neither the tactic nor the source is asked. */
  #retried(job: Job, reserved: Reserved, exchange: Exchange): void {
    const outcome = this.#settle(job, reserved, exchange);
    this.#recordEnd(job, exchange, { outcome, final: false });
    job.attemptNo += 1;
  }

  #end(job: Job, reserved: Reserved, exchange: Exchange): void {
    job.state.inFlight -= 1;
    const outcome = this.#settle(job, reserved, exchange);
    const following = this.#following(job, outcome);
    this.#recordEnd(job, exchange, { outcome, final: following === null });
    if (following === null) {
      this.#complete(job, outcome);
      return;
    }
    job.attemptNo += 1;
    job.planned = following;
    this.#wait(job);
    this.#callTurn(job.state);
  }

  #following(job: Job, outcome: Outcome): PlannedSend | null {
    if (this.#stopReason !== null) return null;
    const nowMs = this.#options.clock.nowMs();
    return job.state.lane.tactic.next(job.asked, job.attemptNo, job.planned, outcome, nowMs);
  }

  #skip(job: Job, reason: NotSentReason): void {
    const outcome: Outcome = { kind: 'not_sent', reason };
    this.#write(notSentRecord(job, reason, this.#options.clock.nowMs()));
    this.#tally.notSent(outcome);
    this.#complete(job, outcome);
  }

  #complete(job: Job, outcome: Outcome): void {
    this.#unfinished -= 1;
    job.state.lane.tactic.ended?.(job.request.requestId);
    this.#options.source.onFinished(job.arrival, outcome, this.#options.clock.nowMs());
    this.#callTurn(job.state);
    this.#arm();
  }

  #write(record: JournalRecord): void {
    const { sink } = this.#options;
    sink.write(record);
    const reason = journalStop(sink);
    if (reason !== null) this.stop(reason);
  }

  #finish(): void {
    if (this.#done) return;
    this.#done = true;
    this.#cancelDurationCap();
    const reason = this.#stopReason ?? { kind: 'completed' };
    this.#options.sink.write({ type: 'finish', atMs: this.#options.clock.nowMs(), reason });
    this.#options.onDone(reason);
  }
}
