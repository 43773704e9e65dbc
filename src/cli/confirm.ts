import { createInterface } from 'node:readline/promises';

export type Confirmation = 'yes' | 'no' | 'no_terminal';

/** Asks a person; without a terminal there is nobody to ask. */
export async function confirm(question: string): Promise<Confirmation> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return 'no_terminal';
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await prompt.question(`${question} [y/N] `);
    return /^y(es)?$/i.test(answer.trim()) ? 'yes' : 'no';
  } catch {
    return 'no';
  } finally {
    prompt.close();
  }
}
