import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { createWorkspace } from '../integration/run-folder.ts';
import { runCommand } from './command-line.ts';

const space = createWorkspace();
afterAll(() => space.remove());

test('runs started in the same second get a folder each', async () => {
  const file = space.write(
    'together.yaml',
    'name: together\ntarget: simulator\nmodel: qwen3-max\nworkload: { promptTokens: 8, maxTokens: 4 }\ntraffic: [{ burst: 3 }]\n',
  );
  const started = Array.from({ length: 4 }, () => runCommand(['forecast', file, '--quiet'], { cwd: space.path }));
  const finished = await Promise.all(started);
  expect(finished.map(({ exitCode, stderr }) => [exitCode, stderr])).toEqual(finished.map(() => [0, '']));
  const folders = readdirSync(join(space.path, 'reports'));
  expect(folders).toHaveLength(4);
  for (const folder of folders) {
    expect(readFileSync(join(space.path, 'reports', folder, 'findings.json'), 'utf8')).toContain(
      `"runId": "${folder}"`,
    );
  }
});
