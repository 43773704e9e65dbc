import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { SimulatorSettings } from '../../src/model/simulator.ts';
import { readRateLimitHints } from '../../src/outcomes/hints.ts';
import { type SimulatorProcess, startSimulatorProcess } from '../../src/simulator/process.ts';
import { limited, settingsWith, slidingLog } from '../simulator/settings.ts';
import { createWorkspace, type Workspace } from './run-folder.ts';
import { freePort, type Installed, installThirdParty } from './third-party.ts';
import { type Endpoint, expressRateLimit, startEndpoint } from './third-party-limiters.ts';
import { haproxy, nginx, type Program, type ProxyOptions } from './third-party-proxies.ts';
import {
  answeredOf,
  endsOf,
  groupsOf,
  type LiveRun,
  limitedOf,
  median,
  runLive,
  saidBy,
  targetYaml,
} from './third-party-run.ts';

/*
 * Plain proxies and web frameworks refuse in their own words, and none of them is the provider. What they pass on must
 * stay the provider's, although their name stands on the answer.
 */

const QUICK = { ttftMs: { kind: 'fixed', value: 20 }, tokensPerSecond: 500, networkMs: 0 } as const;
const PLAIN = settingsWith({ latency: QUICK });
/** Thirteen tokens, 20 ms apart. */
const STREAMING = settingsWith({ latency: { ...QUICK, tokensPerSecond: 50 } });

let space: Workspace;
const open: { stop(): Promise<void> }[] = [];
beforeAll(() => {
  space = createWorkspace();
});
afterAll(async () => {
  for (const one of open.reverse()) await one.stop();
  space.remove();
});

async function provider(settings: SimulatorSettings = PLAIN): Promise<SimulatorProcess> {
  const simulator = await startSimulatorProcess(settings);
  open.push(simulator);
  return simulator;
}

/** Calls all of them at the same instants, six times a second for four seconds. */
function callAll(name: string, baseUrls: Readonly<Record<string, string>>, stream = true): Promise<LiveRun> {
  const variants = Object.entries(baseUrls).map(
    ([variant, baseUrl]) =>
      `  ${variant}: { target: ${targetYaml({ baseUrl: `${baseUrl}/v1` })}, quotaGroup: ${variant} }`,
  );
  return runLive(
    space,
    name,
    `workload: { promptTokens: 20, maxTokens: 13, stream: ${stream} }
traffic: [{ hold: { rate: 6/s, for: 4s } }]
variants:
${variants.join('\n')}
pairing: paired
`,
  );
}

/** What refused a variant's calls, and that something did. */
function refusalsOf(run: LiveRun, variant: string) {
  const ends = endsOf(run, variant);
  const refusals = limitedOf(ends);
  expect(refusals.length).toBeGreaterThan(5);
  expect(answeredOf(ends).length).toBe(ends.length - refusals.length);
  return refusals;
}

describe('nginx', () => {
  const program = nginx();
  const upstreams = new Map<string, SimulatorProcess>();
  let run: LiveRun;

  beforeAll(async () => {
    if (!program.ok) return;
    const baseUrls: Record<string, string> = {};
    const add = async (name: string, settings: SimulatorSettings, rules: Omit<ProxyOptions, 'upstream'>) => {
      const upstream = await provider(settings);
      const proxy = await program.start({ upstream: upstream.baseUrl, ...rules });
      open.push(proxy);
      upstreams.set(name, upstream);
      baseUrls[name] = proxy.baseUrl;
    };
    const zones = 'limit_req_zone $uri zone=calls:1m rate=2r/s;';
    await add('status-503', PLAIN, { zones, rules: 'limit_req zone=calls;' });
    await add('status-429', PLAIN, { zones, rules: 'limit_req zone=calls; limit_req_status 429;' });
    await add('open', settingsWith({ latency: { ...QUICK, ttftMs: { kind: 'fixed', value: 900 } } }), {
      zones: 'limit_conn_zone $uri zone=open:1m;',
      rules: 'limit_conn open 2; limit_conn_status 429;',
    });
    await add('passing', limited({ rps: slidingLog(2) }, { latency: QUICK }), { rules: '' });
    await add('unbuffered', STREAMING, { rules: 'proxy_buffering off;' });
    const gone = await program.start({ upstream: `http://127.0.0.1:${await freePort()}`, rules: '' });
    open.push(gone);
    run = await callAll('nginx', { ...baseUrls, gone: gone.baseUrl });
  });
  beforeEach(({ skip }) => {
    if (!program.ok) skip(program.why);
  });

  test.each(['status-503', 'status-429'])('its own refusal is the edge speaking: %s', async (variant) => {
    refusalsOf(run, variant);
    expect((await upstreams.get(variant)?.stats())?.requests).toBe(answeredOf(endsOf(run, variant)).length);
    expect(groupsOf(run.analysis, variant)).toEqual(['nginx.limit-req: requests edge nginx']);
  });

  test('its page for too many open calls is byte for byte the one for too many calls', () => {
    const page = (variant: string) => refusalsOf(run, variant)[0]?.exchange.body.head;
    expect(page('open')).toBe(page('status-429'));
    expect(refusalsOf(run, 'open').map(({ outcome }) => outcome)).toEqual(
      refusalsOf(run, 'open').map(() => expect.objectContaining({ origin: 'edge', originName: 'nginx' })),
    );
  });

  test("what it passes on stays the provider's, although it signs the answer", async () => {
    const refusals = refusalsOf(run, 'passing');
    expect(refusals.length).toBe((await upstreams.get('passing')?.stats())?.causes.rps);
    for (const { exchange } of refusals) expect(exchange.headers.server).toMatch(/^nginx/);
    expect(groupsOf(run.analysis, 'passing')).toEqual(['dashscope.requests: requests provider dashscope']);
  });

  test('a provider that is gone is its 502: no limit', () => {
    const outcomes = endsOf(run, 'gone').map(({ outcome }) => outcome);
    expect(outcomes.length).toBeGreaterThan(5);
    expect(outcomes).toEqual(outcomes.map(() => ({ kind: 'server_error', status: 502, ruleId: 'edge.html' })));
  });

  test('streams pass as they come', () => {
    const answers = answeredOf(endsOf(run, 'unbuffered'));
    expect(answers.length).toBe(endsOf(run, 'unbuffered').length);
    expect(median(answers.map(({ exchange }) => exchange.gaps?.count ?? 0))).toBeGreaterThan(2);
    expect(median(answers.map(({ exchange }) => exchange.gaps?.totalMs ?? 0))).toBeGreaterThan(150);
  });
});

