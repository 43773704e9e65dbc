import type { TokenAccounting } from '../model/simulator.ts';
import { type ChargeModel, type Charges, chargesOf, endOrder } from './quota-charges.ts';
import { type Scale, slidingLogBounds } from './quota-families.ts';
import { type Fit, fitLimit, leastLimit, straysOf, unexplainedBy } from './quota-fit.ts';
import { QUOTA_CODES, type QuotaTrace } from './quota-trace.ts';

export const SECOND_MS = 1000;
export const MINUTE_MS = 60_000;

/** What the trace says about the second or the minute limit of one resource. */
export interface ScaleFinding {
  readonly scale: Scale;
  /** No standard limiter below this would have admitted what was admitted. */
  readonly least: number;
  /** Refusals that this limit must have made; an estimate when they were thinned out. */
  readonly refusals: number;
  /** Stretches of one period each in which it refused. */
  readonly windows: number;
  readonly fit: Fit | null;
}

export interface Attribution {
  readonly second: ScaleFinding;
  readonly minute: ScaleFinding;
  readonly refusals: number;
  /** `either`: the second and the minute limit would each explain them alone. `unexplained`: nothing standard does. */
  readonly pattern: 'none' | 'second' | 'minute' | 'both' | 'either' | 'unexplained';
}

/** Below this share of the least possible limit, a refusal cannot have come from it. */
const CLEARLY_BELOW = 0.98;

const ACCOUNTINGS: readonly TokenAccounting[] = [
  'prompt_at_admission',
  'reserve_max_tokens',
  'reserve_and_refund',
  'at_completion',
];

const UNRESERVED: readonly TokenAccounting[] = ['prompt_at_admission', 'at_completion'];

interface Suspect {
  readonly scale: Scale;
  readonly least: number;
  readonly refused: Uint8Array;
  /** By decision: 1 = far too little had passed in the window for this limit to refuse. */
  readonly impossible: Uint8Array;
}

interface Split {
  readonly second: { readonly fit: Fit | null; readonly used: Uint8Array };
  readonly minute: { readonly fit: Fit | null; readonly used: Uint8Array };
  readonly pattern: Attribution['pattern'];
}

export interface AttributionOptions {
  readonly unit: 'requests' | 'tokens';
  readonly slackMs: number;
}

/**
 * The provider answers a second and a minute limit with one code, so the pattern must tell: first one limit alone, then
 * both side by side, then limits that count refused calls. The simplest that explains every refusal together with
 * every admission stands; when two explain it equally, neither is claimed.
 */
export function attribute(trace: QuotaTrace, { unit, slackMs }: AttributionOptions): Attribution {
  const kind = unit === 'requests' ? QUOTA_CODES.requests : QUOTA_CODES.tokens;
  // Without a refusal only the least possible limit is asked for, and reservations need no less than what was used.
  const accountings = trace.code.includes(kind) ? ACCOUNTINGS : UNRESERVED;
  const models: readonly ChargeModel[] =
    unit === 'requests' ? [{ unit }] : accountings.map((accounting) => ({ unit, accounting }));
  const sequence = unit === 'tokens' ? { ends: endOrder(trace) } : {};
  const plain = distinct(models.map((model) => chargesOf(trace, { model, countsRefused: false, ...sequence })));
  const [first] = plain as [Charges];
  const second = suspect(trace, plain, { periodMs: SECOND_MS, slackMs });
  const minute = suspect(trace, plain, { periodMs: MINUTE_MS, slackMs });
  const refusals = first.isRefused.reduce((count, one) => count + one, 0);
  const split = refusals === 0 ? nothing(second, minute) : explain(trace, models, plain, second, minute);
  const count = (used: Uint8Array) => used.reduce((sum, one) => sum + one, 0) * first.refusalStep;
  const finding = (of: Suspect, part: Split['second']): ScaleFinding => ({
    scale: of.scale,
    least: of.least,
    refusals: count(part.used),
    windows: windowsOf(first, part.used, of.scale),
    fit: part.fit,
  });
  return {
    second: finding(second, split.second),
    minute: finding(minute, split.minute),
    refusals: refusals * first.refusalStep,
    pattern: split.pattern,
  };
}

function windowsOf({ timeMs }: Charges, used: Uint8Array, { periodMs }: Scale): number {
  let windows = 0;
  let untilMs = Number.NEGATIVE_INFINITY;
  for (let n = 0; n < used.length; n += 1) {
    if (used[n] === 0 || (timeMs[n] as number) < untilMs) continue;
    windows += 1;
    untilMs = (timeMs[n] as number) + periodMs;
  }
  return windows;
}

/** Accountings that come to the same bookings on this trace are tried once. */
function distinct(charges: readonly Charges[]): readonly Charges[] {
  const total = (one: Charges) => one.maybe[one.bookings] as number;
  const key = (one: Charges) =>
    [
      one.bookings,
      total(one),
      one.asked[0],
      one.asked[one.decisions - 1],
      Math.max(0, ...one.inFlight.slice(0, 1000)),
    ].join();
  return charges.filter((one, n) => charges.findIndex((other) => key(other) === key(one)) === n);
}

