import type { Judged } from './judged.ts';

/** Bits of the `flags` column. */
export const FLAG = {
  /** At least one attempt left. */
  attempted: 1,
  answered: 2,
  firstTry: 4,
  truncated: 8,
  /** The last outcome was an error that is no limit; cut streams included. */
  error: 16,
  /** An answer named its model. */
  namedModel: 32,
  wrongModel: 64,
  /** A refusal whose kind cannot be told any more: a relay's words, or nothing known. */
  kindLost: 128,
  /** Headers of the answer say that the relay tried again. */
  retriedByRelay: 256,
  /** Overlapped a stall of our own: its times are not the endpoint's. */
  stalled: 512,
  /** The provider accepted it, whatever became of the answer. */
  admitted: 1024,
  usageOdd: 2048,
} as const;

const DOUBLES = ['scheduledMs', 'usd'] as const;
/** NaN = not measured. Milliseconds unless said. */
const FLOATS = [
  'endedMs',
  'serviceMs',
  'responseMs',
  'ttftMs',
  'answerTtftMs',
  'itlMeanMs',
  'stallMs',
  'addedDelayMs',
  'promptTokens',
  'completionTokens',
  'promptRatio',
] as const;
const WORDS = ['pairSeq', 'turn', 'flags', 'attempts', 'phase'] as const;
const BYTES = ['label', 'kinds', 'model', 'refused'] as const;

export type Doubles = Record<(typeof DOUBLES)[number], Float64Array>;
export type Floats = Record<(typeof FLOATS)[number], Float32Array>;
export type Words = Record<(typeof WORDS)[number], Uint32Array>;
export type Bytes = Record<(typeof BYTES)[number], Uint8Array>;

/** A request while its attempts go by. */
export interface Row {
  pairSeq: number;
  turn: number;
  phase: number;
  scheduledMs: number;
  flags: number;
  attempts: number;
  refused: number;
  kinds: number;
  label: number;
  model: number;
  usd: number;
  promptTokens: number;
  completionTokens: number;
  last: Judged | null;
}

/** Columns that double when they are full; rows only ever join at the end. */
export function growingColumns() {
  let capacity = 1024;
  const doubles = make(DOUBLES, () => new Float64Array(capacity)) as Doubles;
  const floats = make(FLOATS, () => new Float32Array(capacity)) as Floats;
  const words = make(WORDS, () => new Uint32Array(capacity)) as Words;
  const bytes = make(BYTES, () => new Uint8Array(capacity)) as Bytes;
  const columns = { count: 0, doubles, floats, words, bytes, append };

  function grow(): void {
    capacity *= 2;
    for (const name of DOUBLES) doubles[name] = widened(doubles[name], new Float64Array(capacity));
    for (const name of FLOATS) floats[name] = widened(floats[name], new Float32Array(capacity));
    for (const name of WORDS) words[name] = widened(words[name], new Uint32Array(capacity));
    for (const name of BYTES) bytes[name] = widened(bytes[name], new Uint8Array(capacity));
  }

  function append(row: Row): void {
    if (columns.count === capacity) grow();
    const at = columns.count;
    columns.count += 1;
    doubles.scheduledMs[at] = row.scheduledMs;
    doubles.usd[at] = row.usd;
    words.pairSeq[at] = row.pairSeq;
    words.turn[at] = row.turn;
    words.attempts[at] = row.attempts;
    words.phase[at] = row.phase;
    bytes.label[at] = row.label;
    bytes.kinds[at] = row.kinds;
    bytes.model[at] = row.model;
    bytes.refused[at] = Math.min(255, row.refused);
    floats.promptTokens[at] = row.promptTokens;
    floats.completionTokens[at] = row.completionTokens;
    times(floats, at, row.last);
    words.flags[at] = row.flags | usageFlag(row.last);
  }

  return columns;
}

function make<T>(names: readonly string[], column: () => T): Record<string, T> {
  return Object.fromEntries(names.map((name) => [name, column()]));
}

function widened<T extends { set(from: T): void }>(from: T, into: T): T {
  into.set(from);
  return into;
}

/** Times of the last attempt: of an answer they are the endpoint's, of anything else only its end is of interest. */
function times(floats: Floats, at: number, last: Judged | null): void {
  const exchange = last === null ? null : last.exchange;
  floats.endedMs[at] = last === null ? Number.NaN : (last.finishedMs ?? last.sentMs);
  const answered = last !== null && last.outcome.kind === 'ok' && !last.stalled;
  if (last === null || exchange === null || !answered) {
    for (const name of MEASURED) floats[name][at] = Number.NaN;
    return;
  }
  const { sentMs, sent } = last;
  const { firstTokenMs, firstAnswerTokenMs, gaps, usage, finishedMs } = exchange;
  floats.serviceMs[at] = finishedMs - sentMs;
  floats.responseMs[at] = finishedMs - sent.arrival.scheduledMs;
  floats.ttftMs[at] = firstTokenMs === null ? Number.NaN : firstTokenMs - sentMs;
  floats.answerTtftMs[at] = firstAnswerTokenMs === null ? Number.NaN : firstAnswerTokenMs - sentMs;
  floats.itlMeanMs[at] = gaps === null || gaps.count === 0 ? Number.NaN : gaps.totalMs / gaps.count;
  floats.stallMs[at] = gaps === null || gaps.count === 0 ? Number.NaN : gaps.maxMs;
  floats.addedDelayMs[at] = Math.max(0, sentMs - sent.arrival.scheduledMs);
  floats.promptRatio[at] =
    usage === null || sent.promptTokens <= 0 ? Number.NaN : usage.promptTokens / sent.promptTokens;
}

const MEASURED = [
  'serviceMs',
  'responseMs',
  'ttftMs',
  'answerTtftMs',
  'itlMeanMs',
  'stallMs',
  'addedDelayMs',
  'promptRatio',
] as const;

/** An answer with text and no tokens, or with tokens and no prompt: counted by nobody who saw it. */
function usageFlag(last: Judged | null): number {
  if (last === null || last.outcome.kind !== 'ok' || last.exchange === null) return 0;
  const { usage, answer } = last.exchange;
  if (usage === null) return FLAG.usageOdd;
  const wrote = answer !== null && answer.characters > 0;
  return usage.promptTokens <= 0 || (wrote && usage.completionTokens <= 0) ? FLAG.usageOdd : 0;
}
