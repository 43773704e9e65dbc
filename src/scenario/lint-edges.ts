import type { Problem } from '../model/problem.ts';
import type { Variant } from '../model/scenario.ts';
import type { LintInput } from './lint-shape.ts';

/** Up to this many times the limit, most refusals of a hold are decided at the edge of a window. */
const NEAR = 1.5;
/** Within half a percent a rate is the limit itself: another warning. */
const SAME = 0.005;
/** So much less of a gap keeps every arrival away from the edge by a quarter of a gap or more. */
const OFF_EDGE = 0.3;

interface Window {
  readonly limit: number;
  readonly seconds: number;
}

/**
 * Evenly spaced arrivals of which a whole number fills a window: each arrives exactly when the one a window before it
 * leaves, and a millisecond of jitter decides which of the two counts. Shares of refusals then differ between a run and
 * its forecast, and between two runs. A verification reads the fullest windows instead, and is left alone.
 */
export function lintEdges({ scenario, shapes, source }: LintInput, variant: Variant): readonly Problem[] {
  const verifies = scenario.thresholds.some(({ metric }) => metric.startsWith('quota.'));
  const window = tightest(variant);
  if (verifies || window === null) return [];
  return shapes.flatMap(({ phase, index }) => {
    if (phase.kind !== 'hold' || phase.arrivals.kind !== 'uniform') return [];
    const { limit, seconds } = window;
    const perWindow = phase.ratePerSecond * seconds;
    const isNear = perWindow > limit * (1 + SAME) && perWindow <= limit * NEAR;
    const isWhole = Math.abs(perWindow - Math.round(perWindow)) < 1e-6;
    if (!isNear || !isWhole || phase.durationMs < 2000 * seconds) return [];
    const unit = seconds === 1 ? 's' : 'min';
    const whole = Math.round(perWindow);
    return [
      {
        code: 'rate-on-window-edge',
        severity: 'warning',
        message: `${whole}/${unit} against a limit of ${limit}/${unit}: every request meets the edge of a window, and chance decides its refusal`,
        hint: `write ${Number((whole - OFF_EDGE).toFixed(1))}/${unit}, or arrivals: poisson`,
        where: source.valueAt(['traffic', index, 'hold', 'rate']),
      },
    ];
  });
}

/** The window that refuses first: of a second where one is enforced, else of a minute. */
function tightest({ target, simulator, quota }: Variant): Window | null {
  const { limits } = simulator;
  const rps = target.isSimulator ? (limits.rps?.limit ?? null) : quota.rps;
  const rpm = target.isSimulator ? (limits.rpm?.limit ?? null) : quota.rpm;
  if (rps !== null && (rpm === null || rps <= rpm / 60 + 1e-9)) return { limit: rps, seconds: 1 };
  return rpm === null ? null : { limit: rpm, seconds: 60 };
}
