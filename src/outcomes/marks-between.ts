import type { Mark } from './marks.ts';

/** Marks of a relay on the way: headers, error types, wrappers. */
export const RELAY_MARKS: readonly Mark[] = [
  {
    name: 'cloudflare-ai-gateway',
    when: { fact: /^name=aigatewayerror$/ },
    source: 'github.com/can1357/oh-my-pi/pull/11327',
  },
  {
    name: 'portkey',
    when: { header: /^x-portkey-/ },
    source: '@portkey-ai/gateway 1.15.2, seen on the wire 2026-11',
  },
  {
    name: 'portkey',
    when: { says: /x-portkey-/ },
    source: '@portkey-ai/gateway 1.15.2, seen on the wire 2026-11',
  },
  {
    name: 'litellm',
    when: { says: /\blitellm\b|\blitellm_|received model group=/ },
    source: 'docs.litellm.ai/docs/proxy/response_headers; BerriAI/litellm#14144',
  },
  {
    name: 'litellm',
    when: {
      says: /limit type: \w+\. current limit: |cooldown_list=|budget has been exceeded! current cost|exceededbudget: |max parallel request limit|authentication error, key not allowed|this key can only access models=/,
    },
    source: 'BerriAI/litellm parallel_request_limiter_v3.py',
  },
  {
    name: 'litellm',
    when: { header: /^(?:x-litellm-|llm_provider-|rate_limit_type: )/ },
    source: 'docs.litellm.ai/docs/proxy/response_headers, seen 2026-11-21',
  },
  {
    name: 'bifrost',
    when: { fact: /^is_bifrost_error=/ },
    source: 'maximhq/bifrost plugins/governance/main.go',
  },
  { name: 'openrouter', when: { host: /(?:^|\.)openrouter\.ai$/ }, source: 'openrouter.ai/docs/api/errors' },
  { name: 'openrouter', when: { link: /openrouter\.ai/ }, source: 'openrouter.ai/docs/api/errors' },
  {
    name: 'openrouter',
    when: { fact: /^limit_source=|^is_byok=/ },
    source: 'openrouter.ai/docs/api/errors',
  },
  {
    name: 'portkey',
    when: { says: /invalid response received from \w/ },
    source: 'Portkey-AI/gateway src/providers/utils.ts; its forks keep the sentence (truefoundry/models#862)',
  },
  { name: 'omniroute', when: { says: /\bomniroute\b/ }, source: 'github.com/diegosouzapw/OmniRoute/issues/9731' },
  { name: 'opencode', when: { id: /^freeusagelimiterror$/ }, source: 'github.com/anomalyco/opencode/issues/42033' },
  {
    name: 'one-api',
    when: { type: /^one_api_error$/ },
    source: 'songquanpeng/one-api@8df4a2670 middleware/utils.go',
  },
  {
    name: 'new-api',
    when: { type: /^\w+_api_error$/ },
    source: 'QuantumNous/new-api types/error.go; forks rename the prefix',
  },
  {
    name: 'new-api',
    when: { type: /^bad_response_status_code$/ },
    source: 'QuantumNous/new-api types/error.go: its codes stand in `type` in answers of the Anthropic dialect',
  },
  {
    name: 'new-api',
    when: { says: /^invalid url \((?:get|post|put|delete|patch) /m, fact: /^code=$/ },
    source: 'QuantumNous/new-api controller/relay.go RelayNotFound: OpenAI sends null where it sends an empty code',
  },
  {
    name: 'new-api',
    when: { fact: /^has=localized_message$|^localized_message=/ },
    source: 'github.com/666ghj/BettaFish/issues/579',
  },
  {
    name: 'new-api',
    when: { header: /^x-oneapi-request-id: \d{14,}(?=\d*[a-z])/ },
    source: 'one-api ids are digits, new-api ids end in letters: common/utils.go of both, seen 2026-11',
  },
  {
    name: 'new-api',
    when: { says: /\(request id: \d{14,}(?=\d*[a-z])/ },
    source: 'github.com/WEIFENG2333/VideoCaptioner/issues/1120',
  },
  {
    name: 'one-api',
    when: { header: /^x-oneapi-request-id: / },
    source: 'songquanpeng/one-api@8df4a2670 middleware/request-id.go',
  },
  {
    name: 'one-api',
    when: { says: /分组\S{0,40}负载已饱和|\(request id: \d{14,}\)/ },
    source: 'songquanpeng/one-api@8df4a2670 controller/relay.go',
  },
  { name: 'helicone', when: { header: /^(?:helicone-|x-ratelimit-after: )/ }, source: 'Helicone/ai-gateway@42d29989' },
  {
    name: 'relay',
    when: {
      says: /error from provider ?\(|upstream rate limit exceeded|^upstream\s+returned|upstream error:|upstream \S* ?returned/m,
    },
    source: 'github.com/anomalyco/opencode/issues/29912; public relay logs, 2026',
  },
  {
    name: 'sub2api',
    when: { says: /concurrency limit exceeded for (?!account)\w{1,20}, please retry later/ },
    source: 'Wei-Shaw/sub2api gateway handlers, handleConcurrencyError: slot types user, group and api key',
  },
  {
    name: 'claude-relay-service',
    when: { fact: /^concurrencylimit=\d/ },
    source: 'Wei-Shaw/claude-relay-service src/middleware/auth.js',
  },
  {
    name: 'relay',
    when: { says: /concurrency limit exceeded for account/ },
    source: 'sub2api account concurrency gate, public relay log, 2026',
  },
];

/** Words and headers by which a proxy gives itself away where neither a provider nor a relay is in sight. */
export const EDGE_MARKS: readonly Mark[] = [
  {
    name: 'traefik',
    when: { says: /^max rate reached: retry-in /m },
    source: 'github.com/traefik/traefik/issues/3440',
  },
  {
    name: 'apisix',
    when: { fact: /^error_msg=/, header: /^server: apisix/ },
    source: 'github.com/apache/apisix/issues/8091: the plugins put their message into `error_msg`',
  },
  {
    name: 'cloudflare',
    when: { says: /^error code: ?\d{3,4}$/m, header: /^(?:server: cloudflare|cf-ray: )/ },
    source: 'developers.cloudflare.com/support: errors 1xxx and 5xx as plain text',
  },
  {
    name: 'envoy',
    when: {
      says: /^(?:upstream connect error or disconnect\/reset before headers|no healthy upstream|upstream request timeout)/m,
    },
    source: 'envoyproxy/envoy source/common/router: local replies',
  },
];
