import { type Command, InvalidArgumentError } from 'commander';
import { errorMessage } from '../commands/failure.ts';
import type { LoadedScenario, ScenarioOverrides } from '../commands/load-scenario.ts';
import { printProblems } from './problems.ts';

/** Flags that `run` and `forecast` share. */
export interface ScenarioFlags {
  readonly seed?: number;
  readonly target?: string;
  readonly baseUrl?: string;
  readonly env?: string;
  readonly out?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

export function addScenarioFlags(command: Command, subject = 'scenario file (YAML)'): Command {
  return (
    command
      .argument('<scenario>', subject)
      .option('--target <preset>', "call this preset instead of the scenario's target (quotascope targets lists them)")
      .option('--base-url <url>', 'address of the target')
      .option('--seed <number>', 'seed of every random choice', wholeNumber)
      // Not --env-file: Node reads an option of that name itself, wherever it stands, and ends when the file is missing.
      .option('--env <path>', 'read environment variables (keys) from a file')
      .option('--out <folder>', 'run folder (default: reports/<time>-<name>)')
      .option('--json', 'print the analysis as JSON on stdout')
      .option('--quiet', 'no plan, no progress')
  );
}

export function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) throw new InvalidArgumentError('A whole number of 0 or more, please.');
  return value;
}

const PORT_MAX = 65_535;

export function portNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0 || value > PORT_MAX) {
    throw new InvalidArgumentError(`A port from 0 to ${PORT_MAX}, please.`);
  }
  return value;
}

/** Loads the scenario or prints everything that is wrong and sets the exit code; null then. */
export async function loadForCli(file: string, flags: ScenarioFlags): Promise<LoadedScenario | null> {
  const { loadScenario } = await import('../commands/load-scenario.ts');
  if (flags.env !== undefined && !loadEnvFile(flags.env)) return null;
  const overrides: ScenarioOverrides = {
    ...(flags.seed === undefined ? {} : { seed: flags.seed }),
    ...(flags.target === undefined ? {} : { target: flags.target }),
    ...(flags.baseUrl === undefined ? {} : { baseUrl: flags.baseUrl }),
  };
  const loaded = loadScenario({ file, overrides, env: process.env });
  if (!loaded.ok) {
    printProblems(loaded.problems);
    process.exitCode = loaded.exitCode;
    return null;
  }
  if (!flags.quiet) printProblems(loaded.warnings);
  return loaded;
}

function loadEnvFile(path: string): boolean {
  try {
    process.loadEnvFile(path);
    return true;
  } catch (error) {
    process.stderr.write(`cannot read the environment file: ${errorMessage(error)}\n`);
    process.exitCode = 2;
    return false;
  }
}

/** `reports/2026-11-21T10-00-00-launch-day`: sorts by time, names the scenario. */
export function defaultFolder(name: string, now: Date): string {
  const time = now.toISOString().slice(0, 19).replaceAll(':', '-');
  const slug = name
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 60);
  return `reports/${time}-${slug || 'run'}`;
}
