import { readDocuments, type Value } from './documents.ts';
import { resetToMs } from './waiting.ts';

/** What a header says about a limit. A hint: shown in reports, never used as a measured limit. */
export interface RateLimitHint {
  /** Header family and resource: `x-ratelimit-tokens`, `ratelimit:burst`, `anthropic-ratelimit-input-tokens`. */
  readonly source: string;
  readonly limit: number | null;
  readonly remaining: number | null;
  /** Milliseconds until the reset; OpenAI means the time to a full reset, not to the next slot. */
  readonly resetMs: number | null;
  /** Length of the window where the header states it. */
  readonly windowMs: number | null;
}

type Headers = Readonly<Record<string, string>>;
type Part = 'limit' | 'remaining' | 'reset';

/** Azure sends -1 where it has no figure (openai-dotnet#838): negative means absent. LiteLLM says `unlimited`. */
function figure(text: string | undefined): number | null {
  if (text === undefined || !/^\s*\d{1,19}(?:\.\d{1,6})?/.test(text)) return null;
  const number = Number(/\d{1,19}(?:\.\d{1,6})?/.exec(text)?.[0]);
  return number >= Number.MAX_SAFE_INTEGER ? null : number;
}

interface Draft {
  limit: number | null;
  remaining: number | null;
  resetMs: number | null;
  windowMs: number | null;
}

const blank = (): Draft => ({ limit: null, remaining: null, resetMs: null, windowMs: null });

/** Families whose names are `<stem>-<part>` with one resource at either side of the part. */
const FAMILIES: readonly {
  readonly pattern: RegExp;
  readonly name: (match: RegExpExecArray) => string;
  readonly part: number;
}[] = [
  { pattern: /^x-ratelimit-(limit|remaining|reset)-([\w-]{1,60})$/, name: (m) => `x-ratelimit-${m[2]}`, part: 1 },
  { pattern: /^x-ratelimit-(limit|remaining|reset)$/, name: () => 'x-ratelimit', part: 1 },
  { pattern: /^ratelimit-(limit|remaining|reset)$/, name: () => 'ratelimit', part: 1 },
  { pattern: /^(anthropic-ratelimit-[\w-]{1,40})-(limit|remaining|reset)$/, name: (m) => m[1] ?? '', part: 2 },
  { pattern: /^x-ai-ratelimit-(limit|remaining|reset)-([\w-]{1,60})$/, name: (m) => `x-ai-ratelimit-${m[2]}`, part: 1 },
  { pattern: /^x-tokenratelimit-(limit|remaining|reset)$/, name: () => 'x-tokenratelimit', part: 1 },
  { pattern: /^helicone-ratelimit-(limit|remaining|reset)$/, name: () => 'helicone-ratelimit', part: 1 },
  {
    pattern: /^llm_provider-x-ratelimit-(limit|remaining|reset)-([\w-]{1,60})$/,
    name: (m) => `llm_provider-${m[2]}`,
    part: 1,
  },
  {
    pattern: /^x-litellm-((?:key|model_group|team|user)-)?(limit|remaining|reset)[-_]([\w-]{1,60})$/,
    name: (m) => `litellm-${m[1] ?? ''}${m[3]}`,
    part: 2,
  },
];

function put(drafts: Map<string, Draft>, source: string, part: Part, value: string, nowWallMs: number | null): void {
  const draft = drafts.get(source) ?? blank();
  drafts.set(source, draft);
  if (part === 'limit') draft.limit = figure(value);
  else if (part === 'remaining') draft.remaining = figure(value);
  else draft.resetMs = value.trim().startsWith('-') ? null : resetToMs(value, nowWallMs);
}

function readFamilies(drafts: Map<string, Draft>, headers: Headers, nowWallMs: number | null): void {
  for (const [name, value] of Object.entries(headers)) {
    for (const family of FAMILIES) {
      const match = family.pattern.exec(name);
      if (!match) continue;
      put(drafts, family.name(match), match[family.part] as Part, value, nowWallMs);
      break;
    }
    // `x-litellm-key-rpm-limit` tells the limit on every success, without pushing for it.
    const litellm = /^x-litellm-(key|team|user)-([tr]pm)-limit$/.exec(name);
    if (litellm) put(drafts, `litellm-${litellm[1]}-${litellm[2]}`, 'limit', value, nowWallMs);
  }
}

