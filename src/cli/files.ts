import { existsSync, writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { EXIT } from '../commands/exit-code.ts';
import { errorMessage } from '../commands/failure.ts';
import { loadForCli } from './options.ts';

export function addInit(program: Command): void {
  program
    .command('init')
    .description('write a commented scenario to start from')
    .argument('[file]', 'where to write it', 'scenario.yaml')
    .action(async (file: string) => {
      if (existsSync(file)) return refuse(`${file} exists already; name another file`, EXIT.usage);
      const { scenarioTemplate } = await import('../scenario/template.ts');
      try {
        writeFileSync(file, scenarioTemplate());
      } catch (error) {
        return refuse(`cannot write ${file}: ${errorMessage(error)}`, EXIT.environment);
      }
      process.stdout.write(`${file}\n`);
      process.stderr.write(`Next: quotascope forecast ${file}\n`);
    });
}

export function addValidate(program: Command): void {
  program
    .command('validate')
    .description('check scenarios: every problem with its line, and whether they can answer their question')
    .argument('<scenarios...>', 'scenario files')
    .action(async (files: readonly string[]) => {
      for (const file of files) {
        if ((await loadForCli(file, {})) !== null) process.stdout.write(`${file} is valid\n`);
      }
    });
}

export function addTargets(program: Command): void {
  program
    .command('targets')
    .description('list targets, and the published quotas and prices with their dates and sources')
    .option('--model <name>', 'only this model')
    .option('--json', 'as JSON')

    .action(async (flags: { readonly model?: string; readonly json?: boolean }) => {
      const { listTargets } = await import('../commands/targets.ts');
      const { targetsText } = await import('./targets-text.ts');
      const targets = listTargets({ model: flags.model ?? null });
      process.stdout.write(flags.json ? `${JSON.stringify(targets, null, 2)}\n` : targetsText(targets));
    });
}

function refuse(message: string, exitCode: number): void {
  process.stderr.write(`${message}\n`);
  process.exitCode = exitCode;
}
