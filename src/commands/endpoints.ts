import type { Variant } from '../model/scenario.ts';
import type { DialectName } from '../model/target.ts';
import { startSimulatorProcess } from '../simulator/process.ts';

/** Paths under which the simulator speaks each dialect, as DashScope's own hosts do. */
const DIALECT_PATHS: Readonly<Record<DialectName, string>> = {
  dashscope: '/compatible-mode/v1',
  'dashscope-native': '/api/v1',
  openai: '/v1',
};

export const pathOfDialect = (dialect: DialectName): string => DIALECT_PATHS[dialect];

export interface Endpoints {
  /** The variant's target with its address filled in. */
  variants(): readonly Variant[];
  stop(): Promise<void>;
}

/**
 * Starts one simulator process for each quota group that calls the simulator: inside our own event loop it would
 * corrupt lag and TTFT. Variants of one group share an account, as they would at a provider.
 */
export async function startEndpoints(variants: readonly Variant[]): Promise<Endpoints> {
  const byGroup = new Map<string, Awaited<ReturnType<typeof startSimulatorProcess>>>();
  const resolved: Variant[] = [];
  for (const variant of variants) {
    if (!variant.target.isSimulator || variant.target.baseUrl !== null) {
      resolved.push(variant);
      continue;
    }
    const running = byGroup.get(variant.quotaGroup) ?? (await startSimulatorProcess(variant.simulator));
    byGroup.set(variant.quotaGroup, running);
    resolved.push({
      ...variant,
      target: { ...variant.target, baseUrl: running.baseUrl + pathOfDialect(variant.target.dialect) },
    });
  }
  return {
    variants: () => resolved,
    async stop() {
      for (const simulator of byGroup.values()) await simulator.stop();
    },
  };
}
