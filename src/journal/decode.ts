import type { Arrival, SizeOverride } from '../model/arrival.ts';
import type { BodySample, ChunkGaps, Connection, Exchange, Usage } from '../model/exchange.ts';
import type { EndRecord, JournalRecord, SentRecord } from '../model/journal.ts';
import { NOT_SENT, outcome, stopReason, transportError } from './decode-outcome.ts';
import { countOf, listOf, nullOr, numberOf, numberOr, oneOf, textOf } from './fields.ts';
import { SLOT } from './interning.ts';
import { toMs } from './numbers.ts';

/** A line, parsed: fields as `encode.ts` names them. */
// biome-ignore lint/suspicious/noExplicitAny: every field is checked where it is used, or only copied
type Line = Record<string, any>;

const NO_HEADERS: Readonly<Record<string, string>> = Object.freeze({});
const NO_BODY: BodySample = Object.freeze({ head: '', tail: '', bytes: 0 });
const NO_FRAMES: readonly string[] = Object.freeze([]);

/** Turns lines back into records. Holds the definitions seen so far. */
export interface LineDecoder {
  /** Null for a definition. Throws on a line that is no record. */
  decode(line: string): JournalRecord | null;
}

export function lineDecoder(): LineDecoder {
  const texts: string[] = [];
  const headers: (readonly [string, string])[] = [];

  function word(value: unknown): string {
    return typeof value === 'string' ? value : definition(texts, value);
  }

  function body(value: unknown): string {
    if (value === null || value === undefined) return '';
    if (!Array.isArray(value)) return word(value);
    let next = 1;
    return definition(texts, value[0]).replaceAll(SLOT, () => String(value[next++]));
  }

  function headersOf(list: unknown): Readonly<Record<string, string>> {
    if (!Array.isArray(list)) return NO_HEADERS;
    const found: Record<string, string> = {};
    for (let index = 0; index < list.length; index++) {
      const entry: unknown = list[index];
      if (typeof entry === 'string') found[entry] = textOf(list[++index]);
      else {
        const [name, value] = definition(headers, entry);
        found[name] = value;
      }
    }
    return found;
  }

  function sample(value: unknown): BodySample {
    if (value === undefined) return NO_BODY;
    if (!Array.isArray(value)) return { head: '', tail: '', bytes: numberOf(value) };
    return { head: body(value[1]), tail: body(value[2]), bytes: numberOf(value[0]) };
  }

  function exchange(line: Line): Exchange {
    const base = numberOr(line.s, 0);
    const firstToken = stamp(base, line.ft);
    return {
      status: line.st === undefined ? 200 : nullOr(numberOf, line.st),
      headers: headersOf(line.h),
      body: sample(line.b),
      errorFrames: line.ef === undefined ? NO_FRAMES : listOf(line.ef).map(body),
      transportError: transportError(line.te),
      protocol: line.p === undefined ? 'h1' : (nullOr(textOf, line.p) as Exchange['protocol']),
      connection: connection(line.c),
      queuedMs: toMs(numberOr(line.q, 0)),
      sentMs: line.s === undefined ? null : toMs(line.s),
      headersMs: stamp(base, line.hd),
      firstByteMs: stamp(base, line.fb),
      firstTokenMs: firstToken,
      firstAnswerTokenMs: line.fa === undefined ? firstToken : stamp(base, line.fa),
      finishedMs: toMs(base + numberOf(line.e)),
      gaps: gaps(line.g),
      finishReason: line.fr === undefined ? null : nullOr(textOf, line.fr),
      reportedModel: line.rm === undefined ? null : word(line.rm),
      sawDone: line.dn === 1,
      usage: usage(line.u),
      answer: answer(line.a),
    };
  }

  function sent(line: Line): SentRecord {
    return {
      type: 'sent',
      requestId: textOf(line.id),
      attemptNo: numberOr(line.n, 1),
      arrival: arrival(line),
      dueMs: toMs(numberOf(line.due ?? line.at)),
      sentMs: toMs(numberOf(line.s)),
      model: word(line.m),
      keyIndex: numberOr(line.k, 0),
      promptTokens: numberOf(line.pt),
      maxTokens: nullOr(numberOf, line.mt ?? null),
    };
  }

  function end(line: Line): EndRecord {
    return {
      type: 'end',
      requestId: textOf(line.id),
      attemptNo: numberOr(line.n, 1),
      exchange: exchange(line),
      outcome: outcome(line.o),
      final: line.more !== 1,
    };
  }

  function decode(text: string): JournalRecord | null {
    const line: Line = JSON.parse(text);
    switch (line.t) {
      case 'sent':
        return sent(line);
      case 'end':
        return end(line);
      case 'text':
        texts[numberOf(line.i)] = textOf(line.v);
        return null;
      case 'header':
        headers[numberOf(line.i)] = [textOf(line.n), textOf(line.v)];
        return null;
      default:
        return rare(line);
    }
  }

  return { decode };
}

