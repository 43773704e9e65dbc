import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Problem } from '../model/problem.ts';
import type { Scenario } from '../model/scenario.ts';
import { parseScenario, referencedFiles } from '../scenario/parse.ts';
import { type CommandResult, environmentFailure, errorMessage, usageFailure } from './failure.ts';

/** Command-line values that win over the file. */
export interface ScenarioOverrides {
  readonly seed?: number;
  readonly target?: string;
  readonly baseUrl?: string;
}

export interface LoadOptions {
  readonly file: string;
  readonly overrides?: ScenarioOverrides;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface LoadedScenario {
  readonly scenario: Scenario;
  readonly file: string;
  /** SHA-256 of the file's text. */
  readonly hash: string;
  readonly warnings: readonly Problem[];
}

/** Reads a scenario and the files it names; gives it fully resolved, or every problem at once. */
export function loadScenario(options: LoadOptions): CommandResult<LoadedScenario> {
  const { file, env } = options;
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    return usageFailure({
      code: 'unreadable-scenario',
      severity: 'error',
      message: `cannot read the scenario: ${errorMessage(error)}`,
      hint: 'quotascope init writes a commented one; ready-made ones are in scenarios/',
      where: null,
    });
  }
  const parsed = parseScenario(text, {
    file,
    env,
    files: readReferenced(referencedFiles(text), dirname(file)),
    overrides: options.overrides ?? {},
  });
  if (!parsed.ok) return usageFailure(...parsed.problems);
  const hash = createHash('sha256').update(text).digest('hex');
  return { ok: true, scenario: parsed.value, file, hash, warnings: parsed.warnings };
}

/** Unreadable files stay out of the map: the parser reports them where the scenario names them. */
function readReferenced(paths: readonly string[], folder: string): ReadonlyMap<string, string> {
  const contents = new Map<string, string>();
  for (const path of paths) {
    try {
      contents.set(path, readFileSync(resolve(folder, path), 'utf8'));
    } catch {
      // Reported by the parser, with the line that names the file.
    }
  }
  return contents;
}

/** The keys a scenario names, in order; a missing one is a problem, an empty list means that no key is needed. */
export function readKeys(
  names: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): CommandResult<{ readonly keys: readonly string[] }> {
  const missing = names.filter((name) => !env[name]);
  if (missing.length > 0) {
    return environmentFailure(
      'missing-key',
      `the environment has no ${missing.join(', ')}`,
      `set it, or put ${missing[0]}=... into a .env file and pass --env`,
    );
  }
  return { ok: true, keys: names.map((name) => env[name] ?? '') };
}
