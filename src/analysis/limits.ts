import type { LimitGroup, RedactedSample } from '../model/analysis.ts';
import type { Limited } from '../model/outcome.ts';
import { median } from '../stats/quantiles.ts';
import type { Evidence } from './evidence.ts';
import type { Judged } from './judged.ts';
import { shareEstimate } from './share.ts';
import type { WindowsFold } from './windows.ts';

/**
 * Refusals of one group further apart than this are two episodes: an over-limit minute window refuses in its last
 * seconds only, and each of those onsets is a measurement of its own.
 */
const EPISODE_GAP_MS = 10_000;
/** Onsets kept per group: a median over more says nothing more. */
const ONSETS_MAX = 1000;
/** Groups kept apart; messages that never repeat would otherwise grow without bound. The rest is counted together. */
export const GROUPS_MAX = 200;
export const FURTHER_MESSAGES = '(further messages)';

type Onset = ReturnType<WindowsFold['current']>;

interface Group {
  readonly outcome: Limited;
  readonly normalisedMessage: string;
  readonly sample: RedactedSample;
  readonly firstMs: number;
  lastMs: number;
  count: number;
  /** Refusals that directly follow another one of the same group, in the variant's send order. */
  pairs: number;
  lastIndex: number;
  minRetryMs: number;
  maxRetryMs: number;
  episodes: number;
  lastCleanMs: number;
  readonly onsets: Onset[];
}

export interface LimitsFold {
  /** `index`: place of the attempt among the variant's sent ones. `windows` already hold the attempt. */
  add(attempt: Judged, index: number, windows: WindowsFold): void;
  finish(variant: string, sent: number): readonly LimitGroup[];
}

/** Refusals of one variant, grouped by what ran out, who said so, in which words, and by which rule we know. */
export function limits(evidence: Evidence): LimitsFold {
  const groups = new Map<string, Group>();
  return {
    add(attempt, index, windows) {
      const { outcome } = attempt;
      if (outcome.kind !== 'limited') return;
      let message = evidence.message(attempt);
      let key = keyOf(outcome, message);
      if (groups.size >= GROUPS_MAX && !groups.has(key)) {
        message = FURTHER_MESSAGES;
        key = keyOf(outcome, message);
      }
      let group = groups.get(key);
      if (group === undefined) {
        group = opened(attempt, outcome, message, evidence.sample(attempt));
        groups.set(key, group);
      }
      count(group, attempt, outcome, index);
      if (!attempt.stalled && !attempt.straggler) noteOnset(group, attempt.sentMs, windows);
    },
    finish: (variant, sent) =>
      [...groups.values()]
        .map((group) => finished(group, variant, sent))
        .sort(
          (a, b) => b.count - a.count || a.firstMs - b.firstMs || (a.normalisedMessage < b.normalisedMessage ? -1 : 1),
        ),
  };
}

function keyOf(outcome: Limited, message: string): string {
  const { limit, origin, originName, rewrittenBy, ruleId } = outcome;
  return `${limit}\n${origin}\n${originName}\n${rewrittenBy}\n${ruleId}\n${message}`;
}

function opened(attempt: Judged, outcome: Limited, normalisedMessage: string, sample: RedactedSample): Group {
  return {
    outcome,
    normalisedMessage,
    sample,
    firstMs: attempt.sentMs,
    lastMs: attempt.sentMs,
    count: 0,
    pairs: 0,
    lastIndex: -2,
    minRetryMs: Number.POSITIVE_INFINITY,
    maxRetryMs: Number.NEGATIVE_INFINITY,
    episodes: 0,
    lastCleanMs: Number.NEGATIVE_INFINITY,
    onsets: [],
  };
}

function count(group: Group, attempt: Judged, outcome: Limited, index: number): void {
  group.count += 1;
  if (index === group.lastIndex + 1) group.pairs += 1;
  group.lastIndex = index;
  if (attempt.sentMs > group.lastMs) group.lastMs = attempt.sentMs;
  if (outcome.retryAfterMs === null) return;
  group.minRetryMs = Math.min(group.minRetryMs, outcome.retryAfterMs);
  group.maxRetryMs = Math.max(group.maxRetryMs, outcome.retryAfterMs);
}

function noteOnset(group: Group, sentMs: number, windows: WindowsFold): void {
  if (sentMs - group.lastCleanMs > EPISODE_GAP_MS) {
    group.episodes += 1;
    if (group.onsets.length < ONSETS_MAX) group.onsets.push(windows.current());
  }
  group.lastCleanMs = sentMs;
}

function finished(group: Group, variant: string, sent: number): LimitGroup {
  const { outcome, onsets } = group;
  const share = shareEstimate({ trials: sent, count: group.count, pairs: group.pairs });
  const middle = (of: 'requests' | 'tokens', window: 'in1s' | 'in10s' | 'in60s') =>
    median(onsets.map((onset) => onset[of][window])) ?? 0;
  const medians = (of: 'requests' | 'tokens') => ({
    in1s: middle(of, 'in1s'),
    in10s: middle(of, 'in10s'),
    in60s: middle(of, 'in60s'),
  });
  return {
    limit: outcome.limit,
    origin: outcome.origin,
    originName: outcome.originName,
    rewrittenBy: outcome.rewrittenBy,
    ruleId: outcome.ruleId,
    variant,
    normalisedMessage: group.normalisedMessage,
    count: group.count,
    share: group.count / Math.max(1, sent),
    shareLow: share?.low ?? 0,
    shareHigh: share?.high ?? 1,
    firstMs: group.firstMs,
    lastMs: group.lastMs,
    heals: outcome.heals,
    retryAfterMs: Number.isFinite(group.minRetryMs) ? { min: group.minRetryMs, max: group.maxRetryMs } : null,
    onset: { episodes: group.episodes, requests: medians('requests'), tokens: medians('tokens') },
    sample: group.sample,
  };
}
