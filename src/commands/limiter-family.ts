import type { Scenario, Variant } from '../model/scenario.ts';
import { type SimulatorLimits, TOKEN_ACCOUNTINGS, type TokenAccounting, type WindowKind } from '../model/simulator.ts';

/**
 * Ways a provider may enforce the numbers it publishes. DashScope documents the numbers and "RPS = RPM/60 may be
 * applied", not the algorithm (help.aliyun.com/zh/model-studio/rate-limit, seen 2026-11-21): a forecast that assumed
 * one of them would be a guess.
 */
interface WindowFamily {
  readonly name: string;
  readonly second: WindowKind | null;
  readonly minute: WindowKind | null;
}

const WINDOW_FAMILIES: readonly WindowFamily[] = [
  { name: 'sliding_log', second: 'sliding_log', minute: 'sliding_log' },
  { name: 'sliding_counter', second: 'sliding_counter', minute: 'sliding_counter' },
  { name: 'fixed_clock', second: 'fixed_clock', minute: 'fixed_clock' },
  { name: 'fixed_first', second: 'fixed_first', minute: 'fixed_first' },
  // One bucket that holds a second's worth: bursts above it are refused at once.
  { name: 'bucket_second', second: 'bucket', minute: null },
  // One bucket that holds a minute's worth: after a rest a whole minute's quota passes in one go.
  { name: 'bucket_minute', second: null, minute: 'bucket' },
];

export const LIMITER_NAMES: readonly string[] = WINDOW_FAMILIES.map((family) => family.name);

export interface FamilyMember {
  /** `sliding_log, prompt_at_admission`. */
  readonly name: string;
  apply(scenario: Scenario): Scenario;
}

/** Every member, or those of one window algorithm. Members that cannot differ (no token limits) are left out. */
export function limiterFamily(scenario: Scenario, only: string | null): readonly FamilyMember[] {
  const tokenLimited = scenario.variants.some(
    ({ simulator }) => simulator.limits.tps !== null || simulator.limits.tpm !== null,
  );
  const accountings = tokenLimited ? TOKEN_ACCOUNTINGS : TOKEN_ACCOUNTINGS.slice(0, 1);
  return WINDOW_FAMILIES.filter((family) => only === null || family.name === only).flatMap((family) =>
    accountings.map((accounting) => ({
      name: tokenLimited ? `${family.name}, ${accounting}` : family.name,
      apply: (given: Scenario) => withLimits(given, (limits) => shaped(limits, family, accounting)),
    })),
  );
}

function shaped(limits: SimulatorLimits, family: WindowFamily, accounting: TokenAccounting): SimulatorLimits {
  const { second, minute } = family;
  const { rps, rpm, tps, tpm } = limits;
  // With a single bucket the published minute decides: the second is only its sixtieth part.
  const rpmPerSecond = rpm === null ? rps : { ...rpm, limit: rpm.limit / 60 };
  const tpmPerSecond = tpm === null ? tps : { ...tpm, limit: tpm.limit / 60 };
  const rpsSource = minute === null ? rpmPerSecond : rps;
  const tpsSource = minute === null ? tpmPerSecond : tps;
  return {
    ...limits,
    rps: second === null || rpsSource === null ? null : { ...rpsSource, window: second },
    rpm: minute === null || rpm === null ? null : { ...rpm, window: minute },
    tps: second === null || tpsSource === null ? null : { ...tpsSource, window: second, accounting },
    tpm: minute === null || tpm === null ? null : { ...tpm, window: minute, accounting },
  };
}

function withLimits(scenario: Scenario, change: (limits: SimulatorLimits) => SimulatorLimits): Scenario {
  const changed = (variant: Variant): Variant => ({
    ...variant,
    simulator: { ...variant.simulator, limits: change(variant.simulator.limits) },
  });
  const [first, ...others] = scenario.variants;
  return { ...scenario, variants: [changed(first), ...others.map(changed)] };
}

/** Another draw of everything left to chance: arrivals, sizes, latencies. */
export function withSeed(scenario: Scenario, seed: number): Scenario {
  const seeded = (variant: Variant): Variant => ({ ...variant, simulator: { ...variant.simulator, seed } });
  const [first, ...others] = scenario.variants;
  return { ...scenario, seed, variants: [seeded(first), ...others.map(seeded)] };
}
