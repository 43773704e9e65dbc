import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { outcomeLabel } from '../../src/model/outcome.ts';
import type { AnswerPlanned } from '../../src/simulator/core/plan.ts';
import { simulatedEndpoint } from '../../src/simulator/endpoint.ts';
import { runCommand } from '../cli/command-line.ts';
import { callWith } from '../simulator/settings.ts';
import { createWorkspace, type ReadRun, readRun, type Workspace } from './run-folder.ts';

/*
 * A forecast is a run whose clock and endpoint are simulated. With the limiter known, it must say of each request what
 * the live run then sees: the rates are chosen so that no request is planned onto the edge of a window.
 */

const SCENARIO = `
name: agreement
target: simulator
model: qwen3-max
workload: { promptTokens: 1500, maxTokens: 4 }
traffic:
  - { burst: 9, label: sudden, limitTo: { promptTokens: 20 } }
  - pause: 1300ms
  - { hold: { rate: 3.9/s, for: 4s }, label: calm, limitTo: { promptTokens: 20 } }
  - { hold: { rate: 11.7/s, for: 3s }, label: busy, limitTo: { promptTokens: 20 } }
  - pause: 1500ms
  - { hold: { rate: 3.7/s, for: 4s }, label: heavy }
quota: { rps: 10, tps: 4000 }
simulator:
  latency: { networkMs: 5 }
  limits:
    rps: { limit: 10, window: sliding_log }
    rpm: off
    tps: { limit: 4000, window: sliding_log }
    tpm: off
    burst: { baseline: 5/s, factor: 3, over: 3s }
`;

/** Lengths of the windows that this account counts in. */
const WINDOWS_MS = [1000, 3000, 4000];
const EDGE_MS = 5;
/** A machine that cannot keep 12 requests a second within 5 ms for 14 s may do so a moment later. */
const TRIES = 2;

let space: Workspace;
let forecast: ReadRun;
let live: ReadRun | null = null;
let last: ReadRun;

beforeAll(async () => {
  space = createWorkspace();
  const file = space.write('agreement.yaml', SCENARIO);
  await runCommand(['forecast', file, '--journal', '--quiet', '--out', join(space.path, 'forecast')]);
  forecast = readRun(join(space.path, 'forecast'));
  for (let attempt = 1; attempt <= TRIES && live === null; attempt += 1) {
    const folder = join(space.path, `run-${attempt}`);
    await runCommand(['run', file, '--quiet', '--out', folder]);
    last = readRun(folder);
    if (isDelivered(last)) live = last;
  }
});
afterAll(() => space.remove());

function isDelivered({ sent, notSent }: ReadRun): boolean {
  return notSent.length === 0 && sent.every(({ sentMs, dueMs }) => sentMs - dueMs < EDGE_MS);
}

function labelsOf({ ends }: ReadRun): ReadonlyMap<string, string> {
  return new Map(ends.map(({ requestId, outcome }) => [requestId, outcomeLabel(outcome)]));
}

test('the forecast meets every kind of refusal of this account', () => {
  const labels = new Set(labelsOf(forecast).values());
  expect(labels).toEqual(new Set(['ok', 'limited.burst', 'limited.requests', 'limited.tokens']));
});

test('live and forecast give each request the same outcome, but on the edge of a window', (context) => {
  if (live === null) return context.skip(`the machine was too busy to deliver the plan in ${TRIES} tries`);
  const seen = labelsOf(live);
  const foreseen = labelsOf(forecast);
  expect([...seen.keys()].toSorted()).toEqual([...foreseen.keys()].toSorted());
  const differing = live.sent.filter(({ requestId }) => seen.get(requestId) !== foreseen.get(requestId));
  expect(differing.length).toBeLessThanOrEqual(live.sent.length * 0.02);
  const stamps = live.sent.map(({ sentMs }) => sentMs);
  const farFromEdges = differing.filter(({ sentMs }) => !isNearEdge(sentMs, stamps));
  expect(farFromEdges.map(({ requestId }) => requestId)).toEqual([]);
});

test('the limiter in virtual time, fed with what really left, says of each request what was seen', () => {
  const { simulator } = last.manifest.scenario.variants[0];
  const endpoint = simulatedEndpoint(simulator);
  const seen = labelsOf(last);
  const sent = last.sent.toSorted((a, b) => a.sentMs - b.sentMs);
  const stamps = sent.map(({ sentMs }) => sentMs);
  let open: AnswerPlanned[] = [];
  const differing = sent.filter(({ requestId, attemptNo, sentMs, promptTokens, maxTokens }) => {
    const nowMs = sentMs + simulator.latency.networkMs;
    for (const plan of open) if (plan.finishedAtMs <= nowMs) endpoint.finish(plan, plan.finishedAtMs);
    open = open.filter(({ finishedAtMs }) => finishedAtMs > nowMs);
    const call = callWith({ requestId: `${requestId}#${attemptNo}`, promptTokens, maxTokens });
    const plan = endpoint.answer(call, nowMs);
    if (plan.kind === 'answer') open.push(plan);
    return (plan.kind === 'answer') !== (seen.get(requestId) === 'ok');
  });
  expect(differing.length).toBeLessThanOrEqual(sent.length * 0.02);
  expect(differing.filter(({ sentMs }) => !isNearEdge(sentMs, stamps))).toEqual([]);
});

/** An earlier request leaves some window within 5 ms of this instant. */
function isNearEdge(atMs: number, stamps: readonly number[]): boolean {
  return stamps.some((stamp) => WINDOWS_MS.some((windowMs) => Math.abs(atMs - stamp - windowMs) <= EDGE_MS));
}
