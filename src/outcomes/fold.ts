/** Full-width ASCII (U+FF01..FF5E) stands 0xFEE0 above its plain twin; Chinese stops and brackets have none. */
const FULL_WIDTH = /[\uff01-\uff5e]/g;
const PUNCTUATION: Readonly<Record<string, string>> = {
  '\u3000': ' ',
  '\u3002': '.',
  '\u3001': ',',
  '\uffe5': '$',
  '\u2018': "'",
  '\u2019': "'",
  '\u201c': '"',
  '\u201d': '"',
  '\u300c': '"',
  '\u300d': '"',
  '\u3010': '[',
  '\u3011': ']',
};
const OTHERS = /[\u3000\u3002\u3001\uffe5\u2018\u2019\u201c\u201d\u300c\u300d\u3010\u3011]/g;

/** Most scalars of an answer are printable ASCII with single spaces: they are plain already. */
const TO_FOLD = /[^\x20-\x7e]| {2}|^ | $/;

/** Plain punctuation, single spaces, otherwise as written. */
export function plainText(text: string): string {
  if (!TO_FOLD.test(text)) return text;
  return (
    text
      // Chinese stops carry their space inside the glyph.
      .replace(/([\uff0c\uff1b\uff1a\uff01\uff1f\u3002\u3001])(?=\S)/g, '$1 ')
      .replace(FULL_WIDTH, (mark) => String.fromCharCode(mark.charCodeAt(0) - 0xfee0))
      .replace(OTHERS, (mark) => PUNCTUATION[mark] ?? mark)
      .replace(/[\s\u200b\u00a0]+/g, ' ')
      .trim()
  );
}

/** What phrase conditions look at: plain text in lower case. */
export const foldText = (text: string): string => plainText(text).toLowerCase();

const LINK = /\bhttps?:\/\/[^\s"'<>)\]]{1,400}/gi;

/** Links leave the text (a host called token-plan is no token limit) and become evidence of their own. */
export function splitLinks(text: string): { readonly text: string; readonly links: readonly string[] } {
  return { text: text.replace(LINK, ' '), links: text.match(LINK)?.slice(0, 20) ?? [] };
}
