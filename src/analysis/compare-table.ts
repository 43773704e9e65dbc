import type { CostSummary, VariantSummary } from '../model/analysis.ts';
import type { Exchange } from '../model/exchange.ts';
import type { NotSentRecord } from '../model/journal.ts';
import type { ManifestVariant } from '../model/manifest.ts';
import { LIMIT_KINDS, type Limited, type Origin } from '../model/outcome.ts';
import { serverTimes } from '../outcomes/server-times.ts';
import {
  type Bytes,
  type Doubles,
  FLAG,
  type Floats,
  growingColumns,
  type Row,
  type Words,
} from './compare-columns.ts';
import { cost, isBilled, type ModelPrices, modelPrices, usdOf } from './cost.ts';
import { isError, isOwnFailure, type Judged } from './judged.ts';
import { isSameModel } from './same-model.ts';
import { variantFold } from './variants.ts';

/**
 * Relays that put words of their own in place of the refusal's (songquanpeng/one-api controller/relay.go and its fork
 * new-api, seen 2026-11-21). Others wrap the words, and who reads them still sees the kind.
 */
const REPLACES_WORDS: readonly string[] = ['one-api', 'new-api'];

function hidesKind({ limit, rewrittenBy }: Limited): boolean {
  return limit === 'unknown' || (rewrittenBy !== null && REPLACES_WORDS.includes(rewrittenBy));
}

/** Requests kept per variant: about 100 bytes each. What comes after is counted and left out of the comparison. */
export const REQUESTS_MAX = 500_000;

/** One row per request, in the order in which requests ended; typed columns of at least `count` rows. */
export interface RequestTable {
  readonly variant: ManifestVariant;
  readonly count: number;
  /** Requests beyond `REQUESTS_MAX`. */
  readonly dropped: number;
  readonly doubles: Doubles;
  readonly floats: Floats;
  readonly words: Words;
  readonly bytes: Bytes;
  /** Names behind the `label` and `model` columns. Model 0 = none reported. */
  readonly labels: readonly { readonly label: string; readonly origin: Origin | null }[];
  readonly models: readonly string[];
  readonly connections: { readonly opened: number; readonly known: number };
  /** Counted as in a run of one variant; also what lies beyond `REQUESTS_MAX`. */
  readonly summary: VariantSummary;
  readonly cost: CostSummary;
  /** Of the run, from t0. */
  readonly durationMs: number;
}

/** What is taken from one request; NaN = it does not apply to this one. */
export type ValueOf = (table: RequestTable, row: number) => number;

export interface TableFold {
  add(attempt: Judged): void;
  notSent(record: NotSentRecord): void;
  /** Requests that are still open count as unanswered. Without a duration the run ended with its last attempt. */
  finish(durationMs?: number): RequestTable;
}

const NEVER_SENT = { label: 'not_sent', origin: null } as const;

/** Collects the requests of one variant. Attempts come in send order. */
export function tableFold(variant: ManifestVariant): TableFold {
  const columns = growingColumns();
  const prices = modelPrices(variant);
  const labels = interned<{ label: string; origin: Origin | null }>();
  const models = interned<string>();
  models.of('', '');
  const open = new Map<number, Row>();
  /** Requests whose next try never left, told before the try ahead of it was released: that one is their last. */
  const lastTries = new Map<number, number>();
  const counted = variantFold(variant);
  const paid = cost(variant);
  let endMs = 0;
  let dropped = 0;
  let opened = 0;
  let known = 0;

  const write = (row: Row) => {
    if (columns.count >= REQUESTS_MAX) dropped += 1;
    else columns.append(row);
  };

  return {
    add(attempt) {
      counted.add(attempt);
      paid.add(attempt);
      endMs = Math.max(endMs, attempt.finishedMs ?? attempt.sentMs);
      const { arrival, attemptNo } = attempt.sent;
      const connection = attempt.exchange === null ? null : attempt.exchange.connection;
      if (connection !== null) {
        known += 1;
        if (!connection.reused) opened += 1;
      }
      const row = (attemptNo === 1 ? undefined : open.get(arrival.seq)) ?? emptyRow(arrival, attempt.phase);
      absorb(row, attempt, prices);
      row.label = labelOf(attempt, labels);
      const model = attempt.exchange === null ? null : attempt.exchange.reportedModel;
      if (model !== null) row.model = models.of(model, model);
      const ends = attempt.final || lastTries.get(arrival.seq) === attemptNo;
      if (!ends) {
        open.set(arrival.seq, row);
        return;
      }
      if (attemptNo !== 1) open.delete(arrival.seq);
      if (!attempt.final) lastTries.delete(arrival.seq);
      write(row);
    },
    notSent({ arrival, attemptNo, reason }) {
      counted.notSent(attemptNo);
      const known = open.get(arrival.seq);
      if (attemptNo > 1 && (known === undefined || known.attempts < attemptNo - 1)) {
        lastTries.set(arrival.seq, attemptNo - 1);
        return;
      }
      const row = known ?? emptyRow(arrival, arrival.phaseIndex);
      open.delete(arrival.seq);
      if (row.attempts === 0) row.label = labels.of(reason, { ...NEVER_SENT, label: `not_sent.${reason}` });
      write(row);
    },
    finish(durationMs = endMs) {
      for (const row of open.values()) write(row);
      open.clear();
      const { count, doubles, floats, words, bytes } = columns;
      const names = { labels: labels.values, models: models.values };
      return {
        variant,
        ...{ count, dropped, doubles, floats, words, bytes },
        ...names,
        connections: { opened, known },
        summary: counted.finish(durationMs),
        cost: paid.finish({ durationMs, answered: counted.answered() }),
        durationMs,
      };
    },
  };
}