function suspect(trace: QuotaTrace, charges: readonly Charges[], scale: Scale): Suspect {
  const least = charges.reduce((low, one) => Math.min(low, leastLimit(one, scale)), Number.POSITIVE_INFINITY);
  const [first] = charges as [Charges];
  const refused = knownStart(trace, first, scale);
  return { scale, least, refused, impossible: impossibleFor(charges, { scale, least }) };
}

/** Every standard limiter that refuses has seen at least its limit pass, or sent where refused calls count, in the trailing period. */
function impossibleFor(
  charges: readonly Charges[],
  { scale, least }: { readonly scale: Scale; readonly least: number },
): Uint8Array {
  const impossible = new Uint8Array(charges[0]?.decisions ?? 0).fill(1);
  for (const one of charges) {
    const record = new Float64Array(one.decisions).fill(Number.NaN);
    slidingLogBounds({ charges: one, used: null, strays: 0, record }, scale);
    for (let n = 0; n < one.decisions; n += 1) {
      if (!((record[n] as number) < CLEARLY_BELOW * least)) impossible[n] = 0;
    }
  }
  return impossible;
}

/** Refusals whose window lies inside the trace, or in the rest before it. */
function knownStart(trace: QuotaTrace, charges: Charges, { periodMs }: Scale): Uint8Array {
  const beginsMs = Math.min(trace.sentMs[0] ?? 0, trace.rests[0]?.startMs ?? Number.POSITIVE_INFINITY);
  return charges.isRefused.map((one, n) => (one === 1 && (charges.timeMs[n] as number) >= beginsMs + periodMs ? 1 : 0));
}

function nothing(second: Suspect, minute: Suspect): Split {
  const none = (of: Suspect) => ({ fit: null, used: new Uint8Array(of.refused.length) });
  return { second: none(second), minute: none(minute), pattern: 'none' };
}

function explain(
  trace: QuotaTrace,
  models: readonly ChargeModel[],
  plain: readonly Charges[],
  second: Suspect,
  minute: Suspect,
): Split {
  const simple = alone(plain, second, minute) ?? together([plain], second, minute);
  if (simple !== null) return simple;
  const counting = models.map((model) => chargesOf(trace, { model, countsRefused: true }));
  const mixed = together(
    [plain, counting],
    { ...second, impossible: impossibleFor(counting, second) },
    { ...minute, impossible: impossibleFor(counting, minute) },
  );
  const counted = mixed ?? alone(counting, second, minute);
  return counted ?? { ...nothing(second, minute), pattern: 'unexplained' };
}

function alone(candidates: readonly Charges[], second: Suspect, minute: Suspect): Split | null {
  const none = nothing(second, minute);
  const inSecond = fitLimit({ candidates, scale: second.scale, used: second.refused });
  const inMinute = fitLimit({ candidates, scale: minute.scale, used: minute.refused });
  if (inSecond === null && inMinute === null) return null;
  const bySecond = { fit: inSecond, used: second.refused };
  const byMinute = { fit: inMinute, used: minute.refused };
  if (inSecond !== null && inMinute !== null) return { second: bySecond, minute: byMinute, pattern: 'either' };
  return inSecond !== null
    ? { ...none, second: bySecond, pattern: 'second' }
    : { ...none, minute: byMinute, pattern: 'minute' };
}

/** Fits one limit to the refusals the other cannot have made, then the other to what is left unexplained. */
function together(sets: readonly (readonly Charges[])[], second: Suspect, minute: Suspect): Split | null {
  for (const [leader, follower] of [
    [second, minute],
    [minute, second],
  ] as const) {
    const used = leader.refused.map((one, n) => (one === 1 && follower.impossible[n] === 1 ? 1 : 0));
    const strays = straysOf(leader.refused.reduce((sum, one) => sum + one, 0));
    const led = firstFit(sets, leader.scale, used, strays);
    if (led === null) continue;
    const rest = unexplainedBy(led, leader.scale, follower.refused);
    const followed = firstFit(sets, follower.scale, rest, strays);
    if (followed === null) continue;
    const lead = { fit: led, used };
    const follow = { fit: followed, used: rest };
    return leader === second
      ? { second: lead, minute: follow, pattern: 'both' }
      : { second: follow, minute: lead, pattern: 'both' };
  }
  return null;
}

function firstFit(sets: readonly (readonly Charges[])[], scale: Scale, used: Uint8Array, strays: number): Fit | null {
  if (used.reduce((sum, one) => sum + one, 0) <= strays) return null;
  for (const candidates of sets) {
    const found = fitLimit({ candidates, scale, used });
    if (found !== null) return found;
  }
  return null;
}
