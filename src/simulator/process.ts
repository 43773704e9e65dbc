import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { SimulatorSettings } from '../model/simulator.ts';
import type { ChildOrder, ChildReport } from './child.ts';
import type { SimulatorStats } from './server/tally.ts';

/** How long a process may take to start: a cold Node on a loaded machine needs a few seconds. */
const START_TIMEOUT_MS = 20_000;

export interface SimulatorProcess {
  readonly baseUrl: string;
  readonly port: number;
  readonly pid: number;
  stats(): Promise<SimulatorStats>;
  stop(): Promise<void>;
}

/**
 * Runs the endpoint in a process of its own on 127.0.0.1, any free port. It ends with `stop`, or with this process.
 * Rejects when it cannot start or the settings are refused.
 */
export function startSimulatorProcess(settings: SimulatorSettings): Promise<SimulatorProcess> {
  // Unbuilt this file is .ts and so is its neighbour; built, both are .js.
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const path = fileURLToPath(new URL(`./child.${extension}`, import.meta.url));
  const child = fork(path, [], {
    execPath: process.execPath,
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const stop = async () => {
    if (child.connected) child.disconnect();
    await exited;
  };
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => fail(`no answer within ${START_TIMEOUT_MS / 1000} s`), START_TIMEOUT_MS);
    const fail = (why: string) => {
      clearTimeout(timer);
      child.kill('SIGKILL');
      reject(new Error(`the simulator did not start: ${why}`));
    };
    const ended = (code: number | null, signal: string | null) => fail(`it ended with ${signal ?? `code ${code}`}`);
    child.once('error', (error) => fail(error.message));
    child.once('exit', ended);
    child.once('message', (message: ChildReport) => {
      if (message.kind === 'failed') return fail(message.message);
      clearTimeout(timer);
      child.off('exit', ended);
      const { baseUrl, port } = message;
      resolve({ baseUrl, port, pid: child.pid ?? 0, stats: () => statsOf(baseUrl), stop });
    });
    child.send({ kind: 'start', settings } satisfies ChildOrder);
  });
}

async function statsOf(baseUrl: string): Promise<SimulatorStats> {
  const answer = await fetch(`${baseUrl}/__stats`);
  return (await answer.json()) as SimulatorStats;
}
