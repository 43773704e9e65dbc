import type { Condition } from './rule.ts';

/** A sign of who produced an answer or through whom it came. First match of its table wins. */
export interface Mark {
  readonly name: string;
  readonly when: Condition;
  readonly source: string;
}

const DASHSCOPE_CODES =
  /^(?:throttling(?:\..*)?|limit_requests|limit_burst_rate|limitrequests|allocationquota\..*|arrearage|commoditynotpurchased|(?:prepaid|postpaid)billoverdue|modelservingerror|modelunavailable|internalerror\.algo.*|datainspectionfailed|data_inspection_failed|accessdenied\.unpurchased)$/;

/** Words that belong to one provider, wherever they are heard. */
export const PROVIDER_WORDS: readonly Mark[] = [
  {
    name: 'sensenova',
    when: { host: /sensenova/ },
    source: 'platform.sensenova.cn error codes, seen 2026-09-25',
  },
  {
    name: 'dashscope',
    when: { link: /(?:aliyun|alibabacloud)\.com/ },
    source: 'help.aliyun.com/zh/model-studio/error-code, seen 2026-11-21',
  },
  {
    name: 'dashscope',
    when: { id: DASHSCOPE_CODES },
    source: 'help.aliyun.com/zh/model-studio/error-code, seen 2026-11-21',
  },
  {
    name: 'dashscope',
    when: { says: /internalerror\.algo|allocated quota exceeded|request rate increased too quickly/ },
    source: 'alibabacloud.com/help/en/model-studio/error-code, seen 2026-11-21',
  },
  {
    name: 'dashscope',
    when: { header: /^x-dashscope-/ },
    source: 'response headers of DashScope answers, seen 2026-05',
  },
  {
    name: 'dashscope',
    when: { header: /^req-arrive-time: /, host: /^(?!.*openai\.com)/ },
    source: 'response headers of DashScope answers, seen 2025-09',
  },
  {
    name: 'dashscope',
    when: { header: /^llm_provider-(?:x-dashscope-|req-cost-time|req-arrive-time)/ },
    source: 'docs.litellm.ai/docs/proxy/response_headers, seen 2026-11-21',
  },
  {
    name: 'azure',
    when: { says: /azure openai|(?:openai|aiservices) s\d pricing tier/ },
    source: 'github.com/vanderschaarlab/climb/issues/1',
  },
  {
    name: 'azure',
    when: { header: /^(?:apim-request-id|x-ms-region|azureml-model-session|x-ms-deployment-name): / },
    source: 'github.com/microsoft/copilot-camp/issues/551',
  },
  { name: 'azure', when: { link: /aka\.ms\/oai/ }, source: 'github.com/vanderschaarlab/climb/issues/1' },
  {
    name: 'groq',
    when: { link: /console\.groq\.com/ },
    source: 'Groq documentation, errors page',
  },
  {
    name: 'openai',
    when: { link: /(?:platform|help|community)\.openai\.com/ },
    source: 'platform.openai.com/docs/guides/error-codes',
  },
  {
    name: 'openai',
    when: { id: /^(?:billing_not_active|billing_hard_limit_reached)$/ },
    source: 'platform.openai.com/docs/guides/error-codes',
  },
  {
    name: 'google',
    when: { link: /ai\.google\.dev|cloud\.google\.com|googleapis\.com/ },
    source: 'ai.google.dev/gemini-api/docs/rate-limits',
  },
  {
    name: 'google',
    when: { fact: /^quotametric=.*googleapis\.com/ },
    source: 'ai.google.dev/gemini-api/docs/rate-limits',
  },
  {
    name: 'anthropic',
    when: { link: /(?:docs|www|console|support|platform|api)\.(?:anthropic|claude)\.com/ },
    source: 'docs.anthropic.com/en/api/rate-limits',
  },
  {
    name: 'anthropic',
    when: { header: /^anthropic-(?:ratelimit|organization)/ },
    source: 'docs.anthropic.com/en/api/rate-limits',
  },
  { name: 'anthropic', when: { fact: /^request_id=req_01/ }, source: 'github.com/anthropics/claude-code/issues/56735' },
  {
    name: 'moonshot',
    when: { id: /^(?:rate_limit_reached_error|exceeded_current_quota_error|engine_overloaded_error)$/ },
    source: 'platform.moonshot.cn/docs/api/chat errors',
  },
  {
    name: 'moonshot',
    when: { link: /platform\.(?:moonshot|kimi)\./ },
    source: 'platform.moonshot.cn/docs/pricing/limits',
  },
  {
    name: 'siliconflow',
    when: { says: /rejected due to rate limiting/ },
    source: 'docs.siliconflow.cn/cn/faqs/error-code',
  },
  {
    name: 'volcengine-ark',
    when: {
      id: /^(?:(?:model|api)?account(?:[rti]pm)?ratelimitexceeded|ratelimitexceeded\.(?:endpoint|foundationmodel).*|requestbursttoofast|inflightbatchsizeexceeded|serveroverloaded|accountoverdueerror|setlimitexceeded|accountquotaexceeded|operationdenied\.serviceoverdue)$/,
    },
    source: 'www.volcengine.com/docs/82379/1299023 (Ark error codes)',
  },
  { name: 'minimax', when: { fact: /^has=base_resp$/ }, source: 'platform.minimaxi.com error codes' },
  {
    name: 'openai',
    when: { type: /^(?:requests|tokens)$/, code: /^rate_limit_exceeded$/, link: /^$/, host: /^(?!.*(?:groq|azure))/ },
    source: 'github.com/popjane/free_chatgpt_api/issues/7',
  },
  {
    name: 'mistral',
    when: { id: /^service_tier_capacity_exceeded$/ },
    source: 'docs.mistral.ai error bodies',
  },
  {
    name: 'bedrock',
    when: { header: /^x-amzn-(?:errortype|requestid): / },
    source: 'docs.aws.amazon.com/bedrock/latest/userguide/troubleshooting-api-error-codes.html',
  },
];

