import type { Arrival } from '../model/arrival.ts';
import type { BodySample, Exchange, TransportError } from '../model/exchange.ts';
import type { EndRecord, JournalRecord, NotSentRecord, SentRecord } from '../model/journal.ts';
import type { Outcome } from '../model/outcome.ts';
import { type Interned, interning } from './interning.ts';
import { toMicros } from './numbers.ts';
import type { Redact } from './redaction.ts';

/*
 * One record per line, by hand: `JSON.stringify` of the objects costs several times as much. Every time is a whole
 * number of microseconds since t0; in `end` the later stamps count from `s`. What is missing has its default.
 *
 *   sent      id n(attempt 1) seq ph(ase 0) at(scheduled) v(ariant 0) pair(seq) turn(0) size due(at) s(ent)
 *             m(odel) k(ey 0) pt(prompt tokens) mt(max tokens)
 *   not_sent  the same up to `due`, then d(ecided) why
 *   end       id n more(not final) s(ent) st(atus 200) q(ueued 0) hd(headers) fb ft fa(first byte, token, answer
 *             token = ft) e(nd) p(rotocol h1) c(onnection: id, reused, handshake) h(eaders) b(ody) ef(error frames)
 *             te(transport error) g(aps: count, total, max, buckets) fr(finish reason) rm(reported model) dn([DONE])
 *             u(sage: prompt, completion, cached, reasoning) a(nswer: characters, hash) o(utcome ok)
 *   text, header   definitions: a number in `m`, `rm`, `h`, `b`, `ef` names one
 */

export interface Encoder {
  /** The record's line with its line feed, after the definitions it needs. */
  encode(record: JournalRecord): string;
}

export function encoder(redact: Redact): Encoder {
  const interned = interning(redact);

  function line(record: JournalRecord): string {
    switch (record.type) {
      case 'sent':
        return sentLine(record, interned);
      case 'end':
        return endLine(record, interned, redact);
      case 'not_sent':
        return notSentLine(record);
      case 'clock':
        return `{"t":"clock","at":${toMicros(record.atMs)},"wall":${toMicros(record.wallMs)}}\n`;
      case 'stall':
        return `{"t":"stall","from":${toMicros(record.fromMs)},"to":${toMicros(record.toMs)}}\n`;
      case 'health':
        return (
          `{"t":"health","at":${toMicros(record.atMs)},"in":${record.inFlight},"loop":${toMicros(record.loopDelayMaxMs)}` +
          `,"cpu":${toMicros(record.cpuShare)},"rss":${record.rssBytes},"gc":${toMicros(record.gcPauseMaxMs)}` +
          `,"open":${record.socketsOpen},"opened":${record.socketsOpened}}\n`
        );
      case 'finish':
        return `{"t":"finish","at":${toMicros(record.atMs)},"reason":${redact(JSON.stringify(record.reason))}}\n`;
      default:
        return record satisfies never;
    }
  }

  return {
    encode(record) {
      const text = line(record);
      return interned.takeDefinitions() + text;
    },
  };
}

function attemptFields(type: string, record: { requestId: string; attemptNo: number }): string {
  const attempt = record.attemptNo === 1 ? '' : `,"n":${record.attemptNo}`;
  return `{"t":"${type}","id":${JSON.stringify(record.requestId)}${attempt}`;
}

function arrivalFields(arrival: Arrival, dueMs: number): string {
  const at = toMicros(arrival.scheduledMs);
  const due = toMicros(dueMs);
  let text = `,"seq":${arrival.seq},"at":${at}`;
  if (arrival.phaseIndex !== 0) text += `,"ph":${arrival.phaseIndex}`;
  if (arrival.variantIndex !== 0) text += `,"v":${arrival.variantIndex}`;
  if (arrival.pairSeq !== arrival.seq) text += `,"pair":${arrival.pairSeq}`;
  if (arrival.turn !== 0) text += `,"turn":${arrival.turn}`;
  if (arrival.size !== null) text += `,"size":[${arrival.size.promptTokens},${arrival.size.maxTokens}]`;
  return due === at ? text : `${text},"due":${due}`;
}

function sentLine(record: SentRecord, interned: Interned): string {
  let text = attemptFields('sent', record) + arrivalFields(record.arrival, record.dueMs);
  text += `,"s":${toMicros(record.sentMs)},"m":${interned.word(record.model)},"pt":${record.promptTokens}`;
  if (record.keyIndex !== 0) text += `,"k":${record.keyIndex}`;
  if (record.maxTokens !== null) text += `,"mt":${record.maxTokens}`;
  return `${text}}\n`;
}

function notSentLine(record: NotSentRecord): string {
  const arrival = attemptFields('not_sent', record) + arrivalFields(record.arrival, record.dueMs);
  return `${arrival},"d":${toMicros(record.decidedMs)},"why":"${record.reason}"}\n`;
}

function endLine(record: EndRecord, interned: Interned, redact: Redact): string {
  const exchange = record.exchange;
  let text = attemptFields('end', record);
  if (!record.final) text += ',"more":1';
  text += stampFields(exchange);
  if (exchange.status !== 200) text += `,"st":${exchange.status}`;
  if (exchange.protocol !== 'h1') text += exchange.protocol === null ? ',"p":null' : `,"p":"${exchange.protocol}"`;
  const connection = exchange.connection;
  if (connection !== null) {
    const handshake = connection.handshakeMs === null ? '' : `,${toMicros(connection.handshakeMs)}`;
    text += `,"c":[${connection.id},${connection.reused ? 1 : 0}${handshake}]`;
  }
  text += headerFields(exchange.headers, interned) + bodyFields(exchange, interned, redact);
  text += answerFields(exchange, interned, redact);
  if (exchange.transportError !== null) text += `,"te":${transportErrorJson(exchange.transportError, redact)}`;
  if (record.outcome.kind !== 'ok') text += `,"o":${outcomeJson(record.outcome)}`;
  return `${text}}\n`;
}

