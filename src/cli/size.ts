import { relative } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { EXIT } from '../commands/exit-code.ts';
import { readShare } from '../scenario/units.ts';
import { defaultFolder, loadForCli, type ScenarioFlags, wholeNumber } from './options.ts';
import { printFailure } from './result.ts';

interface SizeFlags extends ScenarioFlags {
  readonly margin: number;
  readonly measured?: string;
}

export function addSize(program: Command): void {
  program
    .command('size')
    .description('the quota that a scenario needs, what each tactic changes, and what a month costs; nothing is sent')
    .argument('<scenario>', 'scenario file (YAML)')
    .option('--seed <number>', 'first seed of the draws', wholeNumber)
    .addOption(new Option('--margin <share>', 'growth to allow for').argParser(share).default(0.3, '30%'))
    .option('--measured <folder>', 'run folder whose measured limits belong on the sheet')
    .option('--out <folder>', 'run folder (default: reports/<time>-size-<name>)')
    .option('--json', 'print the sheet as JSON on stdout')
    .option('--quiet', 'no progress')
    .action(run);
}

async function run(file: string, flags: SizeFlags): Promise<void> {
  const { size } = await import('../commands/size.ts');
  const { terminalSize } = await import('../report/terminal/size.ts');
  const loaded = await loadForCli(file, flags);
  if (loaded === null) return;
  const now = new Date();
  const progress = flags.quiet ? null : progressLine(process.stderr);
  const result = size({
    loaded,
    folder: flags.out ?? defaultFolder(`size-${loaded.scenario.name}`, now),
    numbered: flags.out === undefined,
    marginShare: flags.margin,
    measured: flags.measured ?? null,
    now,
    ...(progress === null ? {} : { onProgress: progress.show }),
  });
  progress?.end();
  if (!result.ok) return printFailure(result);
  const { sheet, folder } = result;
  if (flags.json) process.stdout.write(`${JSON.stringify(sheet, null, 2)}\n`);
  else {
    const color = process.stdout.isTTY === true && !process.env.NO_COLOR;
    process.stdout.write(terminalSize(sheet, { color, columns: process.stdout.columns || 110 }));
    process.stdout.write(`\nsheet  ${relative(process.cwd(), `${folder}/size.md`)}\n`);
  }
  process.exitCode = sheet.recommendation === null ? EXIT.inconclusive : EXIT.holds;
}

function share(text: string): number {
  const reading = readShare(text);
  if (!reading.ok) throw new InvalidArgumentError(`${reading.message}; ${reading.hint}.`);
  return reading.value;
}

/** One line that is written over on a terminal, one line per stage elsewhere. */
function progressLine(stream: NodeJS.WriteStream) {
  let last = '';
  let shownRuns = 0;
  return {
    show(stage: string, runs: number) {
      if (!stream.isTTY) {
        if (stage !== last) stream.write(`sizing: ${stage} (${runs} simulated runs so far)\n`);
      } else if (stage !== last || runs - shownRuns >= 10) {
        stream.write(`\r\u001b[Ksizing: ${stage}, ${runs} simulated runs`);
        shownRuns = runs;
      }
      last = stage;
    },
    end() {
      if (stream.isTTY) stream.write('\r\u001b[K');
    },
  };
}
