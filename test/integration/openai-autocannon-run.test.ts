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

const COMMON = `
target: simulator
model: qwen3-max
workload: { promptTokens: 30, maxTokens: 4 }
`;
const FAULTY = `
simulator:
  limits: { rps: off, rpm: off, tps: off, tpm: off, burst: off }
  latency: { ttft: 2ms, tokensPerSecond: 2000 }
  faults: [{ from: 0s, to: 60s, answer: reset, share: 10% }]
`;

async function runOf(name: string, text: string) {
  const file = space.write(`${name}.yaml`, `name: ${name}\n${text}`);
  const loaded = loadScenario({ file, env: {} });
  if (!loaded.ok) throw new Error(loaded.problems.map(({ message }) => message).join('\n'));
  const folder = join(space.path, name);
  return { result: await runScenario({ loaded, folder, env: {} }), folder };
}

test('autocannon: completed + unanswered = sent, under faults, and the report marks its figures', async () => {
  const { folder } = await runOf(
    'saturation',
    `${COMMON}${FAULTY}driver: autocannon\ntraffic: [{ closed: { concurrency: 5, for: 1s } }]\n`,
  );
  const { sent, ends, finish, analysis } = readRun(folder);
  expect(sent.length).toBeGreaterThan(50);
  expect(ends).toHaveLength(sent.length);
  const unanswered = ends.filter(({ exchange }) => exchange.transportError !== null).length;
  expect(unanswered).toBeGreaterThan(0);
  expect(finish?.reason).toEqual({ kind: 'completed' });
  expect(analysis?.conservation).toMatchObject({ sent: sent.length, finished: sent.length, lost: 0, holds: true });
  expect(analysis?.caveats.join()).toContain('autocannon');
});

test('autocannon keeps within a cap on requests', async () => {
  const { folder } = await runOf(
    'capped',
    `${COMMON}driver: autocannon\ntraffic: [{ closed: { concurrency: 4, for: 30s } }]\nsafety: { maxRequests: 20 }\n`,
  );
  const { sent, notSent, finish, analysis } = readRun(folder);
  expect(sent).toHaveLength(20);
  expect(notSent.map(({ reason }) => reason)).toEqual(['budget']);
  expect(finish?.reason).toMatchObject({ kind: 'safety', rule: 'maxRequests' });
  expect(analysis?.exitCode).toBe(4);
});

test('autocannon is no variant of several: it runs its phases alone', async () => {
  const { result } = await runOf(
    'several',
    `${COMMON}traffic: [{ closed: { concurrency: 2, for: 1s } }]
pairing: paired
variants:
  ours: { quotaGroup: a }
  theirs: { quotaGroup: b, driver: autocannon }
`,
  );
  expect(result).toMatchObject({ ok: false, exitCode: 2, problems: [{ code: 'driver-variants' }] });
});

test('openai: a run through the SDK accounts for every attempt, and the report marks its figures', async () => {
  const { folder } = await runOf(
    'sdk',
    `${COMMON}${FAULTY}driver: openai\ntraffic: [{ hold: { rate: 40/s, for: 1s } }]\n`,
  );
  const { sent, ends, analysis } = readRun(folder);
  expect(ends).toHaveLength(sent.length);
  expect(analysis?.conservation).toMatchObject({ holds: true });
  const answered = ends.filter(({ outcome }) => outcome.kind === 'ok');
  expect(answered.length).toBeGreaterThan(10);
  for (const { exchange } of answered) expect(exchange.firstTokenMs).not.toBeNull();
  expect(analysis?.caveats.join()).toContain('OpenAI SDK');
});
