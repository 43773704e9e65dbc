interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly Element[];
  readonly text: string;
}

interface OpenElement {
  name: string;
  attributes: Record<string, string>;
  children: OpenElement[];
  text: string;
}

const REFERENCE = /&(?:(amp|lt|gt|quot|apos)|#(\d+)|#x([0-9a-f]+));/gi;
const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function resolve(text: string): string {
  if (/&(?!(?:amp|lt|gt|quot|apos|#\d+|#x[0-9a-f]+);)/i.test(text)) throw new Error(`bare ampersand in ${text}`);
  return text.replace(REFERENCE, (_, name, decimal, hex) =>
    name ? (NAMED[name] ?? '') : String.fromCodePoint(decimal ? Number(decimal) : Number.parseInt(hex, 16)),
  );
}

function attributesOf(source: string): Record<string, string> {
  const found = [...source.matchAll(/\s+([\w:-]+)="([^"<]*)"/g)];
  if (found.map(([whole]) => whole).join('') !== source.trimEnd()) throw new Error(`malformed attributes: ${source}`);
  return Object.fromEntries(found.map(([, name, value]) => [name, resolve(value ?? '')]));
}

/** A strict reader of the XML that a report may contain: throws on anything that is not well-formed. */
export function parseXml(source: string): Element {
  const body = source.replace(/^<\?xml version="1\.0" encoding="UTF-8"\?>\n/, '');
  if (/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u.test(body)) throw new Error('forbidden character');
  const root: OpenElement = { name: '', attributes: {}, children: [], text: '' };
  const stack = [root];
  for (const [token, close, name = '', attributes = '', empty] of body.matchAll(
    /<(\/?)([\w-]+)((?:\s+[\w:-]+="[^"]*")*)\s*(\/?)>|[^<]+|</g,
  )) {
    const top = stack.at(-1) as OpenElement;
    if (token === '<') throw new Error('stray <');
    if (name === '') top.text += resolve(token);
    else if (close === '/') {
      if (stack.pop()?.name !== name) throw new Error(`</${name}> closes ${top.name}`);
    } else {
      const element: OpenElement = { name, attributes: attributesOf(attributes), children: [], text: '' };
      top.children.push(element);
      if (empty !== '/') stack.push(element);
    }
  }
  const [only] = root.children;
  if (stack.length !== 1 || root.children.length !== 1 || only === undefined) throw new Error('not one closed root');
  return only;
}
