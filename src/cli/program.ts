import { Command, CommanderError } from 'commander';
import { EXIT } from '../commands/exit-code.ts';
import { errorMessage } from '../commands/failure.ts';
import { toolVersion } from '../commands/version.ts';
import { addCalibrate } from './calibrate.ts';
import { addCompare } from './compare.ts';
import { addExplain } from './explain.ts';
import { addInit, addTargets, addValidate } from './files.ts';
import { addForecast } from './forecast.ts';
import { addReport } from './report.ts';
import { addRun } from './run.ts';
import { addSimulate } from './simulate.ts';
import { addSize } from './size.ts';

const EXAMPLES = `
Examples
  $ quotascope run scenarios/quickstart.yaml              the four kinds of 429 against the embedded simulator: no key, no network
  $ quotascope forecast scenarios/launch-day.yaml         what would happen and what it would cost, in virtual time
  $ quotascope size scenarios/launch-day.yaml             the quota to apply for, what tactics change, and the cost of a month
  $ quotascope run scenarios/verify-rpm.yaml --target dashscope-intl
  $ quotascope compare scenarios/direct-vs-relay.yaml     direct against relay, interleaved in one run
  $ quotascope report reports/2026-11-21T10-00-00-launch  the reports of an old run again, from its journal
  $ pbpaste | quotascope explain --status 429             what does this body mean, and what do I do about it?

Exit codes
  0 everything holds   1 a threshold or claim is violated   2 bad usage, scenario or missing confirmation
  3 inconclusive       4 stopped by a safety limit          5 environment (host, TLS, disk)
  70 a bug of ours     130 interrupted; the journal is valid
`;

/** The only place with argv and exit codes. Every command sets `process.exitCode`; nothing calls `process.exit`. */
export async function main(argv: readonly string[]): Promise<void> {
  const program = new Command('quotascope')
    .description('Finds out what an LLM API quota really is before a launch does.')
    .version(toolVersion())
    .showHelpAfterError('(--help shows the options)')
    .showSuggestionAfterError()
    .addHelpText('after', EXAMPLES);
  for (const add of [
    addRun,
    addForecast,
    addSize,
    addCompare,
    addValidate,
    addReport,
    addExplain,
    addSimulate,
    addCalibrate,
    addInit,
    addTargets,
  ])
    add(program);
  for (const command of [program, ...program.commands]) command.exitOverride();
  outliveReaders();
  try {
    await program.parseAsync(argv);
  } catch (error) {
    process.exitCode = exitCodeOf(error);
  }
}

/** `| head` closes our output early: a load goes on and its report is written, whoever still reads. */
function outliveReaders(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
  }
}

/** Commander has printed its own message already; help and version are no errors. */
function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.holds : EXIT.usage;
  const detail = process.env.QUOTASCOPE_DEBUG && error instanceof Error ? `\n${error.stack}` : '';
  process.stderr.write(
    `quotascope failed, and it is a bug of ours: ${errorMessage(error)}${detail}\n` +
      'Please report it with the command you ran. QUOTASCOPE_DEBUG=1 prints where it happened.\n',
  );
  return EXIT.bug;
}
