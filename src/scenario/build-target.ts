import { priceFor } from '../catalog/prices.ts';
import {
  presetFor,
  presetOfHost,
  regionOfBaseUrl,
  TARGET_PRESETS,
  type TargetPreset,
  workspaceBaseUrl,
} from '../catalog/targets.ts';
import type { Price } from '../model/quota.ts';
import type { DialectName, Target } from '../model/target.ts';
import { type Context, complain } from './context.ts';
import type { TargetInput, VariantInput } from './schema.ts';
import { suggestion } from './spelling.ts';
import type { Path } from './yaml-source.ts';

export interface ResolvedTarget {
  readonly target: Target;
  /** Null where the target belongs to no known region. */
  readonly region: string | null;
}

export interface TargetRequest {
  readonly input: string | TargetInput;
  readonly path: Path;
  readonly model: string;
  readonly keys: readonly string[] | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly headersPath: Path;
  readonly price: VariantInput['price'];
}

/** Never null: where the input is wrong, a stand-in lets the remaining checks go on. */
export function buildTarget(context: Context, request: TargetRequest): ResolvedTarget {
  const input: TargetInput = typeof request.input === 'string' ? shorthand(request.input) : request.input;
  const neighbour = input.baseUrl === undefined ? null : presetOfHost(input.baseUrl);
  const isPreset = neighbour !== null && neighbour.baseUrl === input.baseUrl?.replace(/\/+$/, '');
  const preset = isPreset && input.preset === undefined ? neighbour : resolvePreset(context, request, input);
  const own = input.baseUrl ?? workspaceUrl(context, { request, input, preset });
  const baseUrl = own === null ? (preset?.baseUrl ?? null) : own.replace(/\/+$/, '');
  const isSimulator = preset?.isSimulator === true && baseUrl === null;
  const isText = typeof request.input === 'string';
  if (input.baseUrl !== undefined)
    checkBaseUrl(context, input.baseUrl, isText ? request.path : [...request.path, 'baseUrl']);
  else if (baseUrl === null && !isSimulator && (preset !== null || input.preset === undefined)) {
    const hint = 'write baseUrl: "https://…/v1", up to and without /chat/completions';
    complain(context, { code: 'required', at: request.path, message: 'the target has no baseUrl', hint });
  }
  const region = baseUrl === null || baseUrl === preset?.baseUrl ? (preset?.region ?? null) : regionOfBaseUrl(baseUrl);
  const keyEnv = input.apiKeyEnv ?? preset?.keyEnv ?? neighbour?.keyEnv ?? null;
  const target: Target = {
    name: preset !== null && (baseUrl === preset.baseUrl || own === null) ? preset.name : 'custom',
    baseUrl,
    dialect: input.dialect ?? preset?.dialect ?? dialectOf(baseUrl),
    keyEnvs: request.keys ?? (keyEnv === null ? [] : [keyEnv]),
    headers: checkedHeaders(context, request, input),
    waitTimeoutMs: input.waitTimeout ?? null,
    protocol: input.protocol ?? 'h1',
    price: priceOf({ stated: statedPrice(context, request, input), preset, baseUrl, region, model: request.model }),
    isSimulator,
  };
  return { target, region };
}

/** Whether a target given as one text is an address, not the name of a preset. */
export const isAddress = (text: string): boolean => /^https?:\/\//i.test(text);

const shorthand = (text: string): TargetInput => (isAddress(text) ? { baseUrl: text } : { preset: text });

/** What a variable says about its target is nearer to it than what the variant says about whatever target it has. */
function statedPrice(context: Context, request: TargetRequest, input: TargetInput): TargetInput['price'] {
  const isFilled = context.fromEnvironment.has(request.path.join('.'));
  return isFilled ? (input.price ?? request.price) : (request.price ?? input.price);
}

function resolvePreset(context: Context, request: TargetRequest, input: TargetInput): TargetPreset | null {
  if (input.preset === undefined) return null;
  const preset = presetFor(input.preset);
  if (preset !== null) return preset;
  const at = typeof request.input === 'string' ? request.path : [...request.path, 'preset'];
  const names = TARGET_PRESETS.map((entry) => entry.name);
  const variable = context.fromEnvironment.get(at.join('.'));
  const near = suggestion(input.preset, names);
  // The value of a variable is never repeated: it may be a key that was put into the wrong one.
  const message = variable === undefined ? `unknown target "${input.preset}"` : `${variable} holds no known target`;
  const hint = near.startsWith('did') ? near : `${near}, or an address: https://host/v1`;
  complain(context, { code: 'unknown-target', at, message, hint });
  return null;
}

