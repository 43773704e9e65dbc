import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { type Bench, interleave, median, ROOT, spread, verdict } from './harness.ts';

/** (g) From the command line to the help text, beside what Node alone takes. */
export const startUp: Bench = async ({ quick, say }) => {
  say('start-up');
  const seconds = (args: readonly string[]) => async () => {
    const startMs = performance.now();
    const { status } = spawnSync(process.execPath, args, { stdio: 'ignore' });
    if (status !== 0) throw new Error(`node ${args.join(' ')} ended with ${status}`);
    return (performance.now() - startMs) / 1000;
  };
  const results = await interleave(
    new Map([
      ['quotascope --help', seconds([join(ROOT, 'src', 'cli', 'main.ts'), '--help'])],
      ['node alone', seconds(['--eval', ''])],
    ]),
    quick ? 5 : 15,
  );
  return [...results].map(([what, all]) => ({
    bench: 'start-up',
    what,
    value: `${spread(all, 3)} s`,
    target: what === 'node alone' ? '' : verdict(median(all) < 0.2, '< 0.2 s'),
  }));
};
