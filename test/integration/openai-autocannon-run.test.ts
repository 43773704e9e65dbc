import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
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

test('autocannon: the set-up of a connection is counted apart, for its first request only', async () => {
  const { folder } = await runOf(
    'handshakes',
    `${COMMON}driver: autocannon\ntraffic: [{ closed: { concurrency: 4, for: 1s } }]\n`,
  );
  const { ends, analysis } = readRun(folder);
  const waited = ends.filter(({ exchange }) => (exchange.connection?.handshakeMs ?? null) !== null);
  expect(waited).toHaveLength(4);
  for (const { exchange } of waited) {
    expect(exchange.connection?.reused).toBe(false);
    expect(exchange.queuedMs).toBeGreaterThanOrEqual(exchange.connection?.handshakeMs ?? Number.NaN);
  }
  expect(analysis?.caveats.join()).toContain('counted apart as handshake');
});

test('autocannon: a gateway that says the prompt back is not quoted', async () => {
  const CANARY = 'the gardener of the northern observatory counts comets at midnight';
  const echo = createServer((request, response) => {
    request.setEncoding('utf8').on('data', (text: string) => {
      response.writeHead(400, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ error: { message: `bad request: ${text}` } }));
    });
  });
  await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve));
  try {
    const { port } = echo.address() as AddressInfo;
    const { folder } = await runOf(
      'echo',
      `target: { baseUrl: "http://127.0.0.1:${port}/v1", dialect: openai }
model: m
workload: { text: ${CANARY}, maxTokens: 4 }
driver: autocannon
traffic: [{ closed: { concurrency: 2, for: 300ms } }]
`,
    );
    expect(readRun(folder).ends.length).toBeGreaterThan(0);
    const journal = readFileSync(join(folder, 'journal.ndjson'), 'utf8');
    expect(journal).toContain('bad request');
    expect(journal).not.toContain(CANARY);
  } finally {
    echo.closeAllConnections();
    echo.close();
  }
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
