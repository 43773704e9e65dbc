import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadScenario } from '../../src/commands/load-scenario.ts';
import { runScenario } from '../../src/commands/run.ts';
import { type Outcome, outcomeLabel } from '../../src/model/outcome.ts';
import { type Certificates, makeCertificates } from '../drivers/certificates.ts';
import { type ProxyBed, proxyBed } from './fault-beds.ts';
import { FAULT_GROUPS, type FaultCase } from './fault-cases.ts';
import { FROM_THE_START, ON_THE_WAY, type OnTheWay } from './fault-ways.ts';
import { createWorkspace, type ReadRun, readRun, type Workspace } from './run-folder.ts';

/*
 * Every fault, through whole runs of either driver, one variant each: from the scenario to the journal and the report,
 * each request has one classified end, and none is sent twice.
 */

const certificates = makeCertificates();
const trusted = getCACertificates('default');
let space: Workspace;
beforeAll(() => {
  space = createWorkspace();
  if (certificates !== null) setDefaultCACertificates([...trusted, certificates.ca]);
});
afterAll(() => {
  space.remove();
  setDefaultCACertificates(trusted);
  if (certificates !== null) rmSync(certificates.folder, { recursive: true, force: true });
});

/** Variants of one run: their sends leave together, and each must leave on time. */
const CASES_PER_RUN = 9;
const SENDS_PLANNED = 3;
/** A busy machine skips a send now and then; where too few of a case are left, the run is done again. */
const RUNS_MAX = 8;
const PROXY_VARIABLES = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY'] as const;

type Made = Awaited<ReturnType<FaultCase['start']>>;

const slug = (name: string) => name.replace(/[^a-z0-9]+/gi, '-');

function scenarioOf(driver: string, cases: readonly FaultCase[], beds: readonly Made[]): string {
  const timeouts = cases.some(({ patient }) => patient)
    ? '{ connect: 3s, firstByte: 30s, idle: 30s, total: 30s }'
    : '{ connect: 800ms, firstByte: 700ms, idle: 700ms, total: 2s }';
  const variants = cases.map(({ name, protocol }, index) => {
    const bed = beds[index] as Made;
    const target = { baseUrl: bed.callAt ?? bed.baseUrl, dialect: 'openai', protocol: protocol ?? 'h1' };
    return `  ${slug(name)}: { quotaGroup: ${slug(name)}, target: ${JSON.stringify(target)} }`;
  });
  return `
name: faults
model: qwen3-max
driver: ${driver}
workload: { promptTokens: 8, maxTokens: 4, stream: true }
traffic: [{ hold: { rate: 2/s, for: 1.5s } }]
timeouts: ${timeouts}
safety: { stopOn: [] }
pairing: paired
variants:
${variants.join('\n')}
`;
}

function described(outcome: Outcome): string {
  const detail = 'code' in outcome ? outcome.code : 'status' in outcome ? outcome.status : '';
  return `${outcomeLabel(outcome)} ${detail}`.trim();
}

/** What each case's requests became, in the order they were sent; every send has one end, and it is final. */
function outcomesOf(run: ReadRun, cases: readonly FaultCase[]): readonly (readonly [string, readonly string[]])[] {
  const keyOf = ({ requestId, attemptNo }: { readonly requestId: string; readonly attemptNo: number }) =>
    `${requestId}#${attemptNo}`;
  expect(run.ends.map(keyOf).toSorted()).toEqual(run.sent.map(keyOf).toSorted());
  expect(run.ends.every(({ final }) => final)).toBe(true);
  const ends = new Map(run.ends.map((end) => [keyOf(end), described(end.outcome)]));
  return cases.map(({ name }) => {
    const variant = run.manifest.variants.findIndex((each) => each.name === slug(name));
    const sent = run.sent.filter(({ arrival }) => arrival.variantIndex === variant);
    return [name, sent.map((record) => ends.get(keyOf(record)) ?? 'no end')];
  });
}

function chunksOf<T>(list: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, index) =>
    list.slice(index * size, (index + 1) * size),
  );
}

interface Outcomes {
  readonly run: ReadRun;
  /** Requests that reached each server. */
  readonly reached: readonly number[];
}

