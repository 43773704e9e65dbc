import { printable } from '../text-width.ts';

/** Markup that was put together by `html` and needs no escaping any more. */
export interface Markup {
  readonly markup: string;
}

export type Child = string | number | Markup | readonly Child[] | null;

/** Escapes for text and for double-quoted attributes; what could steer a terminal or the text direction becomes visible. */
export const escapeHtml = (text: string): string =>
  printable(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');

function render(child: Child): string {
  if (child === null) return '';
  if (typeof child === 'string') return escapeHtml(child);
  if (typeof child === 'number') return String(child);
  return 'markup' in child ? child.markup : child.map(render).join('');
}

/** The only way from text to markup: every interpolated string is escaped. Attribute values must be in double quotes. */
export function html(strings: TemplateStringsArray, ...children: readonly Child[]): Markup {
  let markup = strings[0] ?? '';
  children.forEach((child, index) => {
    markup += render(child) + (strings[index + 1] ?? '');
  });
  return { markup };
}

/** Text with its line breaks kept, for `<pre>`. */
export const preformatted = (text: string): Markup => ({
  markup: text
    .split(/\r\n|[\r\n\u2028\u2029]/)
    .map(escapeHtml)
    .join('\n'),
});

/** JSON that can neither close its script block nor open a comment in it: `<`, `>` and the two line separators are escapes. */
export const jsonForScript = (value: unknown): string =>
  JSON.stringify(value)
    .replaceAll('<', '\\u003c')
    .replaceAll('>', '\\u003e')
    .replaceAll('\u2028', '\\u2028')
    .replaceAll('\u2029', '\\u2029');

/** Script or style text that we ship: it may not contain the end tag of its element. */
export const rawElement = (tag: 'script' | 'style', text: string): Markup => ({
  markup: `<${tag}>${rawContent(tag, text)}</${tag}>`,
});

export const rawContent = (tag: 'script' | 'style', text: string): string =>
  text.replace(new RegExp(`</(?=${tag})`, 'gi'), '<\\/');
