import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Certificates, type KeyPair, makeCertificates } from '../drivers/certificates.ts';
import { createWorkspace, type Workspace } from '../integration/run-folder.ts';
import { type CommandLineOptions, type Finished, runCommand } from './command-line.ts';

/* Whatever a person gets wrong: one screen, no stack trace, the exit code of whose fault it is, and what to do. */

const SCREEN_LINES = 24;
const USAGE = 2;
const ENVIRONMENT = 5;

const space: Workspace = createWorkspace();
afterAll(() => space.remove());

function scenario(name: string, change: Readonly<Record<string, string>> = {}): string {
  const keys = {
    name,
    target: 'simulator',
    model: 'qwen3-max',
    workload: '{ promptTokens: 12, maxTokens: 4 }',
    traffic: '[{ burst: 2 }]',
    ...change,
  };
  const text = Object.entries(keys).map(([key, value]) => `${key}: ${value}\n`);
  return space.write(`${name}.yaml`, text.join(''));
}

const good = scenario('good');
const at = (name: string, target: string) => scenario(name, { target: `{ baseUrl: "${target}", dialect: openai }` });

function expectOneScreen({ stdout, stderr }: Finished): void {
  expect(stdout).toBe('');
  expect(stderr).not.toBe('');
  expect(stderr.trimEnd().split('\n').length).toBeLessThanOrEqual(SCREEN_LINES);
  expect(stderr).not.toMatch(/^ {4}at |node:internal|bug of ours/m);
}

interface Wrong {
  readonly name: string;
  readonly args: readonly string[];
  readonly exitCode: number;
  /** What is wrong, and what to do about it. */
  readonly says: readonly (string | RegExp)[];
  readonly options?: CommandLineOptions;
}

