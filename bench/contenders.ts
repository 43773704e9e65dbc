import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DispatchOptions } from './dispatch-process.ts';
import type { EngineOptions } from './engine-process.ts';
import { BENCH, engine, type Generator, loadtestCommand, onPath, ROOT } from './harness.ts';

/** The same body for every peer: about what one of our prompts looks like. */
const BODY = JSON.stringify({
  model: 'm',
  messages: [{ role: 'user', content: `hello ${'word '.repeat(30)}` }],
  max_tokens: 8,
  stream: false,
});
const BODY_FILE = join(tmpdir(), 'quotascope-bench-body.json');
const WRK_FILE = join(tmpdir(), 'quotascope-bench-wrk.lua');
const CONNECTIONS = 50;
const AUTOCANNON = join(ROOT, 'node_modules', 'autocannon', 'autocannon.js');

export interface PeerOptions {
  readonly port: number;
  readonly seconds: number;
  readonly say: (text: string) => void;
}

function prepare(): void {
  writeFileSync(BODY_FILE, BODY);
  writeFileSync(
    WRK_FILE,
    `wrk.method = "POST"\nwrk.headers["content-type"] = "application/json"\nwrk.body = [[${BODY}]]\n`,
  );
}

const urlAt = (port: number) => `http://127.0.0.1:${port}/v1/chat/completions`;

/** What sends at a stated rate; a peer that is not installed is left out, and that is said. */
export function pacedContenders(rate: number, options: PeerOptions): Map<string, Generator> {
  const { port, seconds, say } = options;
  prepare();
  const connections = Math.min(CONNECTIONS, rate);
  const found = new Map<string, Generator>();
  found.set('quotascope', ours({ port, phase: { hold: { rate: `${rate}/s`, for: `${seconds}s` } } }));
  found.set('autocannon -R', {
    command: process.execPath,
    args: [AUTOCANNON, ...autocannonFlags(seconds, connections), '-R', String(rate), urlAt(port)],
  });
  const loadtest = loadtestCommand(say);
  if (loadtest === null) say('loadtest: not installed, skipped');
  else {
    found.set('loadtest --rps', {
      command: process.execPath,
      args: [
        loadtest,
        ...['--cores', '1', '-t', String(seconds), '--rps', String(rate), '-c', String(connections), '-k'],
        ...['-m', 'POST', '-T', 'application/json', '-p', BODY_FILE, urlAt(port)],
      ],
    });
  }
  const hey = onPath('hey');
  if (hey === null) say('hey: not on PATH, skipped');
  else {
    const perWorker = rate / connections;
    found.set('hey -q', {
      command: hey,
      args: [
        ...['-z', `${seconds}s`, '-c', String(connections), '-q', String(perWorker)],
        ...['-m', 'POST', '-T', 'application/json', '-D', BODY_FILE, urlAt(port)],
      ],
    });
  }
  return found;
}

/** What keeps 50 requests in flight. */
export function closedContenders({ port, seconds, say }: PeerOptions): Map<string, Generator> {
  prepare();
  const phase = { closed: { concurrency: CONNECTIONS, for: `${seconds}s` } };
  const found = new Map<string, Generator>([
    ['quotascope undici', ours({ port, phase })],
    ['undici dispatch alone', dispatchAlone({ port, seconds, connections: CONNECTIONS, body: BODY })],
    ['quotascope autocannon', ours({ port, phase, driver: 'autocannon' })],
    [
      'autocannon',
      { command: process.execPath, args: [AUTOCANNON, ...autocannonFlags(seconds, CONNECTIONS), urlAt(port)] },
    ],
  ]);
  const wrk = onPath('wrk');
  if (wrk === null) say('wrk: not on PATH, skipped');
  else {
    const args = ['-t', '1', '-c', String(CONNECTIONS), '-d', `${seconds}s`, '-s', WRK_FILE, urlAt(port)];
    found.set('wrk', { command: wrk, args });
  }
  return found;
}

export function ours(options: Pick<EngineOptions, 'port' | 'phase'> & Partial<EngineOptions>): Generator {
  const defaults = { driver: 'undici', stream: false, record: 'on', sockets: CONNECTIONS } as const;
  return engine({ ...defaults, ...options } satisfies EngineOptions);
}

function dispatchAlone(options: DispatchOptions): Generator {
  return { command: process.execPath, args: [join(BENCH, 'dispatch-process.ts'), JSON.stringify(options)] };
}

function autocannonFlags(seconds: number, connections: number): string[] {
  const post = ['-m', 'POST', '-H', 'content-type=application/json', '-i', BODY_FILE];
  return ['--no-progress', '-d', String(seconds), '-c', String(connections), ...post];
}
