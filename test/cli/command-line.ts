import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';

const MAIN = join(import.meta.dirname, '..', '..', 'src', 'cli', 'main.ts');

/** What a process inherits here: nothing that changes colours, proxies or keys. */
const PLAIN_ENVIRONMENT = { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '' };

export interface Finished {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandLine {
  readonly process: ChildProcess;
  readonly pid: number;
  readonly finished: Promise<Finished>;
  /** What stdout has shown so far. */
  printed(): string;
  /** Resolves when stderr has shown `text`. */
  said(text: string): Promise<void>;
}

export interface CommandLineOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
}

/** Starts `quotascope` as a person would, in a process of its own, without a terminal. */
export function startCommand(args: readonly string[], options: CommandLineOptions = {}): CommandLine {
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd: options.cwd,
    env: { ...PLAIN_ENVIRONMENT, ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.stdin.on('error', () => {});
  child.stdin.end(options.input ?? '');
  let stdout = '';
  let stderr = '';
  const watchers = new Set<() => void>();
  child.stdout.on('data', (bytes: Buffer) => {
    stdout += bytes.toString();
  });
  child.stderr.on('data', (bytes: Buffer) => {
    stderr += bytes.toString();
    for (const watch of watchers) watch();
  });
  const finished = new Promise<Finished>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exitCode, signal) => resolve({ exitCode, signal, stdout, stderr }));
  });
  return {
    process: child,
    pid: child.pid ?? 0,
    finished,
    printed: () => stdout,
    said: (text) =>
      new Promise((resolve) => {
        const watch = () => {
          if (!stderr.includes(text)) return;
          watchers.delete(watch);
          resolve();
        };
        watchers.add(watch);
        watch();
      }),
  };
}

/** The same, to its end. */
export function runCommand(args: readonly string[], options: CommandLineOptions = {}): Promise<Finished> {
  return startCommand(args, options).finished;
}
