import { readDocuments, readEmbedded, type Value } from './documents.ts';
import { foldText, plainText, splitLinks } from './fold.ts';
import { looksLikeFrames, readFrames } from './frames.ts';
import { exceeded, saysError, statedStatuses } from './saying.ts';

export type BodyShape = 'json' | 'stream' | 'text' | 'html' | 'empty';

/** What the bodies of one answer say, collected from every wrapper, outermost first. */
export interface Gathered {
  readonly shape: BodyShape;
  /** The body (or a frame of it) presents itself as an error, whatever the HTTP status says. */
  readonly isError: boolean;
  /** HTTP statuses named inside the body. */
  readonly stated: readonly number[];
  readonly codes: readonly string[];
  readonly types: readonly string[];
  /** `key=value` of every short scalar beside an error, lower case: `limit_source=openrouter_key_limit`. */
  readonly facts: readonly string[];
  /** As sent, links included. */
  readonly messages: readonly string[];
  /** All messages folded, without links and without the documents inside them. */
  readonly text: string;
  readonly links: string;
  readonly finishReasons: readonly string[];
}

const NODES_MAX = 1500;
const WRAPPERS_MAX = 6;
/** Ids stand between the words of a phrase and are no words. */
const UUID = /\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b/g;
const MESSAGE_CHARACTERS_MAX = 8192;
const TEXT_CHARACTERS_MAX = 16_384;

const CODE_KEYS =
  /^(?:code|error_?code|err_?code|internal_?code|status_?code|http_?code|provider_error_code|error_no|errno|ret|retcode|result_?code|sub_code)$/;
const TYPE_KEYS = /^(?:type|error_?type|__type|status|reason|name|category|kind)$/;
const MESSAGE_KEYS =
  /^(?:message|msg|error|errors|error_?msg|err_?msg|error_?message|detail|details|description|error_description|status_?msg|title|raw|localized_message|html-message|reason|fault_?string|error_?info|info|cause|hint)$/;
/** Content of an answer or echo of a request: never evidence. */
const CONTENT_KEYS =
  /^(?:output|content|delta|messages|prompt|input|usage|tools|arguments|reasoning_content|logprobs|stack)$/;

interface Collector {
  readonly codes: Set<string>;
  readonly types: Set<string>;
  readonly facts: Set<string>;
  readonly stated: Set<number>;
  readonly messages: string[];
  readonly texts: string[];
  readonly links: string[];
  readonly finishReasons: Set<string>;
  nodes: number;
  isError: boolean;
}

type Record_ = { readonly [key: string]: Value };
const isRecord = (value: Value | undefined): value is Record_ =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function readScalar(into: Collector, key: string, value: string | number | boolean): void {
  const word = foldText(String(value).slice(0, 200));
  if (word.length <= 160) into.facts.add(`${key}=${word}`);
  if (word === '' || word === 'none' || word === 'null' || word === '<nil>') return;
  const isStatusKey = CODE_KEYS.test(key) || key === 'status';
  if (isStatusKey && /^[45]\d\d$/.test(word)) into.stated.add(Number(word));
  if (CODE_KEYS.test(key)) into.codes.add(word);
  else if (TYPE_KEYS.test(key) && !/ /.test(word)) into.types.add(word);
}

/** Choices carry the answer; only their error and the reason they ended are read. */
function readChoices(into: Collector, choices: Value, depth: number): void {
  for (const choice of Array.isArray(choices) ? choices.slice(0, 8) : []) {
    if (!isRecord(choice)) continue;
    const reason = choice.finish_reason ?? choice.native_finish_reason;
    if (typeof reason === 'string' && reason !== '' && reason !== 'null') into.finishReasons.add(reason.toLowerCase());
    if (isRecord(choice.error)) {
      into.isError = true;
      readValue(into, 'error', choice.error, depth + 1);
    }
  }
}

function readRecord(into: Collector, record: Record_, depth: number): void {
  const id = record.request_id ?? record.requestId;
  if (record.error !== undefined && typeof id === 'string') into.facts.add(`beside_error=${foldText(id.slice(0, 80))}`);
  for (const [name, value] of Object.entries(record)) {
    const key = name.toLowerCase();
    if (key === 'choices') readChoices(into, value, depth);
    else if (key === 'finish_reason' && typeof value === 'string' && value !== 'null')
      into.finishReasons.add(value.toLowerCase());
    else if (key === 'output' && isRecord(value)) readOutput(into, value, depth);
    else if (!CONTENT_KEYS.test(key)) readValue(into, key, value, depth + 1);
  }
}

/** DashScope native answers: the end of an answer stands under `output`. */
function readOutput(into: Collector, output: Record_, depth: number): void {
  if (typeof output.finish_reason === 'string' && output.finish_reason !== 'null')
    into.finishReasons.add(output.finish_reason.toLowerCase());
  if (output.choices !== undefined) readChoices(into, output.choices, depth);
}

