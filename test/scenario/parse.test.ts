import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ParseOptions, parseScenario, referencedFiles } from '../../src/scenario/parse.ts';

/** Lines 1 to 4 of most texts below. */
const HEAD = 'name: test\nmodel: qwen3-max\nworkload: { promptTokens: 100, maxTokens: 8 }\ntraffic: [{ burst: 3 }]\n';

function problems(text: string, options: Partial<ParseOptions> = {}): readonly string[] {
  const checked = parseScenario(text, { file: 'f.yaml', ...options });
  const list = checked.ok ? checked.warnings : checked.problems;
  return list.map(({ code, where }) => `${where?.line}:${where?.column} ${code}`);
}

function hints(text: string): readonly (string | null)[] {
  const checked = parseScenario(text, { file: 'f.yaml' });
  return checked.ok ? [] : checked.problems.map((problem) => problem.hint);
}

function valid(text: string, options: Partial<ParseOptions> = {}) {
  const checked = parseScenario(text, { file: 'f.yaml', ...options });
  if (!checked.ok) throw new Error(JSON.stringify(checked.problems, null, 1));
  return checked.value;
}

describe('defaults', () => {
  const scenario = valid(HEAD);

  test('a plain scenario has one variant on the simulator with the dated quota of Singapore', () => {
    expect(scenario.variants).toHaveLength(1);
    expect(scenario.variants[0]).toMatchObject({
      name: 'default',
      driver: 'undici',
      tactics: [],
      target: { name: 'simulator', isSimulator: true, baseUrl: null, keyEnvs: [], protocol: 'h1', waitTimeoutMs: null },
      quota: { rpm: 600, rps: 10, tpm: 1_000_000, tps: 16_666, concurrency: null, freeTokens: null },
      safety: { maxRequests: null, maxInFlight: 200, stopOn: ['auth', 'billing', 'free_quota'] },
    });
    expect(scenario.account).toEqual({ exclusive: 'unknown', region: 'ap-southeast-1', workspace: 'default' });
    expect(scenario.published.map((quota) => quota.limit)).toEqual([600, 10, 1_000_000, 16_666]);
  });

  test('the simulator enforces the published limits in sliding logs, with the assumed guard and latency', () => {
    expect(scenario.variants[0].simulator).toMatchObject({
      preset: 'qwen3-max',
      limits: {
        rps: { limit: 10, window: 'sliding_log', countsRefused: false },
        rpm: { limit: 600, window: 'sliding_log', countsRefused: false },
        tps: { limit: 16_666, window: 'sliding_log', countsRefused: false, accounting: 'prompt_at_admission' },
        tpm: { limit: 1_000_000, window: 'sliding_log', countsRefused: false, accounting: 'prompt_at_admission' },
        burst: { baselinePerSecond: 5, factor: 3, overMs: 10_000 },
        freeTokens: null,
        concurrency: null,
      },
      latency: {
        ttftMs: { kind: 'lognormal', mu: Math.log(600), sigma: 0.62, max: null },
        tokensPerSecond: 40,
        networkMs: 0,
      },
      refusals: 'status',
      wording: 'current',
      relay: null,
      faults: [],
      seed: 1,
    });
  });

  test('the rest is as documented', () => {
    expect(scenario).toMatchObject({
      seed: 1,
      restMs: 0,
      record: 'outcomes',
      pairing: 'paired',
      thresholds: [],
      claims: [],
      timeouts: { connectMs: 5000, firstByteMs: 60_000, idleMs: 30_000, totalMs: 300_000 },
      workload: { language: 'en', stream: true, cache: 'avoid', turns: null, extraBody: {} },
    });
  });

  test('quota follows the region of the target, and what the file states replaces it', () => {
    expect(valid(`${HEAD}target: dashscope-cn\n`).variants[0].quota.rpm).toBe(30_000);
    expect(valid(`${HEAD}target: apiyi\n`).variants[0].quota).toMatchObject({ rpm: null, source: 'nothing published' });
    const stated = valid(`${HEAD}quota: { rpm: 480 }\n`);
    expect(stated.variants[0].quota).toMatchObject({
      rpm: 480,
      rps: null,
      tpm: null,
      source: 'scenario',
      seenOn: null,
    });
    expect(stated.published).toEqual([]);
  });
});

