/** Hosts of providers. A host that no row names lends its own name: see `nameOfHost`. */
export const PROVIDER_HOSTS: readonly (readonly [name: string, host: RegExp])[] = [
  [
    'dashscope',
    /(?:^|\.)(?:dashscope[\w-]*|maas|coding[\w-]*)\.(?:aliyuncs|alibabacloud)\.com$|\.dashscope\.aliyuncs\.com$|^portal\.qwen\.ai$/,
  ],
  ['azure', /\.azure\.com$|^models\.inference\.ai\.azure\.com$/],
  ['openai', /(?:^|\.)(?:openai|chatgpt)\.com$/],
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
  ['bedrock', /^bedrock[\w-]*\.[\w-]+\.amazonaws\.com$/],
  ['huggingface', /(?:^|\.)(?:huggingface\.co|hf\.space)$/],
  ['nvidia', /(?:^|\.)nvidia\.com$/],
  ['github-models', /^models\.github\.ai$/],
  ['together', /(?:^|\.)together\.(?:xyz|ai)$/],
  ['databricks', /(?:^|\.)(?:azure)?databricks\.(?:com|net)$/],
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

/** Gateways that front any service: what they say is their own unless the words belong to somebody else. */
export const EDGE_HOSTS: readonly (readonly [name: string, host: RegExp])[] = [
  ['azure-apim', /\.azure-api\.net$/],
  ['aws', /(?:^|\.)amazonaws\.com$/],
];

const SUFFIXES = new Set(['com', 'co', 'net', 'org', 'gov', 'edu', 'ac']);

/** The registrable label of an unlisted host (`api.groq.com` -> `groq`); null for addresses and local names. */
export function nameOfHost(host: string): string | null {
  if (!host.includes('.') || /^[\d.:[\]]+$/.test(host) || host.endsWith('.local')) return null;
  const labels = host.split('.').slice(0, -1);
  const last = labels.at(-1);
  return (labels.length > 1 && last !== undefined && SUFFIXES.has(last) ? labels.at(-2) : last) ?? null;
}
