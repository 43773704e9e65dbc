import type { Answer } from './answer.ts';
import { isObject, parseJson } from './fields.ts';

const CONTENT = '"content":"';
const REASONING = '"reasoning_content":"';

/** Reads a frame without parsing it; false, with nothing changed, for a frame that needs a parse. */
export type PlainReader = (data: string, answer: Answer, atMs: number) => boolean;

/** No JSON string holds them raw. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL = /[\u0000-\u001f]/;
/** Put where the text of a frame was, to see where a parse finds it. */
const PROBE = 'x';

/** A frame around its text: what the chunks of one stream have in common. */
interface Frame {
  readonly before: string;
  readonly after: string;
  readonly isAnswer: boolean;
}

/** The order of members may change from chunk to chunk (seen in DashScope captures), between few forms. */
const FRAMES_MAX = 2;

/**
 * For ordinary content chunks: nine in ten frames of a stream say nothing but a few characters of text, and a parse
 * costs ten times what a comparison with the frame before costs. A frame is looked at closely once; later ones that
 * differ in nothing but one string without quotes mean the same. One reader per answer.
 */
export function plainReader(): PlainReader {
  const frames: Frame[] = [];
  return (data, answer, atMs) => {
    for (const frame of frames) if (readLike(frame, data, answer, atMs)) return true;
    if (answer.reportedModel === null) return false;
    const found = plainFrame(data);
    if (found === null || !readLike(found, data, answer, atMs)) return false;
    if (frames.length === FRAMES_MAX) frames.pop();
    frames.unshift(found);
    return true;
  };
}

function readLike({ before, after, isAnswer }: Frame, data: string, answer: Answer, atMs: number): boolean {
  const end = data.length - after.length;
  // Compared as slices: V8 compares whole strings by block, `startsWith` and `endsWith` by character.
  if (end < before.length || data.slice(end) !== after || data.slice(0, before.length) !== before) return false;
  const raw = data.slice(before.length, end);
  if (raw.includes('"')) return false;
  const text = raw.includes('\\') || CONTROL.test(raw) ? unescaped(raw) : raw;
  if (text === null) return false;
  answer.open();
  if (text !== '') answer.content(isAnswer ? text : '', atMs);
  return true;
}

function unescaped(raw: string): string | null {
  try {
    return JSON.parse(`"${raw}"`);
  } catch {
    return null;
  }
}

/**
 * The frame of a chunk whose only statement is one text; null for every frame that says more (finish reason, usage,
 * tool calls, errors, several choices, other spacing). A quote inside a JSON string is escaped, so `"content":"` in
 * the raw text can only be a member.
 */
function plainFrame(data: string): Frame | null {
  if (data.charCodeAt(data.length - 1) !== 125 || !saysOnlyText(data)) return null;
  const content = data.indexOf(CONTENT);
  const reasoning = data.indexOf(REASONING);
  if ((content === -1) === (reasoning === -1)) return null;
  const isAnswer = content !== -1;
  const member = isAnswer ? CONTENT : REASONING;
  const start = (isAnswer ? content : reasoning) + member.length;
  const end = endOfString(data, start);
  if (end === -1 || data.indexOf(member, end) !== -1) return null;
  const [before, after] = [data.slice(0, start), data.slice(end)];
  return holdsText(before, after, isAnswer) ? { before, after, isAnswer } : null;
}

/** Whether the frame is JSON, and its text the one that a full read takes: of the only choice's delta. */
function holdsText(before: string, after: string, isAnswer: boolean): boolean {
  // A name may be spelt with escapes, which the looks at the raw text above would miss.
  if (before.includes('\\') || after.includes('\\')) return false;
  const document = parseJson(before + PROBE + after);
  if (!isObject(document) || !Array.isArray(document.choices) || document.choices.length !== 1) return false;
  const choice: unknown = document.choices[0];
  const delta = isObject(choice) ? choice.delta : null;
  return isObject(delta) && (isAnswer ? delta.content : delta.reasoning_content) === PROBE;
}

/** No member but text has anything to say; `"error"` and `"type"` catch errors of any shape. */
function saysOnlyText(data: string): boolean {
  return (
    isAbsentOrNull(data, '"finish_reason"') &&
    isAbsentOrNull(data, '"usage"') &&
    data.includes('"delta":{') &&
    !data.includes('"error"') &&
    !data.includes('"type"') &&
    !data.includes('_call') &&
    !data.includes('"reasoning"')
  );
}

function isAbsentOrNull(data: string, member: string): boolean {
  const at = data.indexOf(member);
  if (at === -1) return true;
  return data.startsWith(':null', at + member.length) && data.indexOf(member, at + member.length) === -1;
}

/** Index of the quote that ends the JSON string whose first character is at `start`; -1 when it does not end. */
function endOfString(data: string, start: number): number {
  for (let index = start; index < data.length; index++) {
    const code = data.charCodeAt(index);
    if (code === 92) index++;
    else if (code === 34) return index;
  }
  return -1;
}
