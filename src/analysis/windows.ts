import type { WindowPeak } from '../model/analysis.ts';
import type { QuotaSet } from '../model/quota.ts';
import type { Due } from './due-order.ts';
import type { Judged } from './judged.ts';
import { type WindowPeaks, windowPeaks } from './window-peaks.ts';

/** Columns of the peaks below. */
const requests = 0;
const tokens = 1;
const prompts = 2;

/** The windows that provider limits are written in, and one between them. */
const WINDOWS_MS = [1000, 10_000, 60_000] as const;

interface InWindows {
  readonly in1s: number;
  readonly in10s: number;
  readonly in60s: number;
}

function currentOf(peaks: WindowPeaks, column: typeof requests | typeof prompts): InWindows {
  return { in1s: peaks.current(0, column), in10s: peaks.current(1, column), in60s: peaks.current(2, column) };
}

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
  const planned = windowPeaks(WINDOWS_MS);
  const plannedLate = windowPeaks(WINDOWS_MS.map((windowMs) => windowMs + lateToleranceMs));
  const sent = windowPeaks(WINDOWS_MS);
  const admitted = windowPeaks(WINDOWS_MS);
  return {
    planned(due, atMs) {
      planned.add(atMs, 1, due.promptTokens + due.maxTokens);
      plannedLate.add(atMs, 1);
    },
    add(attempt) {
      if (!attempt.left || attempt.straggler) return;
      const { sentMs } = attempt;
      const used = attempt.promptTokens + attempt.completionTokens;
      sent.add(sentMs, 1, used, attempt.sent.promptTokens);
      if (attempt.admitted) admitted.add(sentMs, 1, used);
    },
    current: () => ({ requests: currentOf(sent, requests), tokens: currentOf(sent, prompts) }),
    inLastSecond: () => sent.current(0, requests),
    finish: (quota) =>
      WINDOWS_MS.map((windowMs, at) => ({
        windowMs,
        planned: planned.peak(at, requests),
        sent: sent.peak(at, requests),
        admitted: admitted.peak(at, requests),
        plannedTokens: Math.round(planned.peak(at, tokens)),
        sentTokens: sent.peak(at, tokens),
        admittedTokens: admitted.peak(at, tokens),
        requestQuota: windowMs === 1000 ? quota.rps : windowMs === 60_000 ? quota.rpm : null,
        tokenQuota: windowMs === 1000 ? quota.tps : windowMs === 60_000 ? quota.tpm : null,
        withinPlan: sent.peak(at, requests) <= plannedLate.peak(at, requests),
      })),
  };
}
