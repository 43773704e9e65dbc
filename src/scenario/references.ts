import { parse } from 'yaml';
import type { EnvironmentReference } from '../model/scenario.ts';
import { type Context, complain } from './context.ts';
import { type DataMap, isMap } from './overlay.ts';
import type { Path } from './yaml-source.ts';

/** A text with its references filled in, or what is wrong at which character. */
type Expansion =
  | { readonly ok: true; readonly text: string; readonly used: readonly Use[] }
  | {
      readonly ok: false;
      readonly offset: number;
      readonly code: string;
      readonly message: string;
      readonly hint: string;
    };

/** One variable that was looked up. */
interface Use {
  readonly name: string;
  readonly isSet: boolean;
}

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Resolved {
  readonly data: DataMap;
  readonly references: readonly EnvironmentReference[];
}

/** What stands in for a value that could not be filled in, so that the remaining checks go on. */
const STAND_IN = { target: 'simulator', model: 'unknown' } as const;

/** Keys of a target that are addresses or names. `apiKeyEnv` is not: it names a variable and must never become its value. */
const TARGET_KEYS = ['preset', 'workspace', 'baseUrl'] as const;

/**
 * Fills `${NAME}` and `${NAME:-default}` from the environment, in targets and models only: prompts may hold such texts,
 * and headers and keys must not be filled into a scenario. A target's value reads as if it stood in the file: a preset,
 * an address or a map in braces. Forms as in docs.docker.com/reference/compose-file/interpolation, seen 2026-11-21; an
 * unset variable without a default is a mistake here, never an empty text.
 */
export function resolveReferences(context: Context, data: DataMap): Resolved {
  const references: EnvironmentReference[] = [];
  const fill = (holder: DataMap, path: Path): DataMap => {
    refuseInHeaders(context, holder, path);
    return {
      ...holder,
      ...('target' in holder ? { target: filledTarget(context, { value: holder.target, path, references }) } : {}),
      ...(typeof holder.model === 'string'
        ? { model: filledText(context, { text: holder.model, path: [...path, 'model'], references }) ?? STAND_IN.model }
        : {}),
    };
  };
  const filled = fill(data, []);
  const variants = isMap(filled.variants)
    ? Object.entries(filled.variants).map(([name, each]) => [name, isMap(each) ? fill(each, ['variants', name]) : each])
    : null;
  return { data: variants === null ? filled : { ...filled, variants: Object.fromEntries(variants) }, references };
}

interface Place {
  readonly path: Path;
  readonly references: EnvironmentReference[];
}

function filledTarget(context: Context, { value, path, references }: Place & { readonly value: unknown }): unknown {
  const at = [...path, 'target'];
  if (typeof value === 'string') {
    const text = filledText(context, { text: value, path: at, references });
    if (text === null) return STAND_IN.target;
    return text === value || !text.trimStart().startsWith('{') ? text.trim() : mapIn(context, text, at);
  }
  if (!isMap(value)) return value;
  const changes = TARGET_KEYS.flatMap((key) => {
    const text = value[key];
    if (typeof text !== 'string') return [];
    return [[key, filledText(context, { text, path: [...at, key], references }) ?? text] as const];
  });
  return { ...value, ...Object.fromEntries(changes) };
}

/** The value of a variable as it would stand in the file. Its text is never repeated: it may hold what is secret. */
function mapIn(context: Context, text: string, at: Path): unknown {
  try {
    const map: unknown = parse(text);
    if (isMap(map)) return map;
  } catch {
    // Said below, without the text.
  }
  const hint =
    'write it as in a scenario: { baseUrl: https://host/v1, apiKeyEnv: NAME, price: { input: $1.20, output: $6 } }';
  const name = context.fromEnvironment.get(at.join('.'));
  complain(context, { code: 'bad-reference', at, message: `the value of ${name} is not readable as YAML`, hint });
  return STAND_IN.target;
}

