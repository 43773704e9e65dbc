import type { Command } from 'commander';
import { EXIT } from '../commands/exit-code.ts';
import type { LoadedScenario } from '../commands/load-scenario.ts';
import { confirm } from './confirm.ts';
import { dashboard } from './dashboard.ts';
import { addScenarioFlags, defaultFolder, loadForCli, type ScenarioFlags } from './options.ts';
import { planText } from './plan-text.ts';
import { printProblems } from './problems.ts';
import { printFailure, printResult } from './result.ts';

export interface RunFlags extends ScenarioFlags {
  readonly yes?: boolean;
}

export function addRun(program: Command): void {
  addScenarioFlags(program.command('run'))
    .description('fire a scenario at its target and report what was found')
    .option('--yes', 'do not ask before calling anything but the embedded simulator')
    .action((file: string, flags: RunFlags) => runAction(file, flags, 1));
}

/** Fires a scenario; one with fewer variants than asked for has nothing to compare. */
export async function runAction(file: string, flags: RunFlags, variantsMin: number): Promise<void> {
  const { runScenario } = await import('../commands/run.ts');
  const loaded = await loadForCli(file, flags);
  if (loaded === null) return;
  if (loaded.scenario.variants.length < variantsMin) {
    process.stderr.write(`${file} has no variants to compare: name them under variants:, or use quotascope run.\n`);
    process.exitCode = EXIT.usage;
    return;
  }
  if (!(await planAndConfirm(loaded, flags))) {
    process.exitCode = EXIT.usage;
    return;
  }
  const board = dashboard({ stream: process.stderr, safety: loaded.scenario.safety, quiet: flags.quiet === true });
  const signals = interruptSignals();
  try {
    const result = await runScenario({
      loaded,
      folder: flags.out ?? defaultFolder(loaded.scenario.name, new Date()),
      numbered: flags.out === undefined,
      env: process.env,
      stop: signals.stop,
      kill: signals.kill,
      onStart: (view) => board.start(view),
    });
    board.stop();
    if (result.ok) await printResult(result, flags.json === true);
    else printFailure(result);
  } finally {
    board.stop();
    signals.release();
  }
}

/** The plan comes before any load; whatever is not a simulator of our own also needs a yes. */
async function planAndConfirm(loaded: LoadedScenario, flags: RunFlags): Promise<boolean> {
  const { planOf } = await import('../commands/plan.ts');
  const plan = planOf(loaded.scenario);
  if (!flags.quiet) process.stderr.write(`${planText(plan, loaded.scenario)}\n`);
  const { calibrationPath, calibrationWarning, readCalibration } = await import('../commands/calibration-cache.ts');
  const beyond = calibrationWarning(readCalibration(calibrationPath(process.env)), plan.phases);
  if (beyond !== null) printProblems([beyond]);
  if (!plan.isReal || flags.yes) return true;
  const answer = await confirm('This calls a real endpoint and may cost money. Send it?');
  if (answer === 'no_terminal') {
    process.stderr.write('This calls a real endpoint: confirm with --yes where there is no terminal to ask on.\n');
  } else if (answer === 'no') {
    process.stderr.write('Nothing was sent.\n');
  }
  return answer === 'yes';
}

/** First Ctrl-C (or SIGTERM): send nothing more and finish the report. Second: cancel what is in flight as well. */
function interruptSignals() {
  const stop = new AbortController();
  const kill = new AbortController();
  const onSignal = () => {
    if (stop.signal.aborted) {
      kill.abort();
      return;
    }
    process.stderr.write('\nStopping: what is in flight may end, then the report is written. Once more cancels it.\n');
    stop.abort();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return {
    stop: stop.signal,
    kill: kill.signal,
    release() {
      process.off('SIGINT', onSignal);
      process.off('SIGTERM', onSignal);
    },
  };
}
