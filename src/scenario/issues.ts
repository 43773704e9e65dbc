import type { z } from 'zod';
import { type Complaint, type Context, complain } from './context.ts';
import { PHASE_KINDS } from './schema-traffic.ts';
import { nearest, suggestion } from './spelling.ts';
import type { Path } from './yaml-source.ts';

type Issue = z.core.$ZodIssue;

/** Schema nodes as far as this file looks into them. */
interface SchemaNode {
  readonly description?: string | undefined;
  readonly def: {
    readonly type: string;
    readonly shape?: Readonly<Record<string, SchemaNode>>;
    readonly innerType?: SchemaNode;
    readonly in?: SchemaNode;
    readonly element?: SchemaNode;
    readonly valueType?: SchemaNode;
    readonly options?: readonly SchemaNode[];
  };
}

/** Complains about every issue of one section, at its place, with what would be allowed there. */
export function complainAboutIssues(
  context: Context,
  section: {
    readonly schema: z.ZodType;
    readonly issues: readonly Issue[];
    readonly path: Path;
    readonly data: unknown;
  },
): void {
  for (const issue of withoutFollowUps(section.issues)) {
    for (const complaint of explain(issue, { ...section, schema: section.schema as unknown as SchemaNode })) {
      complain(context, complaint);
    }
  }
}

interface Section {
  readonly schema: SchemaNode;
  readonly path: Path;
  readonly data: unknown;
}

function explain(issue: Issue, section: Section): readonly Complaint[] {
  const inner = issue.path.map((segment) => (typeof segment === 'symbol' ? String(segment) : segment));
  const at = [...section.path, ...inner];
  const nodes = nodesAt([section.schema], inner);
  const described = nodes.map((node) => node.description).find((text) => text !== undefined) ?? null;
  const value = valueAt(section.data, inner);
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => unknownKey({ key, at, known: nodes.flatMap(keysOf), value }));
    case 'custom':
      return [customComplaint(issue, at)];
    case 'invalid_union': {
      if (value === undefined) return [missing(at, described)];
      const branch = chosenBranch(issue, value);
      const message = typeMessage(issue.message, value);
      if (branch === null) return [{ code: 'bad-type', at, message, hint: described }];
      return withoutFollowUps(branch).flatMap((entry) =>
        explain({ ...entry, path: [...issue.path, ...entry.path] }, section),
      );
    }
    case 'invalid_type':
      if (value === undefined) return [missing(at, described)];
      return [{ code: 'bad-type', at, message: expectation(issue.expected, value), hint: mapHint(nodes) ?? described }];
    case 'invalid_value': {
      if (value === undefined) return [missing(at, described)];
      const allowed = issue.values.map(String);
      const hint = valueHint(suggestion(String(value), allowed), mapHint(nodes));
      return [{ code: 'bad-value', at, message: `${JSON.stringify(value)} is not possible here`, hint }];
    }
    case 'invalid_key':
      return [{ code: 'bad-value', key: at, message: issue.issues[0]?.message ?? issue.message, hint: described }];
    case 'too_small':
    case 'too_big':
      return [{ code: 'out-of-range', at, message: rangeMessage(issue), hint: described }];
    default:
      return [{ code: 'bad-value', at, message: issue.message, hint: described }];
  }
}

const text = <T extends string | null>(value: unknown, otherwise: T): string | T =>
  typeof value === 'string' ? value : otherwise;

function customComplaint(issue: Extract<Issue, { code: 'custom' }>, at: Path): Complaint {
  const code = text(issue.params?.code, 'bad-value');
  return { code, at, message: issue.message, hint: text(issue.params?.hint, null) };
}

const valueHint = (values: string, map: string | null): string =>
  map === null || values.startsWith('did') ? values : `${values}, or ${map}`;

function missing(at: Path, described: string | null): Complaint {
  return { code: 'required', key: at, message: `"${at.at(-1)}" is missing`, hint: described };
}

function unknownKey(found: {
  readonly key: string;
  readonly at: Path;
  readonly known: readonly string[];
  readonly value: unknown;
}): Complaint {
  const { key, at, known, value } = found;
  const hint = suggestion(key, known);
  const isItem = at.length === 2 && at[0] === 'traffic';
  const hasKind = PHASE_KINDS.some((kind) => kind in Object(value));
  if (isItem && !hasKind) {
    const near = nearest(key, PHASE_KINDS);
    const kinds = near === null ? `allowed: ${PHASE_KINDS.join(', ')}` : `did you mean "${near}"?`;
    return { code: 'unknown-phase', key: [...at, key], message: `"${key}" is no kind of traffic`, hint: kinds };
  }
  return { code: 'unknown-key', key: [...at, key], message: `unknown key "${key}"`, hint };
}

