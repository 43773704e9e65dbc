import { html, type Markup } from './markup.ts';

/** What a line must not break: dates and instants, ranges, a number and its unit, an operator and its value. */
const UNBROKEN =
  /\d{4}-\d{2}-\d{2}(?:T[\d:]+Z)?|(?:(?:[<>]=?|[=!]=) ?)?\$?\d[\d.,]*(?:–\$?[\d.,]+)?[ \u00a0]?(?:%|ms\b|s\b|min\b|pp\b)|[\d.,]+–[\d.,]+|(?:[<>]=?|[=!]=) ?\S+/g;

/** An operator with its value, in a rule. */
const COMPARED = /(?:[<>]=?|[=!]=) \S+/g;

function whole(text: string, pattern: RegExp): Markup {
  const parts: Markup[] = [];
  let from = 0;
  for (const match of text.matchAll(pattern)) {
    parts.push(html`${text.slice(from, match.index)}<span class="whole">${match[0]}</span>`);
    from = match.index + match[0].length;
  }
  return html`${parts}${text.slice(from)}`;
}

/** Text whose dates, ranges and quantities stay on one line. */
export const prose = (text: string): Markup => whole(text, UNBROKEN);

/** Code that breaks between its parts, never inside a word: before a tag, after a comma, before an operator. */
export const codeMarkup = (text: string): Markup =>
  html`<code>${text
    .split(/(?=\{)|(?<=,)/)
    .map((part, index) => html`${index === 0 ? null : { markup: '<wbr>' }}${whole(part, COMPARED)}`)}</code>`;
