import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ForecastOptions, forecast } from '../../src/commands/forecast.ts';
import { LIMITER_NAMES, limiterFamily, withSeed } from '../../src/commands/limiter-family.ts';
import { loadScenario } from '../../src/commands/load-scenario.ts';
import { planOf } from '../../src/commands/plan.ts';
import { runVirtually } from '../../src/commands/virtual-run.ts';
import type { Analysis, ForecastMember } from '../../src/model/analysis.ts';
import type { JournalRecord } from '../../src/model/journal.ts';
import { outcomeLabel } from '../../src/model/outcome.ts';
import type { Scenario } from '../../src/model/scenario.ts';

/* From the scenario's text to the run folder, in virtual time: exact, and the same every time. */

const NOW = new Date('2026-11-21T12:00:00Z');
const SCENARIOS = join(import.meta.dirname, '..', '..', 'scenarios');

let space: string;
beforeAll(() => {
  space = mkdtempSync(join(tmpdir(), 'quotascope-forecast-'));
});
afterAll(() => rmSync(space, { recursive: true, force: true }));

function load(file: string) {
  const loaded = loadScenario({ file, env: { DASHSCOPE_API_KEY: 'k', APIYI_API_KEY: 'k', OPENAI_API_KEY: 'k' } });
  if (!loaded.ok) throw new Error(loaded.problems.map(({ message }) => message).join('\n'));
  return loaded;
}

function foretell(
  name: string,
  text: string,
  options: Partial<ForecastOptions> = {},
): { readonly analysis: Analysis; readonly folder: string } {
  const file = join(space, `${name}.yaml`);
  writeFileSync(file, text);
  const folder = join(space, 'runs', name);
  const result = forecast({ loaded: load(file), folder, limiter: null, journal: true, now: NOW, ...options });
  if (!result.ok) throw new Error(result.problems.map(({ message }) => message).join('\n'));
  return result;
}

const OFF = { rps: 'off', rpm: 'off', tps: 'off', tpm: 'off', burst: 'off' };

interface Choices {
  readonly traffic: string;
  readonly limits?: Readonly<Record<string, string>>;
  readonly faults?: string;
  readonly promptTokens?: string;
  readonly more?: string;
  /** Of the simulator's block. */
  readonly own?: string;
}

function scenario({
  traffic,
  limits = {},
  faults = '[]',
  promptTokens = '1000',
  more = '',
  own = '',
}: Choices): string {
  const stated = Object.entries({ ...OFF, ...limits }).map(([name, value]) => `${name}: ${value}`);
  return `
name: forecast
target: simulator
model: qwen3-max
workload: { promptTokens: ${promptTokens}, maxTokens: 4 }
traffic: [${traffic}]
simulator: { latency: { networkMs: 0 }, limits: { ${stated.join(', ')} }, faults: ${faults}${own === '' ? '' : `, ${own}`} }
${more}
`;
}

/** One member of the family, run by itself. */
function runOf(limiter: string, given: Scenario): ForecastMember {
  const ends: string[] = [];
  const write = (record: JournalRecord) => {
    if (record.type === 'end' && record.final) ends.push(outcomeLabel(record.outcome));
  };
  runVirtually({ scenario: given, sink: { write, failed: () => null }, t0WallMs: 0 });
  const share = (label: string) => ends.filter((each) => each === label).length / ends.length;
  const limited = [...new Set(ends)].filter((label) => label.startsWith('limited.'));
  return {
    limiter,
    seed: given.seed,
    okShare: share('ok'),
    limitedShare: Object.fromEntries(limited.map((label) => [label, share(label)])),
  };
}

const countsOf = ({ phases }: Analysis) => phases.map(({ ok, limited, errors }) => ({ ok, limited, errors }));

const TEN_A_MINUTE = { rpm: '{ limit: 10, window: sliding_log }' };

