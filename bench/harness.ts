import { type ChildProcess, execFileSync, fork, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ReceiverMessage, ReceiverMode, ReceiverOrder, ReceiverSeen } from './receiver-process.ts';

/** One line of the table that a bench prints. */
export interface Row {
  readonly bench: string;
  readonly what: string;
  readonly value: string;
  /** Of a target of the project, where there is one: `met`, `missed`, or empty. */
  readonly target: string;
}

export interface BenchOptions {
  readonly quick: boolean;
  readonly full: boolean;
  /** What is going on, for the person who waits. */
  readonly say: (text: string) => void;
}

export type Bench = (options: BenchOptions) => Promise<readonly Row[]>;

export const BENCH = import.meta.dirname;
export const ROOT = join(BENCH, '..');

export const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  if (sorted.length === 0) return Number.NaN;
  if (sorted.length % 2 === 1) return sorted[middle] as number;
  return ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}

export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

/** Median with the lowest and highest: `1.2 (0.9..3.4)`. */
export function spread(values: readonly number[], digits = 2): string {
  if (values.length === 0) return 'none';
  const low = Math.min(...values).toFixed(digits);
  const high = Math.max(...values).toFixed(digits);
  return `${median(values).toFixed(digits)} (${low}..${high})`;
}

export const verdict = (met: boolean, target: string): string => `${met ? 'met' : '**missed**'}: ${target}`;

/** A B A B ...: what else the machine does meets all alike. Gives each one's results, by name. */
export async function interleave<T>(
  contenders: ReadonlyMap<string, () => Promise<T>>,
  rounds: number,
): Promise<Map<string, T[]>> {
  const results = new Map<string, T[]>([...contenders.keys()].map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    const order = [...contenders];
    // Each starts a round as often as the others.
    for (const [name, run] of [...order.slice(round % order.length), ...order.slice(0, round % order.length)]) {
      results.get(name)?.push(await run());
    }
  }
  return results;
}

export function onPath(command: string): string | null {
  for (const folder of (process.env.PATH ?? '').split(':')) {
    if (folder !== '' && existsSync(join(folder, command))) return join(folder, command);
  }
  return null;
}

/** Installed into a folder of its own the first time; null where the registry is out of reach. */
export function loadtestCommand(say: (text: string) => void): string | null {
  const folder = join(BENCH, 'third-party');
  const script = join(folder, 'node_modules', 'loadtest', 'bin', 'loadtest.js');
  if (existsSync(script)) return script;
  say('installing loadtest into bench/third-party');
  try {
    execFileSync('npm', ['install', '--no-audit', '--no-fund', '--no-package-lock'], { cwd: folder, stdio: 'ignore' });
  } catch {
    return null;
  }
  return existsSync(script) ? script : null;
}

export interface Receiver {
  readonly port: number;
  readonly pid: number;
  count(): Promise<number>;
  seen(): Promise<ReceiverSeen>;
  /** Forgets what it saw. */
  reset(): Promise<void>;
  stop(): Promise<void>;
}

/** The endpoint of the benchmarks: bytes in, a stamp, a fixed answer; in a process of its own, which dies with this one. */
export function startReceiver(mode: ReceiverMode): Promise<Receiver> {
  const child = fork(join(BENCH, 'receiver-process.ts'), [JSON.stringify(mode)], {
    execArgv: [],
    serialization: 'advanced',
  });
  const ask = (order: ReceiverOrder) =>
    new Promise<ReceiverMessage>((resolve) => {
      child.once('message', resolve);
      child.send(order);
    });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('message', (message: ReceiverMessage) => {
      if (message.kind !== 'listening') return;
      resolve({
        port: message.port,
        pid: child.pid ?? 0,
        seen: async () => {
          const message = await ask('seen');
          return message.kind === 'seen' ? message.seen : { arrivals: [] };
        },
        count: async () => {
          const message = await ask('count');
          return message.kind === 'count' ? message.count : 0;
        },
        reset: async () => {
          await ask('reset');
        },
        stop: () => ended(child, () => child.disconnect()),
      });
    });
  });
}

function ended(child: ChildProcess, end: () => void): Promise<void> {
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    end();
  });
}

/**
 * CPU seconds (user and system, all threads) of a process and what it started. From the scheduler's own account in
 * nanoseconds: the ticks of /proc/<pid>/stat are samples, and a process that sleeps between them goes unseen.
 */
export function cpuSeconds(rootPid: number): number {
  const parents = new Map<number, number>();
  const used = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid)) continue;
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      parents.set(pid, Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]));
      used.set(pid, runNanoseconds(pid));
    } catch {
      // It has ended since.
    }
  }
  let sum = 0;
  for (const [pid, own] of used) if (descends(pid, rootPid, parents)) sum += own;
  return sum / 1e9;
}

function runNanoseconds(pid: number): number {
  let sum = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    sum += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]);
  }
  return sum;
}

function descends(pid: number, rootPid: number, parents: ReadonlyMap<number, number>): boolean {
  let current: number | undefined = pid;
  while (current !== undefined && current !== 0) {
    if (current === rootPid) return true;
    current = parents.get(current);
  }
  return false;
}

export interface Generator {
  readonly command: string;
  readonly args: readonly string[];
}

export interface Window {
  /** Requests that arrived within it. */
  readonly requests: number;
  readonly cpuSeconds: number;
  readonly arrivals: readonly { readonly atMs: number; readonly seq: number | null }[];
}

/**
 * Runs a generator and looks at it while it is warm: from `warmMs` after its first request arrived, for `windowMs`.
 * Requests are counted by the receiver and CPU by the kernel, for every generator alike; start-up is in neither.
 */
export async function watchWindow(
  generator: Generator,
  receiver: Receiver,
  times: { readonly warmMs: number; readonly windowMs: number },
): Promise<Window> {
  await receiver.reset();
  const child = spawn(generator.command, generator.args, { stdio: ['ignore', 'ignore', 'inherit'], cwd: ROOT });
  const pid = child.pid ?? 0;
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  try {
    let waitedMs = 0;
    while ((await receiver.count()) === 0) {
      if (child.exitCode !== null || waitedMs > 20_000) throw new Error(`${generator.command} sent nothing`);
      await pause(20);
      waitedMs += 20;
    }
    await pause(times.warmMs);
    const [cpuBefore, before] = [cpuSeconds(pid), await receiver.count()];
    await pause(times.windowMs);
    const [cpuAfter, after] = [cpuSeconds(pid), await receiver.count()];
    const arrivals = (await receiver.seen()).arrivals.slice(before, after);
    // A thread that ended within the window took its account with it.
    const used = cpuAfter >= cpuBefore ? cpuAfter - cpuBefore : Number.NaN;
    return { requests: arrivals.length, cpuSeconds: used, arrivals };
  } finally {
    if (child.exitCode === null) child.kill('SIGKILL');
    await exited;
  }
}

/** Runs one of the `*-process.ts` of this folder to its end; gives what it printed as JSON. */
export function runProcess<T>(name: string, argument: object, nodeArgs: readonly string[] = []): Promise<T> {
  return new Promise((resolve, reject) => {
    const args = [...nodeArgs, join(BENCH, name), JSON.stringify(argument)];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'], cwd: ROOT });
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve(JSON.parse(text));
      else reject(new Error(`${name} ended with code ${code}`));
    });
  });
}

/** Our own engine as a generator process. */
export function engine(options: object): Generator {
  return { command: process.execPath, args: [join(BENCH, 'engine-process.ts'), JSON.stringify(options)] };
}