async function fire(name: string, driver: string, cases: readonly FaultCase[]): Promise<Outcomes> {
  const beds: Made[] = [];
  for (const each of cases) beds.push(await each.start());
  try {
    const file = space.write(`${name}.yaml`, scenarioOf(driver, cases, beds));
    const loaded = loadScenario({ file, env: {} });
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
    const folder = join(space.path, name);
    const result = await runScenario({ loaded, folder, env: {} });
    if (!result.ok) throw new Error(JSON.stringify(result.problems));
    return { run: readRun(folder), reached: beds.map((bed) => bed.requests()) };
  } finally {
    for (const bed of beds) await bed.stop();
  }
}

const expected = ({ becomes }: FaultCase, sent: number) =>
  Array.from({ length: sent }, (_, index) => becomes[Math.min(index, becomes.length - 1)]);

/** Whether each case has sent what it says something about, and never less than twice. */
const saysEnough = (run: ReadRun, cases: readonly FaultCase[]) =>
  outcomesOf(run, cases).every(
    ([, outcomes], index) => outcomes.length >= Math.max(2, cases[index]?.becomes.length ?? 0),
  );

describe.skipIf(certificates === null).each(['undici', 'openai'])('%s', (driver) => {
  const before = PROXY_VARIABLES.map((name) => [name, process.env[name]] as const);
  let proxy: ProxyBed;
  beforeAll(async () => {
    proxy = await proxyBed();
    Object.assign(process.env, { HTTP_PROXY: proxy.url, HTTPS_PROXY: proxy.url, NO_PROXY: 'no-such-host.invalid' });
  });
  afterAll(async () => {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
    await proxy.stop();
  });

  const groups = [...FAULT_GROUPS, ON_THE_WAY].flatMap((group) => chunksOf<FaultCase | OnTheWay>(group, CASES_PER_RUN));
  // Side by side: nearly all of the time is waiting for time-outs.
  test.concurrent.each(groups.map((group, index) => [index, group] as const))(
    'group %i: one end each',
    async (index, group) => {
      const cases = group.map((each) =>
        typeof each === 'function' ? { ...each(proxy, certificates as Certificates), patient: true as const } : each,
      );
      let fired: Outcomes | null = null;
      for (let time = 1; time <= RUNS_MAX && (fired === null || !saysEnough(fired.run, cases)); time++) {
        fired = await fire(`${driver}-${index}-${time}`, driver, cases);
      }
      const { run, reached } = fired as Outcomes;
      expect(saysEnough(run, cases)).toBe(true);
      const found = outcomesOf(run, cases);
      expect(found).toEqual(found.map(([name, { length }], at) => [name, expected(cases[at] as FaultCase, length)]));
      expect(run.notSent.filter(({ reason }) => reason !== 'late')).toEqual([]);
      expect(run.finish?.reason).toEqual({ kind: 'completed' });
      const sent = run.sent.length;
      expect(sent + run.notSent.length).toBe(SENDS_PLANNED * cases.length);
      expect(run.analysis?.conservation).toMatchObject({
        planned: SENDS_PLANNED * cases.length,
        sent,
        finished: sent,
        lost: 0,
        holds: true,
      });
      for (const count of reached) expect(count).toBeLessThanOrEqual(SENDS_PLANNED);
    },
  );

  test.concurrent.each(FROM_THE_START)('$name from the start: nothing is sent', async ({ name, start, code, says }) => {
    const bed = await start(proxy, certificates as Certificates);
    try {
      const faultless: FaultCase = { name, patient: true, start: async () => bed, becomes: [] };
      const file = space.write(`${slug(name)}.yaml`, scenarioOf(driver, [faultless], [bed]));
      const loaded = loadScenario({ file, env: {} });
      if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
      const folder = join(space.path, `${driver}-${slug(name)}`);
      const result = await runScenario({ loaded, folder, env: {} });
      expect(result).toMatchObject({
        ok: false,
        exitCode: 5,
        problems: [{ code, message: expect.stringContaining(says) }],
      });
      expect(existsSync(folder)).toBe(false);
      expect(bed.requests()).toBe(0);
    } finally {
      await bed.stop();
    }
  });
});
