import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmdirSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { pause } from './receiver.ts';

const FOLDER = join(import.meta.dirname, '..', 'third-party');
/** Written after a complete install: the lock file it was made from. */
const STAMP = join(FOLDER, 'node_modules', '.installed-from');
const INSTALL_MAX_MS = 90_000;
/** A lock older than this belongs to a process that died. */
const LOCK_STALE_MS = INSTALL_MAX_MS + 10_000;
const START_MAX_MS = 20_000;
/** How long a server may take to end by itself. */
const STOP_MAX_MS = 3000;
const POLL_MS = 50;

/** Either the packages of `test/third-party`, or why a test that needs them has to be skipped. */
export type Installed =
  | { readonly ok: true; readonly folder: string; readonly load: NodeJS.Require }
  | { readonly ok: false; readonly why: string };

/**
 * Installs the servers of `test/third-party` unless they are there already. One process at a time; without a registry
 * the answer is why not, never a failure.
 */
export async function installThirdParty(): Promise<Installed> {
  const lockText = readFileSync(join(FOLDER, 'package-lock.json'));
  const wanted = createHash('sha256').update(lockText).digest('hex');
  const installed: Installed = { ok: true, folder: FOLDER, load: createRequire(join(FOLDER, 'package.json')) };
  if (stamp() === wanted) return installed;
  const release = await installLock();
  try {
    if (stamp() === wanted) return installed;
    const problem = await npmCi();
    if (problem !== null) return unavailable(`the servers of test/third-party could not be installed: ${problem}`);
    writeFileSync(STAMP, wanted);
    return installed;
  } finally {
    release();
  }
}

/** Said once on stderr, because reporters do not show why a test was skipped. */
export function unavailable(why: string): { readonly ok: false; readonly why: string } {
  process.stderr.write(`skipped: ${why}\n`);
  return { ok: false, why };
}

function stamp(): string | null {
  try {
    return readFileSync(STAMP, 'utf8');
  } catch {
    return null;
  }
}

async function installLock(): Promise<() => void> {
  const lock = join(
    tmpdir(),
    `quotascope-third-party-${createHash('sha256').update(FOLDER).digest('hex').slice(0, 12)}`,
  );
  for (;;) {
    try {
      mkdirSync(lock);
      return () => rmdirSync(lock);
    } catch {
      if (ageMs(lock) > LOCK_STALE_MS) rmdirSync(lock);
      else await pause(POLL_MS);
    }
  }
}

function ageMs(path: string): number {
  try {
    return Date.now() - statSync(path).mtimeMs;
  } catch {
    return 0;
  }
}

/** Null when it worked. Install scripts stay off: none of these servers needs one to run. */
function npmCi(): Promise<string | null> {
  const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline'];
  const npm = spawn('npm', ['ci', '--prefix', FOLDER, ...quiet, '--fetch-retries=0', '--fetch-timeout=20000'], {
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: INSTALL_MAX_MS,
  });
  let stderr = '';
  npm.stderr.on('data', (bytes: Buffer) => {
    stderr += bytes.toString();
  });
  return new Promise((resolve) => {
    npm.once('error', (error) => resolve(error.message));
    npm.once('close', (code, signal) => {
      const said = stderr.split('\n').filter((line) => line.startsWith('npm error'));
      resolve(code === 0 ? null : (said[0] ?? `npm ended with ${signal ?? `code ${code}`}`));
    });
  });
}

export interface ServerProcess {
  readonly output: () => string;
  stop(): Promise<void>;
}

/** A server that somebody else wrote, in a process of its own; it ends with this one. */
export function startProcess(command: string, args: readonly string[]): ServerProcess {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { PATH: process.env.PATH ?? '' } });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (bytes: Buffer) => {
      output += bytes.toString();
    });
  }
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => resolve());
    child.once('error', (error) => {
      output += error.message;
      resolve();
    });
  });
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  return {
    output: () => output,
    async stop() {
      process.off('exit', kill);
      child.kill('SIGTERM');
      const timer = setTimeout(kill, STOP_MAX_MS);
      await ended;
      clearTimeout(timer);
    },
  };
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

/** Resolves when `url` gives any HTTP answer; throws with what the server said when it does not in time. */
export async function answers(url: string, server: ServerProcess): Promise<void> {
  const deadline = Date.now() + START_MAX_MS;
  while (Date.now() < deadline) {
    const answer = await fetch(url).catch(() => null);
    if (answer !== null) {
      await answer.arrayBuffer();
      return;
    }
    await pause(POLL_MS);
  }
  await server.stop();
  throw new Error(`no answer from ${url}: ${server.output()}`);
}

/** Where an installed program is; daemons live in folders that are not on everybody's path. */
export function programPath(name: string, versionFlag: string): string | null {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin', '/sbin'];
  for (const folder of folders) {
    const path = join(folder, name);
    try {
      execFileSync(path, [versionFlag], { stdio: 'ignore' });
      return path;
    } catch {
      // Not here.
    }
  }
  return null;
}
