import type { TacticSpec } from '../model/scenario.ts';
import type { TacticRequest } from '../model/tactic.ts';
import type { Pace } from './layers.ts';

type Smooth = Extract<TacticSpec, { kind: 'smooth' }>;

/**
 * An even pace: a request keeps the line busy for 1 / rate seconds, and for its tokens / token rate. Tokens are the
 * estimated prompt plus `maxTokens`, the most it can take; without `maxTokens` the answer is not paced.
 */
export function smoothPaces(spec: Smooth): readonly Pace[] {
  const paces: Pace[] = [];
  const { perSecond, tokensPerSecond, concurrency } = spec;
  if (concurrency !== null) paces.push(slots(concurrency));
  if (perSecond !== null) paces.push(spacing(() => 1000 / perSecond));
  if (tokensPerSecond !== null) {
    paces.push(spacing(({ promptTokens, maxTokens }) => ((promptTokens + (maxTokens ?? 0)) * 1000) / tokensPerSecond));
  }
  return paces;
}

function spacing(busyMs: (request: TacticRequest) => number): Pace {
  let freeAtMs = Number.NEGATIVE_INFINITY;
  return {
    readyMs: () => freeAtMs,
    left(request, nowMs) {
      freeAtMs = nowMs + busyMs(request);
    },
  };
}

/** A slot is held while an attempt is in flight, not while its request waits for the next one. */
function slots(count: number): Pace {
  const inFlight = new Set<string>();
  return {
    readyMs: (nowMs) => (inFlight.size < count ? nowMs : Number.POSITIVE_INFINITY),
    left: ({ requestId }) => void inFlight.add(requestId),
    ended: ({ request }) => void inFlight.delete(request.requestId),
    gone: (requestId) => void inFlight.delete(requestId),
  };
}
