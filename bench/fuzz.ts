import { parseArgs } from 'node:util';
import { type Chance, chanceOf } from './fuzz/chance.ts';
import { errorsTarget } from './fuzz/errors.ts';
import { headsTarget } from './fuzz/heads.ts';
import { journalsTarget } from './fuzz/journals.ts';
import { scenariosTarget } from './fuzz/scenarios.ts';
import { streamsTarget } from './fuzz/streams.ts';
import type { Finding, FuzzTarget } from './fuzz/target.ts';

const TARGETS: readonly FuzzTarget[] = [
  streamsTarget(),
  headsTarget(),
  journalsTarget(),
  errorsTarget(),
  scenariosTarget(),
];

const HELP = `npm run fuzz -- [--seconds <n>] [--seed <n>] [--only <name>]... [--show <n>]

Feeds mutated input to everything that reads what others wrote, and says what broke.

${TARGETS.map(({ name, about }) => `  ${name.padEnd(10)} ${about}`).join('\n')}

  --seconds  of all targets together, in equal shares (default: 60)
  --seed     every input follows from it (default: 1)
  --only     these targets
  --show     findings printed in full, per target (default: 3)

Loopback only; nothing leaves this machine. Exit code 1 when anything was found.
`;

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string', multiple: true },
    show: { type: 'string', default: '3' },
    help: { type: 'boolean', default: false },
  },
});

interface Tally {
  readonly target: FuzzTarget;
  readonly chance: Chance;
  cases: number;
  spentMs: number;
  readonly findings: Finding[];
}

async function fuzz(targets: readonly FuzzTarget[], seconds: number, seed: number): Promise<readonly Tally[]> {
  const tallies = targets.map(
    (target, index): Tally => ({ target, chance: chanceOf(seed * 31 + index), cases: 0, spentMs: 0, findings: [] }),
  );
  const endMs = performance.now() + seconds * 1000;
  while (performance.now() < endMs) {
    const [least] = tallies.toSorted((one, other) => one.spentMs - other.spentMs);
    if (least === undefined) break;
    const beganMs = performance.now();
    const { cases, findings } = await least.target.round(least.chance);
    least.spentMs += performance.now() - beganMs;
    least.cases += cases;
    least.findings.push(...findings);
  }
  for (const { target } of tallies) await target.close();
  return tallies;
}

function print(tallies: readonly Tally[], show: number): void {
  for (const { target, cases, spentMs, findings } of tallies) {
    const seconds = (spentMs / 1000).toFixed(0);
    process.stdout.write(`${target.name.padEnd(10)} ${cases} inputs in ${seconds} s, ${findings.length} findings\n`);
    for (const { what, input } of findings.slice(0, show)) process.stdout.write(`  ${what}\n    ${input}\n`);
  }
}

const wanted = TARGETS.filter(({ name }) => values.only === undefined || values.only.includes(name));
const unknown = (values.only ?? []).filter((name) => !TARGETS.some((target) => target.name === name));
if (values.help || unknown.length > 0) {
  process.stderr.write(unknown.length > 0 ? `no target is called ${unknown.join(', ')}\n\n${HELP}` : HELP);
  process.exitCode = unknown.length > 0 ? 2 : 0;
  for (const target of TARGETS) await target.close();
} else {
  const tallies = await fuzz(wanted, Number(values.seconds), Number(values.seed));
  for (const target of TARGETS) if (!wanted.includes(target)) await target.close();
  print(tallies, Number(values.show));
  process.exitCode = tallies.some(({ findings }) => findings.length > 0) ? 1 : 0;
}