function rare(line: Line): JournalRecord {
  switch (line.t) {
    case 'not_sent':
      return {
        type: 'not_sent',
        requestId: textOf(line.id),
        attemptNo: numberOr(line.n, 1),
        arrival: arrival(line),
        dueMs: toMs(numberOf(line.due ?? line.at)),
        decidedMs: toMs(numberOf(line.d)),
        reason: oneOf(NOT_SENT, line.why),
      };
    case 'clock':
      return { type: 'clock', atMs: toMs(numberOf(line.at)), wallMs: toMs(numberOf(line.wall)) };
    case 'stall':
      return { type: 'stall', fromMs: toMs(numberOf(line.from)), toMs: toMs(numberOf(line.to)) };
    case 'health':
      return {
        type: 'health',
        atMs: toMs(numberOf(line.at)),
        inFlight: numberOf(line.in),
        loopDelayMaxMs: toMs(numberOf(line.loop)),
        cpuShare: toMs(numberOf(line.cpu)),
        rssBytes: numberOf(line.rss),
        gcPauseMaxMs: toMs(numberOf(line.gc)),
        socketsOpen: numberOf(line.open),
        socketsOpened: numberOf(line.opened),
      };
    case 'finish':
      return { type: 'finish', atMs: toMs(numberOf(line.at)), reason: stopReason(line.reason) };
    default:
      throw new TypeError('no record');
  }
}

function arrival(line: Line): Arrival {
  const seq = numberOf(line.seq);
  return {
    seq,
    phaseIndex: numberOr(line.ph, 0),
    scheduledMs: toMs(numberOf(line.at)),
    variantIndex: numberOr(line.v, 0),
    pairSeq: numberOr(line.pair, seq),
    turn: numberOr(line.turn, 0),
    size: size(line.size),
  };
}

function size(value: unknown): SizeOverride | null {
  if (value === undefined) return null;
  const [promptTokens, maxTokens] = listOf(value);
  return { promptTokens: nullOr(numberOf, promptTokens), maxTokens: nullOr(numberOf, maxTokens) };
}

function answer(value: unknown): Exchange['answer'] {
  if (value === undefined) return null;
  const [characters, hash] = listOf(value);
  return { characters: numberOf(characters), hash: nullOr(textOf, hash ?? null) };
}

function connection(value: Line | undefined): Connection | null {
  if (value === undefined) return null;
  return {
    id: numberOf(value[0]),
    reused: value[1] === 1,
    handshakeMs: value[2] === undefined ? null : toMs(numberOf(value[2])),
  };
}

function gaps(value: Line | undefined): ChunkGaps | null {
  if (value === undefined) return null;
  const [count, total, max, buckets] = listOf(value);
  listOf(buckets).forEach(countOf);
  return { count: countOf(count), totalMs: toMs(numberOf(total)), maxMs: toMs(numberOf(max)), buckets };
}

function usage(value: Line | undefined): Usage | null {
  if (value === undefined) return null;
  return {
    promptTokens: numberOf(value[0]),
    completionTokens: numberOf(value[1]),
    cachedTokens: nullOr(numberOf, value[2] ?? null),
    reasoningTokens: nullOr(numberOf, value[3] ?? null),
  };
}

function stamp(base: number, offset: number | null | undefined): number | null {
  return offset === undefined || offset === null ? null : toMs(base + numberOf(offset));
}

function definition<T>(table: readonly T[], index: unknown): T {
  const found = table[index as number];
  if (found === undefined) throw new TypeError('no such definition');
  return found;
}
