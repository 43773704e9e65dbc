import type { RelaySettings, SimulatorSettings } from '../../model/simulator.ts';
import { type ChanceKey, PURPOSE, uniform } from '../core/chance.ts';
import { serviceEndpoint } from '../core/endpoint.ts';
import { answerInFront, cut, spoiled } from '../core/fault-plans.ts';
import { type FaultAnswer, faultAt, isServiceError, scriptedFaults } from '../core/faults.ts';
import type { AnswerPlan, AnswerPlanned, RefusalPlanned, SimulatedCall, SimulatedEndpoint } from '../core/plan.ts';
import type { RivalSettings } from '../core/rivals.ts';
import { refusalDelayMs } from '../core/timing.ts';
import { ownLimit } from './own-limit.ts';
import { channelFor, retryWaitMs, triesAgain } from './policy.ts';
import { relayHeaders, relayRequestId } from './request-id.ts';
import { noChannelBody, ownLimitBody, refusedStream, rewrittenBody } from './rewriting.ts';

interface RelayedCall {
  readonly call: SimulatedCall;
  readonly chance: ChanceKey;
  readonly nowMs: number;
  readonly relay: RelaySettings;
}

/**
 * A relay in front of the service. Its channels are accounts of the service. Faults named after errors of the service
 * happen there; statuses and transport faults happen at the relay. Hidden retries are decided at the instant the call
 * arrives; the time they would take, and what the relay waits before them, is added to the answer.
 */
export function relayEndpoint(
  settings: SimulatorSettings,
  relay: RelaySettings,
  rivals: readonly RivalSettings[] = [],
): SimulatedEndpoint {
  const atService = settings.faults.filter(({ answer }) => isServiceError(answer));
  const upstream = serviceEndpoint({ ...settings, relay: null, faults: atService }, rivals);
  const faults = scriptedFaults(settings.faults.filter(({ answer }) => !isServiceError(answer)));
  const limit = ownLimit(relay.ownLimit);
  let originMs: number | null = null;

  return {
    answer(call, nowMs) {
      originMs ??= nowMs;
      const relayed = { call, chance: { seed: settings.seed, id: call.requestId }, nowMs, relay };
      const fault = faultAt(faults, nowMs - originMs, relayed.chance);
      const inFront = fault === null ? null : relayFault(fault, relayed, settings);
      if (inFront !== null) return inFront;
      if (!limit.admits(nowMs)) return ownRefusal(relayed);
      const { plan, delayMs } = tryChannels(upstream, relayed);
      if (plan.kind === 'refusal') return passedRefusal(plan, relayed, delayMs);
      if (plan.kind !== 'answer') return plan;
      const passed = passedAnswer(plan, relayed, delayMs);
      return fault?.kind === 'transport' ? spoiled(passed, fault.fault) : passed;
    },
    finish(plan, nowMs) {
      if (plan.kind !== 'answer' || !plan.booking?.open) return;
      upstream.finish(plan, nowMs);
      limit.succeeded(nowMs);
    },
  };
}

function tryChannels(upstream: SimulatedEndpoint, relayed: RelayedCall): { plan: AnswerPlan; delayMs: number } {
  const { chance, nowMs, relay } = relayed;
  const { channels, rewrites } = relay;
  let lastChannel: number | null = null;
  let plan: AnswerPlan = { kind: 'hang' };
  let delayMs = 0;
  for (let tryNo = 0; tryNo <= relay.retries; tryNo += 1) {
    const channel = channelFor(chance, { rewrites, channels, tryNo, lastChannel });
    if (channel === null) continue;
    if (plan.kind === 'refusal') delayMs += plan.atMs - nowMs + retryWaitMs(relay, tryNo);
    lastChannel = channel;
    plan = upstream.answer(upstreamCall(relayed, channel, tryNo), nowMs);
    // A stream that opened with 200 is a success to a relay, whatever it says.
    if (plan.kind !== 'refusal' || !triesAgain(rewrites, mappedStatus(plan.status, relay))) break;
  }
  return { plan, delayMs };
}

/** A relay does not hand on the caller's key, nor the header that asks for a place in the queue. */
function upstreamCall({ call, chance, relay }: RelayedCall, channel: number, tryNo: number): SimulatedCall {
  const swaps = relay.swapsModel !== null && uniform(chance, PURPOSE.swap) < relay.swapsModel.share;
  return {
    ...call,
    // The first try keeps the request's own chance, so that runs with and without a relay compare in pairs.
    requestId: tryNo === 0 ? call.requestId : `${call.requestId}/try${tryNo + 1}`,
    key: `acct${channel + 1}-channel`,
    model: swaps && relay.swapsModel !== null ? relay.swapsModel.to : call.model,
    waitTimeoutMs: null,
  };
}

function mappedStatus(status: number, { mapsStatus }: RelaySettings): number {
  return mapsStatus !== null && mapsStatus.from === status ? mapsStatus.to : status;
}

function relayId({ chance, nowMs, relay }: RelayedCall, epochOfZeroMs: number): string {
  return relayRequestId(chance, relay.rewrites, epochOfZeroMs + nowMs);
}

