import type { DialectName } from '../model/target.ts';

/** A well-known endpoint. Data only: a scenario may override every field. */
export interface TargetPreset {
  readonly name: string;
  readonly description: string;
  /** Null for the embedded simulator (it has no port yet) and for presets that only lend their dialect. */
  readonly baseUrl: string | null;
  readonly dialect: DialectName;
  /** Environment variable that holds the key; null = no key needed. */
  readonly keyEnv: string | null;
  /** Region id whose published quotas apply; null where none are published. */
  readonly region: string | null;
  readonly isSimulator: boolean;
  readonly source: string;
  readonly seenOn: string;
}

const HOSTS_PAGE = 'alibabacloud.com/help/en/model-studio/base-url';
const SEEN = '2026-11-21';

/** Keys are bound to their region: a key of Beijing answers 401 in Singapore (same page). */
const dashscope = (options: {
  readonly name: string;
  readonly host: string;
  readonly region: string;
  readonly place: string;
}): TargetPreset => ({
  name: options.name,
  description: `DashScope compatible mode, ${options.place}`,
  baseUrl: `https://${options.host}/compatible-mode/v1`,
  dialect: 'dashscope',
  keyEnv: 'DASHSCOPE_API_KEY',
  region: options.region,
  isSimulator: false,
  source: HOSTS_PAGE,
  seenOn: SEEN,
});

export const TARGET_PRESETS: readonly TargetPreset[] = [
  {
    name: 'simulator',
    description: 'embedded endpoint that answers like DashScope international; no key, no network, no cost',
    baseUrl: null,
    dialect: 'dashscope',
    keyEnv: null,
    region: 'ap-southeast-1',
    isSimulator: true,
    source: 'part of this tool',
    seenOn: SEEN,
  },
  dashscope({ name: 'dashscope-cn', host: 'dashscope.aliyuncs.com', region: 'cn-beijing', place: 'Beijing' }),
  dashscope({
    name: 'dashscope-intl',
    host: 'dashscope-intl.aliyuncs.com',
    region: 'ap-southeast-1',
    place: 'Singapore',
  }),
  dashscope({ name: 'dashscope-us', host: 'dashscope-us.aliyuncs.com', region: 'us-east-1', place: 'Virginia' }),
  dashscope({
    name: 'dashscope-hk',
    host: 'cn-hongkong.dashscope.aliyuncs.com',
    region: 'cn-hongkong',
    place: 'Hong Kong',
  }),
  {
    name: 'apiyi',
    description: 'APIYI relay, OpenAI-compatible',
    baseUrl: 'https://api.apiyi.com/v1',
    dialect: 'openai',
    keyEnv: 'APIYI_API_KEY',
    region: null,
    isSimulator: false,
    source: 'help.apiyi.com, article on "Qwen3-Max 429: You exceeded your current quota"',
    seenOn: SEEN,
  },
  {
    name: 'openai',
    description: 'OpenAI',
    baseUrl: 'https://api.openai.com/v1',
    dialect: 'openai',
    keyEnv: 'OPENAI_API_KEY',
    region: null,
    isSimulator: false,
    source: 'platform.openai.com/docs/api-reference',
    seenOn: SEEN,
  },
  {
    name: 'openai-compatible',
    description: 'any OpenAI-compatible endpoint; needs a baseUrl of its own',
    baseUrl: null,
    dialect: 'openai',
    keyEnv: 'OPENAI_API_KEY',
    region: null,
    isSimulator: false,
    source: 'platform.openai.com/docs/api-reference',
    seenOn: SEEN,
  },
];

/** The preset of this name, or null. */
export function presetFor(name: string): TargetPreset | null {
  return TARGET_PRESETS.find((preset) => preset.name === name) ?? null;
}

/** The preset on the same host, whose key this address takes too; null where no preset has it. */
export function presetOfHost(baseUrl: string): TargetPreset | null {
  const host = hostOf(baseUrl);
  return host === null ? null : (TARGET_PRESETS.find((preset) => hostOf(preset.baseUrl ?? '') === host) ?? null);
}

const hostOf = (baseUrl: string): string | null => /^https:\/\/([^/]+)/i.exec(baseUrl)?.[1]?.toLowerCase() ?? null;

/** Regions with a host of their own, for the workspace form of the base URL. Hong Kong was not seen in it. */
const WORKSPACE_REGIONS: readonly string[] = ['cn-beijing', 'ap-southeast-1', 'us-east-1'];

/**
 * `https://{workspace}.{region}.maas.aliyuncs.com/compatible-mode/v1`, which the page recommends for production.
 * Null for regions it was not seen for. Source: alibabacloud.com/help/en/model-studio/base-url, seen 2026-11-21.
 */
export function workspaceBaseUrl(options: { readonly workspace: string; readonly region: string }): string | null {
  return WORKSPACE_REGIONS.includes(options.region)
    ? `https://${options.workspace}.${options.region}.maas.aliyuncs.com/compatible-mode/v1`
    : null;
}

/**
 * Region of a DashScope base URL, shared host or workspace form; null for every other host.
 * Source: alibabacloud.com/help/en/model-studio/base-url, seen 2026-11-21.
 */
export function regionOfBaseUrl(baseUrl: string): string | null {
  const host = /^https?:\/\/([^/:]+)/.exec(baseUrl)?.[1]?.toLowerCase();
  if (host === undefined) return null;
  const preset = TARGET_PRESETS.find((entry) => entry.region !== null && entry.baseUrl?.includes(`//${host}/`));
  if (preset) return preset.region;
  return /^[^.]+\.([a-z0-9-]+)\.maas\.aliyuncs\.com$/.exec(host)?.[1] ?? null;
}
