import type { Problem } from '../model/problem.ts';
import { painter } from './style.ts';

/** All problems of one input, one to three lines each: where, what, what to do. */
export function printProblems(problems: readonly Problem[], stream: NodeJS.WriteStream = process.stderr): void {
  const paint = painter(stream);
  for (const problem of problems) {
    const place = problem.where === null ? '' : `${problem.where.file}:${problem.where.line}:${problem.where.column} `;
    const label = problem.severity === 'error' ? paint(['red', 'bold'], 'error') : paint('yellow', 'warning');
    stream.write(`${place}${label} ${problem.message} ${paint('dim', `[${problem.code}]`)}\n`);
    if (problem.hint !== null) stream.write(`  ${paint('cyan', 'hint')} ${problem.hint}\n`);
  }
}