const JSON_UTF8 = 'application/json; charset=utf-8';

function relayRefusal(
  relayed: RelayedCall,
  { error, status, body }: { error: string; status: number; body: (requestId: string) => string },
): RefusalPlanned {
  const { chance, nowMs, relay } = relayed;
  return {
    kind: 'refusal',
    cause: error === 'relay_limit' ? 'relay_limit' : 'relay',
    error,
    status,
    errorStatus: status,
    inStream: false,
    atMs: nowMs + refusalDelayMs(chance) + relay.addsLatencyMs,
    headers: (epochOfZeroMs) => ({
      'content-type': JSON_UTF8,
      ...relayHeaders(relay.rewrites, relayId(relayed, epochOfZeroMs)),
    }),
    body: (epochOfZeroMs) => body(relayId(relayed, epochOfZeroMs)),
  };
}

function ownRefusal(relayed: RelayedCall): RefusalPlanned {
  const text = relayed.relay.ownLimit ?? { limit: 0, periodMs: 60_000 };
  return relayRefusal(relayed, { error: 'relay_limit', status: 429, body: (id) => ownLimitBody(text, id) });
}

/** A bare status at a relay: 503 = no usable channel; others = an upstream answer without a readable body. */
function relayFault(fault: FaultAnswer, relayed: RelayedCall, settings: SimulatorSettings): AnswerPlan | null {
  const { call, relay } = relayed;
  if (fault.kind !== 'status' || relay.rewrites === 'none') return answerInFront(fault, { ...relayed, settings });
  const { status } = fault;
  return relayRefusal(relayed, {
    error: `status_${status}`,
    status,
    body: (id) =>
      status === 503
        ? noChannelBody(relay.rewrites, call.model, id)
        : rewrittenBody(relay.rewrites, { status, upstreamStatus: status, body: '' }, id),
  });
}

function passedRefusal(plan: RefusalPlanned, relayed: RelayedCall, delayMs: number): RefusalPlanned {
  const { relay } = relayed;
  const status = mappedStatus(plan.status, relay);
  return {
    ...plan,
    status,
    errorStatus: plan.inStream ? plan.errorStatus : status,
    atMs: plan.atMs + delayMs + relay.addsLatencyMs,
    headers: (epochOfZeroMs) => ({
      'content-type': plan.inStream ? 'text/event-stream' : JSON_UTF8,
      ...relayHeaders(relay.rewrites, relayId(relayed, epochOfZeroMs)),
    }),
    body: (epochOfZeroMs) => {
      const body = plan.body(epochOfZeroMs);
      if (plan.inStream) return refusedStream(relay.rewrites, body);
      const error = { status, upstreamStatus: plan.status, body };
      return rewrittenBody(relay.rewrites, error, relayId(relayed, epochOfZeroMs));
    },
  };
}

function passedAnswer(plan: AnswerPlanned, relayed: RelayedCall, delayMs: number): AnswerPlanned {
  const { call, chance, nowMs, relay } = relayed;
  const shiftMs = delayMs + relay.addsLatencyMs;
  const passed: AnswerPlanned = {
    ...plan,
    arrivedMs: nowMs,
    headersAtMs: plan.headersAtMs + shiftMs,
    firstTokenAtMs: plan.firstTokenAtMs + shiftMs,
    finishedAtMs: plan.finishedAtMs + shiftMs,
    usage: {
      ...plan.usage,
      promptTokens: Math.round(plan.usage.promptTokens * relay.usageFactor),
      completionTokens: Math.round(plan.usage.completionTokens * relay.usageFactor),
    },
    headers: passedHeaders(plan, relayed),
  };
  const cuts = call.stream && relay.cutsStreams > 0 && uniform(chance, PURPOSE.cutsStream) < relay.cutsStreams;
  return cuts ? cut(passed, CLEAN_END[relay.rewrites]) : passed;
}

/**
 * After a broken stream one-api writes `[DONE]`, new-api also a usage chunk of its own counting (relay/adaptor/openai/main.go
 * and relay/channel/openai/helper.go, seen 2026-11-21); a plain gateway just ends the body.
 */
const CLEAN_END = { none: 'nothing', 'one-api': 'done', 'new-api': 'usage_and_done' } as const;

/**
 * Both families copy the upstream's headers of a single document and write their own for a stream
 * (relay/adaptor/openai/main.go, seen 2026-11-21); other relays are taken to drop what is not theirs.
 */
function passedHeaders(plan: AnswerPlanned, relayed: RelayedCall): AnswerPlanned['headers'] {
  const { rewrites } = relayed.relay;
  return (epochOfZeroMs) => {
    const own = relayHeaders(rewrites, relayId(relayed, epochOfZeroMs));
    if (plan.call.stream) {
      return { 'content-type': 'text/event-stream', 'cache-control': 'no-cache', 'x-accel-buffering': 'no', ...own };
    }
    return rewrites === 'none' ? { 'content-type': 'application/json' } : { ...plan.headers(epochOfZeroMs), ...own };
  };
}