function readValue(into: Collector, key: string, value: Value, depth: number): void {
  into.nodes += 1;
  if (into.nodes > NODES_MAX || depth > 20) return;
  if (Array.isArray(value)) for (const item of value) readValue(into, key, item, depth + 1);
  else if (isRecord(value)) {
    into.facts.add(`has=${key}`);
    readRecord(into, value, depth);
  } else if (typeof value === 'string' && MESSAGE_KEYS.test(key)) {
    readScalar(into, key, value);
    readMessage(into, value, depth);
  } else if (value !== null) readScalar(into, key, value as string | number | boolean);
}

/** A message may wrap an answer (JSON, Python repr, server-sent events): those are read as answers of their own. */
function readMessage(into: Collector, message: string, depth: number): void {
  const capped = message.slice(0, MESSAGE_CHARACTERS_MAX);
  if (capped.trim() === '') return;
  const { documents, rest } = depth < WRAPPERS_MAX * 3 ? readEmbedded(capped) : { documents: [], rest: capped };
  into.messages.push(capped);
  if (looksLikeFrames(capped)) {
    readStream(into, capped, true, depth + 3);
    return;
  }
  const { text, links } = splitLinks(rest);
  const folded = foldText(text).replace(UUID, '#');
  into.links.push(...links);
  if (folded !== '') into.texts.push(folded);
  for (const status of statedStatuses(folded)) into.stated.add(status);
  for (const resource of exceeded(folded)) into.facts.add(`over=${resource}`);
  for (const document of documents) readValue(into, 'wrapped', document, depth + 3);
}

function readStream(into: Collector, text: string, isError: boolean, depth: number): void {
  for (const frame of readFrames(text)) {
    if (frame.data === '[DONE]') continue;
    const documents = readDocuments(frame.data);
    const failed = isError || frame.event === 'error' || (frame.status ?? 0) >= 400 || documents.some(saysError);
    if (frame.status !== null && frame.status >= 400) into.stated.add(frame.status);
    if (failed) into.isError = true;
    for (const document of documents) {
      if (failed) readValue(into, 'body', document, depth + 1);
      else if (isRecord(document)) readEnding(into, document, depth);
    }
    if (failed && documents.length === 0 && frame.data !== '') readMessage(into, frame.data, depth + 1);
  }
}

/** A frame or document that is no error: only how it ended is of interest. */
function readEnding(into: Collector, document: Record_, depth: number): void {
  if (document.choices !== undefined) readChoices(into, document.choices, depth);
  if (isRecord(document.output)) readOutput(into, document.output, depth);
}

const isMarkup = (text: string) => /^\s*<(?:!doctype|html|head|body|h1|title|center)/i.test(text);
const isXml = (text: string) => /^\s*<\?xml/i.test(text);
/** What stands between tags, a line for each element. */
const withoutTags = (text: string) => text.replace(/\s*<[^<>]{0,400}>\s*/g, '\n').trim();

function readMarkup(into: Collector, text: string): void {
  const words = foldText(text.slice(0, MESSAGE_CHARACTERS_MAX).replace(/<[^<>]{0,400}>/g, ' '));
  into.messages.push(plainText(text).slice(0, 1000));
  into.texts.push(words);
}

function readBody(into: Collector, text: string, failed: boolean): BodyShape {
  if (text.trim() === '') return 'empty';
  if (looksLikeFrames(text)) {
    readStream(into, text, failed, 0);
    return 'stream';
  }
  const documents = readDocuments(text);
  if (documents.length > 0) {
    for (const document of documents) {
      if (saysError(document)) into.isError = true;
      if (failed || saysError(document)) {
        if (typeof document === 'string') readMessage(into, document, 0);
        else readValue(into, 'body', document, 0);
      } else if (isRecord(document)) readEnding(into, document, 0);
    }
    return 'json';
  }
  if (isMarkup(text)) {
    readMarkup(into, text);
    return 'html';
  }
  if (failed) readMessage(into, isXml(text) ? withoutTags(text) : text, 0);
  return 'text';
}

/** Collects from the body and from the error frames that the decoder kept. */
export function gather(
  texts: readonly string[],
  answer: { readonly status: number | null; readonly errorFrames: boolean },
): Gathered {
  const into: Collector = {
    codes: new Set(),
    types: new Set(),
    facts: new Set(),
    stated: new Set(),
    messages: [],
    texts: [],
    links: [],
    finishReasons: new Set(),
    nodes: 0,
    isError: answer.errorFrames,
  };
  const failed = answer.status === null || answer.status >= 300;
  const shapes = texts.map((text, index) => readBody(into, text, failed || index > 0));
  return {
    shape: shapes[0] ?? 'empty',
    isError: into.isError,
    stated: [...into.stated],
    codes: [...into.codes],
    types: [...into.types],
    facts: [...into.facts],
    messages: into.messages,
    text: into.texts.join('\n').slice(0, TEXT_CHARACTERS_MAX),
    links: foldText(into.links.join(' ')).slice(0, 4096),
    finishReasons: [...into.finishReasons],
  };
}
