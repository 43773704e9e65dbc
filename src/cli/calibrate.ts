import { type Command, InvalidArgumentError } from 'commander';
import type { Calibration, RateCalibration } from '../commands/calibration-cache.ts';
import { printFailure } from './result.ts';

interface CalibrateFlags {
  readonly seconds: number;
  readonly json?: boolean;
}

export function addCalibrate(program: Command): void {
  program
    .command('calibrate')
    .description('measure which rates this machine sends on time (to 127.0.0.1 only), and remember it for run')
    .option('--seconds <number>', 'seconds per rate', secondsFlag, 3)
    .option('--json', 'print the calibration as JSON on stdout')
    .action(calibrateMachine);
}

async function calibrateMachine(flags: CalibrateFlags): Promise<void> {
  const { calibrate } = await import('../commands/calibrate.ts');
  if (!flags.json) process.stdout.write(`${HEAD}\n`);
  const result = await calibrate({
    secondsPerRate: flags.seconds,
    env: process.env,
    now: new Date(),
    onRate: (rate) => {
      if (!flags.json) process.stdout.write(`${rateLine(rate)}\n`);
    },
  });
  if (!result.ok) {
    printFailure(result);
    return;
  }
  process.stdout.write(flags.json ? `${JSON.stringify(result.calibration, null, 2)}\n` : conclusion(result));
}

const COLUMNS = ['rate/s', 'sent', 'skipped', 'lag p50', 'p99', 'max ms', 'on time'] as const;
const HEAD = COLUMNS.map((name) => name.padStart(9)).join('');

function rateLine({ perSecond, sent, skipped, lagP50Ms, lagP99Ms, lagMaxMs, onTime }: RateCalibration): string {
  const cells = [perSecond, sent, skipped, lagP50Ms.toFixed(2), lagP99Ms.toFixed(2), lagMaxMs.toFixed(2)];
  return [...cells, onTime ? 'yes' : 'no'].map((cell) => String(cell).padStart(9)).join('');
}

function conclusion({ calibration, path }: { readonly calibration: Calibration; readonly path: string }): string {
  const { onTimePerSecond } = calibration;
  const said =
    onTimePerSecond === null
      ? 'This machine kept no rate on time: something else keeps it busy.'
      : `On time up to ${onTimePerSecond} requests/s: ${calibration.machine}.`;
  return `\n${said}\nStored in ${path}; run warns when a scenario plans more.\n`;
}

function secondsFlag(text: string): number {
  const value = Number(text);
  if (!(value >= 1 && value <= 60)) throw new InvalidArgumentError('From 1 to 60 seconds.');
  return value;
}
