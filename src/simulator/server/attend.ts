import type { ServerResponse } from 'node:http';
import type { SimulatorSettings } from '../../model/simulator.ts';
import type { AnswerPlan, SimulatedCall, SimulatedDialect } from '../core/plan.ts';
import { type RefusedCall, statusRefusal, tableRefusal } from '../core/refusal.ts';
import { simulatedEndpoint } from '../endpoint.ts';
import { documentedError } from '../wire/error-table.ts';
import type { NativeFormat } from '../wire/native.ts';
import type { ParsedCall } from './incoming.ts';
import { type PlayablePlan, play } from './play.ts';
import type { Tally } from './tally.ts';
import type { Timers } from './timers.ts';

const MESSAGE_FORMAT: NativeFormat = { messageFormat: true, incremental: true };

/** The endpoint under a live clock: hands calls in, plays what it plans, tells it when answers end. */
export function attendant(settings: SimulatorSettings, timers: Timers, seen: Tally) {
  const endpoint = simulatedEndpoint(settings);
  const { networkMs } = settings.latency;
  let refusals = 0;
  let lastMs = 0;
  /** The core's time never goes back, whatever the order in which timers fire. */
  const forward = (atMs: number) => {
    lastMs = Math.max(lastMs, atMs);
    return lastMs;
  };

  const answer = (call: SimulatedCall, atMs: number, response: ServerResponse, ready: (plan: PlayablePlan) => void) => {
    // A client that left before its turn uses up nothing.
    if (response.destroyed) return;
    const plan = endpoint.answer(call, forward(atMs));
    seen.planned(plan);
    if (plan.kind !== 'queued') return ready(plan);
    if (call.queuedSinceMs === undefined) seen.queued();
    timers.at(plan.againAtMs, () => answer(plan.call, plan.againAtMs, response, ready));
  };

  const finishWith = (plan: AnswerPlan, response: ServerResponse) => {
    if (plan.kind !== 'answer') return;
    const cancel = timers.at(plan.finishedAtMs, () => endpoint.finish(plan, forward(plan.finishedAtMs)));
    response.once('close', () => {
      cancel();
      endpoint.finish(plan, forward(timers.nowMs()));
    });
  };

  const uncalled = (dialect: SimulatedDialect): RefusedCall => {
    refusals += 1;
    const requestId = `refused-${refusals}`;
    const chance = { seed: settings.seed, id: requestId };
    return { call: { ...NO_CALL, requestId, dialect }, chance, nowMs: timers.nowMs(), settings };
  };

  const respond = (plan: PlayablePlan, response: ServerResponse) => {
    seen.planned(plan);
    play(plan, { response, timers, networkMs, format: MESSAGE_FORMAT });
  };

  return {
    /** `arrivedMs`: when the client's request reached this process; the way through the network comes on top. */
    serve({ call, format }: ParsedCall, response: ServerResponse, arrivedMs: number): void {
      seen.model(call.model);
      const reachesMs = arrivedMs + networkMs;
      const start = () =>
        answer(call, reachesMs, response, (plan) => {
          finishWith(plan, response);
          play(plan, { response, timers, networkMs, format });
        });
      if (networkMs > 0) timers.at(reachesMs, start);
      else start();
    },
    /** Answers what never becomes a call with an error of the table. */
    refuse(name: string, dialect: SimulatedDialect, response: ServerResponse): void {
      const error = documentedError(name);
      if (error === undefined) throw new Error(`the error table lacks ${name}`);
      respond(tableRefusal(error, 'request', uncalled(dialect)), response);
    },
    /** No such path: which body DashScope has for that was not found. */
    notFound(response: ServerResponse): void {
      respond({ ...statusRefusal(404, uncalled('dashscope')), cause: 'request' }, response);
    },
  };
}

const NO_CALL = {
  model: '',
  key: '',
  promptTokens: 0,
  maxTokens: null,
  stream: false,
  includeUsage: false,
  waitTimeoutMs: null,
} as const;
