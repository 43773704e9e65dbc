/** Definitions of texts that repeat: written once, then named by number. */
export interface Interned {
  /** Lines to be written before the record that uses them; empty when nothing is new. */
  takeDefinitions(): string;
  /** A short text with few distinct values (model names): its number, or the quoted text once the table is full. */
  word(text: string): string;
  /** A header: the pair's number where the pair repeats, else the quoted name and value. */
  header(name: string, value: string): string;
  /** A refusal's body or frame: template number and varying parts; `null` once too many different ones were seen. */
  body(text: string): string;
}

const WORDS_MAX = 1024;
const BODIES_MAX = 256;
/** Distinct values of one header after which it is taken for a unique one (request ids, dates). */
const VALUES_PER_HEADER_MAX = 32;
const HEADERS_MAX = 128;

/** What varies from refusal to refusal: ids, times, counts. Marked by `SLOT` in the template. */
const VARYING = /[0-9a-fA-F][0-9a-fA-F-]{7,}|\d+/g;
export const SLOT = '\u0001';

/** Seen once: null; from the second time on a number, so that unique values cost no definition. */
type HeaderValues = Map<string, number | null>;

export function interning(clean: (text: string) => string): Interned {
  const words = new Map<string, string>();
  const bodies = new Map<string, number>();
  const headers = new Map<string, HeaderValues | 'unique'>();
  let definitions = '';
  let texts = 0;
  let pairs = 0;

  function define(text: string): number {
    definitions += `{"t":"text","i":${texts},"v":${JSON.stringify(text)}}\n`;
    return texts++;
  }

  function unique(name: string, value: string): string {
    return `${JSON.stringify(name)},${JSON.stringify(clean(value))}`;
  }

  function known(name: string, value: string, values: HeaderValues): string {
    const pair = values.get(value);
    if (typeof pair === 'number') return String(pair);
    if (pair === null) {
      values.set(value, pairs);
      definitions += `{"t":"header","i":${pairs},"n":${JSON.stringify(name)},"v":${JSON.stringify(clean(value))}}\n`;
      return String(pairs++);
    }
    if (values.size >= VALUES_PER_HEADER_MAX) headers.set(name, 'unique');
    else values.set(value, null);
    return unique(name, value);
  }

  return {
    takeDefinitions() {
      if (definitions === '') return '';
      const taken = definitions;
      definitions = '';
      return taken;
    },
    word(text) {
      const found = words.get(text);
      if (found !== undefined) return found;
      if (words.size >= WORDS_MAX) return JSON.stringify(clean(text));
      const index = String(define(clean(text)));
      words.set(text, index);
      return index;
    },
    header(name, value) {
      let values = headers.get(name);
      if (values === undefined) {
        if (headers.size >= HEADERS_MAX) return unique(name, value);
        values = new Map();
        headers.set(name, values);
      }
      return values === 'unique' ? unique(name, value) : known(name, value, values);
    },
    body(text) {
      const safe = clean(text);
      if (safe.includes(SLOT)) return JSON.stringify(safe);
      const parts = safe.match(VARYING);
      const template = parts === null ? safe : safe.replace(VARYING, SLOT);
      let index = bodies.get(template);
      if (index === undefined) {
        if (bodies.size >= BODIES_MAX) return 'null';
        index = define(template);
        bodies.set(template, index);
      }
      return parts === null ? String(index) : `[${index},${JSON.stringify(parts).slice(1)}`;
    },
  };
}
