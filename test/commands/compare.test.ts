import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compareEarlierRuns } from '../../src/commands/compare.ts';
import { forecast } from '../../src/commands/forecast.ts';
import { loadScenario } from '../../src/commands/load-scenario.ts';

const NOW = new Date('2026-11-21T12:00:00Z');
const root = mkdtempSync(join(tmpdir(), 'quotascope-compare-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const scenario = (networkMs: number, seed: number) => `name: ab
seed: ${seed}
target: simulator
model: qwen3-max
workload: { promptTokens: 100, maxTokens: 8 }
traffic:
  - ramp: { from: 1/s, to: 6/s, over: 10s }
  - hold: { rate: 6/s, for: 90s }
simulator: { latency: { ttft: { lognormal: [6, 0.2] }, networkMs: ${networkMs} } }
`;

function simulatedRun(name: string, networkMs: number, seed: number): string {
  const file = join(root, `${name}.yaml`);
  writeFileSync(file, scenario(networkMs, seed));
  const loaded = loadScenario({ file, env: {} });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  const folder = join(root, name);
  const done = forecast({ loaded, folder, limiter: 'sliding_log', journal: true, now: NOW });
  if (!done.ok) throw new Error(JSON.stringify(done.problems));
  return folder;
}

let monday: string;
let friday: string;
let slow: string;
beforeAll(() => {
  monday = simulatedRun('monday', 0, 1);
  friday = simulatedRun('friday', 0, 2);
  slow = simulatedRun('slow', 60, 3);
});

let comparisons = 0;
function compare(baseline: string, candidate: string, rules: readonly string[] = []) {
  const folder = join(root, `comparison-${++comparisons}`);
  return compareEarlierRuns({ baseline, candidate, folder, require: rules, now: NOW });
}

describe('two earlier runs', () => {
  test('the slower one is found, by name, and the exit code says regression', () => {
    const result = compare(monday, slow);
    if (!result.ok) throw new Error(JSON.stringify(result.problems));
    const { comparison, exitCode } = result.analysis;
    expect(comparison?.design).toBe('separate_runs');
    expect(comparison?.variants).toEqual(['monday', 'slow']);
    const ttft = comparison?.pairs[0]?.questions.find(({ id }) => id === 'ttft_median');
    expect(ttft?.verdict).toBe('a_better');
    expect(ttft?.difference?.value).toBeGreaterThan(90);
    expect(ttft?.difference?.value).toBeLessThan(150);
    expect(exitCode).toBe(1);
    expect(readFileSync(join(result.folder, 'report.md'), 'utf8')).toContain('not interleaved');
  });

  test('two draws of one service are no regression', () => {
    const result = compare(monday, friday);
    if (!result.ok) throw new Error(JSON.stringify(result.problems));
    const verdicts = result.analysis.comparison?.pairs.flatMap(({ questions }) =>
      questions.map(({ verdict }) => verdict),
    );
    expect(verdicts).not.toContain('a_better');
    expect(verdicts).not.toContain('b_better');
    expect(result.analysis.exitCode).not.toBe(1);
  });

  test('stated regression thresholds decide instead of the questions', () => {
    const tolerant = compare(monday, slow, ['ttft.p50 <= 200%', 'availability >= 99%']);
    const strict = compare(monday, slow, ['ttft.p50 <= 105%', 'availability >= 99%']);
    expect(tolerant.ok && tolerant.analysis.exitCode).toBe(0);
    expect(strict.ok && strict.analysis.exitCode).toBe(1);
  });
});

describe('what cannot be compared', () => {
  test('a folder that is no run', () => {
    expect(compare(root, monday)).toMatchObject({ ok: false, exitCode: 2 });
  });

  test('a rule that cannot be read', () => {
    expect(compare(monday, friday, ['ttft <= a bit'])).toMatchObject({ ok: false, exitCode: 2 });
  });
});
