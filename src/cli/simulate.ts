import { type Command, Option } from 'commander';
import type { SimulatorFlags } from '../commands/simulate.ts';
import { portNumber, wholeNumber } from './options.ts';
import { printFailure } from './result.ts';

interface SimulateFlags extends SimulatorFlags {
  readonly port: number;
}

export function addSimulate(program: Command): void {
  program
    .command('simulate')
    .description('serve the embedded DashScope simulator on 127.0.0.1 until interrupted')
    .option('--port <number>', 'port to listen on; 0 picks a free one', portNumber, 8787)
    .option('--preset <model>', 'model whose published limits apply', 'qwen3-max')
    .option('--rps <limit>', 'requests per second, or off')
    .option('--rpm <limit>', 'requests per minute, or off')
    .option('--tps <limit>', 'tokens per second, or off')
    .option('--tpm <limit>', 'tokens per minute, or off')
    .option('--concurrency <slots>', 'requests in flight')
    .option('--settings <yaml>', "the scenario file's `simulator:` section, as YAML text, or @file")
    .addOption(new Option('--refusals <how>', 'where refusals appear').choices(['status', 'in_stream']))
    .addOption(new Option('--wording <set>', 'which texts are used').choices(['old', 'current', 'international']))
    .option('--seed <number>', 'seed of every random choice', wholeNumber)
    .addHelpText(
      'after',
      `
Examples
  $ quotascope simulate --port 8787
  $ quotascope simulate --settings '{ limits: { rps: off, rpm: { limit: 120 } }, latency: { networkMs: 20 } }'
  $ curl http://127.0.0.1:8787/compatible-mode/v1/chat/completions -H 'authorization: Bearer any' \\
      -H 'content-type: application/json' -d '{"model":"qwen3-max","messages":[{"role":"user","content":"hi"}]}'
`,
    )
    .action(serve);
}

async function serve(flags: SimulateFlags): Promise<void> {
  const { parseSimulatorFlags, simulate } = await import('../commands/simulate.ts');
  const settings = parseSimulatorFlags(flags);
  if (!settings.ok) {
    printFailure(settings);
    return;
  }
  const served = await simulate({ settings: settings.settings, port: flags.port });
  if (!served.ok) {
    printFailure(served);
    return;
  }
  process.stdout.write(`${served.baseUrl}/compatible-mode/v1\n`);
  process.stderr.write('Ctrl-C stops it.\n');
  await new Promise<void>((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
  });
  await served.stop();
}
