import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { EndRecord } from '../../src/model/journal.ts';
import type { SimulatorSettings } from '../../src/model/simulator.ts';
import { type SimulatorProcess, startSimulatorProcess } from '../../src/simulator/process.ts';
import { limited, settingsWith, slidingLog } from '../simulator/settings.ts';
import { createWorkspace, type Workspace } from './run-folder.ts';
import { freePort } from './third-party.ts';
import { configured, type PortkeyStart, passing, startPortkey } from './third-party-portkey.ts';
import {
  answeredOf,
  endsOf,
  groupsOf,
  limitedOf,
  median,
  retriesReported,
  runLive,
  saidBy,
  targetYaml,
} from './third-party-run.ts';

/*
 * A relay that nobody here wrote, in front of the simulated provider: what the provider said and what arrived are both
 * counted, so that what the relay hides shows as a difference. Counts and invariants only: loopback says nothing about
 * latencies on the internet, and the relay takes 10 ms and more of CPU per request.
 */

const QUICK = { ttftMs: { kind: 'fixed', value: 20 }, tokensPerSecond: 500, networkMs: 0 } as const;

let space: Workspace;
let start: PortkeyStart;
let relayUrl = '';
const running: SimulatorProcess[] = [];

beforeAll(async () => {
  space = createWorkspace();
  start = await startPortkey();
  if (start.ok) relayUrl = start.portkey.baseUrl;
});
beforeEach(({ skip }) => {
  if (!start.ok) skip(start.why);
});
afterAll(async () => {
  for (const simulator of running.splice(0)) await simulator.stop();
  if (start.ok) await start.portkey.stop();
  space.remove();
});

async function provider(settings: SimulatorSettings): Promise<SimulatorProcess> {
  const simulator = await startSimulatorProcess(settings);
  running.push(simulator);
  return simulator;
}

const upstreamOf = ({ baseUrl }: SimulatorProcess) => `${baseUrl}/v1`;
const relayTarget = (headers: Readonly<Record<string, string>>) => targetYaml({ baseUrl: relayUrl, headers });

const WORKLOAD = 'workload: { promptTokens: 20, maxTokens: 8 }';

/** The provider's words change this often. */
const SLOT_MS = 500;
/** What the provider is told to say, and what is understood of it directly and through the relay. */
const WORDS: readonly (readonly [answer: number | string, direct: string, relay: string])[] = [
  ['limit_requests', 'requests provider dashscope', 'requests provider dashscope through portkey'],
  ['insufficient_quota', 'tokens provider dashscope', 'tokens provider dashscope through portkey'],
  ['limit_burst_rate', 'burst provider dashscope', 'burst provider dashscope through portkey'],
  ['Throttling.RateQuota', 'requests provider dashscope', 'requests provider dashscope through portkey'],
  ['Throttling.AllocationQuota', 'tokens provider dashscope', 'tokens provider dashscope through portkey'],
  ['Throttling.Concurrency', 'concurrency provider dashscope', 'concurrency provider dashscope through portkey'],
  ['free_quota_exceeded', 'free_quota provider dashscope', 'free_quota provider dashscope through portkey'],
  ['ModelServingError', 'overload provider dashscope', 'overload provider dashscope through portkey'],
  ['InternalError.Algo', 'overload provider dashscope', 'overload provider dashscope through portkey'],
  ['DataInspectionFailed', 'client_error', 'client_error'],
  ['html_502', 'server_error', 'server_error'],
  [500, 'server_error', 'server_error'],
  [503, 'overload edge envoy', 'overload edge envoy through portkey'],
];