function workspaceUrl(
  context: Context,
  options: { readonly request: TargetRequest; readonly input: TargetInput; readonly preset: TargetPreset | null },
): string | null {
  const { workspace } = options.input;
  if (workspace === undefined) return null;
  const region = options.preset?.isSimulator ? null : (options.preset?.region ?? null);
  const url = region === null ? null : workspaceBaseUrl({ workspace, region });
  if (url === null) {
    const message = 'this target has no host for workspaces';
    const hint = 'use it with preset: dashscope-intl, dashscope-cn or dashscope-us, or write baseUrl';
    complain(context, { code: 'bad-value', at: [...options.request.path, 'workspace'], message, hint });
  }
  return url;
}

function checkBaseUrl(context: Context, baseUrl: string, at: Path): void {
  const add = (message: string, hint: string) => complain(context, { code: 'bad-url', at, message, hint });
  if (!URL.canParse(baseUrl) || !/^https?:\/\//i.test(baseUrl)) {
    add('not an http or https address', 'write "https://host/v1"');
    return;
  }
  const url = new URL(baseUrl);
  if (url.username !== '' || url.password !== '') add('the address holds a password', 'use apiKeyEnv');
  if (url.search !== '' || url.hash !== '') add('the address has a query', 'write it without ? and #');
  if (/\/chat\/completions\/?$/.test(url.pathname)) {
    add('the address names one operation', 'leave out /chat/completions: it is added');
  }
}

/** Header names whose value would be a secret in a file. */
const SECRET_HEADERS = ['authorization', 'api-key', 'x-api-key', 'proxy-authorization', 'cookie'];

function checkedHeaders(
  context: Context,
  request: TargetRequest,
  input: TargetInput,
): Readonly<Record<string, string>> {
  const places = [
    { headers: input.headers ?? {}, path: [...request.path, 'headers'] },
    { headers: request.headers, path: request.headersPath },
  ];
  for (const { headers, path } of places) {
    for (const name of Object.keys(headers)) {
      if (!SECRET_HEADERS.includes(name.toLowerCase())) continue;
      const message = `the header "${name}" would put a key into the file`;
      complain(context, { code: 'secret-in-file', key: [...path, name], message, hint: 'use apiKeyEnv' });
    }
  }
  return { ...input.headers, ...request.headers };
}

/** `/compatible-mode/v1` is the path of DashScope's own hosts (alibabacloud.com/help/en/model-studio/base-url, seen 2026-11-21). */
const dialectOf = (baseUrl: string | null): DialectName =>
  baseUrl !== null && (regionOfBaseUrl(baseUrl) !== null || /\/compatible-mode\/v1$/.test(baseUrl))
    ? 'dashscope'
    : 'openai';

function priceOf(options: {
  readonly stated: VariantInput['price'];
  readonly preset: TargetPreset | null;
  readonly baseUrl: string | null;
  readonly region: string | null;
  readonly model: string;
}): Price | null {
  const { stated, preset, baseUrl, region } = options;
  if (stated !== undefined) {
    return { inputUsdPerMillion: stated.input, outputUsdPerMillion: stated.output, source: 'scenario', seenOn: null };
  }
  if (preset !== null && baseUrl === preset.baseUrl) return priceFor(preset.name, options.model);
  // A workspace host of a region charges what the shared host of that region does.
  const shared = TARGET_PRESETS.find((entry) => entry.region === region && region !== null && !entry.isSimulator);
  return shared === undefined ? null : priceFor(shared.name, options.model);
}

/** Loopback addresses: 127.0.0.0/8, ::1 and localhost. */
export function isLoopback(baseUrl: string | null): boolean {
  if (baseUrl === null || !URL.canParse(baseUrl)) return false;
  const host = new URL(baseUrl).hostname;
  return host === 'localhost' || host === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(host);
}
