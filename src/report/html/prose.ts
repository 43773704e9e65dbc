import { html, type Markup } from './markup.ts';

/** Dates, instants and ranges break at their hyphens unless told not to. */
const UNBROKEN = /\d{4}-\d{2}-\d{2}(?:T[\d:]+Z)?|[\d.,]+–[\d.,]+(?:\u00a0%)?/g;

/** Text whose dates and ranges stay on one line. */
export function prose(text: string): Markup {
  const parts: Markup[] = [];
  let from = 0;
  for (const match of text.matchAll(UNBROKEN)) {
    parts.push(html`${text.slice(from, match.index)}<span class="whole">${match[0]}</span>`);
    from = match.index + match[0].length;
  }
  return html`${parts}${text.slice(from)}`;
}

/** Code that breaks between its parts, never inside a word: after a comma, and before a tag or an operator. */
export const codeMarkup = (text: string): Markup =>
  html`<code>${text.split(/(?=\{)|(?<=,)/).map((part, index) => html`${index === 0 ? null : { markup: '<wbr>' }}${part}`)}</code>`;
