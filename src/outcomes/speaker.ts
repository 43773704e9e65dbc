import type { Evidence } from './evidence.ts';
import { type Mark, nameOfHost, PROVIDER_HOSTS, PROVIDER_WORDS, RELAY_HOSTS, RELAY_MARKS } from './marks.ts';
import { holds, type Speaker } from './rule.ts';

/** Names under which relays speak of providers. */
const ALIASES: readonly (readonly [name: string, alias: RegExp])[] = [
  ['dashscope', /alibaba|aliyun|dashscope|bailian|qwen/],
  ['azure', /azure/],
  ['google', /google|gemini|vertex/],
  ['anthropic', /anthropic|claude/],
  ['moonshot', /moonshot|kimi/],
  ['zhipu', /zhipu|z\.?ai$|bigmodel|glm/],
  ['volcengine-ark', /volc|ark$|doubao|bytedance/],
  ['siliconflow', /silicon/],
  ['deepseek', /deepseek/],
  ['minimax', /minimax/],
  ['modelscope', /modelscope/],
  ['bedrock', /bedrock|amazon/],
  ['mistral', /mistral/],
  ['groq', /groq/],
  ['xai', /^x-?ai$|grok/],
  ['openai', /^openai$/],
];

/**
 * A relay naming its upstream. LiteLLM's and Portkey's `openai` is the handler used for every OpenAI-compatible endpoint,
 * so it names nobody.
 */
const NAMED_UPSTREAM: readonly { readonly pattern: RegExp; readonly anyName: boolean; readonly loose: boolean }[] = [
  { pattern: /error from provider ?\( ?([^),:]{1,60})/, anyName: true, loose: false },
  { pattern: /upstream error from ([\w .-]{1,40}?):/, anyName: true, loose: false },
  { pattern: /\b(\w{2,30})exception(?: \w{1,40})? - /, anyName: false, loose: true },
  { pattern: /^([a-z][\w.-]{1,30}) error: /m, anyName: false, loose: true },
];

function namedUpstream(evidence: Evidence): string | null {
  for (const { pattern, loose } of NAMED_UPSTREAM) {
    const match = pattern.exec(evidence.text);
    const name = match?.[1]?.trim();
    if (name === undefined || (loose && name === 'openai')) continue;
    const alias = ALIASES.find(([, known]) => known.test(name));
    if (alias) return alias[0];
  }
  return null;
}

const firstMark = (marks: readonly Mark[], evidence: Evidence) =>
  marks.find((mark) => holds(mark.when, evidence, null))?.name ?? null;
const hostName = (table: readonly (readonly [string, RegExp])[], host: string) =>
  table.find(([, pattern]) => pattern.test(host))?.[0] ?? null;

/** DashScope puts a bare UUID beside `error`; Anthropic's has a prefix and a host of its own. */
const UUID_BESIDE_ERROR = /^beside_error=[0-9a-f]{8}-[0-9a-f]{4}-/;

function providerOf(evidence: Evidence, relayed: boolean): string | null {
  const upstream = namedUpstream(evidence);
  if (upstream !== null) return upstream;
  const byWords = firstMark(PROVIDER_WORDS, evidence);
  if (byWords !== null) return byWords;
  const byHost = hostName(PROVIDER_HOSTS, evidence.host);
  if (byHost !== null) return byHost;
  // The embedded endpoint has no telling host: there the dialect it is spoken to in says who answers.
  if (/^(?:|localhost|127\.[\d.]+|\[::1\])$/.test(evidence.host) && evidence.dialect !== 'openai' && !relayed)
    return 'dashscope';
  const insufficient = evidence.codes.concat(evidence.types).includes('insufficient_quota');
  if (insufficient && evidence.facts.some((fact) => UUID_BESIDE_ERROR.test(fact))) return 'dashscope';
  // A relay that replaced the words left nothing to tell providers apart by but the model it was asked for.
  if (insufficient && !relayed && /you exceeded your current quota/.test(evidence.text))
    return familyOf(evidence.model);
  return null;
}

function familyOf(model: string): string | null {
  if (/(?:^|\/)(?:qwen|qwq|qvq|tongyi)/.test(model)) return 'dashscope';
  if (/(?:^|\/)(?:gpt-|o[134](?:-|$)|chatgpt|text-embedding-(?:3|ada)|dall-e)/.test(model)) return 'openai';
  return null;
}

/** Every one-api or new-api on the way appends one suffix of its own. */
const HOP = /\(request id: ?[\w-]{6,80}\)/g;

const REWRITES = /分组\S{0,40}负载已饱和/;
const WRAPS = /^(?:litellm|portkey|openrouter|relay|opencode|helicone)$/;

/** True where the relay put its own words around or in place of the upstream's. */
function rewriter(relay: string | null, evidence: Evidence): string | null {
  if (relay === null) return null;
  if (relay === 'one-api' || relay === 'new-api') {
    const lost = evidence.codes.includes('bad_response_status_code');
    return REWRITES.test(evidence.text) || lost ? relay : null;
  }
  const { text } = evidence;
  const wrapped =
    /exception(?: \w{1,40})? - |received model group=|error from provider ?\(|provider returned error|^[a-z][\w.-]{1,30} error: |upstream/m;
  return WRAPS.test(relay) && wrapped.test(text) ? relay : null;
}

/** Who produced the meaning and who carried it. Relay-made answers are settled by the rules themselves. */
export function identifySpeaker(evidence: Evidence): Speaker {
  const relay = firstMark(RELAY_MARKS, evidence) ?? hostName(RELAY_HOSTS, evidence.host);
  const rewrittenBy = rewriter(relay, evidence);
  const provider = providerOf(evidence, REWRITES.test(evidence.text));
  const suffixes = evidence.text.match(HOP)?.length ?? 0;
  const hops = suffixes > 0 ? suffixes : relay === null ? null : 1;
  if (provider !== null) return { origin: 'provider', originName: provider, rewrittenBy, hops };
  if (relay !== null) {
    const origin = rewrittenBy === null ? 'relay' : 'unknown';
    return { origin, originName: rewrittenBy === null || WRAPS.test(relay) ? relay : null, rewrittenBy, hops };
  }
  if (evidence.shape === 'html' || evidence.shape === 'empty') return edgeOf(evidence);
  return { origin: 'unknown', originName: nameOfHost(evidence.host), rewrittenBy: null, hops: null };
}

const EDGES: readonly (readonly [name: string, server: RegExp])[] = [
  ['nginx', /nginx|openresty|tengine/],
  ['cloudflare', /cloudflare/],
  ['haproxy', /haproxy/],
  ['apache', /apache/],
  ['envoy', /envoy/],
  ['kong', /kong/],
  ['caddy', /caddy/],
  ['cloudfront', /cloudfront/],
  ['aws-elb', /awselb/],
];

function edgeOf(evidence: Evidence): Speaker {
  const known = EDGES.find(([, server]) => server.test(evidence.headers.server ?? ''))?.[0];
  const named = known ?? EDGES.find(([, server]) => server.test(evidence.text))?.[0];
  return { origin: 'edge', originName: named ?? 'gateway', rewrittenBy: null, hops: null };
}
