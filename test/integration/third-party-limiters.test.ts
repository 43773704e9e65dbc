import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { analysis } from '../../src/analysis/analysis.ts';
import { JOURNAL_NAME } from '../../src/journal/manifest-file.ts';
import { readJournal } from '../../src/journal/reader.ts';
import type { QuotaResult, QuotaVerdict } from '../../src/model/finding.ts';
import type { Manifest } from '../../src/model/manifest.ts';
import { createWorkspace, type Workspace } from './run-folder.ts';
import { type Installed, installThirdParty } from './third-party.ts';
import { type Endpoint, expressRateLimit, flexible, REFUSAL, startEndpoint } from './third-party-limiters.ts';
import { haproxy, nginx, type Program, type ProxyOptions } from './third-party-proxies.ts';
import { answeredOf, endsOf, groupsOf, type LiveRun, limitedOf, runLive, targetYaml } from './third-party-run.ts';

/*
 * Verification against limiters that nobody here wrote: whatever the algorithm, the verdict on the requests per second
 * has to be right. Each enforces ten per second in its own way, and all of them get the same arrivals in one run; what is
 * documented is then said to be ten, more, and less, and the same journal is judged again.
 */

const PER_SECOND = 10;

let space: Workspace;
let installed: Installed;
let run: LiveRun;
const endpoints = new Map<string, Endpoint>();
const open: { stop(): Promise<void> }[] = [];

const NGINX_REFUSAL = `limit_req_status 429;
      error_page 429 @limited;`;
const NGINX_LIMITED = `map $uri $refusal { default '${REFUSAL}'; }
  limit_req_zone $uri zone=calls:1m rate=${PER_SECOND}r/s;`;
const LIMITED_LOCATION = 'location @limited { default_type application/json; return 429 $refusal; }';

beforeAll(async () => {
  space = createWorkspace();
  installed = await installThirdParty();
  if (!installed.ok) return;
  const packages = installed;
  const add = async (name: string, endpoint: Promise<Endpoint>) => {
    endpoints.set(name, await endpoint);
    open.push(await endpoint);
  };
  const behind = async (name: string, program: Program, rules: Omit<ProxyOptions, 'upstream'>) => {
    if (!program.ok) return;
    const upstream = await startEndpoint(packages);
    open.push(upstream);
    const proxy = await program.start({ upstream: upstream.baseUrl, ...rules });
    open.push(proxy);
    endpoints.set(name, { ...upstream, baseUrl: proxy.baseUrl });
  };
  const message = JSON.parse(REFUSAL);
  await add('express', startEndpoint(packages, expressRateLimit(packages, { limit: PER_SECOND, message })));
  await add('flexible', startEndpoint(packages, flexible(packages, { perSecond: PER_SECOND })));
  await add('bursty', startEndpoint(packages, flexible(packages, { perSecond: PER_SECOND, burst: 20 })));
  const [web, balancer] = [nginx(), haproxy()];
  await behind('nginx', web, {
    zones: NGINX_LIMITED,
    rules: `limit_req zone=calls burst=${PER_SECOND - 1} nodelay; ${NGINX_REFUSAL}`,
    places: LIMITED_LOCATION,
  });
  await behind('nginx-spaced', web, {
    zones: NGINX_LIMITED,
    rules: `limit_req zone=calls; ${NGINX_REFUSAL}`,
    places: LIMITED_LOCATION,
  });
  await behind('haproxy', balancer, {
    zones: 'stick-table type integer size 1k expire 10s store http_req_rate(1s)',
    rules: `acl call path_beg /v1
  http-request track-sc0 int(1) if call
  http-request deny status 429 content-type application/json string '${REFUSAL}' if call { sc_http_req_rate(0) gt ${PER_SECOND} }`,
  });
  run = await verify();
});
beforeEach(({ skip }) => {
  if (!installed.ok) skip(installed.why);
});
afterAll(async () => {
  for (const one of open.reverse()) await one.stop();
  space.remove();
});

