import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { closedModel } from './closed-model.ts';
import { forecast } from './forecast.ts';
import type { Bench, Row } from './harness.ts';
import { lateness } from './lateness.ts';
import { recording } from './recording.ts';
import { report } from './report.ts';
import { startUp } from './start-up.ts';
import { streams } from './streams.ts';

const BENCHES: Readonly<Record<string, Bench>> = {
  lateness,
  'closed-model': closedModel,
  streams,
  recording,
  report,
  forecast,
  'start-up': startUp,
};

const HELP = `npm run bench -- [--only <name>]... [--quick] [--full]

  --only   ${Object.keys(BENCHES).join(', ')}
  --quick  one round each, under two minutes
  --full   also 10,000,000 attempts in the report bench
`;

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    quick: { type: 'boolean', default: false },
    full: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const unknown = (values.only ?? []).filter((name) => !(name in BENCHES));

if (values.help || unknown.length > 0) {
  process.stderr.write(unknown.length > 0 ? `no bench is called ${unknown.join(', ')}\n\n${HELP}` : HELP);
  process.exitCode = values.help ? 0 : 2;
} else {
  await runAll(values.only ?? Object.keys(BENCHES), values);
}

async function runAll(names: readonly string[], options: { readonly quick: boolean; readonly full: boolean }) {
  const say = (text: string) => process.stderr.write(`${text}\n`);
  const startMs = performance.now();
  process.stdout.write(
    `${heading()}\n\n| bench | what | median (lowest..highest) | ratio, target |\n| --- | --- | --- | --- |\n`,
  );
  for (const name of names) {
    const rows = (await BENCHES[name]?.({ ...options, say })) ?? [];
    for (const row of rows) process.stdout.write(`${line(row)}\n`);
  }
  const minutes = ((performance.now() - startMs) / 60_000).toFixed(1);
  process.stdout.write(`\n${minutes} minutes; load average at the end ${loadText()}.\n`);
}

function heading(): string {
  const cores = cpus();
  const machine = `${cores.length} x ${cores[0]?.model.trim() ?? 'unknown'}`;
  const date = new Date().toISOString().slice(0, 16).replace('T', ' ');
  return `${date} UTC, ${machine}, Node ${process.version}, load average before ${loadText()}. Rounds are interleaved; CPU and arrivals are taken from warm windows only.`;
}

function loadText(): string {
  return loadavg()
    .map((value) => value.toFixed(1))
    .join(' ');
}

function line({ bench, what, value, target }: Row): string {
  return `| ${bench} | ${what} | ${value} | ${target} |`;
}
