import type { Command } from 'commander';
import { printFailure, printResult } from './result.ts';

export function addReport(program: Command): void {
  program
    .command('report')
    .description('write the reports of a run folder again, from its journal')
    .argument('<folder>', 'run folder')
    .option('--reclassify', "judge every exchange again with this version's rules")
    .option('--json', 'print the analysis as JSON on stdout')
    .action(async (folder: string, flags: { readonly reclassify?: boolean; readonly json?: boolean }) => {
      const { reportFolder } = await import('../commands/report.ts');
      const result = reportFolder({ folder, generatedAt: new Date(), reclassify: flags.reclassify === true });
      if (result.ok) await printResult(result, flags.json === true);
      else printFailure(result);
    });
}
