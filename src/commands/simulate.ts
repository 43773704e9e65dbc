import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import type { SimulatorSettings } from '../model/simulator.ts';
import { parseScenario } from '../scenario/parse.ts';
import { startSimulator } from '../simulator/server/serve.ts';
import { type CommandResult, environmentFailure, errorMessage, usageFailure } from './failure.ts';

/** The scenario file's `simulator:` options as a person gives them on the command line. */
export interface SimulatorFlags {
  readonly preset: string;
  /** YAML text of the section, or `@file`. */
  readonly settings?: string;
  /** A number, or `off`. */
  readonly rps?: string;
  readonly rpm?: string;
  readonly tps?: string;
  readonly tpm?: string;
  readonly concurrency?: string;
  readonly refusals?: string;
  readonly wording?: string;
  readonly seed?: number;
}

/** Resolves flags through the scenario parser, so that the same words mean the same. Problems carry no position. */
export function parseSimulatorFlags(flags: SimulatorFlags): CommandResult<{ readonly settings: SimulatorSettings }> {
  const section = readSection(flags.settings);
  if (!section.ok) return section;
  const limits = Object.entries({ rps: flags.rps, rpm: flags.rpm, tps: flags.tps, tpm: flags.tpm })
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => [name, value === 'off' ? 'off' : { limit: value }]);
  const concurrency = flags.concurrency === undefined ? {} : { concurrency: flags.concurrency };
  const simulator = {
    preset: flags.preset,
    ...section.section,
    limits: { ...Object(section.section.limits), ...Object.fromEntries(limits), ...concurrency },
    ...(flags.refusals === undefined ? {} : { refusals: flags.refusals }),
    ...(flags.wording === undefined ? {} : { wording: flags.wording }),
  };
  const scenario = {
    name: 'simulate',
    target: 'simulator',
    model: flags.preset,
    seed: flags.seed ?? 1,
    workload: { promptTokens: 50, maxTokens: 8 },
    traffic: [{ burst: 1 }],
    simulator,
  };
  const parsed = parseScenario(JSON.stringify(scenario), { file: 'simulator' });
  if (!parsed.ok) return usageFailure(...parsed.problems.map((problem) => ({ ...problem, where: null })));
  return { ok: true, settings: parsed.value.variants[0].simulator };
}

function readSection(text: string | undefined): CommandResult<{ readonly section: Record<string, unknown> }> {
  if (text === undefined) return { ok: true, section: {} };
  try {
    const section: unknown = parse(text.startsWith('@') ? readFileSync(text.slice(1), 'utf8') : text);
    return { ok: true, section: { ...Object(section) } };
  } catch (error) {
    return usageFailure({
      code: 'bad-settings',
      severity: 'error',
      message: `cannot read the simulator settings: ${errorMessage(error)}`,
      hint: "for example --settings '{ limits: { rpm: { limit: 480 } } }', or --settings @simulator.yaml",
      where: null,
    });
  }
}

export interface ServedSimulator {
  readonly baseUrl: string;
  stop(): Promise<void>;
}

/** Serves the simulator in this process until `stop`. */
export async function simulate(options: {
  readonly settings: SimulatorSettings;
  readonly port: number;
}): Promise<CommandResult<ServedSimulator>> {
  try {
    const { baseUrl, stop } = await startSimulator(options.settings, { port: options.port });
    return { ok: true, baseUrl, stop };
  } catch (error) {
    return environmentFailure(
      'listen',
      `cannot listen on port ${options.port}: ${errorMessage(error)}`,
      'pass another --port',
    );
  }
}
