import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { forecast } from '../../src/commands/forecast.ts';
import { loadScenario } from '../../src/commands/load-scenario.ts';
import { runScenario } from '../../src/commands/run.ts';
import { startSimulator } from '../../src/simulator/server/serve.ts';
import { createWorkspace, readRun, type Workspace } from './run-folder.ts';

/* The SDK's own retries, seen from both ends of the wire, and foretold. */

const BURST = 12;
const RPS = 5;
const RETRIES = 2;

let space: Workspace;
beforeAll(() => {
  space = createWorkspace();
});
afterAll(() => space.remove());

interface Choices {
  readonly sdkRetries: number;
  readonly traffic?: string;
  readonly more?: string;
}

const scenario = (target: string, { sdkRetries, traffic = `{ burst: ${BURST} }`, more = '' }: Choices) => `
name: sdk
target: ${target}
model: qwen3-max
driver: openai
sdkRetries: ${sdkRetries}
workload: { promptTokens: 30, maxTokens: 4 }
traffic: [${traffic}]
simulator:
  limits: { rps: { limit: ${RPS}, window: sliding_log }, rpm: off, tps: off, tpm: off, burst: off }
  latency: { ttft: 5ms, tokensPerSecond: 2000 }
${more}`;

function load(name: string, text: string) {
  const loaded = loadScenario({ file: space.write(`${name}.yaml`, text), env: { SDK_KEY: 'sk-simulator' } });
  if (!loaded.ok) throw new Error(loaded.problems.map(({ message }) => message).join('\n'));
  return loaded;
}

/** Against a simulator of our own whose count can be asked for afterwards. */
async function runAgainstSimulator(name: string, choices: Choices) {
  const { simulator } = load(`${name}-settings`, scenario('simulator', { sdkRetries: 0 })).scenario.variants[0];
  const server = await startSimulator(simulator);
  try {
    const target = `{ baseUrl: "${server.baseUrl}/compatible-mode/v1", dialect: dashscope, apiKeyEnv: SDK_KEY }`;
    const loaded = load(name, scenario(target, choices));
    const folder = join(space.path, name);
    const result = await runScenario({ loaded, folder, env: { SDK_KEY: 'sk-simulator' } });
    if (!result.ok) throw new Error(result.problems.map(({ message }) => message).join('\n'));
    return { ...readRun(folder), seen: server.stats() };
  } finally {
    await server.stop();
  }
}

/** Nothing is late in a closed phase, however busy the machine: eight ask all the time, five a second are let through. */
const CLOSED = '{ closed: { concurrency: 8, for: 2500ms } }';

test('every retry of the SDK is an attempt in the journal: as many as the endpoint saw', async () => {
  const { sent, ends, analysis, manifest, seen } = await runAgainstSimulator('retried', {
    sdkRetries: RETRIES,
    traffic: CLOSED,
  });
  const requests = new Set(sent.map(({ requestId }) => requestId)).size;
  expect(sent).toHaveLength(seen.requests);
  expect(ends.filter(({ outcome }) => outcome.kind === 'ok')).toHaveLength(seen.admitted);
  expect(ends.filter(({ exchange }) => exchange.status === 429)).toHaveLength(seen.refused.limit_requests ?? -1);
  expect(sent.length).toBeGreaterThan(requests);
  expect(sent.length).toBeLessThanOrEqual(requests * (1 + RETRIES));
  expect(Math.max(...sent.map(({ attemptNo }) => attemptNo))).toBe(1 + RETRIES);
  expect(ends.filter(({ final }) => final)).toHaveLength(requests);
  expect(analysis?.variants[0]?.attemptsPerRequest).toBeCloseTo(seen.requests / requests, 9);
  // What the SDK adds is no excess of the generator: it counts as due when the SDK sends it.
  expect(analysis?.windows[0]?.peaks.map(({ withinPlan }) => withinPlan)).not.toContain(false);
  expect(analysis?.conservation).toMatchObject({ sent: seen.requests, finished: seen.requests, holds: true });
  expect(analysis?.caveats.join()).toContain('OpenAI SDK with its own retries (up to 2 retries a request');
  expect(manifest.variants[0].sdkRetries).toBe(RETRIES);
});

test('without them nothing is sent twice', async () => {
  const { sent, analysis, manifest, seen } = await runAgainstSimulator('plain', {
    sdkRetries: 0,
    traffic: '{ closed: { concurrency: 4, for: 300ms } }',
  });
  expect(sent.length).toBeGreaterThan(0);
  expect(sent).toHaveLength(seen.requests);
  expect(analysis?.variants[0]?.attemptsPerRequest).toBe(1);
  expect(analysis?.caveats.join()).not.toContain('its own retries');
  expect(manifest.variants[0].sdkRetries).toBeUndefined();
});

test('a refusal that stops the run is followed by none', async () => {
  const { sent, ends, finish, seen } = await runAgainstSimulator('stopped', {
    sdkRetries: RETRIES,
    traffic: CLOSED,
    more: 'safety: { stopOn: [requests] }\n',
  });
  expect(finish?.reason).toMatchObject({ kind: 'safety', rule: 'requests' });
  expect(sent).toHaveLength(seen.requests);
  expect(sent.every(({ attemptNo }) => attemptNo === 1)).toBe(true);
  expect(ends).toHaveLength(sent.length);
});

test('a forecast makes them too', () => {
  const foretell = (sdkRetries: number) => {
    const folder = join(space.path, `forecast-${sdkRetries}`);
    const loaded = load(`forecast-${sdkRetries}`, scenario('simulator', { sdkRetries }));
    const result = forecast({ loaded, folder, limiter: null, journal: true, now: new Date(0) });
    if (!result.ok) throw new Error(result.problems.map(({ message }) => message).join('\n'));
    return readRun(folder);
  };
  const { sent, ends, analysis } = foretell(RETRIES);
  const first = ends.filter(({ attemptNo }) => attemptNo === 1);
  expect(first.filter(({ exchange }) => exchange.status === 429)).toHaveLength(BURST - RPS);
  const waits = sent
    .filter(({ attemptNo }) => attemptNo === 2)
    .map(({ requestId, sentMs }) => {
      const before = first.find((end) => end.requestId === requestId);
      return sentMs - (before?.exchange.finishedMs ?? Number.NaN);
    });
  expect(waits).toHaveLength(BURST - RPS);
  for (const waitMs of waits) {
    expect(waitMs).toBeGreaterThanOrEqual(375);
    expect(waitMs).toBeLessThanOrEqual(500.001);
  }
  expect(new Set(waits.map(Math.round)).size).toBeGreaterThan(1);
  expect(analysis?.conservation).toMatchObject({ sent: sent.length, holds: true });
  expect(analysis?.variants[0]?.attemptsPerRequest).toBeGreaterThan(1.5);
  expect(analysis?.caveats.join()).toContain("the OpenAI SDK's own retries");
  expect(foretell(0).sent).toHaveLength(BURST);
});
