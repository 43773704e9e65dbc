// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the form itself is under test
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type ParseOptions, parseScenario } from '../../src/scenario/parse.ts';
import { expand } from '../../src/scenario/references.ts';

const HEAD = `name: n
model: qwen3-max
workload: { promptTokens: 10, maxTokens: 5 }
traffic: [{ hold: { rate: 1/s, for: 10s } }]
`;

function valid(text: string, options: Partial<ParseOptions> = {}) {
  const checked = parseScenario(text, { file: 'f.yaml', ...options });
  if (!checked.ok) throw new Error(JSON.stringify(checked.problems, null, 1));
  return { scenario: checked.value, warnings: checked.warnings.map(({ code }) => code) };
}

function problems(text: string, options: Partial<ParseOptions> = {}) {
  const checked = parseScenario(text, { file: 'f.yaml', ...options });
  return checked.ok
    ? []
    : checked.problems.map(({ code, message, hint, where }) => ({
        at: `${where?.line}:${where?.column} ${code}`,
        said: `${message} ${hint}`,
      }));
}

describe('filling a text', () => {
  test.each([
    ['plain', {}, 'plain'],
    ['${A}', { A: 'x' }, 'x'],
    ['${A:-d}', {}, 'd'],
    ['${A:-d}', { A: '' }, 'd'],
    ['${A:-d}', { A: 'x' }, 'x'],
    ['${A:-}', {}, ''],
    ['${A:-${B:-d}}', {}, 'd'],
    ['${A:-${B:-d}}', { B: 'y' }, 'y'],
    ['${A:-{ preset: simulator }}', {}, '{ preset: simulator }'],
    ['https://${HOST}/v${V:-1}', { HOST: 'h' }, 'https://h/v1'],
    ['$$', {}, '$'],
    ['$${A}', { A: 'x' }, '${A}'],
    ['cost $5', {}, 'cost $5'],
    // what a variable holds is not filled in again
    ['${A}', { A: '${B}', B: 'no' }, '${B}'],
  ])('%s with %o is %s', (text, env, filled) => {
    expect(expand(text, env)).toMatchObject({ ok: true, text: filled });
  });

  test.each([
    ['${A}', {}, 0, 'unset-variable'],
    ['ab${A}', { A: '' }, 2, 'unset-variable'],
    ['${A:?say which host}', {}, 0, 'unset-variable'],
    ['${A:-${B}}', {}, 5, 'unset-variable'],
    ['x${A', { A: 'x' }, 1, 'bad-reference'],
    ['$A', { A: 'x' }, 0, 'bad-reference'],
    ['${1A}', {}, 0, 'bad-reference'],
    ['${A/x/y}', { A: 'x' }, 0, 'bad-reference'],
    ['${A+y}', { A: 'x' }, 0, 'bad-reference'],
  ])('%s with %o is wrong at character %i', (text, env, offset, code) => {
    expect(expand(text, env)).toMatchObject({ ok: false, offset, code });
  });
});

