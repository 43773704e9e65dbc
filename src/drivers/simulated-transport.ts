import type { Cancel, Clock } from '../model/clock.ts';
import type { Exchange } from '../model/exchange.ts';
import type { Outgoing } from '../model/request.ts';
import type { Timeouts } from '../model/scenario.ts';
import type { DialectName } from '../model/target.ts';
import type { Transport } from '../model/transport.ts';
import type { AnswerPlanned, SimulatedCall, SimulatedEndpoint } from '../simulator/core/plan.ts';
import { exchangeFor, silence, unanswered } from './simulated-exchange.ts';

export interface SimulatedTransportOptions {
  readonly endpoint: SimulatedEndpoint;
  /** Virtual: the endpoint gets its times in order because this clock runs them in order. */
  readonly clock: Clock;
  readonly dialect: DialectName;
  /** One way. */
  readonly networkMs: number;
  readonly waitTimeoutMs: number | null;
  readonly timeouts: Timeouts;
  /** By key index: they select accounts. */
  readonly keys: readonly string[];
}

/**
 * The simulated endpoint in this process, in virtual time: its plans become exchanges by arithmetic. Texts exist for
 * refusals only; an answer's headers, body bytes and hash are not made, because nothing that is reported needs them.
 */
export function simulatedTransport(options: SimulatedTransportOptions): Transport {
  const { clock, networkMs } = options;
  const open = openFlights();

  function callOf({ request, attemptNo, keyIndex }: Outgoing): SimulatedCall {
    return {
      requestId: `${request.requestId}#${attemptNo}`,
      dialect: options.dialect === 'dashscope-native' ? 'dashscope-native' : 'dashscope',
      model: request.model,
      key: options.keys[keyIndex] ?? '',
      promptTokens: request.promptTokens,
      maxTokens: request.maxTokens,
      stream: request.stream,
      includeUsage: true,
      waitTimeoutMs: options.waitTimeoutMs,
      thinking: request.extraBody.enable_thinking === true,
    };
  }

  return {
    send(outgoing, handler) {
      const flight = new Flight(options, (exchange, ended) => {
        open.remove(ended);
        handler.onEnd(exchange);
      });
      open.add(flight);
      clock.at(flight.sentMs + networkMs, () => flight.arrive(callOf(outgoing)));
      handler.onSent(flight.sentMs);
    },
    abortAll() {
      for (const flight of open.all()) flight.cancel();
    },
    sockets: () => ({ open: 0, opened: 0 }),
  };
}

/**
 * No `Set`: a table that a Set has outgrown points to the one after it, so that dead tables in old space keep every
 * later flight alive until a full collection. That doubled the cost of a simulated exchange.
 */
function openFlights() {
  const flights: Flight[] = [];
  return {
    all: () => [...flights],
    add(flight: Flight): void {
      flight.place = flights.length;
      flights.push(flight);
    },
    remove(flight: Flight): void {
      const last = flights.pop();
      if (last === undefined || last === flight) return;
      flights[flight.place] = last;
      last.place = flight.place;
    },
  };
}

/** One call on its way through virtual time. */
class Flight {
  /** Index among the open flights. */
  place = 0;
  readonly sentMs: number;
  done = false;
  readonly #options: SimulatedTransportOptions;
  readonly #onEnd: (exchange: Exchange, flight: Flight) => void;
  #cancelEnd: Cancel | null = null;
  #plan: AnswerPlanned | null = null;
  #cancelFinish: Cancel | null = null;

  constructor(options: SimulatedTransportOptions, onEnd: (exchange: Exchange, flight: Flight) => void) {
    this.#options = options;
    this.#onEnd = onEnd;
    this.sentMs = options.clock.nowMs();
  }

  arrive(call: SimulatedCall): void {
    if (this.done) return;
    const { endpoint, clock, timeouts } = this.#options;
    const plan = endpoint.answer(call, clock.nowMs());
    if (plan.kind === 'queued') {
      clock.at(plan.againAtMs, () => this.arrive(plan.call));
      this.#limit(timeouts);
      return;
    }
    const exchange = exchangeFor(plan, this.sentMs, this.#options);
    if (plan.kind === 'answer') this.#hold(plan, exchange.finishedMs);
    this.#endWith(exchange);
  }

  cancel(): void {
    if (this.done) return;
    this.#cancelEnd?.();
    const { clock, networkMs } = this.#options;
    if (this.#plan !== null) {
      this.#cancelFinish?.();
      this.#settleAt(this.#plan, clock.nowMs() + networkMs);
    }
    this.#end(unanswered(this.sentMs, clock.nowMs(), { kind: 'cancelled' }));
  }

  /** While the endpoint lets the call wait, only the client's own limits can end it. */
  #limit(timeouts: Timeouts): void {
    if (this.#cancelEnd !== null) return;
    const timeout = silence(timeouts);
    this.#endWith(unanswered(this.sentMs, this.sentMs + timeout.afterMs, timeout));
  }

  /** The endpoint settles when its answer ends, or when it notices that the client has gone. */
  #hold(plan: AnswerPlanned, endMs: number): void {
    this.#plan = plan;
    this.#cancelFinish = this.#settleAt(plan, Math.min(plan.finishedAtMs, endMs + this.#options.networkMs));
  }

  #settleAt(plan: AnswerPlanned, atMs: number): Cancel {
    const { clock, endpoint } = this.#options;
    return clock.at(atMs, () => endpoint.finish(plan, clock.nowMs()));
  }

  #endWith(exchange: Exchange): void {
    this.#cancelEnd?.();
    this.#cancelEnd = this.#options.clock.at(exchange.finishedMs, () => this.#end(exchange));
  }

  #end(exchange: Exchange): void {
    this.done = true;
    this.#onEnd(exchange, this);
  }
}
