import type { Answer } from './answer.ts';

const CONTENT = '"content":"';
const REASONING = '"reasoning_content":"';

/**
 * Reads an ordinary content chunk of a stream without parsing it: nine in ten frames say nothing but a few characters
 * of text, and a parse costs several times this scan. Returns false, having changed nothing, for every frame that
 * says more (finish reason, usage, tool calls, errors, several choices, other spacing), or where the model is not
 * known yet. A quote inside a JSON string is escaped, so `"content":"` in the raw text can only be a member.
 */
export function readPlainChunk(data: string, answer: Answer, atMs: number): boolean {
  if (answer.reportedModel === null || data.charCodeAt(data.length - 1) !== 125) return false;
  const content = data.indexOf(CONTENT);
  const reasoning = data.indexOf(REASONING);
  if (!saysOnlyText(data) || (content === -1 && reasoning === -1)) return false;
  if (content !== -1 && data.indexOf(CONTENT, content + CONTENT.length) !== -1) return false;
  const text = content === -1 ? '' : stringAt(data, content + CONTENT.length);
  if (text === null) return false;
  const thinks = reasoning !== -1 && data[reasoning + REASONING.length] !== '"';
  answer.open();
  if (text !== '' || thinks) answer.content(text, atMs);
  return true;
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

/** The JSON string whose first character is at `start`; null when it does not end or is malformed. */
function stringAt(data: string, start: number): string | null {
  const end = data.indexOf('"', start);
  if (end === -1) return null;
  const plain = data.slice(start, end);
  return plain.includes('\\') ? escapedStringAt(data, start) : plain;
}

function escapedStringAt(data: string, start: number): string | null {
  for (let index = start; index < data.length; index++) {
    const code = data.charCodeAt(index);
    if (code === 92) index++;
    else if (code === 34) {
      try {
        return JSON.parse(data.slice(start - 1, index + 1));
      } catch {
        return null;
      }
    }
  }
  return null;
}