describe('outcomes', () => {
  test('a burst of 15 against 10 requests a second: 5 are refused', () => {
    const text = scenario({ traffic: '{ burst: 15 }', limits: { rps: '{ limit: 10, window: sliding_log }' } });
    expect(countsOf(foretell('rps', text).analysis)).toEqual([{ ok: 10, limited: { requests: 5 }, errors: 0 }]);
  });

  test('a minute later the window is empty again', () => {
    const text = scenario({ traffic: '{ burst: 12 }, { pause: 60s }, { burst: 12 }', limits: TEN_A_MINUTE });
    const [first, , second] = countsOf(foretell('rpm', text).analysis);
    expect(first).toEqual({ ok: 10, limited: { requests: 2 }, errors: 0 });
    expect(second).toEqual(first);
  });

  test('a moment before, it is not', () => {
    const text = scenario({ traffic: '{ burst: 12 }, { pause: 59s }, { burst: 12 }', limits: TEN_A_MINUTE });
    expect(countsOf(foretell('rpm-early', text).analysis)[2]).toEqual({ ok: 0, limited: { requests: 12 }, errors: 0 });
  });

  test('tokens, not requests, are what runs out', () => {
    const text = scenario({
      traffic: '{ burst: 7 }',
      limits: { tpm: '{ limit: 4500, window: sliding_log, accounting: prompt_at_admission }' },
    });
    expect(countsOf(foretell('tpm', text).analysis)).toEqual([{ ok: 4, limited: { tokens: 3 }, errors: 0 }]);
  });

  test('faults by time: errors where the script says, none elsewhere', () => {
    const faults = '[{ from: 1s, to: 2s, answer: 500 }]';
    const text = scenario({ traffic: '{ hold: { rate: 10/s, for: 3s } }', faults });
    const { analysis } = foretell('faults', text);
    expect(countsOf(analysis)).toEqual([{ ok: 20, limited: {}, errors: 10 }]);
    expect(analysis.conservation).toMatchObject({ planned: 30, sent: 30, finished: 30, lost: 0, holds: true });
  });

  test('a safety cap stops it, and what was left out is counted', () => {
    const text = scenario({ traffic: '{ hold: { rate: 10/s, for: 10s } }', more: 'safety: { maxRequests: 25 }' });
    const { analysis } = foretell('cap', text);
    expect(analysis.stop).toMatchObject({ kind: 'safety', rule: 'maxRequests' });
    expect(analysis.conservation).toMatchObject({ sent: 25, holds: true });
    expect(analysis.exitCode).toBe(4);
  });
});

describe('the family of limiters', () => {
  const text = scenario({
    traffic: '{ hold: { rate: 15/s, for: 20s } }',
    limits: { rps: '{ limit: 10, window: sliding_log }' },
  });

  test('gives a range, with its worst and its best member', () => {
    const family = foretell('family', text).analysis.forecast;
    if (family === null) throw new Error('no family');
    const shares = family.members.map(({ okShare }) => okShare);
    expect(family.range.ok).toEqual({ low: Math.min(...shares), high: Math.max(...shares) });
    expect(family.worst.okShare).toBe(family.range.ok?.low);
    expect(new Set(family.members.map(({ seed }) => seed)).size).toBe(3);
    // Fifteen a second against ten: nobody answers fewer than half.
    expect(family.range.ok?.low).toBeGreaterThan(0.5);
    expect(family.worst.okShare).toBeLessThan(family.best.okShare);
  });

  const FAMILIES: Readonly<Record<string, Choices>> = {
    'no limit is met': { traffic: '{ hold: { rate: 2/s, for: 10s } }', limits: { rpm: '{ limit: 600 }' } },
    'all of them part': { traffic: '{ hold: { rate: 15/s, for: 20s } }', limits: { rps: '{ limit: 10 }' } },
    'tokens run out': {
      traffic: '{ burst: 20 }, { pause: 40s }, { burst: 20 }',
      limits: { tpm: '{ limit: 30000 }', rpm: '{ limit: 100 }' },
    },
    'clients try again': {
      traffic: '{ burst: 30 }',
      limits: { rps: '{ limit: 10 }', rpm: '{ limit: 100 }' },
      more: 'tactic: { backoff: { base: 1s, factor: 2, jitter: full, attempts: 4 } }',
    },
    'the simulator has a seed of its own': {
      traffic: '{ hold: { rate: 15/s, for: 5s } }',
      limits: { rps: '{ limit: 10 }' },
      own: 'seed: 99',
    },
  };

  test.each(Object.entries(FAMILIES))('each member is what a run of its own would give: %s', (name, choices) => {
    const text = scenario(choices);
    const { analysis } = foretell(`own-${name.replaceAll(' ', '-')}`, text);
    const given = load(join(space, `own-${name.replaceAll(' ', '-')}.yaml`)).scenario;
    const runs = limiterFamily(given, null).flatMap((member) =>
      [0, 1, 2].map((draw) => runOf(member.name, member.apply(withSeed(given, given.seed + draw)))),
    );
    expect(analysis.forecast?.members).toEqual(runs);
  });

  test.each(LIMITER_NAMES)('%s alone is an assumption, and no range', (limiter) => {
    const { analysis } = foretell(`only-${limiter}`, text, { limiter });
    expect(analysis.forecast).toBeNull();
    expect(analysis.manifest.forecastLimiter).toContain(limiter);
  });
});

