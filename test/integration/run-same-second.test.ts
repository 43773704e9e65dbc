import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { forecast } from '../../src/commands/forecast.ts';
import { loadScenario } from '../../src/commands/load-scenario.ts';
import { runScenario } from '../../src/commands/run.ts';

let space: string;
beforeAll(() => {
  space = mkdtempSync(join(tmpdir(), 'quotascope-second-'));
});
afterAll(() => rmSync(space, { recursive: true, force: true }));

function loaded() {
  const file = join(space, 'scenario.yaml');
  writeFileSync(
    file,
    'name: s\ntarget: simulator\nmodel: qwen3-max\nworkload: { promptTokens: 8, maxTokens: 4 }\ntraffic: [{ burst: 3 }]\n',
  );
  const scenario = loadScenario({ file, env: {} });
  if (!scenario.ok) throw new Error(JSON.stringify(scenario.problems));
  return scenario;
}

test('a numbered folder is taken over from nobody', async () => {
  const folder = join(space, 'runs', 'one');
  const now = new Date(0);
  const foretold = forecast({ loaded: loaded(), folder, limiter: null, journal: true, now });
  const [first, second] = await Promise.all(
    [1, 2].map(() => runScenario({ loaded: loaded(), folder, numbered: true, env: {} })),
  );
  const refused = await runScenario({ loaded: loaded(), folder, env: {} });
  const made = [foretold, first, second].map((result) => (result?.ok ? result.folder : null));
  expect(made.toSorted()).toEqual([folder, `${folder}-2`, `${folder}-3`]);
  expect(refused).toMatchObject({ ok: false, exitCode: 5, problems: [{ code: 'run-folder-exists' }] });
  for (const path of made) expect(readdirSync(path ?? '')).toContain('report.html');
}, 60_000);