const parameter = (item: string, name: string) =>
  figure(new RegExp(`(?:^|[;,\\s])${name}=(\\d{1,15})`).exec(item)?.[1]);

/** Structured fields of draft-8 and later: `"name";r=50;t=30`, several as a list. Malformed items are ignored. */
function readStructured(drafts: Map<string, Draft>, headers: Headers): void {
  const items = (text: string | undefined) => (text ?? '').slice(0, 2000).split(/,(?=\s*")/);
  for (const item of items(headers.ratelimit)) {
    const name = /^\s*"([^"]{1,80})"/.exec(item)?.[1];
    if (name === undefined) continue;
    const seconds = parameter(item, 't');
    const draft = drafts.get(`ratelimit:${name}`) ?? blank();
    draft.remaining = parameter(item, 'r');
    draft.resetMs = seconds === null ? null : seconds * 1000;
    drafts.set(`ratelimit:${name}`, draft);
  }
  for (const item of items(headers['ratelimit-policy'])) {
    const name = /^\s*"([^"]{1,80})"/.exec(item)?.[1];
    if (name === undefined) continue;
    const seconds = parameter(item, 'w');
    const draft = drafts.get(`ratelimit:${name}`) ?? blank();
    draft.limit = parameter(item, 'q');
    draft.windowMs = seconds === null ? null : seconds * 1000;
    drafts.set(`ratelimit:${name}`, draft);
  }
}

/** Draft-7 puts everything into one field; draft-6 and -7 write the policy as `10;w=5`. */
function readOlderDrafts(drafts: Map<string, Draft>, headers: Headers): void {
  const combined = /^\s*limit=\d/.test(headers.ratelimit ?? '') ? (headers.ratelimit ?? '') : null;
  if (combined !== null) {
    const seconds = parameter(combined, 'reset');
    drafts.set('ratelimit', {
      limit: parameter(combined, 'limit'),
      remaining: parameter(combined, 'remaining'),
      resetMs: seconds === null ? null : seconds * 1000,
      windowMs: null,
    });
  }
  const policy = /^\s*(\d{1,15})\s*;\s*w=(\d{1,9})/.exec(headers['ratelimit-policy'] ?? '');
  const draft = drafts.get('ratelimit');
  if (!policy || !draft) return;
  draft.limit ??= Number(policy[1]);
  draft.windowMs = Number(policy[2]) * 1000;
}

/** OpenRouter sends its limit headers inside the body: `error.metadata.headers`. */
function readBody(drafts: Map<string, Draft>, body: string, nowWallMs: number | null): void {
  for (const document of readDocuments(body.slice(0, 65_536))) {
    const headers = member(member(member(document, 'error'), 'metadata'), 'headers');
    if (typeof headers !== 'object' || headers === null || Array.isArray(headers)) continue;
    for (const [name, value] of Object.entries(headers)) {
      const part = /^x-ratelimit-(limit|remaining|reset)$/i.exec(name)?.[1];
      if (part !== undefined) put(drafts, 'body:x-ratelimit', part.toLowerCase() as Part, String(value), nowWallMs);
    }
  }
}

function member(value: Value | undefined, name: string): Value | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return (value as { readonly [key: string]: Value })[name];
}

/**
 * Rate-limit headers of every family seen: OpenAI style, RateLimit drafts 6 to 11, Anthropic, LiteLLM, Kong, Higress,
 * Helicone, and OpenRouter's inside the body. Lower-case header names; `nowWallMs` turns epochs into durations.
 */
export function readRateLimitHints(
  headers: Headers,
  body = '',
  nowWallMs: number | null = null,
): readonly RateLimitHint[] {
  const drafts = new Map<string, Draft>();
  readFamilies(drafts, headers, nowWallMs);
  readStructured(drafts, headers);
  readOlderDrafts(drafts, headers);
  if (body.includes('atelimit-') || body.includes('ateLimit-')) readBody(drafts, body, nowWallMs);
  return [...drafts]
    .map(([source, draft]) => ({ source, ...draft }))
    .filter((hint) => hint.limit !== null || hint.remaining !== null || hint.resetMs !== null);
}

/** Hints of one resource of which nothing remains; they may stand beside other resources of which something does. */
export function spentResources(headers: Headers): readonly string[] {
  const names = Object.keys(headers).filter((name) => name.includes('remaining'));
  if (names.length === 0) return [];
  return readRateLimitHints(headers)
    .filter((hint) => hint.remaining === 0)
    .map((hint) => hint.source);
}