/** Null where it could not be filled in; the problem is noted at its character. */
function filledText(context: Context, { text, path, references }: Place & { readonly text: string }): string | null {
  const filled = expand(text, context.env ?? {});
  const section = path[0] === 'variants' ? 'variants' : path[0] === 'model' ? 'model' : 'target';
  if (!filled.ok) {
    const { code, message, hint, offset } = filled;
    context.failed.add(section);
    complain(context, { code, at: path, offset, message, hint });
    return null;
  }
  const where = path.join('.');
  for (const { name, isSet } of filled.used) {
    if (isSet) context.fromEnvironment.set(where, name);
    const isPlain = isSet && !filled.text.trimStart().startsWith('{');
    references.push({ name, at: where, isSet, value: isPlain ? (context.env?.[name] ?? null) : null });
  }
  return filled.text;
}

/** Variables are looked up outside in: a default may hold references of its own. */
export function expand(text: string, env: Environment): Expansion {
  const used: Use[] = [];
  let filled = '';
  let at = 0;
  while (at < text.length) {
    if (text.startsWith('$$', at)) {
      filled += '$';
      at += 2;
      continue;
    }
    if (!/^\$[A-Za-z_{]/.test(text.slice(at, at + 2))) {
      filled += text[at];
      at += 1;
      continue;
    }
    const end = closingBrace(text, at + 2);
    const parts = text[at + 1] === '{' && end !== null ? REFERENCE.exec(text.slice(at + 2, end)) : null;
    const [, name, operator, rest = ''] = parts ?? [];
    if (name === undefined || end === null) return { ok: false, offset: at, ...MALFORMED };
    const value = env[name];
    const isSet = value !== undefined && value !== '';
    used.push({ name, isSet });
    if (isSet) filled += value;
    else if (operator !== ':-')
      return { ok: false, offset: at, ...missing(name, { isEmpty: value === '', why: rest }) };
    else {
      const inner = expand(rest, env);
      if (!inner.ok) return { ...inner, offset: inner.offset + at + 2 + name.length + operator.length };
      used.push(...inner.used);
      filled += inner.text;
    }
    at = end + 1;
  }
  return { ok: true, text: filled, used };
}

const REFERENCE = /^([A-Za-z_][A-Za-z0-9_]*)(?:(:[-?])([\s\S]*))?$/;

// biome-ignore lint/suspicious/noTemplateCurlyInString: the form itself is what is shown
const FORMS = 'write ${NAME} or ${NAME:-default}; $$ stands for a plain $';

const MALFORMED = {
  code: 'bad-reference',
  message: 'this does not name an environment variable',
  hint: FORMS,
};

function missing(name: string, { isEmpty, why }: { readonly isEmpty: boolean; readonly why: string }) {
  const state = isEmpty ? 'is empty' : 'is not set';
  return {
    code: 'unset-variable',
    message: `the environment variable ${name} ${state}${why === '' ? '' : `: ${why}`}`,
    hint: `set it, pass a file that does with --env, or give a default: \${${name}:-simulator}`,
  };
}

/** Where the braces opened before `from` close again; null where they do not. */
function closingBrace(text: string, from: number): number | null {
  let depth = 1;
  for (let at = from; at < text.length; at += 1) {
    if (text[at] === '{') depth += 1;
    if (text[at] === '}') depth -= 1;
    if (depth === 0) return at;
  }
  return null;
}

/** It would be sent as it stands; and filled in, it would put a secret where only names belong. */
function refuseInHeaders(context: Context, holder: DataMap, path: Path): void {
  const places = [
    { headers: holder.headers, at: [...path, 'headers'] },
    { headers: isMap(holder.target) ? holder.target.headers : null, at: [...path, 'target', 'headers'] },
  ];
  for (const { headers, at } of places) {
    for (const [name, value] of Object.entries(isMap(headers) ? headers : {})) {
      if (typeof value !== 'string' || !/\$\{[A-Za-z_]/.test(value)) continue;
      const message = 'environment variables are filled into targets and models only';
      complain(context, { code: 'bad-reference', at: [...at, name], message, hint: 'a key belongs into apiKeyEnv' });
    }
  }
}