describe('passing on, paired with direct calls', () => {
  test('loses no kind, hides no retry, and costs time', async () => {
    const settings = limited({ rps: slidingLog(4) }, { latency: QUICK });
    const [near, far] = [await provider(settings), await provider(settings)];
    const run = await runLive(
      space,
      'portkey-paired',
      `${WORKLOAD}
traffic: [{ hold: { rate: 6/s, for: 10s, arrivals: poisson } }]
variants:
  direct: { target: ${targetYaml({ baseUrl: upstreamOf(near) })}, quotaGroup: direct }
  relay: { target: ${relayTarget(passing(upstreamOf(far)))}, quotaGroup: relay }
pairing: paired
`,
    );
    const [direct, relay] = [endsOf(run, 'direct'), endsOf(run, 'relay')];
    const [nearStats, farStats] = [await near.stats(), await far.stats()];
    expect(relay.length).toBe(farStats.requests);
    expect(direct.length).toBe(nearStats.requests);
    expect(limitedOf(relay).length).toBe(farStats.causes.rps);
    expect(limitedOf(direct).length).toBe(nearStats.causes.rps);
    expect(answeredOf(relay).length).toBe(farStats.admitted);
    // The same arrivals met the same limiter; only those within its own jitter of the edge may differ.
    expect(Math.abs(limitedOf(relay).length - limitedOf(direct).length)).toBeLessThanOrEqual(4);
    expect(groupsOf(run.analysis, 'direct')).toEqual(['dashscope.requests: requests provider dashscope']);
    expect(groupsOf(run.analysis, 'relay')).toEqual([
      'dashscope.requests: requests provider dashscope through portkey',
    ]);
    for (const { exchange } of limitedOf(relay))
      expect(exchange.body.head).toContain('"message":"openai error: You have');
    expect(relay.map(({ exchange }) => retriesReported(exchange, 0))).toEqual(relay.map(() => 0));
    const ttftMs = (ends: typeof relay) =>
      median(answeredOf(ends).map(({ exchange }) => (exchange.firstTokenMs ?? 0) - (exchange.sentMs ?? 0)));
    expect(ttftMs(relay)).toBeGreaterThan(ttftMs(direct));
  });

  test('keeps the kind and the provider of every refusal that has words', async () => {
    const faults = WORDS.map(([answer], index) => ({
      fromMs: (index - 0.5) * SLOT_MS,
      toMs: (index + 0.5) * SLOT_MS,
      answer,
      share: 1,
    }));
    const settings = settingsWith({ latency: QUICK, faults });
    const [near, far] = [await provider(settings), await provider(settings)];
    const run = await runLive(
      space,
      'portkey-words',
      `${WORKLOAD}
traffic: [{ hold: { rate: 2/s, for: ${WORDS.length / 2}s } }]
variants:
  direct: { target: ${targetYaml({ baseUrl: upstreamOf(near) })}, quotaGroup: direct }
  relay: { target: ${relayTarget(passing(upstreamOf(far)))}, quotaGroup: relay }
pairing: paired
safety: { stopOn: [] }
`,
    );
    const [direct, relay] = [endsOf(run, 'direct'), endsOf(run, 'relay')];
    // An arrival that a busy machine made late was never sent; the script goes on without it.
    for (const [ends, column] of [[direct, 1] as const, [relay, 2] as const]) {
      expect(ends.length).toBeGreaterThan(WORDS.length / 2);
      const firstMs = ends[0]?.exchange.sentMs ?? 0;
      for (const end of ends) {
        const word = WORDS[Math.round(((end.exchange.sentMs ?? 0) - firstMs) / SLOT_MS)];
        expect([word?.[0], saidBy(end)]).toEqual([word?.[0], word?.[column]]);
      }
    }
  });
});

// Side by side: little traffic, and mostly waiting.
describe.concurrent('retrying', () => {
  test('hides refusals behind seconds of waiting, which its header and the upstream admit', async () => {
    const upstream = await provider(limited({ rps: slidingLog(2) }, { latency: QUICK }));
    const retry = configured({ provider: 'openai', custom_host: upstreamOf(upstream), retry: { attempts: 2 } });
    const run = await runLive(
      space,
      'portkey-retries',
      `target: ${relayTarget(retry)}
${WORKLOAD}
traffic: [{ hold: { rate: 4/s, for: 5s } }]
`,
    );
    const { requests, refused } = await upstream.stats();
    const ends = endsOf(run);
    const retries = ends.map(({ exchange }) => retriesReported(exchange, 2));
    const retried = retries.filter((count) => count > 0).length;
    expect(retried).toBeGreaterThan(5);
    expect(requests).toBe(ends.length + retries.reduce((sum, count) => sum + count, 0));
    // Fewer refusals are seen than were made; those that are seen took all tries.
    expect(limitedOf(ends).length).toBeLessThan(refused.limit_requests ?? 0);
    for (const { exchange } of limitedOf(ends)) expect(exchange.headers['x-portkey-retry-attempt-count']).toBe('-1');
    // Its waits are 1 s and 2 s, without jitter.
    for (const [index, count] of retries.entries()) {
      const { exchange } = ends[index] as EndRecord;
      expect(exchange.finishedMs - (exchange.sentMs ?? 0)).toBeGreaterThan(count === 0 ? 0 : 2 ** count * 1000 - 1100);
    }
    expect(run.analysis.variants[0]?.relayFacts).toMatchObject({ hiddenRetries: retried });
    expect(groupsOf(run.analysis)).toEqual(['dashscope.requests: requests provider dashscope through portkey']);
  });
});