/** A misspelt key is also a missing one: the spelling is what to say. */
function withoutFollowUps(issues: readonly Issue[]): readonly Issue[] {
  const misspelt = issues.filter((issue) => issue.code === 'unrecognized_keys').map((issue) => issue.path.join('.'));
  const follows = (issue: Issue) =>
    issue.code === 'custom' && issue.params?.isChoice === true && misspelt.includes(issue.path.join('.'));
  const renamed = issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys' ? issue.keys.map((key) => ({ key, parent: issue.path.join('.') })) : [],
  );
  const isRenamed = (issue: Issue) =>
    (issue.code === 'invalid_type' || issue.code === 'invalid_union') &&
    renamed.some(
      ({ key, parent }) =>
        issue.path.slice(0, -1).join('.') === parent && nearest(key, [String(issue.path.at(-1))]) !== null,
    );
  return issues.filter((issue) => !follows(issue) && !isRenamed(issue));
}

/** The branch whose type fits the value: the one a person meant. Null when none fits. */
function chosenBranch(issue: Extract<Issue, { code: 'invalid_union' }>, value: unknown): readonly Issue[] | null {
  const mismatch = (entry: Issue) => {
    if (entry.path.length > 0) return false;
    if (entry.code === 'invalid_value') return typeof value === 'object';
    return entry.code === 'invalid_type' || (entry.code === 'invalid_union' && chosenBranch(entry, value) === null);
  };
  const fitting = issue.errors.filter((branch) => !branch.some(mismatch));
  return fitting.find((branch) => branch.some((entry) => entry.code === 'custom')) ?? fitting[0] ?? null;
}

const KINDS: Readonly<Record<string, string>> = {
  object: 'a map',
  record: 'a map',
  array: 'a list',
  tuple: 'a list',
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
};

const expectation = (expected: string, value: unknown): string =>
  `expected ${KINDS[expected] ?? expected}, found ${kindOf(value)}`;

/** What a map here could hold. */
function mapHint(nodes: readonly SchemaNode[]): string | null {
  const keys = [...new Set(nodes.flatMap(keysOf))];
  return keys.length === 0 ? null : `a map with ${keys.join(', ')}`;
}

const typeMessage = (message: string, value: unknown): string =>
  message === 'Invalid input' ? `${kindOf(value)} is not possible here` : `${message}, found ${kindOf(value)}`;

function rangeMessage(issue: Extract<Issue, { code: 'too_small' | 'too_big' }>): string {
  if (issue.message.startsWith('traffic')) return issue.message;
  if (issue.origin === 'string') return 'must not be empty';
  const bound = issue.code === 'too_small' ? issue.minimum : issue.maximum;
  const side = issue.code === 'too_small' ? 'least' : 'most';
  if (issue.origin === 'array') return `needs at ${side} ${bound} entries`;
  return `must be ${issue.inclusive === false ? (side === 'least' ? 'above' : 'below') : `at ${side}`} ${bound}`;
}

function kindOf(value: unknown): string {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a map';
  return typeof value === 'string' ? 'a text' : `${typeof value} ${String(value)}`;
}

function valueAt(data: unknown, path: Path): unknown {
  let value = data;
  for (const segment of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, segment)) return undefined;
    value = (value as Record<string | number, unknown>)[segment];
  }
  return value;
}

/** Unwraps optional, transformed and alternative schemas into the plain ones behind them. */
function plain(node: SchemaNode): readonly SchemaNode[] {
  const { innerType, in: input, options } = node.def;
  if (innerType) return plain(innerType);
  if (input) return plain(input);
  return options ? options.flatMap(plain) : [node];
}

function nodesAt(nodes: readonly SchemaNode[], path: Path): readonly SchemaNode[] {
  const [segment, ...rest] = path;
  if (segment === undefined) return nodes.flatMap((node) => [node, ...plain(node)]);
  const next = nodes.flatMap(plain).flatMap((node) => {
    const child = node.def.shape?.[String(segment)] ?? node.def.element ?? node.def.valueType;
    return child ? [child] : [];
  });
  return nodesAt(next, rest);
}

const keysOf = (node: SchemaNode): readonly string[] => Object.keys(node.def.shape ?? {});
