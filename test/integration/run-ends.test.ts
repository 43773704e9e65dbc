import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { runCommand, startCommand } from '../cli/command-line.ts';
import { pause, type Receiver, type ReceiverBehaviour, startReceiver } from './receiver.ts';
import { createWorkspace, readRun, type Workspace } from './run-folder.ts';

/* However a run ends, what was sent is known afterwards: it may have been billed. */

const PER_SECOND = 20;
/** Half a second until a record is on the disk, and what a busy machine adds. */
const UNWRITTEN_MAX = PER_SECOND + 5;

let space: Workspace;
let receiver: Receiver | null = null;
beforeAll(() => {
  space = createWorkspace();
});
afterEach(async () => {
  await receiver?.stop();
  receiver = null;
});
afterAll(() => space.remove());

async function startLoad(name: string, behaviour: ReceiverBehaviour) {
  receiver = await startReceiver(behaviour);
  const file = space.write(
    `${name}.yaml`,
    `name: ${name}
target: { baseUrl: ${receiver.baseUrl}, dialect: openai }
model: m
workload: { promptTokens: 12, maxTokens: 4, stream: false }
traffic:
  - hold: { rate: ${PER_SECOND}/s, for: 60s }
safety: { maxInFlight: 500 }
`,
  );
  const folder = join(space.path, name);
  return { folder, receiver, command: startCommand(['run', file, '--yes', '--out', folder]) };
}

test('a killed run has lost at most a second of sends, and reads back', async () => {
  const load = await startLoad('killed', { kind: 'answer', afterMs: 5000 });
  await load.receiver.received(6 * PER_SECOND);
  process.kill(load.command.pid, 'SIGKILL');
  expect((await load.command.finished).signal).toBe('SIGKILL');
  const seen = (await load.receiver.report()).requests.length;
  const killed = readRun(load.folder);
  expect(seen - killed.sent.length).toBeGreaterThanOrEqual(0);
  expect(seen - killed.sent.length).toBeLessThanOrEqual(UNWRITTEN_MAX);
  expect(killed.ends.length).toBeGreaterThan(0);
  expect(killed.finish).toBeNull();
  expect(existsSync(join(load.folder, 'report.html'))).toBe(false);

  const report = await runCommand(['report', load.folder]);
  expect(report).toMatchObject({ exitCode: 130, stderr: '' });
  const { analysis } = readRun(load.folder);
  const lost = killed.sent.length - killed.ends.length;
  expect(lost).toBeGreaterThan(3 * PER_SECOND);
  expect(analysis?.conservation).toMatchObject({ sent: killed.sent.length, finished: killed.ends.length, lost });
  expect(analysis?.stop).toMatchObject({ kind: 'killed' });
  expect(existsSync(join(load.folder, 'report.html'))).toBe(true);
});

describe('Ctrl-C', () => {
  test('once: what is in flight ends, the report is written', async () => {
    const load = await startLoad('drained', { kind: 'answer', afterMs: 1500 });
    await load.receiver.received(2 * PER_SECOND);
    process.kill(load.command.pid, 'SIGINT');
    await load.command.said('Stopping');
    const { exitCode, stdout, stderr } = await load.command.finished;
    expect(exitCode).toBe(130);
    expect(stdout).toContain('report.html');
    expect(stderr).not.toContain('    at ');
    const { sent, ends, finish, analysis } = readRun(load.folder);
    expect(finish?.reason).toEqual({ kind: 'interrupted' });
    expect(sent.length).toBe((await load.receiver.report()).requests.length);
    expect(ends.map(({ outcome }) => outcome.kind)).toEqual(sent.map(() => 'ok'));
    expect(analysis?.conservation).toMatchObject({ sent: sent.length, finished: sent.length, cancelled: 0, lost: 0 });
  });

  test('twice: what is in flight is cancelled at once, the report is written', async () => {
    const load = await startLoad('cancelled', { kind: 'answer', afterMs: 60_000 });
    await load.receiver.received(2 * PER_SECOND);
    process.kill(load.command.pid, 'SIGINT');
    await load.command.said('Stopping');
    await pause(200);
    expect(load.command.process.exitCode).toBeNull();
    process.kill(load.command.pid, 'SIGINT');
    expect((await load.command.finished).exitCode).toBe(130);
    const { sent, ends, analysis } = readRun(load.folder);
    expect(ends.map(({ outcome }) => outcome.kind)).toEqual(sent.map(() => 'cancelled'));
    expect(analysis?.conservation).toMatchObject({ finished: 0, cancelled: sent.length, lost: 0 });
  });

  test('before the load has begun: nothing is sent', async () => {
    receiver = await startReceiver({ kind: 'answer', afterMs: 0 });
    const file = space.write(
      'resting.yaml',
      `name: resting
target: { baseUrl: ${receiver.baseUrl}, dialect: openai }
model: m
rest: 60s
workload: { promptTokens: 12, maxTokens: 4 }
traffic:
  - burst: 5
`,
    );
    const folder = join(space.path, 'resting');
    const command = startCommand(['run', file, '--yes', '--out', folder]);
    await expect.poll(() => existsSync(join(folder, 'journal.ndjson')), { timeout: 20_000 }).toBe(true);
    process.kill(command.pid, 'SIGINT');
    expect((await command.finished).exitCode).toBe(130);
    expect((await receiver.report()).requests).toEqual([]);
    expect(readRun(folder)).toMatchObject({ sent: [], finish: { reason: { kind: 'interrupted' } } });
  });
});