describe.concurrent('falling back', () => {
  test('answers with another model', async () => {
    const upstream = await provider(limited({ rps: slidingLog(2) }, { latency: QUICK }));
    const fallback = await provider(settingsWith({ latency: QUICK }));
    const config = configured({
      strategy: { mode: 'fallback', on_status_codes: [429] },
      targets: [
        { provider: 'openai', api_key: 'k1', custom_host: upstreamOf(upstream) },
        {
          provider: 'openai',
          api_key: 'k2',
          custom_host: upstreamOf(fallback),
          override_params: { model: 'qwen-plus' },
        },
      ],
    });
    const run = await runLive(
      space,
      'portkey-fallback',
      `target: ${relayTarget(config)}
${WORKLOAD}
traffic: [{ hold: { rate: 4/s, for: 5s } }]
`,
    );
    const first = await upstream.stats();
    const second = await fallback.stats();
    const swapped = first.refused.limit_requests ?? 0;
    expect(swapped).toBeGreaterThan(5);
    const { length } = endsOf(run);
    expect([first.requests, first.admitted, second.requests]).toEqual([length, length - swapped, swapped]);
    expect(run.analysis.variants[0]).toMatchObject({
      answered: length,
      wrongModel: swapped,
      modelsAnswered: { 'qwen3-max': length - swapped, 'qwen-plus': swapped },
    });
    const options = endsOf(run).map(({ exchange }) => exchange.headers['x-portkey-last-used-option-index']);
    expect(options.filter((option) => option === 'config.targets[1]').length).toBe(swapped);
    expect(run.analysis.limits).toEqual([]);
  });
});

describe.concurrent('a stream that the upstream cuts', () => {
  test('is truncated, although the relay ends it in good order', async () => {
    const settings = settingsWith({
      latency: QUICK,
      faults: [{ fromMs: 0, toMs: 1e9, answer: 'cut_stream', share: 0.5 }],
    });
    const [near, far] = [await provider(settings), await provider(settings)];
    const run = await runLive(
      space,
      'portkey-cut',
      `workload: { promptTokens: 20, maxTokens: 20 }
traffic: [{ hold: { rate: 4/s, for: 5s } }]
variants:
  direct: { target: ${targetYaml({ baseUrl: upstreamOf(near) })}, quotaGroup: direct }
  relay: { target: ${relayTarget(passing(upstreamOf(far)))}, quotaGroup: relay }
pairing: paired
`,
    );
    const [direct, relay] = [endsOf(run, 'direct'), endsOf(run, 'relay')];
    const broken = direct.filter(({ outcome }) => outcome.kind === 'connection');
    const cut = relay.filter(({ outcome }) => outcome.kind === 'truncated');
    // Answers that the provider did not finish.
    expect(broken.length).toBe((await near.stats()).aborted);
    expect(cut.length).toBe((await far.stats()).aborted);
    expect(cut.length).toBeGreaterThan(4);
    for (const { outcome } of broken) expect(outcome).toMatchObject({ phase: 'body' });
    for (const { exchange } of cut) {
      expect(exchange).toMatchObject({ status: 200, transportError: null, finishReason: null, sawDone: false });
    }
    expect(answeredOf(relay).length).toBe(relay.length - cut.length);
    expect(run.analysis.variants.map(({ truncated }) => truncated)).toEqual([0, cut.length]);
  });
});

describe.concurrent('failures of its own', () => {
  test('an upstream that is not there, and one that takes too long', async () => {
    const slow = await provider(settingsWith({ latency: { ...QUICK, ttftMs: { kind: 'fixed', value: 3000 } } }));
    const dead = await freePort();
    const timeout = { ...passing(upstreamOf(slow)), 'x-portkey-request-timeout': '300' };
    const run = await runLive(
      space,
      'portkey-failures',
      `${WORKLOAD}
traffic: [{ hold: { rate: 2/s, for: 2s } }]
variants:
  dead: { target: ${relayTarget(passing(`http://127.0.0.1:${dead}/v1`))}, quotaGroup: dead }
  slow: { target: ${relayTarget(timeout)}, quotaGroup: slow }
pairing: paired
`,
    );
    const said = (variant: string) => endsOf(run, variant).map((end) => `${end.exchange.status} ${saidBy(end)}`);
    expect(new Set(said('dead'))).toEqual(new Set(['500 overload relay portkey']));
    expect(new Set(said('slow'))).toEqual(new Set(['408 overload relay portkey']));
  });
});
