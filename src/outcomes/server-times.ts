/** Times and counts that servers and relays state about an exchange. Null where a header is absent or unreadable. */
export interface ServerTimes {
  /** Epoch milliseconds when DashScope's gateway saw the request; with `respondedWallMs` it tells server from network time. */
  readonly arrivedWallMs: number | null;
  readonly respondedWallMs: number | null;
  /** From arrival to the first byte of the answer, as the server counts. */
  readonly serverMs: number | null;
  /** The part spent behind the gateway. */
  readonly upstreamMs: number | null;
  /** Time the relay added, where it says so. */
  readonly relayMs: number | null;
  /** Upstream tries behind this answer: `x-portkey-retry-attempt-count`, `x-litellm-attempted-retries`; -1 = all used up. */
  readonly hiddenRetries: number | null;
  readonly hiddenFallbacks: number | null;
}

type Headers = Readonly<Record<string, string>>;

function number(headers: Headers, ...names: readonly string[]): number | null {
  for (const name of names) {
    const value = headers[name] ?? headers[`llm_provider-${name}`];
    if (value !== undefined && /^\s*-?\d{1,15}(?:\.\d{1,9})?(?:ms)?\s*$/.test(value)) return Number.parseFloat(value);
  }
  return null;
}

/** Reads them from lower-case headers; LiteLLM passes a provider's own as `llm_provider-*`. */
export function serverTimes(headers: Headers): ServerTimes {
  const arrivedWallMs = number(headers, 'req-arrive-time');
  const respondedWallMs = number(headers, 'resp-start-time');
  const between = arrivedWallMs === null || respondedWallMs === null ? null : respondedWallMs - arrivedWallMs;
  return {
    arrivedWallMs,
    respondedWallMs,
    serverMs: number(headers, 'req-cost-time', 'openai-processing-ms') ?? between,
    upstreamMs: number(headers, 'x-envoy-upstream-service-time', 'x-kong-upstream-latency'),
    relayMs: number(headers, 'x-litellm-overhead-duration-ms', 'x-kong-proxy-latency'),
    hiddenRetries: number(headers, 'x-portkey-retry-attempt-count', 'x-litellm-attempted-retries'),
    hiddenFallbacks: number(headers, 'x-litellm-attempted-fallbacks'),
  };
}

const RELAY_FACT =
  /^(?:x-portkey-|x-litellm-(?:attempted|model-(?:id|group)|version|call-id)|ngrok-aig-|cf-aig-|x-fallback-trail$|x-dashscope-resolved-model$)/;
/** Differs with each answer, so counting it would say nothing. */
const PER_ANSWER = /trace-id|call-id|request-id/;

/** Headers in which relays state routing and retries, verbatim, for the report: `name: value` lines worth counting. */
export function relayFacts(headers: Headers): readonly string[] {
  return Object.entries(headers)
    .filter(([name, value]) => RELAY_FACT.test(name) && !PER_ANSWER.test(name) && value !== '')
    .map(([name, value]) => `${name}: ${value.slice(0, 120)}`);
}
