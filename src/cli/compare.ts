import { statSync } from 'node:fs';
import type { Command } from 'commander';
import { EXIT } from '../commands/exit-code.ts';
import { addScenarioFlags, defaultFolder } from './options.ts';
import { printFailure, printResult } from './result.ts';
import { type RunFlags, runAction } from './run.ts';

interface CompareFlags extends RunFlags {
  readonly baseline?: string;
  readonly require: readonly string[];
}

export function addCompare(program: Command): void {
  addScenarioFlags(program.command('compare'), 'scenario with variants, or a run folder')
    .argument('[run]', 'a second run folder')
    .description('compare the variants of a scenario, interleaved in one run; or two earlier runs')
    .option('--yes', 'do not ask before calling anything but the embedded simulator')
    .option('--baseline <folder>', 'earlier run that the given run is held against')
    .option('--require <rule>', 'regression threshold against the baseline; may be repeated', collect, [])
    .addHelpText(
      'after',
      `
Examples
  $ quotascope compare scenarios/direct-vs-relay.yaml
  $ quotascope compare scenarios/tactics.yaml
  $ quotascope compare reports/monday reports/friday
  $ quotascope compare reports/today --baseline reports/release --require 'ttft.p95 <= 110%' --require 'availability >= 99.9%'

Two earlier runs were not interleaved: what changed between them is part of every difference, and the report says so.
`,
    )
    .action(run);
}

async function run(first: string, second: string | undefined, flags: CompareFlags): Promise<void> {
  if (isFolder(first)) {
    const runs = flags.baseline === undefined ? [first, second] : [flags.baseline, second ?? first];
    await compareFolders(runs, flags);
    return;
  }
  await runAction(first, flags, 2);
}

async function compareFolders(
  [baseline, candidate]: readonly (string | undefined)[],
  flags: CompareFlags,
): Promise<void> {
  if (baseline === undefined || candidate === undefined) {
    process.stderr.write('Name two run folders, or one and --baseline <folder>.\n');
    process.exitCode = EXIT.usage;
    return;
  }
  const { compareEarlierRuns } = await import('../commands/compare.ts');
  const now = new Date();
  const folder = flags.out ?? defaultFolder('compare', now);
  const numbered = flags.out === undefined;
  const result = compareEarlierRuns({ baseline, candidate, folder, numbered, require: flags.require, now });
  if (result.ok) await printResult(result, flags.json === true);
  else printFailure(result);
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function collect(rule: string, rules: readonly string[]): readonly string[] {
  return [...rules, rule];
}