/** Hosts of providers. A host that no row names lends its own name: see `nameOfHost`. */
export const PROVIDER_HOSTS: readonly (readonly [name: string, host: RegExp])[] = [
  [
    'dashscope',
    /(?:^|\.)(?:dashscope[\w-]*|maas|coding[\w-]*)\.(?:aliyuncs|alibabacloud)\.com$|\.dashscope\.aliyuncs\.com$|^portal\.qwen\.ai$/,
  ],
  ['azure', /\.azure\.com$|\.azure-api\.net$|^models\.inference\.ai\.azure\.com$/],
  ['openai', /(?:^|\.)openai\.com$/],
  ['anthropic', /(?:^|\.)(?:anthropic|claude)\.com$/],
  ['google', /(?:^|\.)(?:googleapis|google)\.com$/],
  ['moonshot', /(?:^|\.)(?:moonshot|kimi)\.(?:cn|ai|com)$/],
  ['zhipu', /(?:^|\.)(?:bigmodel\.cn|z\.ai|zhipuai\.cn)$/],
  ['volcengine-ark', /(?:^|\.)(?:volces|volcengineapi|volcengine|bytepluses)\.com$/],
  ['siliconflow', /(?:^|\.)siliconflow\.(?:cn|com)$/],
  ['deepseek', /(?:^|\.)deepseek\.com$/],
  ['minimax', /(?:^|\.)(?:minimax|minimaxi)\.(?:chat|com|io)$/],
  ['sensenova', /(?:^|\.)sensenova\.(?:cn|dev)$/],
  ['modelscope', /(?:^|\.)modelscope\.(?:cn|ai)$/],
  ['qianfan', /(?:^|\.)(?:baidubce|bce\.baidu)\.com$/],
  ['hunyuan', /(?:^|\.)(?:tencentcloudapi\.com|hunyuan\.cloud\.tencent\.com|lkeap\.cloud\.tencent\.com)$/],
  ['spark', /(?:^|\.)xf-yun\.com$/],
  ['xai', /(?:^|\.)x\.ai$/],
  ['bedrock', /(?:^|\.)amazonaws\.com$/],
  ['huggingface', /(?:^|\.)(?:huggingface\.co|hf\.space)$/],
  ['nvidia', /(?:^|\.)nvidia\.com$/],
  ['github-models', /^models\.github\.ai$/],
  ['together', /(?:^|\.)together\.(?:xyz|ai)$/],
  ['stepfun', /(?:^|\.)stepfun\.com$/],
];

/** Hosts of relays and gateways that answer for others. */
export const RELAY_HOSTS: readonly (readonly [name: string, host: RegExp])[] = [
  ['openrouter', /(?:^|\.)openrouter\.ai$/],
  ['portkey', /(?:^|\.)portkey\.ai$/],
  ['helicone', /(?:^|\.)helicone\.ai$/],
  ['cloudflare-ai-gateway', /^gateway\.ai\.cloudflare\.com$/],
  ['vercel', /^ai-gateway\.vercel\.sh$/],
  ['opencode', /(?:^|\.)opencode\.ai$/],
];

const SUFFIXES = new Set(['com', 'co', 'net', 'org', 'gov', 'edu', 'ac']);

/** The registrable label of an unlisted host (`api.groq.com` -> `groq`); null for addresses and local names. */
export function nameOfHost(host: string): string | null {
  if (!host.includes('.') || /^[\d.:[\]]+$/.test(host) || host.endsWith('.local')) return null;
  const labels = host.split('.').slice(0, -1);
  const last = labels.at(-1);
  return (labels.length > 1 && last !== undefined && SUFFIXES.has(last) ? labels.at(-2) : last) ?? null;
}

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
    when: { says: /litellm\.|received model group=|litellm rate limit handler/ },
    source: 'docs.litellm.ai/docs/proxy/response_headers; BerriAI/litellm#14144',
  },
  {
    name: 'litellm',
    when: {
      says: /limit type: \w+\. current limit: |cooldown_list=|budget has been exceeded! current cost|exceededbudget: |max parallel request limit/,
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
    name: 'relay',
    when: { says: /concurrency limit exceeded for account/ },
    source: 'sub2api account concurrency gate, public relay log, 2026',
  },
];
