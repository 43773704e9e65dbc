import type { Location, Problem } from '../model/problem.ts';
import type { SectionName } from './schema.ts';
import type { Path, YamlSource } from './yaml-source.ts';

/** What the reading of one scenario shares: the places in the text and the problems found so far. */
export interface Context {
  readonly file: string;
  readonly source: YamlSource;
  readonly problems: Problem[];
  /** Sections that could not be read: what depends on them is not judged. */
  readonly failed: Set<SectionName>;
  /** Environment variables; null = not looked at. */
  readonly env: Readonly<Record<string, string | undefined>> | null;
  /** Variable that filled a place of the file, by its path with dots. */
  readonly fromEnvironment: Map<string, string>;
  /** Contents of the files the scenario names. */
  readonly files: ReadonlyMap<string, string>;
  /** Sections replaced from outside: they have no place in the text. */
  readonly overridden: ReadonlySet<string>;
}

/** One thing wrong: `at` points at the value, `key` at the key that holds it. */
export interface Complaint {
  readonly code: string;
  readonly at?: Path;
  readonly key?: Path;
  /** Characters behind the beginning of the text at `at`, where that is written as it is. */
  readonly offset?: number;
  readonly message: string;
  readonly hint: string | null;
}

export function complain(context: Context, complaint: Complaint): void {
  context.problems.push(toProblem(context, complaint, 'error'));
}

export function toProblem(context: Context, complaint: Complaint, severity: Problem['severity']): Problem {
  const { code, message, hint } = complaint;
  return { code, severity, message, hint, where: place(context, complaint) };
}

function place(context: Context, { at, key, offset }: Complaint): Location | null {
  const path = key ?? at ?? [];
  if (context.overridden.has(String(path[0]))) return null;
  if (offset !== undefined) {
    const { where, isVerbatim } = context.source.textAt(path);
    return isVerbatim ? { ...where, column: where.column + offset } : where;
  }
  return key === undefined ? context.source.valueAt(path) : context.source.keyAt(path);
}
