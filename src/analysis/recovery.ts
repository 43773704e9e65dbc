import type { Recovery } from '../model/analysis.ts';
import { LIMIT_KINDS, type LimitKind } from '../model/outcome.ts';
import type { QuotaSet } from '../model/quota.ts';
import { median } from '../stats/quantiles.ts';
import type { Judged } from './judged.ts';

/** "Usually within one minute", for all kinds (help.aliyun.com/zh/model-studio/rate-limit, seen 2026-11-21). */
const LONGEST_WINDOW_MS = 60_000;
/** Polling, not pushing: two a second are enough to see a recovery to half a second. */
const POLLS_PER_SECOND_MAX = 2;
/** Polling must not itself use the quota up: at most this share of a published minute limit. */
const POLL_QUOTA_SHARE_MAX = 0.5;
/** The push that met the limit may go on this long after its first refusal and still count as one onset. */
const REST_GRACE_MS = 5000;
/** Recoveries kept per kind. */
const EPISODES_MAX = 1000;

interface Episode {
  readonly firstMs: number;
  /** Last time at which sends came faster than polls. */
  pushedMs: number;
  admittedMs: number | null;
  polls: number;
  pollTokens: number;
}

interface State {
  episode: Episode | null;
  readonly measuredMs: number[];
  readonly unmeasured: Map<string, number>;
}

export interface RecoveryFold {
  /** In send order; `inLastSecond` counts the variant's sends, this one included. */
  add(attempt: Judged, inLastSecond: number): void;
  finish(variant: string): readonly Recovery[];
}

/**
 * Recovery of a kind: from the first refusal of an episode to the first admission that no refusal of that kind follows
 * for one window. Under load it says more about our traffic than about the limit, so it is measured only where we
 * rested and polled after the refusal.
 */
export function recovery(quota: QuotaSet): RecoveryFold {
  const states = new Map<LimitKind, State>();
  let lastSentMs = 0;

  const close = (state: State, episode: Episode) => {
    const why = notMeasurable(episode, quota);
    if (why !== null) note(state, why);
    else if (state.measuredMs.length < EPISODES_MAX) {
      state.measuredMs.push((episode.admittedMs ?? episode.firstMs) - episode.firstMs);
    }
    state.episode = null;
  };
  const step = (kind: LimitKind, state: State, attempt: Judged, inLastSecond: number) => {
    const { outcome, sentMs } = attempt;
    const refused = outcome.kind === 'limited' && outcome.limit === kind;
    const open = state.episode;
    if (open?.admittedMs != null && sentMs - open.admittedMs >= windowOf(kind, quota)) close(state, open);
    let episode = state.episode;
    if (episode === null) {
      if (!refused) return;
      episode = { firstMs: sentMs, pushedMs: sentMs, admittedMs: null, polls: 0, pollTokens: 0 };
      state.episode = episode;
    }
    if (refused) episode.admittedMs = null;
    else if (attempt.admitted && episode.admittedMs === null) episode.admittedMs = sentMs;
    if (episode.admittedMs !== null && episode.admittedMs < sentMs) return;
    if (inLastSecond > POLLS_PER_SECOND_MAX) {
      episode.pushedMs = sentMs;
      episode.polls = 0;
      episode.pollTokens = 0;
    } else {
      episode.polls += 1;
      episode.pollTokens += attempt.promptTokens + attempt.completionTokens;
    }
  };

  return {
    add(attempt, inLastSecond) {
      if (attempt.straggler || attempt.stalled || !attempt.left) return;
      lastSentMs = attempt.sentMs;
      const { outcome } = attempt;
      if (outcome.kind === 'limited' && !states.has(outcome.limit)) {
        states.set(outcome.limit, { episode: null, measuredMs: [], unmeasured: new Map() });
      }
      if (states.size === 0) return;
      for (const [kind, state] of states) step(kind, state, attempt, inLastSecond);
    },
    finish: (variant) =>
      LIMIT_KINDS.flatMap((kind): Recovery[] => {
        const state = states.get(kind);
        if (state === undefined) return [];
        if (state.episode !== null) closeLast(state, state.episode, { kind, quota, lastSentMs, close });
        return [finished(kind, variant, state, windowOf(kind, quota))];
      }),
  };
}

/** The longest window published for what ran out: a kind is only over when its own window has passed. */
function windowOf(kind: LimitKind, quota: QuotaSet): number {
  if (kind === 'requests' && quota.rpm === null && quota.rps !== null) return 1000;
  if (kind === 'tokens' && quota.tpm === null && quota.tps !== null) return 1000;
  return LONGEST_WINDOW_MS;
}

function closeLast(
  state: State,
  episode: Episode,
  end: {
    readonly kind: LimitKind;
    readonly quota: QuotaSet;
    readonly lastSentMs: number;
    readonly close: (state: State, episode: Episode) => void;
  },
): void {
  const { admittedMs } = episode;
  state.episode = null;
  if (admittedMs === null) note(state, 'nothing was admitted again before the traffic ended');
  else if (end.lastSentMs - admittedMs < windowOf(end.kind, end.quota)) {
    note(state, 'the traffic ended less than one window after the first admission');
  } else end.close(state, episode);
}

function notMeasurable(episode: Episode, quota: QuotaSet): string | null {
  const { firstMs, pushedMs, admittedMs, polls, pollTokens } = episode;
  if (admittedMs === null || pushedMs - firstMs > REST_GRACE_MS || pushedMs >= admittedMs) {
    return 'the traffic did not rest after the refusal';
  }
  const minutes = Math.max(admittedMs - pushedMs, 1000) / 60_000;
  if (quota.rpm !== null && polls > 2 && polls / minutes > quota.rpm * POLL_QUOTA_SHARE_MAX) {
    return 'the polls alone used more than half of the published requests per minute';
  }
  if (quota.tpm !== null && pollTokens / minutes > quota.tpm * POLL_QUOTA_SHARE_MAX) {
    return 'the polls alone used more than half of the published tokens per minute';
  }
  return null;
}

function note(state: State, why: string): void {
  state.unmeasured.set(why, (state.unmeasured.get(why) ?? 0) + 1);
}

function finished(kind: LimitKind, variant: string, state: State, windowMs: number): Recovery {
  const { measuredMs, unmeasured } = state;
  const left = [...unmeasured].map(([why, count]) => `${count} not measurable: ${why}`);
  const measured = `${measuredMs.length} episode${measuredMs.length === 1 ? '' : 's'} in rest-and-poll stretches, each followed by ${windowMs / 1000} s without a refusal of this kind`;
  return {
    limit: kind,
    variant,
    measurable: measuredMs.length > 0,
    episodesMs: measuredMs,
    medianMs: median(measuredMs),
    maxMs: measuredMs.length === 0 ? null : Math.max(...measuredMs),
    why: measuredMs.length === 0 ? left.join('; ') : [measured, ...left].join('; '),
  };
}