describe('every form of the file', () => {
  test('phases', () => {
    const text = `name: x
model: qwen3-max
workload: { promptTokens: { lognormal: [6.6, 1.0], max: 4000 }, maxTokens: 32 }
traffic:
  - burst: { requests: 50, over: 2s }
    label: jump
    limitTo: { promptTokens: 20, maxTokens: 4 }
  - pause: 15s
  - ramp: { from: 1/s, to: 9/s, over: 20s }
  - steps: { from: 2/s, to: 12/s, by: 2/s, each: 30s, rest: 60s }
  - hold: { rate: 540/min, for: 60s, arrivals: { gamma: { cv: 2.2 } } }
  - hold: { rate: 1/s, for: 1s, arrivals: poisson }
  - replay: { file: trace.csv, speed: 2, columns: { at: timestamp, promptTokens: in, maxTokens: out } }
  - closed: { concurrency: 20, for: 60s }
`;
    const files = new Map([['trace.csv', 'timestamp,in,out\n5,10,20\n4,,3\n']]);
    const none = { promptTokens: null, maxTokens: null };
    const base = { label: null, limitTo: none };
    expect(referencedFiles(text)).toEqual(['trace.csv']);
    expect(valid(text, { files }).traffic).toEqual([
      { kind: 'burst', requests: 50, overMs: 2000, label: 'jump', limitTo: { promptTokens: 20, maxTokens: 4 } },
      { ...base, kind: 'pause', durationMs: 15_000 },
      { ...base, kind: 'ramp', fromPerSecond: 1, toPerSecond: 9, durationMs: 20_000 },
      { ...base, kind: 'steps', fromPerSecond: 2, toPerSecond: 12, byPerSecond: 2, eachMs: 30_000, restMs: 60_000 },
      { ...base, kind: 'hold', ratePerSecond: 9, durationMs: 60_000, arrivals: { kind: 'gamma', cv: 2.2 } },
      { ...base, kind: 'hold', ratePerSecond: 1, durationMs: 1000, arrivals: { kind: 'poisson' } },
      {
        ...base,
        kind: 'replay',
        file: 'trace.csv',
        speed: 2,
        rows: [
          { atMs: 0, promptTokens: null, maxTokens: 3 },
          { atMs: 1000, promptTokens: 10, maxTokens: 20 },
        ],
      },
      { ...base, kind: 'closed', concurrency: 20, durationMs: 60_000 },
    ]);
  });

  test('tactics, alone and composed', () => {
    const tactics = (text: string) => valid(`${HEAD}tactic: ${text}\n`).variants[0].tactics;
    expect(tactics('none')).toEqual([]);
    expect(tactics('{ backoff: {} }')).toEqual([
      { kind: 'backoff', baseMs: 1000, factor: 2, jitter: 'full', maxMs: 60_000, attempts: 5, honourRetryAfter: true },
    ]);
    expect(tactics('{ smooth: { rate: 600/min, tokens: 1.2M/min, queue: 500 } }')).toEqual([
      { kind: 'smooth', perSecond: 10, tokensPerSecond: 20_000, queue: 500, concurrency: null },
    ]);
    expect(tactics('{ keys: { env: [KEY_A, KEY_B], policy: sticky } }')).toEqual([
      { kind: 'keys', envs: ['KEY_A', 'KEY_B'], policy: 'sticky' },
    ]);
    expect(
      tactics('[{ fallback: { models: [qwen-plus] } }, { adaptive: { start: 2/s, increase: 0.5/s, decrease: 0.5 } }]'),
    ).toEqual([
      { kind: 'fallback', models: ['qwen-plus'], on: ['requests', 'tokens', 'burst'] },
      { kind: 'adaptive', startPerSecond: 2, increasePerSecond: 0.5, decrease: 0.5 },
    ]);
  });

  test('the simulator, changed limit by limit', () => {
    const { simulator } = valid(`${HEAD}seed: 9
simulator:
  limits:
    rps: off
    rpm: { limit: 480, window: bucket, countsRefused: true }
    tps: { window: off }
    tpm: { accounting: reserve_and_refund }
    burst: { baseline: 2/s }
    freeTokens: { limit: 50k, then: 403 }
    concurrency: 50
  latency: { ttft: 250ms, tokensPerSecond: 80, networkMs: 20 }
  relay: { channels: 3, retries: 2, retryWait: 0.5s, rewrites: one-api, addsLatency: 60ms, cutsStreams: 2%, swapsModel: { to: qwen-plus, share: 10% }, ownLimit: 300/min }
  faults:
    - { from: 30s, to: 45s, answer: 503 }
    - { from: 60s, to: 61s, answer: limit_burst_rate, share: 50% }
`).variants[0];
    expect(simulator.limits).toEqual({
      rps: null,
      rpm: { limit: 480, window: 'bucket', countsRefused: true },
      tps: null,
      tpm: { limit: 1_000_000, window: 'sliding_log', countsRefused: false, accounting: 'reserve_and_refund' },
      burst: { baselinePerSecond: 2, factor: 3, overMs: 10_000 },
      // biome-ignore lint/suspicious/noThenProperty: the scenario file's word; a number, so never awaited as a promise
      freeTokens: { limit: 50_000, then: 403 },
      concurrency: 50,
    });
    expect(simulator.latency).toEqual({ ttftMs: { kind: 'fixed', value: 250 }, tokensPerSecond: 80, networkMs: 20 });
    expect(simulator.relay).toEqual({
      channels: 3,
      retries: 2,
      retryWaitMs: 500,
      rewrites: 'one-api',
      addsLatencyMs: 60,
      cutsStreams: 0.02,
      swapsModel: { to: 'qwen-plus', share: 0.1 },
      ownLimit: { limit: 300, periodMs: 60_000 },
      mapsStatus: null,
      usageFactor: 1,
    });
    expect(simulator.faults).toEqual([
      { fromMs: 30_000, toMs: 45_000, answer: 503, share: 1 },
      { fromMs: 60_000, toMs: 61_000, answer: 'limit_burst_rate', share: 0.5 },
    ]);
    expect(simulator.seed).toBe(9);
  });

  test('targets: preset, preset with changes, workspace, own address', () => {
    const target = (text: string) => valid(`${HEAD}target: ${text}\n`).variants[0].target;
    expect(target('dashscope-intl')).toMatchObject({
      baseUrl: 'https://dashscope-intl.aliyuncs.com/compatible-mode/v1',
      dialect: 'dashscope',
      keyEnvs: ['DASHSCOPE_API_KEY'],
      price: { inputUsdPerMillion: 1.2, outputUsdPerMillion: 6 },
    });
    expect(target('{ preset: dashscope-intl, waitTimeout: 30s, protocol: h2 }')).toMatchObject({
      name: 'dashscope-intl',
      waitTimeoutMs: 30_000,
      protocol: 'h2',
    });
    expect(target('{ preset: dashscope-intl, workspace: ws-1 }')).toMatchObject({
      name: 'custom',
      baseUrl: 'https://ws-1.ap-southeast-1.maas.aliyuncs.com/compatible-mode/v1',
      price: { inputUsdPerMillion: 1.2 },
    });
    expect(
      target(
        '{ baseUrl: "http://127.0.0.1:9/v1/", apiKeyEnv: K, headers: { X-A: b }, price: { input: $1, output: $2 } }',
      ),
    ).toMatchObject({
      name: 'custom',
      baseUrl: 'http://127.0.0.1:9/v1',
      dialect: 'openai',
      keyEnvs: ['K'],
      headers: { 'X-A': 'b' },
      price: { inputUsdPerMillion: 1, outputUsdPerMillion: 2, source: 'scenario', seenOn: null },
      isSimulator: false,
    });
  });

  test('variants override the base; safety, quota and simulator key by key', () => {
    const scenario = valid(`${HEAD}safety: { maxRequests: 50, maxInFlight: 20 }
simulator: { limits: { rpm: 480 }, wording: old }
variants:
  direct: {}
  relay:
    target: dashscope-cn
    keys: [A_KEY]
    headers: { X-R: r }
    price: { input: $1, output: $2 }
    safety: { maxRequests: 9 }
  simulated: { model: qwen-plus, simulator: { limits: { rps: 7 }, relay: { retries: 1 } }, tactic: { backoff: {} } }
`);
    const [direct, relay, simulated] = scenario.variants;
    expect(scenario.variants.map(({ name, quotaGroup }) => [name, quotaGroup])).toEqual([
      ['direct', 'direct'],
      ['relay', 'dashscope-cn cn-beijing qwen3-max A_KEY'],
      ['simulated', 'simulated'],
    ]);
    expect(relay).toMatchObject({
      target: { keyEnvs: ['A_KEY'], headers: { 'X-R': 'r' }, price: { inputUsdPerMillion: 1 } },
      quota: { rpm: 30_000 },
      safety: { maxRequests: 9, maxInFlight: 20 },
    });
    expect(direct.simulator.limits.rpm?.limit).toBe(480);
    expect(simulated?.simulator).toMatchObject({
      preset: 'qwen-plus',
      wording: 'old',
      limits: { rpm: { limit: 480 }, rps: { limit: 7 } },
      relay: { retries: 1, retryWaitMs: 1000, channels: 1 },
    });
    expect(simulated?.tactics).toHaveLength(1);
  });

  test('variants that share a quota are compared by switchback unless the file says otherwise', () => {
    const variants = 'variants:\n  a: { target: dashscope-intl }\n  b: { target: dashscope-intl }\n';
    expect(valid(HEAD + variants).pairing).toBe('switchback');
    expect(valid(`${HEAD}variants: { a: {}, b: {} }\n`).pairing).toBe('paired');
  });

  test('retries of the SDK itself: none unless stated, for all variants or for one', () => {
    const retries = (text: string) => valid(HEAD + text).variants.map(({ sdkRetries }) => sdkRetries);
    expect(retries('driver: openai\n')).toEqual([0]);
    expect(retries('driver: openai\nsdkRetries: 10\n')).toEqual([10]);
    const variants = 'variants:\n  a: {}\n  b: { sdkRetries: 0 }\n  c: { driver: undici, sdkRetries: 0 }\n';
    expect(retries(`driver: openai\nsdkRetries: 2\n${variants}`)).toEqual([2, 0, 0]);
    expect(retries('sdkRetries: 0\n')).toEqual([0]);
  });

  test('the size of the journal is capped for all variants at once, or not at all', () => {
    expect(valid(HEAD).safety.maxJournalBytes).toBeNull();
    const scenario = valid(`${HEAD}safety: { maxJournalBytes: 200MB }\nvariants: { a: {}, b: {} }\n`);
    expect(scenario.safety.maxJournalBytes).toBe(200_000_000);
    expect(scenario.variants.map(({ safety }) => safety.maxJournalBytes)).toEqual([200_000_000, 200_000_000]);
  });

  test('claims know their variant and what they are measured against', () => {
    const text = `${HEAD}variants: { direct: {}, relay: {} }\nclaims:\n  - relay: cost <= 88% of direct\n`;
    expect(valid(text).claims).toMatchObject([
      {
        text: 'relay: cost <= 88% of direct',
        variant: 'relay',
        relativeTo: 'direct',
        threshold: { value: 0.88, unit: 'share' },
      },
    ]);
  });

  test('the command line replaces seed, model, target and address', () => {
    const text = `${HEAD}target: dashscope-intl\nvariants: { a: { target: apiyi } }\n`;
    const simulated = valid(text, { overrides: { target: 'simulator', seed: 5, model: 'qwen-plus' }, env: {} });
    expect(simulated.seed).toBe(5);
    expect(simulated.variants[0]).toMatchObject({ model: 'qwen-plus', target: { isSimulator: true } });
    const moved = valid(HEAD, { overrides: { baseUrl: 'http://127.0.0.1:8080/compatible-mode/v1' } });
    expect(moved.variants[0].target).toMatchObject({
      isSimulator: false,
      name: 'custom',
      dialect: 'dashscope',
      keyEnvs: [],
    });
    expect(parseScenario(HEAD, { file: 'f.yaml', overrides: { target: 'nowhere' } })).toMatchObject({
      ok: false,
      problems: [{ code: 'unknown-target', where: null }],
    });
  });

  test('anchors, aliases and merge keys are followed', () => {
    const text = `name: x\nmodel: qwen3-max\nworkload: &w { promptTokens: 5 }\ntraffic: [{ burst: 1 }]\nvariants:\n  a: &a { driver: openai }\n  b: { <<: *a, model: qwen-plus }\n`;
    expect(valid(text).variants[1]).toMatchObject({ driver: 'openai', model: 'qwen-plus' });
  });
});

