import { relative } from 'node:path';
import type { Failure } from '../commands/failure.ts';
import type { Analysis } from '../model/analysis.ts';
import { printProblems } from './problems.ts';

/** Results to stdout, for a person or as JSON; the exit code follows from the analysis. */
export async function printResult(
  result: { readonly analysis: Analysis; readonly folder: string },
  json: boolean,
): Promise<void> {
  const { analysis, folder } = result;
  if (json) {
    const { analysisJson } = await import('../report/json.ts');
    process.stdout.write(analysisJson(analysis));
  } else {
    const { terminalSummary } = await import('../report/terminal/summary.ts');
    const color = process.stdout.isTTY === true && !process.env.NO_COLOR;
    process.stdout.write(terminalSummary(analysis, { color, columns: process.stdout.columns || 100 }));
    process.stdout.write(`\nreport  ${relative(process.cwd(), `${folder}/report.html`)}\n`);
  }
  process.exitCode = analysis.exitCode;
}

export function printFailure(failure: Failure): void {
  printProblems(failure.problems);
  process.exitCode = failure.exitCode;
}
