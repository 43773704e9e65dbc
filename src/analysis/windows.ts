import type { WindowPeak } from '../model/analysis.ts';
import type { QuotaSet } from '../model/quota.ts';
import { type SlidingPeak, slidingPeak } from '../stats/windows.ts';
import type { Due } from './due-order.ts';
import type { Judged } from './judged.ts';

/** The windows that provider limits are written in, and one between them. */
const WINDOWS_MS = [1000, 10_000, 60_000] as const;

type PerWindow = readonly [SlidingPeak, SlidingPeak, SlidingPeak];

const perWindow = (extraMs = 0): PerWindow => [
  slidingPeak(WINDOWS_MS[0] + extraMs),
  slidingPeak(WINDOWS_MS[1] + extraMs),
  slidingPeak(WINDOWS_MS[2] + extraMs),
];

function addAll(peaks: PerWindow, atMs: number, weight: number): void {
  peaks[0].add(atMs, weight);
  peaks[1].add(atMs, weight);
  peaks[2].add(atMs, weight);
}

interface InWindows {
  readonly in1s: number;
  readonly in10s: number;
  readonly in60s: number;
}

const currentOf = (peaks: PerWindow): InWindows => ({
  in1s: peaks[0].current(),
  in10s: peaks[1].current(),
  in60s: peaks[2].current(),
});

export interface WindowsFold {
  planned(due: Due, atMs: number): void;
  /** In send order; only what reached the socket counts. */
  add(attempt: Judged): void;
  /** Sends and their prompt tokens in the windows that end with the latest attempt, itself included. */
  current(): { readonly requests: InWindows; readonly tokens: InWindows };
  inLastSecond(): number;
  finish(quota: QuotaSet): readonly WindowPeak[];
}

/**
 * The most planned, sent and admitted in any window of 1, 10 and 60 s. Tokens: planned = prompt estimate + max_tokens,
 * sent and admitted = prompt and completion as reported (the estimate where nothing was), at the time of sending.
 *
 * The plan is kept when sent(W) <= planned(W + tolerance): a send leaves between its due time and that much later, so
 * whatever was sent within W was due within W plus the tolerance.
 */
export function windows(lateToleranceMs: number): WindowsFold {
  const planned = perWindow();
  const plannedLate = perWindow(lateToleranceMs);
  const plannedTokens = perWindow();
  const sent = perWindow();
  const sentTokens = perWindow();
  const promptTokens = perWindow();
  const admitted = perWindow();
  const admittedTokens = perWindow();
  return {
    planned(due, atMs) {
      addAll(planned, atMs, 1);
      addAll(plannedLate, atMs, 1);
      addAll(plannedTokens, atMs, due.promptTokens + due.maxTokens);
    },
    add(attempt) {
      if (!attempt.left || attempt.straggler) return;
      const { sentMs } = attempt;
      const tokens = attempt.promptTokens + attempt.completionTokens;
      addAll(sent, sentMs, 1);
      addAll(sentTokens, sentMs, tokens);
      addAll(promptTokens, sentMs, attempt.sent.promptTokens);
      if (!attempt.admitted) return;
      addAll(admitted, sentMs, 1);
      addAll(admittedTokens, sentMs, tokens);
    },
    current: () => ({ requests: currentOf(sent), tokens: currentOf(promptTokens) }),
    inLastSecond: () => sent[0].current(),
    finish: (quota) =>
      WINDOWS_MS.map((windowMs, at) => ({
        windowMs,
        planned: peakOf(planned, at),
        sent: peakOf(sent, at),
        admitted: peakOf(admitted, at),
        plannedTokens: Math.round(peakOf(plannedTokens, at)),
        sentTokens: peakOf(sentTokens, at),
        admittedTokens: peakOf(admittedTokens, at),
        requestQuota: windowMs === 1000 ? quota.rps : windowMs === 60_000 ? quota.rpm : null,
        tokenQuota: windowMs === 1000 ? quota.tps : windowMs === 60_000 ? quota.tpm : null,
        withinPlan: peakOf(sent, at) <= peakOf(plannedLate, at),
      })),
  };
}

const peakOf = (peaks: PerWindow, at: number) => peaks[at]?.peak() ?? 0;
