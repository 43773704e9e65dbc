import { type Command, Option } from 'commander';
import { LIMITER_NAMES } from '../commands/limiter-family.ts';
import { addScenarioFlags, defaultFolder, loadForCli, type ScenarioFlags } from './options.ts';
import { planText } from './plan-text.ts';
import { printFailure, printResult } from './result.ts';

interface ForecastFlags extends ScenarioFlags {
  readonly limiter?: string;
  readonly journal?: boolean;
}

export function addForecast(program: Command): void {
  addScenarioFlags(program.command('forecast'))
    .description('play a scenario in virtual time: outcomes, tokens, cost and duration, with nothing sent')
    .addOption(
      new Option('--limiter <name>', 'assume one limiter instead of the family the published numbers allow').choices(
        LIMITER_NAMES,
      ),
    )
    .option('--journal', 'also write the journal of the simulated run')
    .action(run);
}

async function run(file: string, flags: ForecastFlags): Promise<void> {
  const { forecast } = await import('../commands/forecast.ts');
  const { planOf } = await import('../commands/plan.ts');
  const loaded = await loadForCli(file, flags);
  if (loaded === null) return;
  if (!flags.quiet) process.stderr.write(`${planText(planOf(loaded.scenario), loaded.scenario)}\n`);
  const now = new Date();
  const result = forecast({
    loaded,
    folder: flags.out ?? defaultFolder(`forecast-${loaded.scenario.name}`, now),
    numbered: flags.out === undefined,
    limiter: flags.limiter ?? null,
    journal: flags.journal === true,
    now,
  });
  if (result.ok) await printResult(result, flags.json === true);
  else printFailure(result);
}
