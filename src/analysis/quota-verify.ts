import type { QuotaVerdict } from '../model/finding.ts';
import type { LimitName, QuotaSet } from '../model/quota.ts';
import { type Attribution, attribute, MINUTE_MS, SECOND_MS } from './quota-attribution.ts';
import { concurrencyVerdict } from './quota-concurrency.ts';
import { growthVerdict } from './quota-growth.ts';
import { jitterBoundMs } from './quota-jitter.ts';
import { heldAt, judge, type Subject } from './quota-judgement.ts';
import { type QuotaUnit, quotaPeaks, type RefusalCounts, refusalCounts, unitSize } from './quota-peaks.ts';
import { countText } from './quota-text.ts';
import type { QuotaTrace } from './quota-trace.ts';

export interface VerifyQuotaOptions {
  readonly quota: QuotaSet;
  readonly variant: string;
  /** How far an arrival at the limiter may lie from its send time, apart from a constant delay. */
  readonly jitterMs?: number;
}

/** Spread of one-way delay on a quiet path. */
const JITTER_MS = 5;

interface Pair {
  readonly unit: QuotaUnit;
  readonly second: LimitName;
  readonly minute: LimitName;
}
const REQUESTS: Pair = { unit: 'requests', second: 'rps', minute: 'rpm' };
const TOKENS: Pair = { unit: 'tokens', second: 'tps', minute: 'tpm' };

/**
 * Holds every published limit against a trace: RPS, RPM, TPS, TPM, growth guard, concurrency, in this order. Bounds
 * hold for sliding logs, sliding counters, fixed windows and buckets of the limit's depth, on an account that nobody
 * else uses; "as documented" means within 3 %, or half a unit where that is more.
 */
export function verifyQuota(trace: QuotaTrace, options: VerifyQuotaOptions): readonly QuotaVerdict[] {
  const { quota, variant, jitterMs = JITTER_MS } = options;
  const counts = refusalCounts(trace);
  const jitter = { jitterMs, jitterMaxMs: Math.max(jitterMs, jitterBoundMs(trace) ?? 0) };
  const requests = attributeWidening(trace, 'requests', jitter);
  const tokens = attributeWidening(trace, 'tokens', jitter);
  const verdicts = [
    ...pairVerdicts(trace, { pair: REQUESTS, own: requests, other: tokens, counts, quota, variant }),
    ...pairVerdicts(trace, { pair: TOKENS, own: tokens, other: requests, counts, quota, variant }),
    growthVerdict(trace, variant),
    concurrencyVerdict(trace, { variant, documented: quota.concurrency }),
  ];
  const gap =
    trace.dropped === 0
      ? []
      : [
          `${countText(trace.dropped, 'attempt')} at the end left out: the trace holds ${countText(trace.length, 'row')}.`,
        ];
  return verdicts.map((one) => ({ ...one, evidence: [...one.evidence, ...gap] }));
}

/**
 * The least jitter under which a standard limiter explains the refusals, up to what the round trips allow. A wider
 * allowance explains more and tells less, so it is granted to one plain limit alone; and two limits at once are judged
 * with all of it, so that what jitter can do is not put down to the second.
 */
function attributeWidening(trace: QuotaTrace, unit: QuotaUnit, { jitterMs, jitterMaxMs }: JitterRange): Attribution {
  const found = attribute(trace, { unit, slackMs: 2 * jitterMs });
  if (jitterMs >= jitterMaxMs) return found;
  if (found.pattern === 'both') {
    const widest = attribute(trace, { unit, slackMs: 2 * jitterMaxMs });
    return widest.pattern === 'unexplained' ? found : widest;
  }
  if (found.pattern !== 'unexplained') return found;
  for (let wideMs = jitterMs; wideMs < jitterMaxMs; ) {
    wideMs = Math.min(2 * wideMs, jitterMaxMs);
    const wider = attribute(trace, { unit, slackMs: 2 * wideMs });
    if (isPlain(wider)) return wider;
  }
  return found;
}

/** One limit that counts what it admitted, or either of two such. */
function isPlain({ pattern, second, minute }: Attribution): boolean {
  const counts = second.fit?.countsRefused === true || minute.fit?.countsRefused === true;
  return !counts && pattern !== 'both' && pattern !== 'unexplained';
}

interface JitterRange {
  readonly jitterMs: number;
  readonly jitterMaxMs: number;
}

interface PairOptions {
  readonly pair: Pair;
  readonly own: Attribution;
  readonly other: Attribution;
  readonly counts: RefusalCounts;
  readonly quota: QuotaSet;
  readonly variant: string;
}

function pairVerdicts(trace: QuotaTrace, options: PairOptions): readonly QuotaVerdict[] {
  const { pair, own, other, counts, quota, variant } = options;
  const documented = (limit: LimitName) => (limit === 'burst' ? null : quota[limit]);
  const common = {
    variant,
    pattern: own.pattern,
    refusalsOfKind: counts[pair.unit],
    unit: pair.unit,
    unitSize: unitSize(trace, pair.unit),
    otherRefuser: otherRefuser(pair, other, counts),
  };
  const second: Subject = {
    ...common,
    limit: pair.second,
    partner: pair.minute,
    documented: documented(pair.second),
    partnerDocumented: documented(pair.minute),
    finding: own.second,
    partnerFinding: own.minute,
    peaks: quotaPeaks(trace, pair.unit, SECOND_MS),
  };
  const minute: Subject = {
    ...common,
    limit: pair.minute,
    partner: pair.second,
    documented: documented(pair.minute),
    partnerDocumented: documented(pair.second),
    finding: own.minute,
    partnerFinding: own.second,
    peaks: quotaPeaks(trace, pair.unit, MINUTE_MS),
  };
  const perMinute = { second: effective(second) * 60, minute: effective(minute) };
  const known = Number.isFinite(Math.min(perMinute.second, perMinute.minute));
  const bySecond = perMinute.second <= perMinute.minute;
  return [
    { ...judge(second), binding: known && bySecond },
    { ...judge(minute), binding: known && !bySecond },
  ];
}

/** What is enforced as far as it was seen, the documented number where that fits, else nothing. */
function effective({ finding, documented, pattern }: Subject): number {
  const { fit } = finding;
  if (fit !== null && pattern !== 'either') return heldAt(fit, documented);
  return Math.max(finding.least, documented ?? Number.POSITIVE_INFINITY);
}

function otherRefuser(pair: Pair, other: Attribution, counts: RefusalCounts): Subject['otherRefuser'] {
  const resource = pair.unit === 'requests' ? TOKENS : REQUESTS;
  const isMinute = other.minute.refusals >= other.second.refusals;
  const text = (what: string, refusals: number) => `${what} (${countText(refusals, 'refusal')})`;
  const name = isMinute ? resource.minute : resource.second;
  const refusers = [
    { name, refusals: counts[resource.unit], text: text(name.toUpperCase(), counts[resource.unit]) },
    { name: 'burst' as const, refusals: counts.burst, text: text('The growth guard', counts.burst) },
    { name: 'concurrency' as const, refusals: counts.concurrency, text: text('Concurrency', counts.concurrency) },
    { name: null, refusals: counts.other, text: text('Something else', counts.other) },
  ];
  return refusers.reduce<Subject['otherRefuser']>(
    (most, one) => (one.refusals > (most?.refusals ?? 0) ? one : most),
    null,
  );
}