describe('targets and models', () => {
  const TARGET = `${HEAD}target: \${HOST:-simulator}\n`;

  test('default to what the file says, and say so', () => {
    const { scenario } = valid(TARGET);
    expect(scenario.variants[0].target).toMatchObject({ name: 'simulator', isSimulator: true });
    expect(scenario.references).toEqual([{ name: 'HOST', at: 'target', isSet: false, value: null }]);
    expect(valid(HEAD).scenario).not.toHaveProperty('references');
  });

  test('take a preset, its quota, its price and its key', () => {
    const { scenario } = valid(TARGET, { env: { HOST: 'dashscope-intl', DASHSCOPE_API_KEY: 'sk-secret' } });
    const [{ target, quota }] = scenario.variants;
    expect(target).toMatchObject({ name: 'dashscope-intl', isSimulator: false, keyEnvs: ['DASHSCOPE_API_KEY'] });
    expect(target.price?.inputUsdPerMillion).toBe(1.2);
    expect(quota.rpm).toBe(600);
    expect(scenario.references).toEqual([{ name: 'HOST', at: 'target', isSet: true, value: 'dashscope-intl' }]);
    expect(JSON.stringify(scenario)).not.toContain('sk-secret');
  });

  test('take an address; the dialect and the key follow from the host', () => {
    const of = (HOST: string) => valid(TARGET, { env: { HOST, DASHSCOPE_API_KEY: 'k' } }).scenario.variants[0].target;
    expect(of('http://127.0.0.1:8787/compatible-mode/v1/')).toMatchObject({
      name: 'custom',
      baseUrl: 'http://127.0.0.1:8787/compatible-mode/v1',
      dialect: 'dashscope',
      keyEnvs: [],
      isSimulator: false,
    });
    expect(of('https://relay.example/v1')).toMatchObject({ name: 'custom', dialect: 'openai', keyEnvs: [] });
    expect(of('https://dashscope-intl.aliyuncs.com/compatible-mode/v1').name).toBe('dashscope-intl');
    expect(of('https://dashscope-intl.aliyuncs.com/api/v1')).toMatchObject({ keyEnvs: ['DASHSCOPE_API_KEY'] });
  });

  test('take a map as in a file: a key by its name, a price, which wins over the price of the variant', () => {
    const text = `${HEAD}variants:\n  relay: { target: "\${R:-simulator}", price: { input: $9, output: $9 } }\n`;
    const R = '{ baseUrl: https://relay.example/v1, apiKeyEnv: RELAY_KEY, price: { input: $1, output: $2 } }';
    const { scenario } = valid(text, { env: { R, RELAY_KEY: 'k' } });
    expect(scenario.variants[0].target).toMatchObject({
      baseUrl: 'https://relay.example/v1',
      keyEnvs: ['RELAY_KEY'],
      price: { inputUsdPerMillion: 1, outputUsdPerMillion: 2 },
    });
    expect(scenario.references).toEqual([{ name: 'R', at: 'variants.relay.target', isSet: true, value: null }]);
    expect(valid(text).scenario.variants[0].target.price?.inputUsdPerMillion).toBe(9);
  });

  test('take a part of an address, and a model', () => {
    const text = `${HEAD.replace('qwen3-max', '${M:-qwen3-max}')}target: { baseUrl: "http://\${HOST}/v1", dialect: openai }\n`;
    const { scenario } = valid(text, { env: { HOST: '127.0.0.1:1', M: 'qwen-plus' } });
    expect(scenario.variants[0]).toMatchObject({ model: 'qwen-plus', target: { baseUrl: 'http://127.0.0.1:1/v1' } });
    expect(scenario.references?.map(({ at }) => at)).toEqual(['target.baseUrl', 'model']);
  });

  test('are not looked at where the command line replaces them', () => {
    const text = `${HEAD}target: \${HOST}\nvariants: { a: { target: "\${OTHER}" } }\n`;
    expect(valid(text, { overrides: { target: 'simulator' } }).scenario.references).toBeUndefined();
    const { scenario } = valid(TARGET, {
      env: { HOST: 'dashscope-intl', DASHSCOPE_API_KEY: 'k' },
      overrides: { baseUrl: 'http://127.0.0.1:9/compatible-mode/v1' },
    });
    expect(scenario.variants[0].target).toMatchObject({
      baseUrl: 'http://127.0.0.1:9/compatible-mode/v1',
      keyEnvs: ['DASHSCOPE_API_KEY'],
    });
    const address = { HOST: 'https://relay.example/v1' };
    expect(valid(TARGET, { env: address, overrides: { baseUrl: 'http://127.0.0.1:9/v1' } }).scenario).toMatchObject({
      variants: [{ target: { baseUrl: 'http://127.0.0.1:9/v1' } }],
    });
  });

  test('stay as they are everywhere else', () => {
    const text = HEAD.replace('promptTokens: 10', 'text: "echo ${HOME}"');
    expect(valid(text, { env: { HOME: '/root' } }).scenario.workload.content).toEqual({
      kind: 'text',
      text: 'echo ${HOME}',
    });
  });
});

