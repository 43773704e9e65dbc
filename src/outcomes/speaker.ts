import type { Evidence } from './evidence.ts';
import { EDGE_HOSTS, nameOfHost, PROVIDER_HOSTS, RELAY_HOSTS } from './hosts.ts';
import { type Mark, PROVIDER_WORDS } from './marks.ts';
import { EDGE_MARKS, RELAY_MARKS } from './marks-between.ts';
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
  ['cohere', /cohere/],
  ['fireworks', /fireworks/],
  ['together', /together/],
  ['huggingface', /hugging/],
  ['nvidia', /nvidia|^nim$/],
  ['qianfan', /qianfan|baidu/],
  ['hunyuan', /hunyuan|tencent/],
  ['openai', /^openai$/],
];

/** What relays write where no provider is named, or for themselves. */
const NOBODY =
  /^(?:console|opencode|provider|upstream|unknown|none|null|default|custom|relay|gateway|api|model|channel)\b/;

/**
 * A relay naming its upstream. LiteLLM's and Portkey's `openai` is the handler used for every OpenAI-compatible endpoint,
 * so it names nobody.
 */
const NAMED_UPSTREAM: readonly { readonly pattern: RegExp; readonly anyName: boolean; readonly loose: boolean }[] = [
  { pattern: /error from provider ?\( ?([^),:]{1,60})/, anyName: true, loose: false },
  { pattern: /upstream provider ([a-z][\w-]{1,30}) returned/, anyName: true, loose: false },
  { pattern: /invalid response received from ([a-z][\w-]{1,30})/, anyName: true, loose: true },
  { pattern: /provider error: ?([a-z][\w-]{1,30})/, anyName: false, loose: true },
  { pattern: /upstream error from ([\w .-]{1,40}?):/, anyName: true, loose: false },
  { pattern: /\b(\w{2,30})exception(?: \w{1,40})? - /, anyName: false, loose: true },
  { pattern: /^([a-z][\w.-]{1,30}) error: /m, anyName: false, loose: true },
];

function namedUpstream(evidence: Evidence): string | null {
  for (const { pattern, anyName, loose } of NAMED_UPSTREAM) {
    const match = pattern.exec(evidence.text);
    const name = match?.[1]?.trim();
    if (name === undefined || (loose && name === 'openai')) continue;
    const alias = ALIASES.find(([, known]) => known.test(name));
    if (alias) return alias[0];
    if (anyName && /^[a-z][\w-]{1,30}$/.test(name) && !NOBODY.test(name)) return name;
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

/** Words that any relay uses say less than the name of the host. */
function relayOf(evidence: Evidence): string | null {
  const marked = firstMark(RELAY_MARKS, evidence);
  if (marked !== null && marked !== 'relay') return marked;
  return hostName(RELAY_HOSTS, evidence.host) ?? marked;
}

/** Who produced the meaning and who carried it. Relay-made answers are settled by the rules themselves. */
export function identifySpeaker(evidence: Evidence): Speaker {
  const relay = relayOf(evidence);
  const rewrittenBy = rewriter(relay, evidence);
  const provider = providerOf(evidence, REWRITES.test(evidence.text));
  const suffixes = evidence.text.match(HOP)?.length ?? 0;
  const hops = suffixes > 0 ? suffixes : relay === null ? null : 1;
  if (provider !== null) return { origin: 'provider', originName: provider, rewrittenBy, hops };
  if (relay !== null) {
    const origin = rewrittenBy === null ? 'relay' : 'unknown';
    return { origin, originName: rewrittenBy === null || WRAPS.test(relay) ? relay : null, rewrittenBy, hops };
  }
  const edge = edgeOf(evidence);
  if (edge !== null) return { origin: 'edge', originName: edge, rewrittenBy: null, hops: null };
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

function edgeOf(evidence: Evidence): string | null {
  const byHost = hostName(EDGE_HOSTS, evidence.host) ?? firstMark(EDGE_MARKS, evidence);
  if (byHost !== null) return byHost;
  if (evidence.shape !== 'html' && evidence.shape !== 'empty') return null;
  const known = EDGES.find(([, server]) => server.test(evidence.headers.server ?? ''))?.[0];
  const named = known ?? EDGES.find(([, server]) => server.test(evidence.text))?.[0];
  // A page was written by something in between; an empty answer may come from the service itself.
  return named ?? (evidence.shape === 'html' ? 'gateway' : null);
}