/** A closed phase by autocannon: the driver stands in line 5, further lines below it. */
function closedBy({ more = '', lines = '' }: { readonly more?: string; readonly lines?: string }): string {
  const head = HEAD.replace('burst: 3', 'closed: { concurrency: 2, for: 3s }').replace(
    'maxTokens: 8',
    `maxTokens: 8${more}`,
  );
  return `${head}driver: autocannon\n${lines}`;
}

/** One line per code: text after HEAD (which has 4 lines), and where the problem stands. */
const ONE_OF_EACH: readonly (readonly [code: string, text: string, expected: string])[] = [
  ['yaml-syntax', `${HEAD}quota: { rpm: 3\n`, '6:1 yaml-syntax'],
  ['yaml-syntax', `${HEAD}\tseed: 3\n`, '5:1 yaml-syntax'],
  ['yaml-syntax', `${HEAD}tactic: *nothing\n`, '5:9 yaml-syntax'],
  ['yaml-syntax', `${HEAD}record: !!odd 3\n`, '5:9 yaml-syntax'],
  ['yaml-syntax', `${HEAD}? [a, b]\n: 1\n`, '5:3 yaml-syntax'],
  ['duplicate-key', `${HEAD}name: again\n`, '5:1 duplicate-key'],
  ['not-a-scenario', '', '1:1 not-a-scenario'],
  ['not-a-scenario', '- a\n- b\n', '1:1 not-a-scenario'],
  ['unknown-key', `${HEAD}threshold: []\n`, '5:1 unknown-key'],
  ['unknown-key', `${HEAD}safety:\n  maxRequest: 3\n`, '6:3 unknown-key'],
  ['unknown-key', `${HEAD}simulator: { limits: { rpm: { limt: 3 } } }\n`, '5:31 unknown-key'],
  ['unknown-phase', HEAD.replace('burst', 'brust'), '4:13 unknown-phase'],
  ['unknown-phase', HEAD.replace('burst: 3', 'burst: 3, pause: 1s'), '4:11 unknown-phase'],
  ['unknown-tactic', `${HEAD}tactic: { backoff: {}, keys: { env: [A] } }\n`, '5:9 unknown-tactic'],
  ['tactic-twice', `${HEAD}tactic: [{ backoff: {} }, { backoff: {} }]\n`, '5:27 tactic-twice'],
  ['one-content', HEAD.replace('promptTokens: 100', 'text: a, promptTokens: 1'), '3:11 one-content'],
  ['required', HEAD.replace('name: test\n', ''), '1:1 required'],
  ['required', `${HEAD}tactic: { smooth: {} }\n`, '5:19 required'],
  ['required', `${HEAD}target: openai-compatible\n`, '5:9 required'],
  ['bad-type', `${HEAD}seed: soon\n`, '5:7 bad-type'],
  ['bad-type', `${HEAD}rest: [3s]\n`, '5:7 bad-type'],
  ['bad-type', HEAD.replace('{ promptTokens: 100, maxTokens: 8 }', '5'), '3:11 bad-type'],
  ['bad-value', `${HEAD}driver: undicii\n`, '5:9 bad-value'],
  ['bad-value', `${HEAD}safety: { stopOn: [auth, biling] }\n`, '5:26 bad-value'],
  ['bad-value', `${HEAD}variants: { "a b": {} }\n`, '5:13 bad-value'],
  ['bad-value', `${HEAD}target: { baseUrl: "https://h/v1", apiKeyEnv: sk-abc }\n`, '5:47 bad-value'],
  ['bad-unit', `${HEAD}rest: 3m\n`, '5:7 bad-unit'],
  ['bad-unit', HEAD.replace('burst: 3', 'hold: { rate: 10, for: 60s }'), '4:27 bad-unit'],
  ['out-of-range', HEAD.replace('burst: 3', 'hold: { rate: 0/s, for: 60s }'), '4:27 out-of-range'],
  ['out-of-range', HEAD.replace('burst: 3', 'ramp: { from: -1/s, to: 1/s, over: 1s }'), '4:27 out-of-range'],
  ['out-of-range', HEAD.replace('[{ burst: 3 }]', '[]'), '4:10 out-of-range'],
  ['out-of-range', `${HEAD}simulator: { faults: [{ from: 5s, to: 5s, answer: 503 }] }\n`, '5:39 out-of-range'],
  ['unknown-target', `${HEAD}target: dashscop-intl\n`, '5:9 unknown-target'],
  ['unknown-preset', `${HEAD}simulator: { preset: qwen3-mx }\n`, '5:22 unknown-preset'],
  ['bad-url', `${HEAD}target: { baseUrl: "localhost:80" }\n`, '5:20 bad-url'],
  ['bad-url', `${HEAD}target: { baseUrl: "https://u:p@h/v1" }\n`, '5:20 bad-url'],
  ['secret-in-file', `${HEAD}target: { preset: openai, headers: { Authorization: x } }\n`, '5:38 secret-in-file'],
  ['open-model-driver', `${HEAD}driver: autocannon\n`, '4:11 open-model-driver'],
  [
    'unsafe-driver',
    `${HEAD.replace('burst: 3', 'closed: { concurrency: 2, for: 3s }')}target: openai\ndriver: autocannon\n`,
    '6:9 unsafe-driver',
  ],
  [
    'driver-tactic',
    `${HEAD.replace('burst: 3', 'closed: { concurrency: 2, for: 3s }')}tactic: { backoff: {} }\ndriver: autocannon\n`,
    '6:9 driver-tactic',
  ],
  [
    'unknown-fault',
    `${HEAD}simulator: { faults: [{ from: 0s, to: 5s, answer: limit_burst_rat }] }\n`,
    '5:51 unknown-fault',
  ],
  [
    'unknown-fault',
    `${HEAD}simulator: { faults: [{ from: 0s, to: 5s, answer: resett }] }\nvariants: { a: {}, b: { simulator: { wording: old } } }\n`,
    '5:51 unknown-fault',
  ],
  [
    'unknown-fault',
    `${HEAD}variants:\n  a: { simulator: { faults: [{ from: 0s, to: 5s, answer: "600" }] } }\n`,
    '6:58 unknown-fault',
  ],
  ['driver-turns', closedBy({ more: ', turns: { count: 2 }' }), '3:46 driver-turns'],
  ['driver-timeout', closedBy({ lines: 'timeouts: { connect: 5s, total: 9s }\n' }), '6:13 driver-timeout'],
  ['driver-timeout', closedBy({ lines: 'timeouts: { total: 999ms }\n' }), '6:20 driver-timeout'],
  ['driver-record', closedBy({ lines: 'record: bodies\n' }), '6:9 driver-record'],
  [
    'driver-protocol',
    closedBy({ lines: 'target: { baseUrl: "http://127.0.0.1:80/v1", protocol: h2 }\n' }),
    '6:56 driver-protocol',
  ],
  ['driver-variants', closedBy({ lines: 'variants:\n  a: {}\n  b: { driver: undici }\n' }), '5:9 driver-variants'],
  ['driver-sdk-retries', `${HEAD}sdkRetries: 2\n`, '5:13 driver-sdk-retries'],
  [
    'driver-sdk-retries',
    `${HEAD}driver: openai\nvariants:\n  a: { sdkRetries: 2 }\n  b: { driver: undici, sdkRetries: 1 }\n`,
    '8:36 driver-sdk-retries',
  ],
  ['out-of-range', `${HEAD}driver: openai\nsdkRetries: 11\n`, '6:13 out-of-range'],
  ['out-of-range', `${HEAD}driver: openai\nsdkRetries: -1\n`, '6:13 out-of-range'],
  ['bad-type', `${HEAD}driver: openai\nsdkRetries: twice\n`, '6:13 bad-type'],
  [
    'driver-dialect',
    `${HEAD}target: { preset: dashscope-intl, dialect: dashscope-native }\ndriver: openai\n`,
    '6:9 driver-dialect',
  ],
  [
    'cap-without-max-tokens',
    `${HEAD.replace(', maxTokens: 8', '')}safety: { maxTokens: 5k }\n`,
    '5:22 cap-without-max-tokens',
  ],
  ['cap-without-price', `${HEAD}target: dashscope-cn\nsafety: { maxCost: $2 }\n`, '6:20 cap-without-price'],
  ['cap-of-run', `${HEAD}variants:\n  a: { safety: { maxJournalBytes: 1GB } }\n`, '6:18 cap-of-run'],
  ['cap-of-run', `${HEAD}variants:\n  a: { safety: { maxDuration: 1min } }\n`, '6:18 cap-of-run'],
  ['bad-unit', `${HEAD}safety: { maxJournalBytes: 200M }\n`, '5:28 bad-unit'],
  ['out-of-range', `${HEAD}safety: { maxJournalBytes: 0 }\n`, '5:28 out-of-range'],
  ['unknown-key', `${HEAD}safety: { maxJournalByte: 1MB }\n`, '5:11 unknown-key'],
  ['missing-key', `${HEAD}target: dashscope-intl\n`, '5:9 missing-key'],
  ['file-not-found', HEAD.replace('promptTokens: 100', 'file: none.txt'), '3:19 file-not-found'],
  ['bad-file', HEAD.replace('promptTokens: 100', 'file: empty.txt'), '3:19 bad-file'],
  ['threshold-syntax', `${HEAD}thresholds:\n  - ttft.p95 = 2s\n`, '6:14 threshold-syntax'],
  ['unknown-metric', `${HEAD}thresholds: ["latency < 2s"]\n`, '5:15 unknown-metric'],
  ['unknown-tag-value', `${HEAD}thresholds:\n  - limited.share{phase="hold"} < 1%\n`, '6:26 unknown-tag-value'],
  ['unknown-variant', `${HEAD}thresholds:\n  - limited.share{variant="x"} < 1%\n`, '6:28 unknown-variant'],
  ['unknown-variant', `${HEAD}variants: { a: {} }\nclaims:\n  - b: availability >= 1%\n`, '7:5 unknown-variant'],
  ['unknown-variant', `${HEAD}variants: { a: {} }\nclaims:\n  - a: cost <= 88% of b\n`, '7:23 unknown-variant'],
  ['bad-claim', `${HEAD}variants: { a: {} }\nclaims:\n  - { a: x, b: y }\n`, '7:5 bad-claim'],
  ['undocumented-quota', `${HEAD}target: apiyi\nthresholds:\n  - quota.rpm != lower\n`, '7:5 undocumented-quota'],
  [
    'shared-simulator',
    `${HEAD}pairing: switchback\nvariants:\n  a: { quotaGroup: g }\n  b: { quotaGroup: g, simulator: { wording: old } }\n`,
    '8:20 shared-simulator',
  ],
  ['threshold-syntax', `${HEAD}thresholds:\n  - >\n    ttft.p95 = 2s\n`, '6:5 threshold-syntax'],
  ['required', HEAD.replace('burst: 3', 'ramp: { from: 1/s, to: 2/s }'), '4:13 required'],
  [
    'paired-in-one-group',
    `${HEAD}pairing: paired\nvariants:\n  a: { target: dashscope-intl }\n  b: { target: dashscope-intl }\n`,
    '5:10 paired-in-one-group',
  ],
];