const WRONG: readonly Wrong[] = [
  {
    name: 'YAML that does not parse',
    args: ['run', space.write('syntax.yaml', 'name: x\ntarget: [simulator\nmodel: m\n')],
    exitCode: USAGE,
    says: [/syntax\.yaml:3:1 error .*\[yaml-syntax]/, 'check the indentation and the closing brackets'],
  },
  {
    name: 'an empty file',
    args: ['run', space.write('empty.yaml', '')],
    exitCode: USAGE,
    says: ['the file is empty', 'quotascope init'],
  },
  {
    name: 'a typo in a key',
    args: ['run', scenario('typo', { workload: '{ promptTokens: 12, maxTokns: 4 }' })],
    exitCode: USAGE,
    says: [/typo\.yaml:4:\d+ error unknown key "maxTokns"/, 'did you mean "maxTokens"?'],
  },
  {
    name: 'a unit that does not fit',
    args: ['run', scenario('unit', { traffic: '[{ hold: { rate: 5 apples, for: 3s } }]' })],
    exitCode: USAGE,
    says: [/unit\.yaml:5:\d+ error not a rate: "5 apples"/, 'write 10/s or 600/min'],
  },
  {
    name: 'a cap that contradicts the workload',
    args: ['run', scenario('cap', { workload: '{ promptTokens: 12 }', safety: '{ maxCost: $2 }' })],
    exitCode: USAGE,
    says: ['maxCost cannot be kept', 'set workload.maxTokens'],
  },
  {
    name: 'a threshold that is none',
    args: ['run', scenario('threshold', { thresholds: '["tfft.p95 < 2s", "limited.count < 2 apples"]' })],
    exitCode: USAGE,
    says: [
      /threshold\.yaml:6:\d+ error unknown metric "tfft\.p95"/,
      'did you mean "ttft"?',
      /threshold\.yaml:6:\d+ error .*"apples"/,
    ],
  },
  {
    name: 'two problems at once',
    args: ['run', scenario('two', { modle: 'm', seed: 'often' })],
    exitCode: USAGE,
    says: ['did you mean "model"?', /two\.yaml:7:7 error expected a number/],
  },
  {
    name: 'an unknown target',
    args: ['run', scenario('target', { target: 'dashscop-intl' })],
    exitCode: USAGE,
    says: ['unknown target "dashscop-intl"', 'did you mean "dashscope-intl"?'],
  },
  {
    name: 'an unknown target on the command line',
    args: ['run', good, '--target', 'nosuch'],
    exitCode: USAGE,
    says: ['unknown target "nosuch"', 'allowed: simulator'],
  },
  {
    name: 'an address that is none',
    args: ['run', good, '--base-url', 'htp:/x'],
    exitCode: USAGE,
    says: ['not an http or https address', 'write "https://host/v1"'],
  },
  {
    name: 'a key variable that is not set',
    args: ['run', scenario('key', { target: '{ baseUrl: "http://127.0.0.1:9/v1", apiKeyEnv: NO_KEY }' }), '--yes'],
    exitCode: USAGE,
    says: ['NO_KEY is not set', 'export NO_KEY='],
  },
  {
    name: 'an environment file that is not there',
    args: ['run', good, '--env', join(space.path, 'nofile')],
    exitCode: USAGE,
    says: ['cannot read the environment file', 'nofile'],
  },
  {
    name: 'a host where nobody listens',
    args: ['run', at('dead', 'http://127.0.0.1:9/v1'), '--yes', '--out', join(space.path, 'dead')],
    exitCode: ENVIRONMENT,
    says: ['127.0.0.1:9 cannot be reached', 'ECONNREFUSED', 'Check that the server runs'],
  },
  {
    name: 'a host that does not exist',
    args: ['run', at('nowhere', 'https://nowhere.invalid/v1'), '--yes', '--out', join(space.path, 'nowhere')],
    exitCode: ENVIRONMENT,
    says: ['nowhere.invalid cannot be reached', 'Check the spelling of the host'],
  },
  {
    name: 'a real endpoint without a yes and without a terminal',
    args: ['run', at('unconfirmed', 'http://127.0.0.1:9/v1')],
    exitCode: USAGE,
    says: ['This calls a real endpoint', '--yes'],
  },
  {
    name: 'a run folder that exists',
    args: ['run', good, '--out', space.path],
    exitCode: ENVIRONMENT,
    says: ['exists already', '--out'],
  },
  {
    name: 'a run folder below a file',
    args: ['run', good, '--out', join(good, 'run')],
    exitCode: ENVIRONMENT,
    says: ['cannot be created', 'A file stands where a folder is needed'],
  },
  {
    name: 'a run folder where nothing can be made',
    args: ['forecast', good, '--out', '/proc/quotascope/run'],
    exitCode: ENVIRONMENT,
    says: ['/proc/quotascope/run cannot be created', '--out'],
  },
  {
    name: 'a scenario that is not there',
    args: ['run', join(space.path, 'nofile.yaml')],
    exitCode: USAGE,
    says: ['cannot read the scenario', 'quotascope init'],
  },
  {
    name: 'a folder in place of a scenario',
    args: ['validate', space.path],
    exitCode: USAGE,
    says: ['cannot read the scenario', 'EISDIR'],
  },
  {
    name: 'no scenario',
    args: ['run'],
    exitCode: USAGE,
    says: ["missing required argument 'scenario'", '--help'],
  },
  {
    name: 'an unknown flag',
    args: ['run', good, '--jsn'],
    exitCode: USAGE,
    says: ["unknown option '--jsn'", 'Did you mean --json?'],
  },
  {
    name: 'an unknown command',
    args: ['forcast', good],
    exitCode: USAGE,
    says: ["unknown command 'forcast'", 'Did you mean forecast?'],
  },
  {
    name: 'a seed that is no number',
    args: ['run', good, '--seed', '1.5'],
    exitCode: USAGE,
    says: ["'1.5' is invalid", 'whole number'],
  },
  {
    name: 'an unknown limiter',
    args: ['forecast', good, '--limiter', 'leaky'],
    exitCode: USAGE,
    says: ["'leaky' is invalid", 'sliding_log'],
  },
  {
    name: 'a report on a folder of something else',
    args: ['report', space.path],
    exitCode: USAGE,
    says: ['manifest.json cannot be read', 'Name the folder of a run'],
  },
  {
    name: 'an explanation of a line that is no JSON',
    args: ['explain', '--jsonl'],
    exitCode: USAGE,
    says: ['line 1', 'one JSON object per line'],
    options: { input: 'not json\n' },
  },
  {
    name: 'an explanation of a file that is not there',
    args: ['explain', '--file', join(space.path, 'nofile')],
    exitCode: USAGE,
    says: ['cannot read', 'nofile'],
  },
  {
    name: 'a status that cannot be',
    args: ['explain', '{}', '--status', '42'],
    exitCode: USAGE,
    says: ["'42' is invalid", '100 to 599'],
  },
  {
    name: 'a port that cannot be',
    args: ['simulate', '--port', '99999'],
    exitCode: USAGE,
    says: ["'99999' is invalid", '65535'],
  },
  {
    name: 'simulator settings with a wrong word',
    args: ['simulate', '--settings', '{ limits: { rpn: { limit: 5 } } }'],
    exitCode: USAGE,
    says: ['unknown key "rpn"', 'did you mean'],
  },
  {
    name: 'a new scenario in place of an old one',
    args: ['init', good],
    exitCode: USAGE,
    says: ['exists already', 'name another file'],
  },
];

test.concurrent.each(WRONG)('$name', async ({ args, exitCode, says, options }) => {
  const finished = await runCommand(args, { cwd: space.path, ...options });
  expectOneScreen(finished);
  for (const text of says) expect(finished.stderr).toMatch(text);
  expect(finished.exitCode).toBe(exitCode);
});

