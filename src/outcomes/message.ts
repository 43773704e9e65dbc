import type { Exchange } from '../model/exchange.ts';
import { readEvidence } from './evidence.ts';
import { plainText } from './fold.ts';

const CHARACTERS_MAX = 300;

const STRIPPED: readonly (readonly [pattern: RegExp, by: string])[] = [
  [/\(request id: ?[\w-]{6,80}\)/gi, ''],
  [/\brequest[ _-]?id:? ?["']?[\w-]{6,}["']?/gi, 'request id #'],
  [/\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b/gi, '#'],
  [
    /\b\d{4}[-/]\d{1,2}[-/]\d{1,2}(?:[t ]\d{1,2}:\d{2}(?::\d{2})?(?:\.\d+)?)?(?: ?(?:z|utc|gmt)| ?[+-]\d{2}:?\d{2})?\b/gi,
    '#',
  ],
  [/\b\d{1,2}-\d{1,2} \d{1,2}:\d{2}:\d{2}(?: ?(?:z|utc|gmt))?\b/gi, '#'],
  [/\b\d{1,2}:\d{2}(?::\d{2})?\b/g, '#'],
  [/\b(?:org|proj|user|req|chatcmpl|gen|msg|ak|sk|acct|ws|key|cmpl|resp|run)[-_][\w-]{3,}/gi, '#'],
  [/\b(?=[\w-]*\d)[0-9a-f]{12,}\b/gi, '#'],
  [/\b(?=\w*\d\w*\d\w*\d)[A-Za-z0-9_]{16,}\b/g, '#'],
  [/(?<=[./-])(?=[a-z0-9-]*\d)[a-z0-9-]{8,}(?=\.)/gi, '#'],
  [/(?<![\w.-])[$-]?\d[\d,.]*(?=(?:ms|s|m|h|d|k|次|分钟|秒|小时|天)?(?![\w-]))/gi, '#'],
  [/(?<=[\u4e00-\u9fff(])\d+/g, '#'],
  [/#(?:[\s,./:-]*#)+/g, '#'],
  [/\s+/g, ' '],
];

/** A message with ids, numbers, times and random host labels stripped, so that equal causes group together. */
export function normaliseMessage(text: string): string {
  let out = plainText(text.slice(0, 4 * CHARACTERS_MAX));
  for (const [pattern, by] of STRIPPED) out = out.replace(pattern, by);
  return out.trim().slice(0, CHARACTERS_MAX);
}

/** `code: message` of an answer, the innermost readable one; the start of the body when there is none. */
export function messageOf(exchange: Pick<Exchange, 'status' | 'headers' | 'body' | 'errorFrames'>): string {
  const evidence = readEvidence(exchange, { dialect: 'openai', baseUrl: null, model: '' });
  const code = evidence.codes.find((word) => !/^\d{3}$/.test(word)) ?? evidence.types[0] ?? null;
  const message = evidence.messages.at(-1) ?? exchange.body.head.slice(0, 1000);
  return code === null || message.toLowerCase().includes(code) ? message : `${code}: ${message}`;
}
