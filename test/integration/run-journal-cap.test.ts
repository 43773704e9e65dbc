import { statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadScenario } from '../../src/commands/load-scenario.ts';
import { runScenario } from '../../src/commands/run.ts';
import { createWorkspace, readRun, type Workspace } from './run-folder.ts';

let space: Workspace;
beforeAll(() => {
  space = createWorkspace();
});
afterAll(() => space.remove());

const LIMITS =
  'simulator: { limits: { rps: off, rpm: off, tps: off, tpm: off, burst: off }, latency: { ttft: 300ms } }';

async function runOf(name: string, more: readonly string[]) {
  const head = [`name: ${name}`, 'target: simulator', 'model: qwen3-max', LIMITS];
  const file = space.write(
    `${name}.yaml`,
    [...head, 'workload: { promptTokens: 30, maxTokens: 4 }', ...more].join('\n'),
  );
  const loaded = loadScenario({ file, env: {} });
  if (!loaded.ok) throw new Error(loaded.problems.map(({ message }) => message).join('\n'));
  const folder = join(space.path, name);
  const result = await runScenario({ loaded, folder, env: {} });
  return { result, folder, bytes: statSync(join(folder, 'journal.ndjson')).size };
}

const KEPT = { journalBytes: 20_000 };
const PHASES: readonly (readonly [name: string, lines: readonly string[]])[] = [
  ['undici', ['traffic: [{ hold: { rate: 100/s, for: 20s } }]']],
  ['autocannon', ['driver: autocannon', 'traffic: [{ closed: { concurrency: 20, for: 20s } }]']],
];

test.each(PHASES)('%s: the run stops at the cap, and every attempt that left has its end', async (name, lines) => {
  const { result, folder, bytes } = await runOf(name, [...lines, `safety: { maxJournalBytes: ${KEPT.journalBytes} }`]);
  expect(result.ok).toBe(true);
  const { manifest, sent, ends, finish, analysis } = readRun(folder);
  expect(manifest.scenario.safety.maxJournalBytes).toBe(KEPT.journalBytes);
  const detail = `the journal has reached its limit of ${KEPT.journalBytes} bytes`;
  expect(finish?.reason).toEqual({ kind: 'safety', rule: 'maxJournalBytes', detail });
  expect(analysis?.exitCode).toBe(4);
  expect(analysis?.caveats.join()).toContain(`maxJournalBytes (${detail})`);
  expect(ends).toHaveLength(sent.length);
  expect(analysis?.conservation).toMatchObject({ sent: sent.length, finished: sent.length, lost: 0, holds: true });
  expect(analysis?.unreadableLines).toBe(0);
  // Ends of what was in flight and the last figures of our own health come after the cap: some hundred bytes each.
  expect(bytes).toBeGreaterThanOrEqual(KEPT.journalBytes);
  expect(bytes).toBeLessThan(KEPT.journalBytes + 60_000);
});

test('a journal that stays below its cap changes nothing', async () => {
  const { folder, bytes } = await runOf('roomy', [
    'traffic: [{ hold: { rate: 20/s, for: 1s } }]',
    'safety: { maxJournalBytes: 1MB }',
  ]);
  expect(bytes).toBeLessThan(1_000_000);
  expect(readRun(folder).finish?.reason).toEqual({ kind: 'completed' });
});