function verify(): Promise<LiveRun> {
  const variants = [...endpoints].map(
    ([name, { baseUrl }]) => `  ${name}: { target: ${targetYaml({ baseUrl: `${baseUrl}/v1` })}, quotaGroup: ${name} }`,
  );
  return runLive(
    space,
    'limiters',
    `workload: { promptTokens: 12, maxTokens: 1, stream: false }
traffic:
  - ramp: { from: 2/s, to: 20/s, over: 6s }
    label: approach
  - hold: { rate: 16/s, for: 6s }
    label: above
  - pause: 3s
  - hold: { rate: 6/s, for: 3s }
    label: below
quota: { rps: ${PER_SECOND} }
variants:
${variants.join('\n')}
pairing: paired
`,
  );
}

/** The verdict on one limiter, had this number been documented. */
function verdictOn(name: string, documented: number): QuotaVerdict {
  const [first, ...rest] = run.manifest.variants.map((variant) => ({
    ...variant,
    quota: { ...variant.quota, rps: documented },
  }));
  if (first === undefined) throw new Error('a run has at least one variant');
  const manifest: Manifest = { ...run.manifest, variants: [first, ...rest] };
  const fold = analysis({ manifest });
  readJournal(`${run.folder}/${JOURNAL_NAME}`, (record) => fold.add(record));
  const verdict = fold.finish().quota.find((one) => one.variant === name && one.limit === 'rps');
  if (verdict === undefined) throw new Error(`no verdict on ${name}`);
  return verdict;
}

/** Verdicts that are right when 10, 14 and 7 per second are documented. Undecided is right where it cannot be known. */
const RIGHT: readonly (readonly [
  name: string,
  about: string,
  verdicts: Readonly<Record<number, readonly QuotaResult[]>>,
])[] = [
  ['express', 'a fixed window from the first call', { 10: ['as_documented'], 14: ['lower'], 7: ['higher'] }],
  ['flexible', 'another fixed window from the first call', { 10: ['as_documented'], 14: ['lower'], 7: ['higher'] }],
  ['nginx', 'a leaky bucket one second deep', { 10: ['as_documented'], 14: ['lower'], 7: ['higher'] }],
  // Counts what it refuses, in whole numbers rounded down: between ten and twelve, depending on the phase.
  ['haproxy', 'a sliding counter', { 10: ['as_documented', 'inconclusive'], 14: ['lower'], 7: ['higher'] }],
  // Twenty more in ten seconds: a second may hold thirty.
  ['bursty', 'two windows of which either admits', { 10: ['higher'], 14: ['higher', 'inconclusive'], 7: ['higher'] }],
  // Never two calls within 100 ms: fewer than ten where they do not come evenly.
  [
    'nginx-spaced',
    'a leaky bucket without depth',
    { 10: ['lower', 'inconclusive'], 14: ['lower', 'inconclusive'], 7: ['higher', 'inconclusive'] },
  ],
];

describe.each(RIGHT)('%s: %s', (name, _about, verdicts) => {
  beforeEach(({ skip }) => {
    if (!endpoints.has(name)) skip('not installed');
  });

  test('what passed it was answered, and everything else is a refusal', () => {
    const ends = endsOf(run, name);
    const counts = endpoints.get(name)?.counts();
    expect(answeredOf(ends).length).toBe(counts?.admitted);
    expect(limitedOf(ends).length).toBe(ends.length - answeredOf(ends).length);
    expect(limitedOf(ends).length).toBeGreaterThan(10);
    expect(groupsOf(run.analysis, name).map((group) => group.split(' ')[1])).toEqual(['requests']);
  });

  test.each([10, 14, 7])('the verdict is right when %i per second are documented', (documented) => {
    expect(verdicts[documented]).toContain(verdictOn(name, documented).result);
  });
});
