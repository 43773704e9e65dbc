import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseScenario } from '../../src/scenario/parse.ts';
import { type SimulatorProcess, startSimulatorProcess } from '../../src/simulator/process.ts';
import { runCommand } from './command-line.ts';

const SCENARIO = readFileSync(join(import.meta.dirname, '..', '..', 'scenarios', 'direct-vs-relay.yaml'), 'utf8');
/** The scenario as it is, with three seconds of traffic. */
const SHORT = SCENARIO.replace(/traffic:\n(?: {2}.*\n)+/, 'traffic:\n  - hold: { rate: 4/s, for: 3s }\n');

const folder = mkdtempSync(join(tmpdir(), 'quotascope-hosts-'));
const file = join(folder, 'short.yaml');
let hosts: readonly SimulatorProcess[] = [];

beforeAll(async () => {
  writeFileSync(file, SHORT);
  hosts = await Promise.all([
    startSimulatorProcess(settings('')),
    startSimulatorProcess(settings('relay: { channels: 2 }')),
  ]);
});
afterAll(async () => {
  await Promise.all(hosts.map((host) => host.stop()));
  rmSync(folder, { recursive: true, force: true });
});

function settings(simulator: string) {
  const text = `name: n\nmodel: qwen3-max\nworkload: { text: t }\ntraffic: [{ burst: 1 }]\nsimulator: { ${simulator} }\n`;
  const parsed = parseScenario(text, { file: 'n.yaml' });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.value.variants[0].simulator;
}

const environment = () => ({
  QUOTASCOPE_DIRECT: `{ baseUrl: ${hosts[0]?.baseUrl}/compatible-mode/v1, price: { input: $1.20, output: $6 } }`,
  QUOTASCOPE_RELAY: `${hosts[1]?.baseUrl}/v1`,
});
const requests = async () => (await Promise.all(hosts.map((host) => host.stats()))).map((stats) => stats.requests);

test('two variables make a ready-made comparison real: it asks first, and sends nothing before', async () => {
  const asked = await runCommand(['compare', file, '--out', join(folder, 'asked')], { env: environment() });
  expect(asked).toMatchObject({ exitCode: 2 });
  expect(asked.stderr).toContain('QUOTASCOPE_DIRECT sets variants.direct.target');
  expect(asked.stderr).toContain('confirm with --yes');
  expect(await requests()).toEqual([0, 0]);
  expect(readdirSync(folder)).toEqual(['short.yaml']);
});

test('and with a yes it calls both, and the run says what it called', async () => {
  const out = join(folder, 'run');
  const env = environment();
  const { stdout, stderr } = await runCommand(['compare', file, '--out', out, '--yes'], { env });
  expect(stdout, stderr).toContain('SIDE BY SIDE');
  for (const count of await requests()) expect(count).toBeGreaterThan(0);
  const manifest = JSON.parse(readFileSync(join(out, 'manifest.json'), 'utf8'));
  expect(manifest.variants).toMatchObject([
    { targetName: 'custom', baseUrl: `${hosts[0]?.baseUrl}/compatible-mode/v1`, dialect: 'dashscope' },
    { targetName: 'custom', baseUrl: `${hosts[1]?.baseUrl}/v1`, dialect: 'openai' },
  ]);
  expect(manifest.scenario.references).toEqual([
    { name: 'QUOTASCOPE_DIRECT', at: 'variants.direct.target', isSet: true, value: null },
    { name: 'QUOTASCOPE_RELAY', at: 'variants.relay.target', isSet: true, value: env.QUOTASCOPE_RELAY },
  ]);
  const report = readFileSync(join(out, 'report.html'), 'utf8');
  for (const text of ['QUOTASCOPE_DIRECT', 'QUOTASCOPE_RELAY', hosts[0]?.baseUrl, env.QUOTASCOPE_RELAY]) {
    expect(report).toContain(text);
  }
});