describe('certificates', () => {
  const certificates: Certificates | null = makeCertificates();
  const servers: Server[] = [];
  afterAll(() => {
    for (const server of servers) server.close();
  });

  async function serve(pair: KeyPair): Promise<string> {
    const server = createSecureServer(pair, (_, response) => response.end());
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, resolve));
    return `https://localhost:${(server.address() as AddressInfo).port}/v1`;
  }

  test.each([
    ['expired', 'expired', true, 'has expired'],
    ['of another host', 'otherHost', true, 'for another host'],
    ['of an unknown authority', 'good', false, 'NODE_EXTRA_CA_CERTS'],
  ] as const)('%s', async (name, kind, trusted, advice) => {
    if (certificates === null) throw new Error('this test needs openssl');
    const ca = join(certificates.folder, 'ca.pem');
    const file = at(`tls-${kind}`, await serve(certificates[kind]));
    const finished = await runCommand(['run', file, '--yes', '--out', join(space.path, name)], {
      env: trusted ? { NODE_EXTRA_CA_CERTS: ca } : {},
    });
    expectOneScreen(finished);
    expect(finished.stderr).toContain(advice);
    expect(finished.exitCode).toBe(ENVIRONMENT);
  });
});

describe('disks', () => {
  test('a folder that may not be written to', async (context) => {
    if (process.getuid?.() === 0) return context.skip('root may write anywhere');
    const closed = join(space.path, 'closed');
    mkdirSync(closed);
    chmodSync(closed, 0o500);
    const finished = await runCommand(['run', good, '--out', join(closed, 'run')]);
    expectOneScreen(finished);
    expect(finished.stderr).toContain('Name a folder you may write to with --out.');
    expect(finished.exitCode).toBe(ENVIRONMENT);
  });

  describe('that are full', () => {
    const mount = join(space.path, 'small');
    const kilobytes = 64;
    let mounted = false;
    beforeAll(() => {
      mkdirSync(mount);
      try {
        execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${kilobytes}k`, 'tmpfs', mount], { stdio: 'ignore' });
        mounted = true;
      } catch {
        // No right to mount: the tests say that they were skipped.
      }
    });
    afterAll(() => {
      if (mounted) execFileSync('umount', [mount]);
    });

    const PLANNED = '[{ hold: { rate: 100/s, for: 3s } }]';
    /** Nobody can say before the run how much its journal will need. */
    const CLOSED = '[{ closed: { concurrency: 20, for: 3s } }]';

    test.for([
      ['before the start', 16, ['run'], PLANNED, 'the journal may need 0.2 MB'],
      ['before the manifest', 60, ['run'], CLOSED, 'cannot write the manifest'],
      ['in the middle of the journal', 40, ['run'], CLOSED, 'the journal broke off'],
      ['before the manifest of a forecast', 60, ['forecast'], PLANNED, 'cannot write the manifest'],
      ['while the reports are written', 40, ['forecast'], PLANNED, 'cannot write the report'],
    ] as const)('%s', async ([name, fillKilobytes, command, traffic, says], context) => {
      if (!mounted) return context.skip('no right to mount a small disk');
      writeFileSync(join(mount, 'fill'), Buffer.alloc(fillKilobytes * 1024));
      const folder = join(mount, name.replaceAll(' ', '-'));
      const long = scenario('long', { traffic });
      const finished = await runCommand([...command, long, '--out', folder]);
      expectOneScreen(finished);
      expect(finished.stderr).toContain(says);
      expect(finished.stderr).toMatch(/hint .*(free some space|make room)/i);
      expect(finished.exitCode).toBe(ENVIRONMENT);
      execFileSync('rm', ['-rf', folder]);
    });
  });
});

test('a journal with damaged lines is read around them, and the report says so', async () => {
  const folder = join(space.path, 'damaged');
  await runCommand(['forecast', good, '--journal', '--out', folder]);
  const journal = join(folder, 'journal.ndjson');
  const text = execFileSync('cat', [journal], { encoding: 'utf8' });
  writeFileSync(journal, `{"t":"sent","id":\n${text}\u0000\u0001 garbage\n`);
  const finished = await runCommand(['report', folder]);
  expect(finished.stderr).toBe('');
  expect(finished.stdout).toContain('2 lines of the journal could not be read');
  expect(finished.exitCode).toBe(0);
});

describe('ports', () => {
  let taken: Server;
  beforeAll(async () => {
    taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => void taken.close());

  test('a port that is taken', async () => {
    const { port } = taken.address() as AddressInfo;
    const finished = await runCommand(['simulate', '--port', String(port)]);
    expectOneScreen(finished);
    expect(finished.stderr).toMatch(/cannot listen on port \d+: .*EADDRINUSE[\s\S]*pass another --port/);
    expect(finished.exitCode).toBe(ENVIRONMENT);
  });
});
