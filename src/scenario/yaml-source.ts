import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  visit,
} from 'yaml';
import type { Location, Problem } from '../model/problem.ts';

export type Path = readonly (string | number)[];

/** A YAML text as data, with the way back from every path of the data to its place in the text. */
export interface YamlSource {
  readonly data: unknown;
  readonly problems: readonly Problem[];
  /** False when the text could not be read at all: `data` then means nothing. */
  readonly readable: boolean;
  /** Start of the value; of the nearest parent that exists where there is none. */
  valueAt(path: Path): Location;
  /** Start of the key that holds the value. */
  keyAt(path: Path): Location;
  /** First character of a text value, behind an opening quote. */
  textAt(path: Path): TextPlace;
}

const HINTS: Readonly<Record<string, string>> = {
  TAB_AS_INDENT: 'indent with spaces',
  MULTIPLE_DOCS: 'keep one document per file: remove the line ---',
  BAD_INDENT: 'check the indentation and the closing brackets',
  MISSING_CHAR: 'close what was opened, or put the text in quotes',
  BLOCK_AS_IMPLICIT_KEY: 'check the indentation of this and the next line',
  IMPOSSIBLE: 'check the indentation',
};

export interface TextPlace {
  readonly where: Location;
  /** The file holds the text as it is, on one line: an offset into the text is an offset in the file. */
  readonly isVerbatim: boolean;
}

/** Reads YAML 1.2 with merge keys; never throws. Aliases are counted, so that a small text cannot grow without bound. */
export function readYaml(text: string, file: string): YamlSource {
  // One counter per document: a shared one gives wrong columns.
  const lines = new LineCounter();
  const at = (offset: number): Location => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(1, line), column: Math.max(1, col) };
  };
  try {
    const doc = parseDocument(text, { lineCounter: lines, uniqueKeys: true, prettyErrors: false, merge: true });
    const problems = [...syntaxProblems(doc, at), ...structureProblems(doc, at)];
    const readable = problems.every((problem) => problem.code === 'duplicate-key');
    const data: unknown = readable ? doc.toJS({ maxAliasCount: 100 }) : null;
    return { data, problems, readable, ...positions(doc, text, at) };
  } catch (error) {
    const start: Location = { file, line: 1, column: 1 };
    const message = error instanceof RangeError ? 'the text is nested too deeply' : String((error as Error).message);
    const hint = message.includes('alias') ? 'write the repeated parts out' : 'check the nesting of brackets';
    const problem: Problem = { code: 'yaml-syntax', severity: 'error', message, hint, where: start };
    const here = () => start;
    const textAt = () => ({ where: start, isVerbatim: false });
    return { data: null, problems: [problem], readable: false, valueAt: here, keyAt: here, textAt };
  }
}

function syntaxProblems(doc: Document, at: (offset: number) => Location): Problem[] {
  const errors = doc.errors.map((error): Problem => {
    const duplicate = error.code === 'DUPLICATE_KEY';
    return {
      code: duplicate ? 'duplicate-key' : 'yaml-syntax',
      severity: 'error',
      message: duplicate ? 'this key was given before' : `not readable as YAML: ${error.message}`,
      hint: duplicate ? 'keep one of them' : (HINTS[error.code] ?? null),
      where: at(error.pos[0]),
    };
  });
  const tags = doc.warnings.map((warning): Problem => {
    const hint = 'remove the tag (a word that starts with !), or put the text in quotes';
    return { code: 'yaml-syntax', severity: 'error', message: warning.message, hint, where: at(warning.pos[0]) };
  });
  return [...errors, ...tags];
}

/** What YAML allows and data cannot hold: aliases that lead nowhere or into themselves, keys that are no text. */
function structureProblems(doc: Document, at: (offset: number) => Location): Problem[] {
  const problems: Problem[] = [];
  const add = (offset: number, message: string, hint: string) =>
    problems.push({ code: 'yaml-syntax', severity: 'error', message, hint, where: at(offset) });
  visit(doc, {
    Alias(_, node) {
      const offset = node.range?.[0] ?? 0;
      const target = node.resolve(doc);
      if (target === undefined) add(offset, `the alias *${node.source} has no anchor before it`, 'define it with &');
      const range = target?.range;
      if (range && range[0] <= offset && offset < range[1]) add(offset, 'the alias contains itself', 'write it out');
    },
    Pair(_, pair) {
      const key = pair.key;
      if (isNode(key) && !isScalar(key)) add(key.range?.[0] ?? 0, 'a key must be plain text', 'quote it');
    },
  });
  return problems;
}

interface Found {
  readonly key: Node | null;
  readonly value: Node | null;
}

/** Walks as far along the path as nodes exist. */
function find(doc: Document, path: Path): { readonly found: Found; readonly complete: boolean } {
  let found: Found = { key: null, value: doc.contents };
  for (const segment of path) {
    const node = isAlias(found.value) ? (found.value.resolve(doc) ?? null) : found.value;
    let next: Found | null = null;
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(segment));
      if (pair) next = { key: isNode(pair.key) ? pair.key : null, value: isNode(pair.value) ? pair.value : null };
    } else if (isSeq(node)) {
      const item = node.items[Number(segment)];
      if (isNode(item)) next = { key: null, value: item };
    }
    if (next === null) return { found, complete: false };
    found = next;
  }
  return { found, complete: true };
}

function positions(
  doc: Document,
  text: string,
  at: (offset: number) => Location,
): Pick<YamlSource, 'valueAt' | 'keyAt' | 'textAt'> {
  // An empty value has a place behind its colon that nobody would look at: its key is better.
  const offsetOf = ({ key, value }: Found): number => {
    const range = value?.range;
    return range && range[0] < range[1] ? range[0] : (key?.range?.[0] ?? range?.[0] ?? 0);
  };
  return {
    valueAt: (path) => {
      const { found, complete } = find(doc, path);
      return at(complete ? offsetOf(found) : (found.key?.range?.[0] ?? offsetOf(found)));
    },
    keyAt: (path) => {
      const { found } = find(doc, path);
      return at(found.key?.range?.[0] ?? offsetOf(found));
    },
    textAt: (path) => {
      const { found, complete } = find(doc, path);
      const offset = offsetOf(found);
      const value = complete && isScalar(found.value) ? String(found.value.value) : null;
      const start = /["']/.test(text[offset] ?? '') ? offset + 1 : offset;
      const isVerbatim = value !== null && text.startsWith(value, start);
      return { where: at(isVerbatim ? start : offset), isVerbatim };
    },
  };
}