function stampFields(exchange: Exchange): string {
  const base = exchange.sentMs === null ? 0 : toMicros(exchange.sentMs);
  let text = exchange.sentMs === null ? '' : `,"s":${base}`;
  const queued = toMicros(exchange.queuedMs);
  if (queued !== 0) text += `,"q":${queued}`;
  if (exchange.headersMs !== null) text += `,"hd":${toMicros(exchange.headersMs) - base}`;
  if (exchange.firstByteMs !== null) text += `,"fb":${toMicros(exchange.firstByteMs) - base}`;
  const first = exchange.firstTokenMs === null ? null : toMicros(exchange.firstTokenMs) - base;
  const answer = exchange.firstAnswerTokenMs === null ? null : toMicros(exchange.firstAnswerTokenMs) - base;
  if (first !== null) text += `,"ft":${first}`;
  if (answer !== first) text += `,"fa":${answer}`;
  return `${text},"e":${toMicros(exchange.finishedMs) - base}`;
}

function headerFields(headers: Readonly<Record<string, string>>, interned: Interned): string {
  let text = '';
  for (const name in headers) {
    const value = headers[name];
    if (value !== undefined) text += (text === '' ? '' : ',') + interned.header(name, value);
  }
  return text === '' ? '' : `,"h":[${text}]`;
}

/** Bodies of refusals differ in ids only and are interned; those of answers (recorded on request) do not repeat. */
function bodyFields(exchange: Exchange, interned: Interned, redact: Redact): string {
  const text = sampleFields(exchange.body, exchange.status, interned, redact);
  if (exchange.errorFrames.length === 0) return text;
  return `${text},"ef":[${exchange.errorFrames.map((frame) => interned.body(frame)).join(',')}]`;
}

function sampleFields(body: BodySample, status: number | null, interned: Interned, redact: Redact): string {
  if (body.head === '' && body.tail === '') return body.bytes === 0 ? '' : `,"b":${body.bytes}`;
  const repeats = status === null || status >= 300;
  const head = repeats ? interned.body(body.head) : JSON.stringify(redact(body.head));
  if (body.tail === '') return `,"b":[${body.bytes},${head}]`;
  return `,"b":[${body.bytes},${head},${repeats ? interned.body(body.tail) : JSON.stringify(redact(body.tail))}]`;
}

function answerFields(exchange: Exchange, interned: Interned, redact: Redact): string {
  let text = '';
  const { gaps, usage, answer } = exchange;
  if (gaps !== null) {
    text += `,"g":[${gaps.count},${toMicros(gaps.totalMs)},${toMicros(gaps.maxMs)},[${gaps.buckets.join(',')}]]`;
  }
  if (exchange.finishReason !== null) text += `,"fr":${JSON.stringify(redact(exchange.finishReason))}`;
  if (exchange.reportedModel !== null) text += `,"rm":${interned.word(exchange.reportedModel)}`;
  if (exchange.sawDone) text += ',"dn":1';
  if (usage !== null) {
    text += `,"u":[${usage.promptTokens},${usage.completionTokens}`;
    const details = usage.cachedTokens !== null || usage.reasoningTokens !== null;
    text += details ? `,${usage.cachedTokens},${usage.reasoningTokens}]` : ']';
  }
  if (answer !== null) text += `,"a":[${answer.characters}${answer.hash === null ? '' : `,"${answer.hash}"`}]`;
  return text;
}

function transportErrorJson(error: TransportError, redact: Redact): string {
  switch (error.kind) {
    case 'connection':
      return `{"kind":"connection","phase":"${error.phase}","code":${JSON.stringify(redact(error.code))},"message":${JSON.stringify(redact(error.message))}}`;
    case 'timeout':
      return `{"kind":"timeout","phase":"${error.phase}","afterMs":${toMicros(error.afterMs)}}`;
    case 'cancelled':
      return '{"kind":"cancelled"}';
    default:
      return error satisfies never;
  }
}

/** Members that are null, and empty candidates, are left out; the reader fills them in. */
function outcomeJson(outcome: Outcome): string {
  if (outcome.kind !== 'limited') return JSON.stringify(outcome);
  let text = `{"kind":"limited","limit":"${outcome.limit}","origin":"${outcome.origin}","heals":"${outcome.heals}"`;
  if (outcome.originName !== null) text += `,"originName":${JSON.stringify(outcome.originName)}`;
  if (outcome.rewrittenBy !== null) text += `,"rewrittenBy":${JSON.stringify(outcome.rewrittenBy)}`;
  if (outcome.hops !== null) text += `,"hops":${outcome.hops}`;
  if (outcome.ruleId !== null) text += `,"ruleId":${JSON.stringify(outcome.ruleId)}`;
  if (outcome.candidates.length > 0) text += `,"candidates":${JSON.stringify(outcome.candidates)}`;
  if (outcome.retryAfterMs !== null) text += `,"retryAfterMs":${outcome.retryAfterMs}`;
  return `${text}}`;
}
