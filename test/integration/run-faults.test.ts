import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { outcomeLabel } from '../../src/model/outcome.ts';
import { runCommand } from '../cli/command-line.ts';
import { createWorkspace, type ReadRun, readRun, type Workspace } from './run-folder.ts';

/*
 * Whatever the other side does, every planned arrival is accounted for exactly once: sent or not, and what was sent
 * has one end.
 */

const SCENARIO = `
name: faults
target: simulator
model: qwen3-max
workload: { promptTokens: 12, maxTokens: 40, stream: true }
traffic:
  - { hold: { rate: 20/s, for: 8s } }
timeouts: { connect: 1s, firstByte: 700ms, idle: 700ms, total: 2s }
safety: { stopOn: [] }
simulator:
  latency: { ttft: 20ms, tokensPerSecond: 400, networkMs: 1 }
  limits: { rps: off, rpm: off, tps: off, tpm: off, burst: off }
  faults:
    - { from: 1s, to: 2s, answer: reset }
    - { from: 2s, to: 3s, answer: reset_after_headers }
    - { from: 3s, to: 4s, answer: cut_stream }
    - { from: 4s, to: 5s, answer: hang }
    - { from: 5s, to: 6s, answer: 500 }
    - { from: 6s, to: 7s, answer: html_502, share: 50% }
    - { from: 7s, to: 8s, answer: limit_burst_rate, share: 50% }
`;

let space: Workspace;
beforeAll(() => {
  space = createWorkspace();
});
afterAll(() => space.remove());

describe.each(['run', 'forecast'])('%s', (command) => {
  let run: ReadRun;
  beforeAll(async () => {
    const file = space.write(`${command}.yaml`, SCENARIO);
    const folder = join(space.path, command);
    const journal = command === 'forecast' ? ['--journal'] : [];
    const { stderr } = await runCommand([command, file, '--quiet', '--out', folder, ...journal]);
    expect(stderr).toBe('');
    run = readRun(folder);
  });

  test('each arrival is there once', () => {
    const seqs = [...run.sent, ...run.notSent].map(({ arrival }) => arrival.seq).toSorted((a, b) => a - b);
    expect(seqs).toEqual(Array.from({ length: 160 }, (_, seq) => seq));
    expect(run.analysis?.conservation).toMatchObject({ planned: 160, sent: run.sent.length, lost: 0, holds: true });
  });

  test('each send has one end', () => {
    const sent = run.sent.map(({ requestId, attemptNo }) => `${requestId}#${attemptNo}`);
    const ends = run.ends.map(({ requestId, attemptNo }) => `${requestId}#${attemptNo}`);
    expect(new Set(ends).size).toBe(ends.length);
    expect(ends.toSorted()).toEqual(sent.toSorted());
    expect(run.finish?.reason).toEqual({ kind: 'completed' });
  });

  test('each kind of fault is told from the others', () => {
    const labels = (fromMs: number, toMs: number) => {
      const during = run.sent.filter(({ sentMs }) => sentMs > fromMs && sentMs < toMs);
      const ids = new Set(during.map(({ requestId }) => requestId));
      const ends = run.ends.filter(({ requestId }) => ids.has(requestId));
      return [...new Set(ends.map(({ outcome }) => outcomeLabel(outcome)))].toSorted();
    };
    // A tenth of a second from each edge: the script's time zero is the first request.
    expect(labels(0, 900)).toEqual(['ok']);
    const reset = labels(1100, 1900);
    expect(reset.length).toBeGreaterThan(0);
    for (const label of reset) expect(label).toMatch(/^connection\.(request|headers|stale_reuse)$/);
    expect(labels(2100, 2900)).toEqual(['connection.body']);
    expect(labels(3100, 3900)).toEqual(['connection.body']);
    expect(labels(4100, 4900)).toEqual(['timeout.first_byte']);
    expect(labels(5100, 5900)).toEqual(['server_error']);
    expect(labels(6100, 6900)).toEqual(['ok', 'server_error']);
    expect(labels(7100, 7900)).toEqual(['limited.burst', 'ok']);
  });
});
