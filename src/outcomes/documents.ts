/** A parsed value: JSON, or the Python repr of it. */
export type Value = null | boolean | number | string | readonly Value[] | { readonly [key: string]: Value };

/** Deep enough for every relay chain seen (five wrappers); beyond it a body is hostile. */
const DEPTH_MAX = 24;
const DOCUMENTS_MAX = 8;
/** A message with more opening braces than this is not a wrapped answer. */
const EMBEDDED_TRIES_MAX = 6;

interface Cursor {
  readonly text: string;
  at: number;
}

const isSpace = (code: number) => code === 32 || (code >= 9 && code <= 13) || code === 0xfeff;

function skipSpace(cursor: Cursor): void {
  while (cursor.at < cursor.text.length && isSpace(cursor.text.charCodeAt(cursor.at))) cursor.at += 1;
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f' };

/** A text cut by the body cap ends an open string instead of losing it. */
function readString(cursor: Cursor, quote: string): string {
  const { text } = cursor;
  let out = '';
  let from = cursor.at + 1;
  let at = from;
  while (at < text.length && text[at] !== quote) {
    if (text[at] !== '\\') {
      at += 1;
      continue;
    }
    out += text.slice(from, at);
    const mark = text[at + 1] ?? '';
    const hex = mark === 'u' ? text.slice(at + 2, at + 6) : '';
    if (/^[0-9a-f]{4}$/i.test(hex)) {
      out += String.fromCharCode(Number.parseInt(hex, 16));
      at += 6;
    } else {
      out += ESCAPES[mark] ?? mark;
      at += 2;
    }
    from = at;
  }
  out += text.slice(from, at);
  cursor.at = Math.min(at + 1, text.length);
  return out;
}

const WORDS: Readonly<Record<string, Value>> = {
  null: null,
  None: null,
  undefined: null,
  true: true,
  True: true,
  false: false,
  False: false,
};

function readWord(cursor: Cursor): Value | undefined {
  const from = cursor.at;
  while (cursor.at < cursor.text.length && /[\w.+-]/.test(cursor.text[cursor.at] ?? '')) cursor.at += 1;
  const word = cursor.text.slice(from, cursor.at);
  if (word === '') return undefined;
  if (Object.hasOwn(WORDS, word)) return WORDS[word];
  const number = Number(word);
  return Number.isFinite(number) ? number : undefined;
}

function readArray(cursor: Cursor, depth: number): Value | undefined {
  const items: Value[] = [];
  cursor.at += 1;
  for (;;) {
    skipSpace(cursor);
    const mark = cursor.text[cursor.at];
    if (mark === undefined) return items;
    if (mark === ']') {
      cursor.at += 1;
      return items;
    }
    if (mark === ',') {
      cursor.at += 1;
      continue;
    }
    const item = readValue(cursor, depth + 1);
    if (item === undefined) return undefined;
    items.push(item);
  }
}

function readObject(cursor: Cursor, depth: number): Value | undefined {
  const entries: [string, Value][] = [];
  cursor.at += 1;
  for (;;) {
    skipSpace(cursor);
    const mark = cursor.text[cursor.at];
    if (mark === undefined) return Object.fromEntries(entries);
    if (mark === '}') {
      cursor.at += 1;
      return Object.fromEntries(entries);
    }
    if (mark === ',') {
      cursor.at += 1;
      continue;
    }
    if (mark !== '"' && mark !== "'") return undefined;
    const key = readString(cursor, mark);
    skipSpace(cursor);
    if (cursor.text[cursor.at] === undefined) return Object.fromEntries(entries);
    if (cursor.text[cursor.at] !== ':') return undefined;
    cursor.at += 1;
    const value = readValue(cursor, depth + 1);
    if (value === undefined) return cursor.at >= cursor.text.length ? Object.fromEntries(entries) : undefined;
    entries.push([key, value]);
  }
}

function readValue(cursor: Cursor, depth: number): Value | undefined {
  if (depth > DEPTH_MAX) return undefined;
  skipSpace(cursor);
  const mark = cursor.text[cursor.at];
  if (mark === '{') return readObject(cursor, depth);
  if (mark === '[') return readArray(cursor, depth);
  if (mark === '"' || mark === "'") return readString(cursor, mark);
  return readWord(cursor);
}

const isContainer = (value: Value | undefined): value is Exclude<Value, null | boolean | number | string> =>
  typeof value === 'object' && value !== null;

function parseWhole(text: string): Value | undefined {
  try {
    return JSON.parse(text) as Value;
  } catch {
    return undefined;
  }
}

/** The documents a body consists of: several in a row are kept apart. Empty when it does not start like one. */
export function readDocuments(text: string): readonly Value[] {
  const trimmed = text.trim();
  if (!/^[[{"]/.test(trimmed)) return [];
  const whole = parseWhole(trimmed);
  if (whole !== undefined) return [whole];
  const cursor: Cursor = { text: trimmed, at: 0 };
  const found: Value[] = [];
  while (found.length < DOCUMENTS_MAX) {
    skipSpace(cursor);
    if (!/[[{]/.test(cursor.text[cursor.at] ?? '')) break;
    const value = readValue(cursor, 0);
    if (!isContainer(value)) break;
    found.push(value);
  }
  return found;
}

export interface Embedded {
  readonly documents: readonly Value[];
  /** The text without them. */
  readonly rest: string;
}

/** Finds answers wrapped in a message: `...Exception - {"error": ...}`, `Error code: 429 - {'error': ...}`. */
export function readEmbedded(text: string): Embedded {
  const documents: Value[] = [];
  let rest = '';
  let from = 0;
  for (let tries = 0; tries < EMBEDDED_TRIES_MAX; tries += 1) {
    const at = text.indexOf('{', from);
    if (at < 0) break;
    const cursor: Cursor = { text, at };
    const value = readValue(cursor, 0);
    if (isContainer(value) && Object.keys(value).length > 0) {
      documents.push(value);
      rest += `${text.slice(from, at)} `;
      from = cursor.at;
    } else {
      rest += text.slice(from, at + 1);
      from = at + 1;
    }
  }
  return { documents, rest: rest + text.slice(from) };
}
