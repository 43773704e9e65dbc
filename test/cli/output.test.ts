import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { createWorkspace } from '../integration/run-folder.ts';
import { type Finished, runCommand, startCommand } from './command-line.ts';

const space = createWorkspace();
afterAll(() => space.remove());

const file = space.write(
  'short.yaml',
  `name: short
target: simulator
model: qwen3-max
workload: { promptTokens: 12, maxTokens: 4 }
traffic:
  - burst: 3
  - hold: { rate: 5/s, for: 1s }
thresholds:
  - errors.count == 0
simulator: { latency: { networkMs: 1 } }
`,
);
const failing = space.write(
  'failing.yaml',
  readFileSync(file, 'utf8').replace('errors.count == 0', 'offered.rate > 99/s'),
);

let folders = 0;
async function quotascope(...args: string[]): Promise<Finished & { readonly folder: string }> {
  folders += 1;
  const folder = join(space.path, `run-${folders}`);
  return { ...(await runCommand([...args, '--out', folder], { cwd: space.path })), folder };
}

const ESCAPE = '\u001b';
/** A live run on a machine that stood still is inconclusive, and says so; in virtual time nothing stands still. */
const ENDS = {
  run: { holds: [0, 3], fails: [1, 3] },
  forecast: { holds: [0], fails: [1] },
} as const;

describe.each(['run', 'forecast'] as const)('%s without a terminal', (command) => {
  test('prints the plan first, the verdict on stdout, and no escape codes', async () => {
    const { stdout, stderr, exitCode, folder } = await quotascope(command, file);
    expect(ENDS[command].holds).toContain(exitCode);
    expect(stdout + stderr).not.toContain(ESCAPE);
    expect(stderr).toMatch(/^short\n/);
    expect(stderr).toMatch(/requests {2}8/);
    expect(stdout).toMatch(/^(FORECAST: nothing was sent\n\n)?THRESHOLDS\n {2}[✓?] {2}errors\.count == 0 +0\n/);
    expect(stdout).toMatch(exitCode === 0 ? /PASS {2}exit code 0/ : /INCONCLUSIVE {2}exit code 3/);
    expect(stdout.trimEnd().split('\n').at(-1)).toBe(`report  ${folder.split('/').at(-1)}/report.html`);
  });

  test('--json prints one document: the findings', async () => {
    const { stdout, exitCode, folder } = await quotascope(command, file, '--json');
    const printed = JSON.parse(stdout);
    expect(printed).toEqual(JSON.parse(readFileSync(join(folder, 'findings.json'), 'utf8')));
    expect(printed).toMatchObject({ schemaVersion: 2, exitCode });
  });

  test('--quiet says nothing but the result: here a threshold that does not hold, beside its value', async () => {
    const { stdout, stderr, exitCode } = await quotascope(command, failing, '--quiet');
    expect(ENDS[command].fails).toContain(exitCode);
    expect(stderr).toBe('');
    expect(stdout).toMatch(/[✗?] {2}offered\.rate > 99\/s +\d/);
    expect(stdout).toMatch(exitCode === 1 ? /FAIL {2}exit code 1/ : /INCONCLUSIVE {2}exit code 3/);
  });
});

test('a run folder holds every format, and report writes them again from the journal', async () => {
  const { folder, exitCode: exitCodeOfRun } = await quotascope('run', file, '--quiet');
  const names = ['manifest.json', 'journal.ndjson', 'findings.json', 'report.html', 'report.md', 'junit.xml'];
  for (const name of [...names, 'latency.hlog', 'limits.csv', 'series.csv']) {
    expect(existsSync(join(folder, name)), name).toBe(true);
  }
  const before = readFileSync(join(folder, 'findings.json'), 'utf8');
  const { exitCode, stdout, stderr } = await runCommand(['report', folder]);
  expect([exitCode, stderr]).toEqual([exitCodeOfRun, '']);
  expect(stdout).toContain(`exit code ${exitCodeOfRun}`);
  expect(readFileSync(join(folder, 'findings.json'), 'utf8')).toBe(before);
});

test('a reader that leaves early does not stop the run', async () => {
  folders += 1;
  const folder = join(space.path, `run-${folders}`);
  const command = startCommand(['run', file, '--out', folder]);
  command.process.stdout?.destroy();
  command.process.stderr?.destroy();
  expect(ENDS.run.holds).toContain((await command.finished).exitCode);
  expect(existsSync(join(folder, 'report.html'))).toBe(true);
});

describe('the other commands', () => {
  test.each([
    [['--help'], /Examples[\s\S]*Exit codes/],
    [['run', '--help'], /--base-url <url>/],
    [['--version'], /^\d+\.\d+\.\d+\n$/],
    [['targets'], /dashscope-intl/],
    [['validate', file], /is valid/],
  ])('%j', async (args, says) => {
    const { stdout, stderr, exitCode } = await runCommand(args);
    expect([exitCode, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(says);
    expect(stdout).not.toContain(ESCAPE);
  });

  test('targets --json is JSON', async () => {
    const { stdout } = await runCommand(['targets', '--json', '--model', 'qwen3-max']);
    const listing = JSON.parse(stdout);
    expect(Object.keys(listing).toSorted()).toEqual(['prices', 'quotas', 'targets']);
    expect(listing.quotas.length).toBeGreaterThan(0);
  });

  test('what init writes is a scenario that can be forecast', async () => {
    const path = join(space.path, 'new.yaml');
    expect(await runCommand(['init', path])).toMatchObject({ exitCode: 0, stdout: `${path}\n` });
    const { exitCode, stderr } = await quotascope('forecast', path, '--target', 'simulator', '--quiet');
    expect(stderr).toBe('');
    expect([0, 1, 3]).toContain(exitCode);
  });

  test('explain takes a body from stdin and answers one JSON line', async () => {
    const body = '{"error":{"code":"insufficient_quota","message":"You exceeded your current quota"}}';
    const options = { input: body };
    const { stdout, exitCode } = await runCommand(['explain', '--status', '429', '--json'], options);
    expect(exitCode).toBe(0);
    expect(stdout.trimEnd().split('\n')).toHaveLength(1);
    expect(JSON.parse(stdout)).toMatchObject({ kind: 'limited' });
  });
});

describe('simulate', () => {
  const chat = (baseUrl: string) =>
    fetch(`${baseUrl}/chat/completions`, {
      method: 'POST',
      headers: { authorization: 'Bearer any', 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'qwen3-max', max_tokens: 4, messages: [{ role: 'user', content: 'hi' }] }),
    });

  test('serves until it is interrupted, with the limits it was given', async () => {
    const command = startCommand(['simulate', '--port', '0', '--rps', 'off', '--rpm', '2', '--tps', 'off']);
    await command.said('Ctrl-C stops it.');
    const address = await new Promise<string>((resolve) => {
      command.process.stdout?.on('data', (bytes: Buffer) => resolve(bytes.toString().trim()));
      if (command.printed() !== '') resolve(command.printed().trim());
    });
    expect(address).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/compatible-mode\/v1$/);
    const statuses: number[] = [];
    for (let request = 0; request < 3; request += 1) statuses.push((await chat(address)).status);
    expect(statuses).toEqual([200, 200, 429]);
    process.kill(command.pid, 'SIGINT');
    expect((await command.finished).exitCode).toBe(0);
    await expect(chat(address)).rejects.toThrow();
  });
});
