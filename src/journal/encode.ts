import type { Arrival } from '../model/arrival.ts';
import type { BodySample, Exchange, TransportError } from '../model/exchange.ts';
import type { EndRecord, HealthRecord, JournalRecord, NotSentRecord, SentRecord } from '../model/journal.ts';
import type { Outcome } from '../model/outcome.ts';
import { type Interned, interning } from './interning.ts';
import type { LineBuffer } from './line-buffer.ts';
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
  /** Adds the record's line with its line feed, after the definitions it needs. */
  encode(record: JournalRecord, out: LineBuffer): void;
}

export function encoder(redact: Redact): Encoder {
  const interned = interning(redact);

  function line(record: JournalRecord, out: LineBuffer): void {
    switch (record.type) {
      case 'sent':
        sentLine(out, record, interned);
        break;
      case 'end':
        endLine(out, record, { interned, redact });
        break;
      case 'not_sent':
        notSentLine(out, record);
        break;
      case 'clock':
        micros(micros(out, '{"t":"clock","at":', record.atMs), ',"wall":', record.wallMs);
        break;
      case 'stall':
        micros(micros(out, '{"t":"stall","from":', record.fromMs), ',"to":', record.toMs);
        break;
      case 'health':
        healthLine(out, record);
        break;
      case 'finish':
        micros(out, '{"t":"finish","at":', record.atMs)
          .text(',"reason":')
          .text(redact(JSON.stringify(record.reason)));
        break;
      default:
        record satisfies never;
    }
    out.text('}\n');
  }

  return {
    encode(record, out) {
      const start = out.length;
      line(record, out);
      const definitions = interned.takeDefinitions();
      if (definitions !== '') out.insert(start, definitions);
    },
  };
}

/** A member's name with its punctuation, and a time. */
function micros(out: LineBuffer, name: string, ms: number): LineBuffer {
  return out.text(name).number(toMicros(ms));
}

function healthLine(out: LineBuffer, record: HealthRecord): void {
  micros(out, '{"t":"health","at":', record.atMs).text(',"in":').number(record.inFlight);
  micros(out, ',"loop":', record.loopDelayMaxMs);
  micros(out, ',"cpu":', record.cpuShare).text(',"rss":').number(record.rssBytes);
  micros(out, ',"gc":', record.gcPauseMaxMs).text(',"open":').number(record.socketsOpen);
  out.text(',"opened":').number(record.socketsOpened);
}

function attemptFields(out: LineBuffer, record: { requestId: string; attemptNo: number }): void {
  out.text(',"id":').quoted(record.requestId);
  if (record.attemptNo !== 1) out.text(',"n":').number(record.attemptNo);
}

function arrivalFields(out: LineBuffer, arrival: Arrival, dueMs: number): void {
  const at = toMicros(arrival.scheduledMs);
  const due = toMicros(dueMs);
  out.text(',"seq":').number(arrival.seq).text(',"at":').number(at);
  if (arrival.phaseIndex !== 0) out.text(',"ph":').number(arrival.phaseIndex);
  if (arrival.variantIndex !== 0) out.text(',"v":').number(arrival.variantIndex);
  if (arrival.pairSeq !== arrival.seq) out.text(',"pair":').number(arrival.pairSeq);
  if (arrival.turn !== 0) out.text(',"turn":').number(arrival.turn);
  if (arrival.size !== null) out.text(`,"size":[${arrival.size.promptTokens},${arrival.size.maxTokens}]`);
  if (due !== at) out.text(',"due":').number(due);
}

function sentLine(out: LineBuffer, record: SentRecord, interned: Interned): void {
  attemptFields(out.text('{"t":"sent"'), record);
  arrivalFields(out, record.arrival, record.dueMs);
  micros(out, ',"s":', record.sentMs).text(',"m":').text(interned.word(record.model));
  out.text(',"pt":').number(record.promptTokens);
  if (record.keyIndex !== 0) out.text(',"k":').number(record.keyIndex);
  if (record.maxTokens !== null) out.text(',"mt":').number(record.maxTokens);
}

function notSentLine(out: LineBuffer, record: NotSentRecord): void {
  attemptFields(out.text('{"t":"not_sent"'), record);
  arrivalFields(out, record.arrival, record.dueMs);
  micros(out, ',"d":', record.decidedMs).text(`,"why":"${record.reason}"`);
}

interface Texts {
  readonly interned: Interned;
  readonly redact: Redact;
}

