import type { PeakDemand } from '../model/size.ts';
import { median } from '../stats/quantiles.ts';
import { slidingPeak } from '../stats/windows.ts';
import type { Judged } from './judged.ts';

/** The windows a request form asks about: provider limits count over a second and a minute. */
const WINDOWS_MS = [1000, 10_000, 60_000] as const;

/** The most in any window, of one draw of the traffic. */
export interface Peak {
  readonly windowMs: number;
  readonly requests: number;
  readonly tokens: number;
  readonly reservedTokens: number;
}

export interface DemandFold {
  /** In send order. */
  add(attempt: Judged): void;
  finish(): readonly Peak[];
}

/** Demand is what is sent while nothing is refused: fold a run without limits. */
export function demandFold(): DemandFold {
  const windows = WINDOWS_MS.map((windowMs) => ({
    windowMs,
    requests: slidingPeak(windowMs),
    tokens: slidingPeak(windowMs),
    reserved: slidingPeak(windowMs),
  }));
  return {
    add({ sent, sentMs, promptTokens, completionTokens }) {
      for (const { requests, tokens, reserved } of windows) {
        requests.add(sentMs, 1);
        tokens.add(sentMs, promptTokens + completionTokens);
        reserved.add(sentMs, sent.promptTokens + (sent.maxTokens ?? completionTokens));
      }
    },
    finish: () =>
      windows.map(({ windowMs, requests, tokens, reserved }) => ({
        windowMs,
        requests: requests.peak(),
        tokens: tokens.peak(),
        reservedTokens: reserved.peak(),
      })),
  };
}

/** Median and maximum over draws. */
export function peakDemand(draws: readonly (readonly Peak[])[]): readonly PeakDemand[] {
  return WINDOWS_MS.map((windowMs, index) => {
    const over = (value: (peak: Peak) => number) => {
      const values = draws.flatMap((peaks) => (peaks[index] === undefined ? [] : [value(peaks[index])]));
      return { p50: median(values) ?? 0, max: Math.max(0, ...values) };
    };
    return {
      windowMs,
      requests: over((peak) => peak.requests),
      tokens: over((peak) => peak.tokens),
      reservedTokens: over((peak) => peak.reservedTokens),
    };
  });
}