describe('determinism', () => {
  const text = scenario({
    traffic: '{ hold: { rate: 20/s, for: 10s, arrivals: poisson } }, { ramp: { from: 1/s, to: 20/s, over: 5s } }',
    limits: { rps: '{ limit: 12, window: sliding_log }', burst: '{ baseline: 5/s, factor: 3, over: 10s }' },
    promptTokens: '{ lognormal: [5, 1], max: 4000 }',
  });
  const read = (folder: string, name: string) => readFileSync(join(folder, name), 'utf8');
  test('the same scenario and seed give the same bytes', () => {
    const first = foretell('same-1', text).folder;
    const file = join(space, 'same-1.yaml');
    const folder = join(space, 'again', 'same-1');
    forecast({ loaded: load(file), folder, limiter: null, journal: true, now: NOW });
    expect(read(folder, 'journal.ndjson')).toBe(read(first, 'journal.ndjson'));
    for (const name of ['findings.json', 'report.html', 'report.md', 'junit.xml', 'series.csv']) {
      expect(read(folder, name)).toBe(read(first, name));
    }
  });

  test('another seed gives another journal', () => {
    const first = foretell('seed-1', text).folder;
    const second = foretell('seed-2', `${text}seed: 2\n`).folder;
    expect(read(second, 'journal.ndjson')).not.toBe(read(first, 'journal.ndjson'));
  });

  test('without a journal the findings are the same', () => {
    const kept = foretell('kept', text);
    const dropped = foretell('dropped', text, { journal: false });
    expect(existsSync(join(dropped.folder, 'journal.ndjson'))).toBe(false);
    expect(countsOf(dropped.analysis)).toEqual(countsOf(kept.analysis));
    expect(dropped.analysis.windows).toEqual(kept.analysis.windows);
  });
});

describe('the ready-made scenarios', () => {
  const files = globSync('*.yaml', { cwd: SCENARIOS }).sort();

  test('there are some', () => {
    expect(files).toContain('quickstart.yaml');
  });

  /** In full only where that is quick; the long ones are the bench's. */
  const REQUESTS_MAX = 20_000;
  /** A second each on a quiet machine. */
  const READY_MADE_MS = 60_000;

  test.each(files)('%s', { timeout: READY_MADE_MS }, (name) => {
    const loaded = load(join(SCENARIOS, name));
    const plan = planOf(loaded.scenario);
    if ((plan.requests ?? 0) > REQUESTS_MAX) return;
    const folder = join(space, 'ready', name);
    const result = forecast({ loaded, folder, limiter: 'sliding_log', journal: false, now: NOW });
    if (!result.ok) throw new Error(result.problems.map(({ message }) => message).join('\n'));
    const { analysis } = result;
    expect(analysis.conservation.holds).toBe(true);
    expect(analysis.conservation.sent).toBeGreaterThan(0);
    expect(analysis.conservation.lost).toBe(0);
    // Streams that a relay cuts are part of what some of them ask about.
    expect(analysis.errors.filter(({ label }) => label !== 'truncated')).toEqual([]);
    expect(existsSync(join(folder, 'report.html'))).toBe(true);
  });
});
