import { slidingPeak } from '../stats/windows.ts';
import { QUOTA_CODES, type QuotaTrace } from './quota-trace.ts';

export type QuotaUnit = 'requests' | 'tokens';

export interface QuotaPeaks {
  readonly windowMs: number;
  /** The most sent in any window, whatever became of it. */
  readonly offered: number;
  readonly admitted: number;
}

/** Tokens of an admitted call are those reported, of a refused one its prompt. */
export function quotaPeaks(trace: QuotaTrace, unit: QuotaUnit, windowMs: number): QuotaPeaks {
  const offered = slidingPeak(windowMs);
  const admitted = slidingPeak(windowMs);
  for (let row = 0; row < trace.length; row += 1) {
    const isAdmitted = trace.code[row] === QUOTA_CODES.admitted;
    const tokens = (isAdmitted ? trace.tokensActual[row] : trace.tokensLow[row]) as number;
    const weight = unit === 'requests' ? 1 : tokens;
    const atMs = trace.sentMs[row] as number;
    offered.add(atMs, weight);
    if (isAdmitted) admitted.add(atMs, weight);
  }
  return { windowMs, offered: offered.peak(), admitted: admitted.peak() };
}

/** Size of the call that the average unit passed with: the resolution with which a token limit can be seen. */
export function unitSize(trace: QuotaTrace, unit: QuotaUnit): number {
  if (unit === 'requests') return 1;
  let tokens = 0;
  let squares = 0;
  for (let row = 0; row < trace.length; row += 1) {
    if (trace.code[row] !== QUOTA_CODES.admitted) continue;
    const size = trace.tokensActual[row] as number;
    tokens += size;
    squares += size * size;
  }
  return tokens === 0 ? 1 : Math.max(1, squares / tokens);
}

export type RefusalCounts = Readonly<Record<'requests' | 'tokens' | 'burst' | 'concurrency' | 'other', number>>;

export function refusalCounts(trace: QuotaTrace): RefusalCounts {
  const byCode = new Array<number>(7).fill(0);
  for (const code of trace.code) byCode[code] = (byCode[code] as number) + 1;
  const of = (code: number) => byCode[code] as number;
  return {
    requests: of(QUOTA_CODES.requests),
    tokens: of(QUOTA_CODES.tokens),
    burst: of(QUOTA_CODES.burst),
    concurrency: of(QUOTA_CODES.concurrency),
    other: of(QUOTA_CODES.other),
  };
}