describe('one of each problem, at its place', () => {
  const files = new Map([['empty.txt', '\n']]);
  test.each(ONE_OF_EACH)('%s in %j', (code, text, expected) => {
    const env = code === 'missing-key' ? {} : undefined;
    expect(problems(text, { files, env })).toEqual([expected]);
    expect(parseScenario(text, { file: 'f.yaml', files, env }).ok).toBe(false);
  });

  test('all problems of a file are reported at once, in the order of the file', () => {
    const text = `nam: x
model: qwen3-max
workload: { promptTokens: 100, maxTokns: 8 }
traffic:
  - brust: 8
  - hold: { rate: 10, for: 60 }
driver: undicii
target: dashscop-intl
thresholds:
  - ttft.p59 < 2s
`;
    expect(problems(text)).toEqual([
      '1:1 unknown-key',
      '1:1 required',
      '3:32 unknown-key',
      '5:5 unknown-phase',
      '6:19 bad-unit',
      '6:28 bad-unit',
      '7:9 bad-value',
      '8:9 unknown-target',
      '10:10 unknown-aggregate',
    ]);
  });

  test('a key that is set, and a simulator, need no complaint', () => {
    expect(problems(`${HEAD}target: dashscope-intl\n`, { env: { DASHSCOPE_API_KEY: 'set' } })).toEqual([]);
    expect(problems(HEAD, { env: {} })).toEqual([]);
  });

  test('autocannon is fine on loopback with a closed phase', () => {
    const closed = HEAD.replace('burst: 3', 'closed: { concurrency: 2, for: 3s }');
    expect(problems(`${closed}target: { baseUrl: "http://127.0.0.1:80/v1" }\ndriver: autocannon\n`)).toEqual([]);
  });

  test('autocannon keeps what it can: one turn, a total time limit of 1 s, h1, and thresholds without tokens', () => {
    expect(problems(closedBy({ more: ', turns: { count: 1 }, stream: false' }))).toEqual([]);
    expect(problems(closedBy({ lines: 'timeouts: { total: 1s }\n' }))).toEqual([]);
    expect(problems(closedBy({ lines: 'record: outcomes\nthresholds: ["service.p50 < 2s"]\n' }))).toEqual([]);
  });

  test('a threshold on tokens is doubtful where autocannon stamps none', () => {
    expect(problems(closedBy({ lines: 'thresholds: ["tpot.p50 < 2s"]\n' }))).toEqual(['6:15 driver-no-tokens']);
    const undici = closedBy({ lines: 'thresholds: ["tpot.p50 < 2s"]\n' }).replace('autocannon', 'undici');
    expect(problems(undici)).toEqual([]);
  });

  test('a misspelt key is not reported as missing too', () => {
    expect(problems(HEAD.replace('burst: 3', 'hold: { rate: 1/s, fro: 3s }'))).toEqual(['4:32 unknown-key']);
  });

  test('hints name what was meant', () => {
    expect(hints(HEAD.replace('burst: 3', 'hold: 5/s'))).toEqual(['a map with rate, for, arrivals']);
    expect(hints(`${HEAD}simulator: { limits: { burst: 5 } }\n`)).toEqual([
      'allowed: off, or a map with baseline, factor, over',
    ]);
    expect(hints(`${HEAD}target: dashscop-intl\n`)).toEqual(['did you mean "dashscope-intl"?']);
    expect(hints(`${HEAD}simulator: { limits: { rpm: { window: slidinglog } } }\n`)).toEqual([
      'did you mean "sliding_log"?',
    ]);
    expect(hints(`${HEAD}account: { exclusive: true }\n`)).toEqual(['allowed: yes, no, unknown']);
  });

  test('hints name the answer that was meant, or all of them', () => {
    const answer = (name: string) => hints(`${HEAD}simulator: { faults: [{ from: 0s, to: 5s, answer: ${name} }] }\n`);
    expect(answer('arrearage')).toEqual(['did you mean "Arrearage"?']);
    expect(answer('nothing_like_it')[0]).toMatch(/^allowed: limit_requests, .*, empty_429, or an HTTP status/);
    expect(answer('InvalidApiKey')).toEqual([]);
    expect(answer('"503"')).toEqual([]);
  });

  test('an alias bomb is stopped', () => {
    const bomb = `a: &a [x, x, x, x, x, x, x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a]\nc: &c [*b, *b, *b, *b, *b, *b, *b, *b]\nd: [*c, *c, *c, *c, *c]\n`;
    expect(problems(bomb)).toEqual(['1:1 yaml-syntax']);
    expect(problems('name: &n [*n]\n')).toEqual(['1:11 yaml-syntax']);
  });
});

