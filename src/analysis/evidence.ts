import type { RedactedSample } from '../model/analysis.ts';
import type { Exchange, TransportError } from '../model/exchange.ts';
import { messageOf, normaliseMessage } from '../outcomes/message.ts';
import { redact } from '../outcomes/redact.ts';
import { providerRequestId } from '../outcomes/request-id.ts';
import type { Judged } from './judged.ts';

/** Evidence, not an archive: what a person reads to check the class. */
const SAMPLE_BODY_CHARACTERS_MAX = 2000;
const MESSAGE_CHARACTERS_MAX = 300;
const HEADER_CHARACTERS_MAX = 300;
/** Texts whose normal form is remembered: a simulated run repeats a few bodies millions of times. */
const REMEMBERED_MAX = 2000;

/** What was said, in a form that can be grouped and shown. */
export interface Evidence {
  /** The message with ids, numbers and times stripped. */
  message(attempt: Judged): string;
  sample(attempt: Judged): RedactedSample;
}

/** Words with digits are ids, numbers and times: bodies that differ in nothing else have the same normal form. */
const VARYING = /[\w-]*\d[\w-]*/g;

export function evidence(): Evidence {
  const known = new Map<string, string>();
  const remembered = (key: string, read: () => string): string => {
    const found = known.get(key);
    if (found !== undefined) return found;
    if (known.size >= REMEMBERED_MAX) known.clear();
    const result = clip(normaliseMessage(redact(read())), MESSAGE_CHARACTERS_MAX);
    known.set(key, result);
    return result;
  };
  return {
    message({ exchange, outcome, label }) {
      if (exchange === null) return 'no answer was recorded before the process died';
      const raw = exchange.errorFrames[0] ?? exchange.body.head;
      const { transportError, status } = exchange;
      if (transportError !== null && exchange.errorFrames.length === 0) {
        return remembered(`${label} ${transportText(transportError)}`, () => transportText(transportError));
      }
      if (outcome.kind === 'truncated') return 'the stream ended without a finish reason';
      if (raw.trim() === '') return status === null ? 'no answer' : `HTTP ${status} without a body`;
      const rule = 'ruleId' in outcome ? outcome.ruleId : null;
      const key = `${status} ${label} ${rule} ${raw.replace(VARYING, '#')}`;
      return remembered(key, () => messageOf(exchange));
    },
    sample: (attempt) => ({
      status: attempt.exchange?.status ?? null,
      headers: redactedHeaders(attempt.exchange),
      body: clip(redact(bodyOf(attempt.exchange)), SAMPLE_BODY_CHARACTERS_MAX),
      requestId: attempt.sent.requestId,
      providerRequestId: attempt.exchange === null ? null : providerRequestId(attempt.exchange),
      atMs: attempt.sentMs,
    }),
  };
}

function bodyOf(exchange: Exchange | null): string {
  if (exchange === null) return '';
  if (exchange.errorFrames.length > 0) return exchange.errorFrames.join('\n');
  const { head, tail } = exchange.body;
  if (head !== '' || exchange.transportError === null) return tail === '' || tail === head ? head : `${head} … ${tail}`;
  return transportText(exchange.transportError);
}

function transportText(error: TransportError): string {
  switch (error.kind) {
    case 'connection':
      return `${error.code}: ${error.message}`;
    case 'timeout':
      return `timeout (${error.phase})`;
    case 'cancelled':
      return 'cancelled by us';
  }
}

function redactedHeaders(exchange: Exchange | null): Readonly<Record<string, string>> {
  if (exchange === null) return {};
  return Object.fromEntries(
    Object.entries(exchange.headers).map(([name, value]) => [name, clip(redact(value), HEADER_CHARACTERS_MAX)]),
  );
}

/** Cuts between characters, never inside a surrogate pair. */
function clip(text: string, most: number): string {
  if (text.length <= most) return text;
  const last = text.charCodeAt(most - 2);
  return `${text.slice(0, last >= 0xd800 && last <= 0xdbff ? most - 2 : most - 1)}…`;
}
