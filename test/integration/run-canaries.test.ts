import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Finished, runCommand } from '../cli/command-line.ts';
import { type Receiver, startReceiver } from './receiver.ts';
import { createWorkspace, readRun, type Workspace } from './run-folder.ts';

/*
 * Keys and content never leave memory. The endpoint says back what it was told, in refusals, in errors inside a stream,
 * in a page of a proxy and in a header, and answers with a secret of its own. None of it may be written anywhere.
 */

const KEY = 'sk-canary0Key7d1f93ab52c84e06b9d7';
const PROMPT = 'Canaryprompt: the merger with Zephyrine Holdings closes on Tuesday';
const ANSWER = 'Canaryanswer: the vault opens with Quillfeather';
const HEADER = 'canary-header-58c1e0a7';
const MAIL = 'canary.person@zephyrine.example';

/** Parts that would give a secret away. */
const CANARIES: readonly string[] = [
  KEY,
  KEY.slice(3, 18),
  'Zephyrine',
  'merger with',
  'Quillfeather',
  'Canaryanswer',
  HEADER,
  MAIL,
];

const KINDS = ['ok', 'limited', 'server_error'];

let space: Workspace;
let receiver: Receiver;
beforeAll(async () => {
  space = createWorkspace();
  receiver = await startReceiver({ kind: 'reflect', afterMs: 1, content: ANSWER, mail: MAIL });
});
afterAll(async () => {
  await receiver.stop();
  space.remove();
});

describe.each([
  ['streaming', true],
  ['not streaming', false],
])('%s', (_, stream) => {
  const outputs = new Map<string, string>();
  let kinds: ReadonlySet<string>;

  beforeAll(async () => {
    const file = space.write(
      `canaries-${stream}.yaml`,
      `name: canaries
target: { baseUrl: ${receiver.baseUrl}, dialect: openai, apiKeyEnv: CANARY_KEY, headers: { x-tenant: ${HEADER} } }
model: m
workload: { text: "${PROMPT}", maxTokens: 8, stream: ${stream} }
traffic:
  - burst: 10
  - hold: { rate: 20/s, for: 1s }
safety: { stopOn: [] }
`,
    );
    const folder = join(space.path, `run-${stream}`);
    const keep = (name: string, { stdout, stderr }: Finished) => {
      outputs.set(`${name} stdout`, stdout);
      outputs.set(`${name} stderr`, stderr);
    };
    const env = { CANARY_KEY: KEY };
    keep('run', await runCommand(['run', file, '--yes', '--out', folder], { env }));
    const run = readRun(folder);
    kinds = new Set(run.ends.map(({ outcome }) => outcome.kind));
    for (const name of readdirSync(folder)) outputs.set(name, readFileSync(join(folder, name), 'utf8'));
    keep('report', await runCommand(['report', folder, '--reclassify', '--json']));
    for (const name of readdirSync(folder)) outputs.set(`${name} again`, readFileSync(join(folder, name), 'utf8'));
  });

  test('the endpoint did say everything back', () => {
    expect([...kinds].toSorted()).toEqual(expect.arrayContaining(KINDS.toSorted()));
  });

  test('nothing of it is found in any output', () => {
    for (const name of ['journal.ndjson', 'manifest.json', 'findings.json', 'report.html', 'report.md', 'junit.xml']) {
      expect(outputs.has(name)).toBe(true);
    }
    const found = [...outputs].flatMap(([name, text]) =>
      CANARIES.filter((canary) => text.includes(canary)).map((canary) => `${canary} in ${name}`),
    );
    expect(found).toEqual([]);
  });
});