describe('mistakes have a place and a hint, and never the value', () => {
  test.each([
    ['target: ${HOST}', {}, '5:9 unset-variable', /HOST is not set.*--env.*\$\{HOST:-simulator\}/],
    ['target: ${HOST}', { HOST: '' }, '5:9 unset-variable', /HOST is empty/],
    ['target: "${HOST:?which host?}"', {}, '5:10 unset-variable', /which host\?/],
    ['target: { baseUrl: "https://${HOST}/v1" }', {}, '5:29 unset-variable', /HOST is not set/],
    ['target: $HOST', { HOST: 'simulator' }, '5:9 bad-reference', /\$\{NAME\}/],
    ['target: ${HOST:-simulator}', { HOST: 'sk-0123456789' }, '5:9 unknown-target', /HOST holds no known target/],
    ['target: ${HOST:-simulator}', { HOST: 'dashscope-int' }, '5:9 unknown-target', /did you mean "dashscope-intl"/],
    ['target: ${HOST:-simulator}', { HOST: '{ sk-0123456789' }, '5:9 bad-reference', /HOST is not readable/],
    ['target: ${HOST:-simulator}', { HOST: 'https://u:sk-0123456789@h/v1' }, '5:9 bad-url', /password/],
    ['target: ${HOST:-simulator}', { HOST: '{ apiKeyEnv: sk-0123456789 }' }, '5:1 bad-value', /never a key/],
    [
      'target: { baseUrl: "http://h/v1", headers: { X-Key: "${K}" } }',
      { K: 'sk-0123456789' },
      '5:53 bad-reference',
      /apiKeyEnv/,
    ],
  ])('%s with %o', (line, env, at, said) => {
    const found = problems(`${HEAD}${line}\n`, { env });
    expect(found.map((each) => each.at)).toContain(at);
    expect(found.find((each) => each.at === at)?.said).toMatch(said);
    expect(JSON.stringify(found)).not.toContain('sk-0123456789');
  });

  test('a cap in money needs a price, and the hint shows where to write it', () => {
    const text = `${HEAD}target: \${HOST:-simulator}\nsafety: { maxCost: $1 }\n`;
    const [found] = problems(text, { env: { HOST: 'http://127.0.0.1:1/v1' } });
    expect(found?.said).toContain("HOST='{ baseUrl: http://127.0.0.1:1/v1, price:");
  });
});

describe('the ready-made comparisons', () => {
  const ENV = {
    QUOTASCOPE_DIRECT: '{ baseUrl: http://127.0.0.1:1/compatible-mode/v1, price: { input: $1.20, output: $6 } }',
    QUOTASCOPE_RELAY: 'http://127.0.0.1:2/v1',
    KEY_A: 'a',
    KEY_B: 'b',
    KEY_C: 'c',
  };
  const read = (name: string) =>
    readFileSync(join(import.meta.dirname, '..', '..', 'scenarios', `${name}.yaml`), 'utf8');

  test.each([
    ['direct-vs-relay', 'paired'],
    ['claims', 'paired'],
    ['tactics', 'switchback'],
    ['keys', 'switchback'],
    ['fallback', 'switchback'],
  ])('%s runs on real hosts by its variables alone, %s, within its caps', (name, pairing) => {
    const { scenario, warnings } = valid(read(name), { env: ENV });
    expect(warnings).toEqual([]);
    expect(scenario.variants.every(({ target }) => !target.isSimulator)).toBe(true);
    expect(scenario.pairing).toBe(pairing);
  });

  test('one real host beside a simulated one is warned about, with the variable that is missing', () => {
    const checked = parseScenario(read('claims'), { file: 'f.yaml', env: { ...ENV, QUOTASCOPE_RELAY: '' } });
    const found = checked.ok ? checked.warnings : [];
    expect(found).toMatchObject([{ code: 'mixed-with-simulator', hint: 'set QUOTASCOPE_RELAY too' }]);
  });
});

describe('one key is one account', () => {
  const groups = (variants: string) =>
    valid(`${HEAD}target: dashscope-intl\nvariants:\n${variants}`).scenario.variants.map(
      ({ quotaGroup }) => quotaGroup,
    );

  test('variants with a key in common share a quota, also through a third', () => {
    const [one, three, other] = groups('  one: { keys: [A] }\n  three: { keys: [A, B] }\n  other: { keys: [C] }\n');
    expect(three).toBe(one);
    expect(other).not.toBe(one);
    expect(new Set(groups('  one: { keys: [A] }\n  two: { keys: [B] }\n  both: { keys: [A, B] }\n')).size).toBe(1);
  });

  test('another model, another host or a stated group has a quota of its own', () => {
    const text = '  a: { keys: [A] }\n  b: { keys: [A], model: qwen-plus }\n  c: { keys: [A], target: dashscope-us }\n';
    expect(new Set(groups(`${text}  d: { keys: [A], quotaGroup: mine }\n`)).size).toBe(4);
  });
});