function endLine(out: LineBuffer, record: EndRecord, texts: Texts): void {
  const { exchange, outcome } = record;
  attemptFields(out.text('{"t":"end"'), record);
  if (!record.final) out.text(',"more":1');
  stampFields(out, exchange);
  if (exchange.status !== 200) out.text(`,"st":${exchange.status}`);
  if (exchange.protocol !== 'h1') out.text(exchange.protocol === null ? ',"p":null' : `,"p":"${exchange.protocol}"`);
  const { connection } = exchange;
  if (connection !== null) {
    out
      .text(',"c":[')
      .number(connection.id)
      .text(connection.reused ? ',1' : ',0');
    if (connection.handshakeMs !== null) micros(out, ',', connection.handshakeMs);
    out.text(']');
  }
  headerFields(out, exchange.headers, texts.interned);
  bodyFields(out, exchange, texts);
  answerFields(out, exchange, texts);
  if (exchange.transportError !== null) {
    out.text(',"te":').text(transportErrorJson(exchange.transportError, texts.redact));
  }
  if (outcome.kind !== 'ok') out.text(',"o":').text(outcomeJson(outcome));
}

function stampFields(out: LineBuffer, exchange: Exchange): void {
  const base = exchange.sentMs === null ? 0 : toMicros(exchange.sentMs);
  if (exchange.sentMs !== null) out.text(',"s":').number(base);
  const queued = toMicros(exchange.queuedMs);
  if (queued !== 0) out.text(',"q":').number(queued);
  if (exchange.headersMs !== null) out.text(',"hd":').number(toMicros(exchange.headersMs) - base);
  if (exchange.firstByteMs !== null) out.text(',"fb":').number(toMicros(exchange.firstByteMs) - base);
  const first = exchange.firstTokenMs === null ? null : toMicros(exchange.firstTokenMs) - base;
  const answer = exchange.firstAnswerTokenMs === null ? null : toMicros(exchange.firstAnswerTokenMs) - base;
  if (first !== null) out.text(',"ft":').number(first);
  if (answer !== first) out.text(`,"fa":${answer}`);
  out.text(',"e":').number(toMicros(exchange.finishedMs) - base);
}

function headerFields(out: LineBuffer, headers: Readonly<Record<string, string>>, interned: Interned): void {
  let opening = ',"h":[';
  for (const name in headers) {
    const value = headers[name];
    if (value === undefined) continue;
    out.text(opening).text(interned.header(name, value));
    opening = ',';
  }
  if (opening === ',') out.text(']');
}

/** Bodies of refusals differ in ids only and are interned; those of answers (recorded on request) do not repeat. */
function bodyFields(out: LineBuffer, exchange: Exchange, texts: Texts): void {
  sampleFields(out, exchange.body, exchange.status, texts);
  if (exchange.errorFrames.length === 0) return;
  out.text(`,"ef":[${exchange.errorFrames.map((frame) => texts.interned.body(frame)).join(',')}]`);
}

function sampleFields(out: LineBuffer, body: BodySample, status: number | null, { interned, redact }: Texts): void {
  if (body.head === '' && body.tail === '') {
    if (body.bytes !== 0) out.text(',"b":').number(body.bytes);
    return;
  }
  const repeats = status === null || status >= 300;
  const json = (text: string) => (repeats ? interned.body(text) : JSON.stringify(redact(text)));
  out.text(',"b":[').number(body.bytes).text(',').text(json(body.head));
  if (body.tail !== '') out.text(',').text(json(body.tail));
  out.text(']');
}

function answerFields(out: LineBuffer, exchange: Exchange, { interned, redact }: Texts): void {
  const { gaps, usage, answer } = exchange;
  if (gaps !== null) {
    micros(micros(out.text(',"g":[').number(gaps.count), ',', gaps.totalMs), ',', gaps.maxMs);
    out.text(',[').text(gaps.buckets.join(',')).text(']]');
  }
  if (exchange.finishReason !== null) out.text(',"fr":').quoted(redact(exchange.finishReason));
  if (exchange.reportedModel !== null) out.text(',"rm":').text(interned.word(exchange.reportedModel));
  if (exchange.sawDone) out.text(',"dn":1');
  if (usage !== null) {
    out.text(',"u":[').number(usage.promptTokens).text(',').number(usage.completionTokens);
    const details = usage.cachedTokens !== null || usage.reasoningTokens !== null;
    out.text(details ? `,${usage.cachedTokens},${usage.reasoningTokens}]` : ']');
  }
  if (answer !== null) {
    out.text(',"a":[').number(answer.characters);
    if (answer.hash !== null) out.text(',"').text(answer.hash).text('"');
    out.text(']');
  }
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
