import type { Limiter } from '../model/limiter.ts';
import type { TokenLimit, WindowLimit } from '../model/simulator.ts';
import { fixedWindow } from './fixed-window.ts';
import { slidingCounter } from './sliding-counter.ts';
import { slidingLog } from './sliding-log.ts';
import { tokenBucket } from './token-bucket.ts';

export interface LimiterForOptions {
  /** Where clock-aligned windows begin on the caller's time axis. */
  readonly phaseMs: number;
}

/** The algorithm behind a scenario's `window` name. A `bucket` is as deep as its limit and refills it evenly. */
export function limiterFor(
  limit: WindowLimit | TokenLimit,
  periodMs: number,
  { phaseMs }: LimiterForOptions,
): Limiter<unknown> {
  const window = { limit: limit.limit, periodMs, countsRefused: limit.countsRefused };
  switch (limit.window) {
    case 'sliding_log':
      return slidingLog(window);
    case 'sliding_counter':
      return slidingCounter({ ...window, phaseMs });
    case 'fixed_clock':
      return fixedWindow({ ...window, alignment: { kind: 'clock', phaseMs } });
    case 'fixed_first':
      return fixedWindow({ ...window, alignment: { kind: 'first_request' } });
    case 'bucket':
      return tokenBucket({
        capacity: limit.limit,
        refill: { kind: 'continuous', perSecond: (limit.limit * 1000) / periodMs },
        countsRefused: limit.countsRefused,
      });
    default:
      return limit.window satisfies never;
  }
}
