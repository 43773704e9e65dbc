import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LATE_TOLERANCE_MS } from '../../src/commands/manifest.ts';
import { nonceOf } from '../../src/workload/text.ts';
import { startCommand } from '../cli/command-line.ts';
import { mostIn, pause, type ReceiverReport, startReceiver } from './receiver.ts';
import { createWorkspace, plannedInstants, type ReadRun, readRun, type Workspace } from './run-folder.ts';

/*
 * What leaves is what was planned, seen from outside: another process stamps what arrives, while the generator is
 * stopped in the middle of its load. Nothing that was due during the stop may arrive after it in a bunch: a provider
 * would answer that burst with refusals that the plan never asked for.
 */

const STOP_AFTER_MS = 1500;
const STOPPED_MS = 1000;
/** One-way time over loopback and the wait for a processor, on a machine that runs other things too. */
const ARRIVAL_JITTER_MS = 5;

const DETAINED_SHARE_MAX = 0.03;

let space: Workspace;
beforeAll(() => {
  space = createWorkspace();
});
afterAll(() => space.remove());

interface Observed {
  readonly planned: readonly number[];
  readonly seen: ReceiverReport;
  readonly run: ReadRun;
  readonly exitCode: number | null;
}

async function observe(name: string, traffic: string): Promise<Observed> {
  const receiver = await startReceiver({ kind: 'answer', afterMs: 5 });
  try {
    const file = space.write(
      `${name}.yaml`,
      `name: ${name}
target: { baseUrl: ${receiver.baseUrl}, dialect: openai }
model: m
rest: 1s
workload: { promptTokens: 12, maxTokens: 4, stream: false }
traffic:
  - ${traffic}
safety: { maxInFlight: 500 }
`,
    );
    const folder = join(space.path, name);
    const command = startCommand(['run', file, '--yes', '--quiet', '--out', folder]);
    await receiver.received(1);
    await pause(STOP_AFTER_MS);
    process.kill(command.pid, 'SIGSTOP');
    await pause(STOPPED_MS);
    process.kill(command.pid, 'SIGCONT');
    const { exitCode } = await command.finished;
    return { planned: plannedInstants(file), seen: await receiver.report(), run: readRun(folder), exitCode };
  } finally {
    await receiver.stop();
  }
}

describe.each([
  ['uniform', 'hold: { rate: 100/s, for: 5s, arrivals: uniform }'],
  ['poisson', 'hold: { rate: 50/s, for: 5s, arrivals: poisson }'],
  ['ramp', 'ramp: { from: 10/s, to: 100/s, over: 5s }'],
])('%s arrivals, with the generator stopped for a second', (name, traffic) => {
  let observed: Observed;
  beforeAll(async () => {
    observed = await observe(name, traffic);
  });

  test('no window holds more arrivals than the plan has in one', () => {
    const { planned, seen, run } = observed;
    const received = seen.requests.map(({ atMs }) => atMs);
    const sent = run.sent.map(({ sentMs }) => sentMs).sort((a, b) => a - b);
    // Decided in time, then kept by the machine on the way to the socket: seldom, and each only once.
    const detained = run.sent.filter(({ sentMs, dueMs }) => sentMs - dueMs > LATE_TOLERANCE_MS + 1).length;
    expect(detained).toBeLessThanOrEqual(Math.ceil(sent.length * DETAINED_SHARE_MAX));
    const slackMs = LATE_TOLERANCE_MS + seen.loopDelayMaxMs + ARRIVAL_JITTER_MS;
    for (const windowMs of [1000, 10_000, 60_000]) {
      expect(mostIn(sent, windowMs)).toBeLessThanOrEqual(mostIn(planned, windowMs + LATE_TOLERANCE_MS + 1) + detained);
      expect(mostIn(received, windowMs)).toBeLessThanOrEqual(mostIn(planned, windowMs + slackMs) + detained);
    }
  });

  test('what was due during the stop is skipped and counted', () => {
    const { planned, seen, run } = observed;
    expect(run.sent.length + run.notSent.length).toBe(planned.length);
    expect(seen.requests.length).toBe(run.sent.length);
    const late = run.notSent.filter(({ reason }) => reason === 'late');
    const [stall] = run.stalls.toSorted((a, b) => b.toMs - b.fromMs - (a.toMs - a.fromMs));
    if (stall === undefined) throw new Error('the stop was not noticed');
    expect(stall.toMs - stall.fromMs).toBeGreaterThan(STOPPED_MS * 0.9);
    const due = planned.filter((atMs) => atMs > stall.fromMs && atMs < stall.toMs - LATE_TOLERANCE_MS);
    expect(due.length).toBeGreaterThan(10);
    expect(late.length).toBeGreaterThanOrEqual(due.length);
  });

  test('each request arrives once, as itself', () => {
    const { seen, run } = observed;
    const expected = run.sent.map(({ arrival }) => nonceOf(run.manifest.seed, arrival.seq).trim());
    expect(seen.requests.map(({ nonce }) => nonce).toSorted()).toEqual(expected.toSorted());
  });

  test('nothing but connections reaches the target before t0', () => {
    const { seen, run } = observed;
    const sinceT0 = (monotonicMs: number) => monotonicMs + seen.wallMinusMonotonicMs - run.manifest.t0WallMs;
    const connected = seen.connections.map(sinceT0).filter((atMs) => atMs < -900);
    expect(connected.length).toBeGreaterThan(10);
    // A wall clock is read to whole milliseconds.
    expect(Math.min(...seen.requests.map(({ atMs }) => sinceT0(atMs)))).toBeGreaterThan(-1.5);
  });

  test('the report says that the generator stood still', () => {
    const { run, exitCode } = observed;
    expect(run.analysis?.health).toMatchObject({ verdict: expect.stringMatching(/degraded|invalid/) });
    expect([0, 3]).toContain(exitCode);
  });
});