function emptyRow(arrival: Judged['sent']['arrival'], phase: number): Row {
  return {
    pairSeq: arrival.pairSeq,
    turn: arrival.turn,
    phase,
    scheduledMs: arrival.scheduledMs,
    flags: 0,
    attempts: 0,
    refused: 0,
    kinds: 0,
    label: 0,
    model: 0,
    usd: 0,
    promptTokens: 0,
    completionTokens: 0,
    last: null,
  };
}

function absorb(row: Row, attempt: Judged, prices: ModelPrices): void {
  const { outcome, exchange, sent } = attempt;
  row.last = attempt;
  row.attempts += 1;
  // What the last attempt says replaces what the one before it said.
  row.flags &= FLAG.kindLost | FLAG.wrongModel | FLAG.namedModel | FLAG.retriedByRelay | FLAG.truncated;
  // What this machine did to its own connection says nothing about who answers.
  if (isOwnFailure(outcome)) row.flags &= ~FLAG.attempted;
  else row.flags |= FLAG.attempted;
  if (attempt.stalled) row.flags |= FLAG.stalled;
  if (attempt.admitted) row.flags |= FLAG.admitted;
  if (outcome.kind === 'ok') row.flags |= FLAG.answered | (sent.attemptNo === 1 ? FLAG.firstTry : 0);
  else if (isError(outcome)) row.flags |= FLAG.error | (outcome.kind === 'truncated' ? FLAG.truncated : 0);
  if (outcome.kind === 'limited') {
    row.refused += 1;
    row.kinds |= 1 << LIMIT_KINDS.indexOf(outcome.limit);
    if (hidesKind(outcome)) row.flags |= FLAG.kindLost;
  }
  if (exchange !== null) {
    if (saysRetried(exchange.headers)) row.flags |= FLAG.retriedByRelay;
    if (exchange.reportedModel !== null) {
      row.flags |= FLAG.namedModel | (isSameModel(sent.model, exchange.reportedModel) ? 0 : FLAG.wrongModel);
    }
  }
  if (!isBilled(attempt)) return;
  const { promptTokens, completionTokens } = attempt;
  row.promptTokens += promptTokens;
  row.completionTokens += completionTokens;
  row.usd += usdOf(attempt, prices);
}

/** Read only where one of them is there: most answers have neither. */
function saysRetried(headers: Exchange['headers']): boolean {
  if (!('x-portkey-retry-attempt-count' in headers || 'x-litellm-attempted-retries' in headers)) return false;
  return (serverTimes(headers).hiddenRetries ?? 0) !== 0;
}

function labelOf({ label, outcome }: Judged, labels: Interned<{ label: string; origin: Origin | null }>): number {
  if (outcome.kind !== 'limited') return labels.of(label, { label, origin: null });
  return labels.of(`${label} ${outcome.origin}`, { label, origin: outcome.origin });
}

interface Interned<T> {
  readonly values: T[];
  of(key: string, value: T): number;
}

/** Small numbers for a few names; the 256th and later share the last one. */
function interned<T>(): Interned<T> {
  const places = new Map<string, number>();
  const values: T[] = [];
  return {
    values,
    of(key, value) {
      const place = places.get(key);
      if (place !== undefined) return place;
      if (values.length === 256) return 255;
      values.push(value);
      places.set(key, values.length - 1);
      return values.length - 1;
    },
  };
}