describe('haproxy', () => {
  const program: Program = haproxy();
  const upstreams = new Map<string, SimulatorProcess>();
  let run: LiveRun;

  beforeAll(async () => {
    if (!program.ok) return;
    const limiting = await provider();
    const limitedUpstream = await provider(limited({ rps: slidingLog(2) }, { latency: QUICK }));
    upstreams.set('own', limiting).set('passing', limitedUpstream);
    const own = await program.start({
      upstream: limiting.baseUrl,
      zones: 'stick-table type integer size 1k expire 10s store gpc0,gpc0_rate(1s)',
      rules: `acl call path_beg /v1
  http-request track-sc0 int(1) if call
  http-request deny deny_status 429 if call { sc0_gpc0_rate ge 2 }
  http-request sc-inc-gpc0(0) if call`,
    });
    const passing = await program.start({ upstream: limitedUpstream.baseUrl, rules: '' });
    const gone = await program.start({ upstream: `http://127.0.0.1:${await freePort()}`, rules: '' });
    open.push(own, passing, gone);
    run = await callAll('haproxy', { own: own.baseUrl, passing: passing.baseUrl, gone: gone.baseUrl });
  });
  beforeEach(({ skip }) => {
    if (!program.ok) skip(program.why);
  });

  test('its own refusal is the edge speaking', async () => {
    refusalsOf(run, 'own');
    expect((await upstreams.get('own')?.stats())?.admitted).toBe(answeredOf(endsOf(run, 'own')).length);
    expect(groupsOf(run.analysis, 'own')).toEqual(['haproxy.limit: requests edge haproxy']);
  });

  test("what it passes on stays the provider's", async () => {
    expect(refusalsOf(run, 'passing').length).toBe((await upstreams.get('passing')?.stats())?.causes.rps);
    expect(groupsOf(run.analysis, 'passing')).toEqual(['dashscope.requests: requests provider dashscope']);
  });

  test('a provider that is gone makes it unavailable', () => {
    const said = endsOf(run, 'gone').map(saidBy);
    expect(said.length).toBeGreaterThan(5);
    expect(new Set(said)).toEqual(new Set(['overload edge haproxy']));
  });
});

describe('express-rate-limit in its own words', () => {
  const HEADERS = {
    'draft-6': { standardHeaders: 'draft-6', legacyHeaders: false },
    'draft-7': { standardHeaders: 'draft-7', legacyHeaders: false },
    'draft-8': { standardHeaders: 'draft-8', legacyHeaders: false },
    legacy: { standardHeaders: false, legacyHeaders: true },
  };
  const endpoints = new Map<string, Endpoint>();
  let installed: Installed;
  let run: LiveRun;

  beforeAll(async () => {
    installed = await installThirdParty();
    if (!installed.ok) return;
    const baseUrls: Record<string, string> = {};
    for (const [name, headers] of Object.entries(HEADERS)) {
      const endpoint = await startEndpoint(installed, expressRateLimit(installed, { limit: 2, ...headers }));
      open.push(endpoint);
      endpoints.set(name, endpoint);
      baseUrls[name] = endpoint.baseUrl;
    }
    run = await callAll('express', baseUrls, false);
  });
  beforeEach(({ skip }) => {
    if (!installed.ok) skip(installed.why);
  });

  test.each(Object.keys(HEADERS))('%s headers are read as hints, and the refusal is the edge speaking', (variant) => {
    const refusals = refusalsOf(run, variant);
    const counts = endpoints.get(variant)?.counts() ?? { all: 0, admitted: 0 };
    expect(refusals.length).toBe(counts.all - counts.admitted);
    expect(groupsOf(run.analysis, variant)).toEqual(['express.rate-limit: requests edge express']);
    for (const { exchange, outcome } of refusals) {
      const hints = readRateLimitHints(exchange.headers, '', run.manifest.t0WallMs + exchange.finishedMs);
      expect(hints).toEqual([expect.objectContaining({ limit: 2, remaining: 0 })]);
      expect(outcome).toMatchObject({ heals: 'seconds', retryAfterMs: 1000 });
    }
  });
});
