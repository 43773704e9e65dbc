import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseScenario } from '../../src/scenario/parse.ts';
import { scenarioJsonSchema } from '../../src/scenario/schema.ts';
import { scenarioTemplate } from '../../src/scenario/template.ts';

const FOLDER = join(import.meta.dirname, '..', '..', 'scenarios');
const NAMES = globSync('*.yaml', { cwd: FOLDER }).toSorted();
const read = (name: string) => readFileSync(join(FOLDER, name), 'utf8');

function valid(text: string, name: string) {
  const checked = parseScenario(text, { file: name, env: {} });
  if (!checked.ok) throw new Error(JSON.stringify(checked.problems, null, 1));
  return checked;
}

test('the ready-made scenarios are all there', () => {
  expect(NAMES).toEqual([
    'agent.yaml',
    'batch.yaml',
    'claims.yaml',
    'direct-vs-relay.yaml',
    'fallback.yaml',
    'keys.yaml',
    'launch-day-tactics.yaml',
    'launch-day.yaml',
    'long-code.yaml',
    'quickstart.yaml',
    'recovery.yaml',
    'soak.yaml',
    'tactics.yaml',
    'verify-burst.yaml',
    'verify-rpm.yaml',
    'verify-rps.yaml',
    'verify-snapshot.yaml',
    'verify-tpm.yaml',
  ]);
});

describe.each(NAMES)('%s', (name) => {
  const text = read(name);

  test('is valid without a key and without warnings', () => {
    expect(valid(text, name).warnings).toEqual([]);
  });

  test('opens with the schema line, the question, the cost and how to read the result', () => {
    const [schema, , question] = text.split('\n');
    expect(schema).toBe('# yaml-language-server: $schema=./scenario.schema.json');
    expect(question).toMatch(/^# [A-Z].*/);
    const opening = text.slice(0, text.indexOf('\nname:'));
    expect(opening).toMatch(/\?/);
    expect(opening).toMatch(/[Cc]osts?\b|cheapest/);
    expect(opening).toMatch(/Read|Look at/);
  });

  test('runs on the simulator and has caps', () => {
    const { value } = valid(text, name);
    expect(value.variants.every(({ target }) => target.isSimulator)).toBe(true);
    expect(value.safety.maxRequests).not.toBeNull();
    expect(value.safety.maxDurationMs).not.toBeNull();
    expect(value.thresholds.length + value.claims.length).toBeGreaterThan(0);
  });
});

test('verification files warn about nothing on a real, exclusive account either', () => {
  for (const name of NAMES.filter((entry) => entry.startsWith('verify-'))) {
    const text = read(name)
      .replace('target: simulator', 'target: dashscope-intl')
      .replace('exclusive: unknown', 'exclusive: yes');
    const checked = parseScenario(text, { file: name, env: { DASHSCOPE_API_KEY: 'set' } });
    expect(checked.ok ? checked.warnings : checked.problems).toEqual([]);
  }
});

test('quickstart stays under 75 seconds of traffic and expects each of the four refusals', () => {
  const { value } = valid(read('quickstart.yaml'), 'quickstart.yaml');
  const seconds = value.traffic.map((phase) => ('durationMs' in phase ? phase.durationMs / 1000 : 0));
  expect(seconds.reduce((sum, length) => sum + length, 0)).toBeLessThan(75);
  for (const kind of ['burst', 'requests', 'tokens', 'free_quota']) {
    const expected = { metric: `limited.${kind}`, aggregate: 'count', operator: '>=', value: 1 };
    expect(value.thresholds).toContainEqual(expect.objectContaining(expected));
  }
  expect(value.safety.stopOn).not.toContain('free_quota');
  expect(value.safety.maxRequests).toBeLessThan(1500);
});

test('the remedies are tried on the launch itself: same traffic, sizes and seed', () => {
  const launch = valid(read('launch-day.yaml'), 'launch-day.yaml').value;
  const remedies = valid(read('launch-day-tactics.yaml'), 'launch-day-tactics.yaml').value;
  for (const part of ['traffic', 'workload', 'seed'] as const) expect(remedies[part]).toEqual(launch[part]);
  expect(remedies.pairing).toBe('paired');
});

test('the template is valid as it is', () => {
  expect(valid(scenarioTemplate(), 'scenario.yaml').warnings).toEqual([]);
});

test('every commented line of the template is valid when it is used', () => {
  const template = scenarioTemplate();
  const phases = [...template.matchAll(/^ {2}# (- .*)$/gm)].map((match) => `  ${match[1]}`);
  expect(phases.length).toBeGreaterThanOrEqual(5);
  const text = template.replace('traffic: ', `traffic:\n${phases.join('\n')}\n#`).replace(/^ {2}# turns/m, '  turns');
  const files = new Map([['trace.csv', 'timestamp,in,out\n1,2,3\n']]);
  const checked = parseScenario(text, { file: 's.yaml', files });
  expect(checked.ok ? [] : checked.problems).toEqual([]);
});

test('the committed JSON Schema is the generated one', () => {
  const path = join(FOLDER, 'scenario.schema.json');
  const generated = scenarioJsonSchema();
  // Written plainly and then formatted as every file here is: the content is compared, not the line breaks.
  if (process.env.UPDATE_GOLDENS === '1') writeFileSync(path, `${JSON.stringify(generated, null, 2)}\n`);
  expect(existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : null).toEqual(generated);
});

test('the JSON Schema refuses unknown keys and describes what it allows', () => {
  const schema = scenarioJsonSchema() as Record<string, unknown>;
  expect(schema).toMatchObject({
    $schema: 'http://json-schema.org/draft-07/schema#',
    additionalProperties: false,
    required: ['name', 'model', 'workload', 'traffic'],
  });
  expect(JSON.stringify(schema)).toContain('for example 10/s, 600/min, 36k/h');
});
