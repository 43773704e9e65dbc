import type { Rule } from '../rule.ts';

const SATURATED = /分组\S{0,40}负载已饱和|分组\s\S{1,40}\s?\S{0,10}负载已饱和/;
const ONE_API = {
  source: 'songquanpeng/one-api@8df4a2670 controller/relay.go, relay/controller/error.go',
  seenOn: '2025-02-21',
};

/**
 * one-api and older new-api replace the message of every upstream 429 and keep `type`, `code` and `param`: the message
 * says nothing, what survives decides. These rows come first; surviving provider codes fall through to the provider's table.
 */
export const REWRITTEN_RULES: readonly Rule[] = [
  {
    id: 'relay.status-mapped',
    when: { code: /^bad_response_status_code$/, fact: /^param=(?:40[0-8]|41\d|42[0-8]|50[0-24-9])$/ },
    verdict: 'client_error',
    heals: 'never',
    reason: '`param` is the status the upstream really gave: a mapped 404 is no limit',
    source: 'github.com/WEIFENG2333/VideoCaptioner/issues/1120',
    seenOn: '2026-05-21',
  },
  {
    id: 'relay.kind-lost',
    when: { code: /^bad_response_status_code$/, says: SATURATED },
    verdict: 'unknown',
    heals: 'unknown',
    candidates: ['requests', 'tokens', 'burst', 'overload'],
    reason: 'the upstream body was not OpenAI-shaped, so its kind is lost for good',
    ...ONE_API,
  },
  {
    id: 'relay.saturated',
    when: { says: SATURATED, code: /^\d{3}$/ },
    or: [{ says: SATURATED, factNot: /^code=[a-z]/ }],
    verdict: 'overload',
    heals: 'seconds',
    origin: 'relay',
    reason: 'the saturation text with no upstream code left behind it',
    source: 'github.com/666ghj/BettaFish/issues/535',
    seenOn: '2026-01-07',
  },
];
