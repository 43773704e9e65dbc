import type { TokenAccounting } from '../model/simulator.ts';
import { QUOTA_CODES, type QuotaTrace } from './quota-trace.ts';

/** Refusals beyond this many are thinned out evenly: they repeat each other. */
const REFUSALS_USED_MAX = 20_000;

export type ChargeModel =
  | { readonly unit: 'requests' }
  | { readonly unit: 'tokens'; readonly accounting: TokenAccounting };

/**
 * A trace as one limiter sees it: decisions in order of time, and the bookings between them. `sure` sums what was
 * certainly booked, `maybe` adds the attempts whose fate is unknown; both are prefix sums over the bookings.
 */
export interface Charges {
  readonly model: ChargeModel;
  readonly countsRefused: boolean;
  readonly decisions: number;
  readonly timeMs: Float64Array;
  readonly isRefused: Uint8Array;
  /** What had to be free for the call to pass. */
  readonly asked: Float64Array;
  /** Reserved beyond the bookings by calls in flight. */
  readonly inFlight: Float64Array;
  /** How many bookings lie before the decision. */
  readonly before: Uint32Array;
  readonly bookings: number;
  readonly bookedMs: Float64Array;
  readonly bookedByRefusal: Uint8Array;
  readonly sure: Float64Array;
  readonly maybe: Float64Array;
  /** Every n-th refusal became a decision. */
  readonly refusalStep: number;
  /** Size of the call that the average unit came with: the step in which a sum over a window grows. */
  readonly unit: number;
}

export interface ChargesOptions {
  readonly model: ChargeModel;
  readonly countsRefused: boolean;
  /** `endOrder` of the trace, for callers that build several. */
  readonly ends?: Uint32Array;
}

interface RowCost {
  readonly asked: number;
  readonly atSend: number;
  readonly atEnd: number;
  readonly reserved: number;
}

export function chargesOf(trace: QuotaTrace, { model, countsRefused, ends: given }: ChargesOptions): Charges {
  const kind = model.unit === 'requests' ? QUOTA_CODES.requests : QUOTA_CODES.tokens;
  const refusals = trace.code.reduce((count, code) => count + (code === kind ? 1 : 0), 0);
  const refusalStep = Math.max(1, Math.ceil(refusals / REFUSALS_USED_MAX));
  const booksAtEnd = model.unit === 'tokens' && model.accounting !== 'reserve_max_tokens';
  const out = writer(trace.length, trace.length * (booksAtEnd ? 2 : 1));
  const ends = booksAtEnd ? (given ?? endOrder(trace)) : NO_ENDS;
  let nextEnd = 0;
  let reserved = 0;
  let refusal = 0;
  for (let row = 0; row < trace.length; row += 1) {
    const nowMs = trace.sentMs[row] as number;
    for (; nextEnd < ends.length && (trace.endMs[ends[nextEnd] as number] as number) <= nowMs; nextEnd += 1) {
      const ended = ends[nextEnd] as number;
      const cost = costOf(trace, ended, model);
      reserved -= cost.reserved;
      out.book(trace.endMs[ended] as number, cost.atEnd, trace.code[ended] as number);
    }
    const code = trace.code[row] as number;
    const cost = costOf(trace, row, model);
    if (code === QUOTA_CODES.admitted) out.decide(nowMs, 0, cost.asked, reserved);
    else if (code === kind) {
      if (refusal % refusalStep === 0) out.decide(nowMs, 1, cost.asked, reserved);
      refusal += 1;
    }
    const counts = code === QUOTA_CODES.admitted || code === QUOTA_CODES.unusable;
    if (counts || countsRefused) out.book(nowMs, cost.atSend, code);
    if (counts) reserved += cost.reserved;
  }
  const booked = out.finish();
  return { model, countsRefused, refusalStep, unit: stepOf(booked), ...booked };
}

function stepOf({ bookings, maybe }: { readonly bookings: number; readonly maybe: Float64Array }): number {
  let squares = 0;
  for (let n = 0; n < bookings; n += 1) squares += ((maybe[n + 1] as number) - (maybe[n] as number)) ** 2;
  return bookings === 0 ? 1 : Math.max(1, squares / (maybe[bookings] as number));
}

function writer(rows: number, bookable: number) {
  const timeMs = new Float64Array(rows);
  const isRefused = new Uint8Array(rows);
  const asked = new Float64Array(rows);
  const inFlight = new Float64Array(rows);
  const before = new Uint32Array(rows);
  const bookedMs = new Float64Array(bookable);
  const bookedByRefusal = new Uint8Array(bookable);
  const sure = new Float64Array(bookable + 1);
  const maybe = new Float64Array(bookable + 1);
  let decisions = 0;
  let bookings = 0;
  return {
    decide(atMs: number, refused: 0 | 1, cost: number, reserved: number) {
      timeMs[decisions] = atMs;
      isRefused[decisions] = refused;
      asked[decisions] = cost;
      inFlight[decisions] = reserved;
      before[decisions] = bookings;
      decisions += 1;
    },
    book(atMs: number, cost: number, code: number) {
      if (cost <= 0) return;
      bookedMs[bookings] = atMs;
      bookedByRefusal[bookings] = code === QUOTA_CODES.admitted || code === QUOTA_CODES.unusable ? 0 : 1;
      sure[bookings + 1] = (sure[bookings] as number) + (code === QUOTA_CODES.unusable ? 0 : cost);
      maybe[bookings + 1] = (maybe[bookings] as number) + cost;
      bookings += 1;
    },
    finish: () => ({
      decisions,
      timeMs,
      isRefused,
      asked,
      inFlight,
      before,
      bookings,
      bookedMs,
      bookedByRefusal,
      sure,
      maybe,
    }),
  };
}

const NO_ENDS = new Uint32Array(0);

/** Rows that were counted, in order of their end. */
export function endOrder(trace: QuotaTrace): Uint32Array {
  const rows = new Uint32Array(trace.length);
  let count = 0;
  for (let row = 0; row < trace.length; row += 1) {
    const code = trace.code[row];
    if (code === QUOTA_CODES.admitted || code === QUOTA_CODES.unusable) {
      rows[count] = row;
      count += 1;
    }
  }
  const { endMs } = trace;
  return rows.subarray(0, count).sort((a, b) => (endMs[a] as number) - (endMs[b] as number) || a - b);
}

const ONE: RowCost = { asked: 1, atSend: 1, atEnd: 0, reserved: 0 };

function costOf(trace: QuotaTrace, row: number, model: ChargeModel): RowCost {
  if (model.unit === 'requests') return ONE;
  const low = trace.tokensLow[row] as number;
  const actual = trace.tokensActual[row] as number;
  const high = trace.tokensHigh[row] as number;
  switch (model.accounting) {
    case 'prompt_at_admission':
      return { asked: low, atSend: low, atEnd: actual - low, reserved: 0 };
    case 'reserve_max_tokens':
      return { asked: high, atSend: high, atEnd: 0, reserved: 0 };
    case 'reserve_and_refund':
      return { asked: high, atSend: actual, atEnd: 0, reserved: high - actual };
    case 'at_completion':
      return { asked: 1, atSend: 0, atEnd: actual, reserved: 0 };
    default:
      return model.accounting satisfies never;
  }
}