describe('properties', () => {
  test('no text makes the parser throw, and every problem has a message', () => {
    const pieces = fc.constantFrom(
      'name: ',
      'traffic:\n',
      '  - hold: ',
      '{ rate: ',
      '10/s',
      ', for: 60s }',
      '\n',
      '[',
      ']',
      '{',
      '}',
      '*a',
      '&a ',
      '<<: *a',
      'variants:\n',
      '  x: {}\n',
      'workload: ',
      'promptTokens: 5',
      '"',
      '|\n',
      '? ',
      ': ',
      '- ',
      '!!str ',
      'claims:\n  - x: ',
      'thresholds: [',
      '__proto__: 1\n',
      'constructor: {}\n',
      '\t',
      '1e999',
      'simulator: ',
      'null',
    );
    const text = fc.oneof(
      fc.string(),
      fc.array(pieces, { maxLength: 25 }).map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(text, (input) => {
        referencedFiles(input);
        const checked = parseScenario(input, { file: 'f.yaml' });
        if (!checked.ok) expect(checked.problems.every((problem) => problem.message !== '')).toBe(true);
      }),
      { numRuns: 400 },
    );
  });

  const KEYS: readonly (readonly [key: string, line: (key: string) => string])[] = [
    ['description', (key) => `${key}: x\n`],
    ['thresholds', (key) => `${key}: []\n`],
    ['simulator', (key) => `${key}: {}\n`],
    ['sdkRetries', (key) => `driver: openai\n${key}: 2\n`],
    ['maxJournalBytes', (key) => `safety: { ${key}: 5MB }\n`],
    ['maxDuration', (key) => `safety: { ${key}: 5s }\n`],
    ['firstByte', (key) => `timeouts: { ${key}: 5s }\n`],
    ['exclusive', (key) => `account: { ${key}: yes }\n`],
    ['tokensPerSecond', (key) => `simulator: { latency: { ${key}: 5 } }\n`],
    ['honourRetryAfter', (key) => `tactic: { backoff: { ${key}: true } }\n`],
  ];

  test('a typo of at most two letters in a key gets the right suggestion', () => {
    const edit = fc.record({
      at: fc.nat(),
      kind: fc.constantFrom('drop', 'double', 'replace'),
      letter: fc.constantFrom('x', 'z', 'q'),
    });
    fc.assert(
      fc.property(fc.constantFrom(...KEYS), fc.array(edit, { minLength: 1, maxLength: 2 }), ([key, line], edits) => {
        let typo = key;
        for (const { at, kind, letter } of edits) {
          const index = at % typo.length;
          const middle = kind === 'drop' ? '' : kind === 'double' ? (typo[index] ?? '') + (typo[index] ?? '') : letter;
          typo = typo.slice(0, index) + middle + typo.slice(index + 1);
        }
        fc.pre(typo !== key);
        expect(hints(HEAD + line(typo))).toEqual([`did you mean "${key}"?`]);
      }),
      { numRuns: 300 },
    );
  });
});
