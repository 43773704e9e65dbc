import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { LoadedScenario } from '../../src/commands/load-scenario.ts';
import { preparedPlan } from '../../src/commands/prepared-plan.ts';
import { size, sizeSheet } from '../../src/commands/size.ts';
import { brokenRules, decidedRules, limitSet } from '../../src/commands/size-needs.ts';
import { sizeTrials } from '../../src/commands/size-trials.ts';
import { runVirtually } from '../../src/commands/virtual-run.ts';
import { ANALYSIS_SCHEMA_VERSION } from '../../src/model/analysis.ts';
import type { SizeSheet, TacticNeed } from '../../src/model/size.ts';
import { sizeMarkdown } from '../../src/report/size-markdown.ts';
import { terminalSize } from '../../src/report/terminal/size.ts';
import { displayWidth } from '../../src/report/text-width.ts';
import { loaded } from './size-scenarios.ts';

// A sheet is some hundred simulated runs: a second or two, and more on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

const NOW = new Date('2026-11-21T12:00:00Z');
const sheetOf = (scenario: LoadedScenario) => sizeSheet({ loaded: scenario, marginShare: 0, now: NOW }, null);
const aloneOf = (sheet: SizeSheet, limit: string) => sheet.alone.find((each) => each.limit === limit);
function tacticOf(sheet: SizeSheet, name: string): TacticNeed {
  const found = sheet.tactics.find((each) => each.name === name);
  if (found === undefined) throw new Error(`no tactic ${name}`);
  return found;
}

describe('traffic whose need can be counted by hand', () => {
  const even = sheetOf(loaded('{ hold: { rate: 8/s, for: 65s } }', ['limited.count == 0']));
  const burst = sheetOf(loaded('{ burst: 20 }, { pause: 90s }, { burst: 20 }', ['limited.count == 0']));

  test('even 8/s needs 8 a second and 480 a minute in an exact window', () => {
    expect(aloneOf(even, 'rps')?.exact).toBe(8);
    expect(aloneOf(even, 'rpm')?.exact).toBe(480);
  });

  test.each([7])('even %i/s needs no more, though its gaps are no whole numbers', (rate) => {
    const sheet = sheetOf(loaded(`{ hold: { rate: ${rate}/s, for: 65s } }`, ['limited.count == 0']));
    expect(aloneOf(sheet, 'rps')?.exact).toBe(rate);
    expect(aloneOf(sheet, 'rpm')?.exact).toBe(60 * rate);
  });

  test('the worst member asks for no less, and names itself', () => {
    const rps = aloneOf(even, 'rps');
    expect(rps?.needed).toBeGreaterThanOrEqual(8);
    expect(rps?.proof).toMatchObject({ breaks: ['limited.count == 0'] });
    expect(rps?.limiters).toBe(5);
  });

  test('a burst of 20 needs 20 a second, 20 a minute, and 1,200 a minute where a sixtieth is enforced', () => {
    expect(aloneOf(burst, 'rps')).toMatchObject({ needed: 20, exact: 20 });
    expect(aloneOf(burst, 'rpm')?.exact).toBe(20);
    expect(burst.tactics[0].joint.needed?.rpm).toBe(1200);
    expect(burst.minuteOnly.needed?.rpm).toBeLessThan(100);
  });

  test('its tokens are 20 prompts and 20 answers, reserved at once', () => {
    expect(aloneOf(burst, 'tps')?.exact).toBe(20 * 108);
    expect(aloneOf(burst, 'tpm')?.exact).toBe(20 * 108);
  });

  test('peak demand counts what is sent in any 1, 10 and 60 s', () => {
    expect(even.peaks.map(({ requests }) => requests.max)).toEqual([8, 80, 480]);
    expect(burst.peaks.map(({ reservedTokens }) => reservedTokens.max)).toEqual([2160, 2160, 2160]);
  });

  test('the growth guard that the scenario assumes is tried at the answer, not sized', () => {
    expect(burst.tactics[0].effect?.guardBreaks).toEqual(['limited.count == 0']);
  });
});

describe('random traffic', () => {
  const rules = ['limited.share < 2%', 'availability >= 98%'];
  const scenario = loaded('{ hold: { rate: 5/s, for: 30s, arrivals: { gamma: { cv: 2 } } } }', rules);
  const sheet = sheetOf(scenario);
  const trials = sizeTrials({ loaded: scenario, variant: scenario.scenario.variants[0], seeds: sheet.seeds });
  const decided = decidedRules(new Map(sheet.seeds.map((seed) => [seed, trials.unlimited(seed, []).trial])));
  const broken = (name: string, less: { readonly rpm: number; readonly tpm: number }) => {
    const { joint, specs } = tacticOf(sheet, name);
    const needed = joint.needed ?? { rpm: 0, tpm: 0 };
    const limits = limitSet({ rpm: needed.rpm - less.rpm, tpm: needed.tpm - less.tpm }, 'second');
    return trials
      .cases(limits)
      .flatMap((item) =>
        brokenRules(trials.run({ ...item, limits, tactics: specs, guard: false }), item.seed, decided),
      );
  };

  test.each(['none', 'backoff', 'smooth', 'adaptive'])(
    'with the needed quota every rule holds for every member and seed: %s',
    (name) => {
      expect(broken(name, { rpm: 0, tpm: 0 })).toEqual([]);
    },
  );

  test.each(['none', 'backoff'])('with one step less of requests, or of tokens, a rule breaks: %s', (name) => {
    const { step } = tacticOf(sheet, name).joint;
    expect(broken(name, { rpm: step.rpm, tpm: 0 })).not.toEqual([]);
    expect(broken(name, { rpm: 0, tpm: step.tpm })).not.toEqual([]);
  });

  test('smoothing needs fewer requests a minute, and says what it delays', () => {
    const [none, smooth] = [tacticOf(sheet, 'none'), tacticOf(sheet, 'smooth')];
    expect(smooth.joint.needed?.rpm).toBeLessThan(none.joint.needed?.rpm ?? 0);
    expect(smooth.effect?.addedDelayP95Ms).toBeGreaterThan(0);
    expect(none.effect?.addedDelayP95Ms).toBe(0);
  });

  test('retries cost attempts', () => {
    expect(tacticOf(sheet, 'none').effect?.attemptsPerRequest).toBe(1);
    expect(tacticOf(sheet, 'backoff').effect?.attemptsPerRequest).toBeGreaterThan(1);
  });

  test('a month is billed at the list price and at the share of a relay', () => {
    const [direct, relay] = tacticOf(sheet, 'none').monthly;
    expect((relay?.usd ?? 0) / (direct?.usd ?? 1)).toBeCloseTo(0.88, 10);
  });

  test('the same scenario gives the same sheet', () => {
    expect(sheetOf(scenario)).toEqual(sheet);
  });
});

describe('rules', () => {
  const traffic = '{ hold: { rate: 2/s, for: 6s } }';

  test('one that fails with no limit at all is set aside, with its reason', () => {
    const sheet = sheetOf(loaded(traffic, ['limited.count == 0', 'ttft.p50 < 1ms']));
    expect(sheet.undecided).toMatchObject([{ rule: 'ttft.p50 < 1ms', seeds: [1, 2, 3] }]);
    expect(aloneOf(sheet, 'rps')?.exact).toBe(2);
  });

  test('without one that depends on the quota, 99 % have to be answered', () => {
    const sheet = sheetOf(loaded(traffic, ['errors.count == 0']));
    expect(sheet.rules).toEqual(['errors.count == 0', 'availability >= 99%']);
    expect(sheet.notes.join(' ')).toContain('No rule of the scenario depends on the quota');
    expect(sheet.recommendation).not.toBeNull();
  });

  test('one that the client tactic itself breaks has no quota that helps', () => {
    const rules = ['availability >= 99%', 'added_delay.max < 10ms'];
    const own = ['tactic: { smooth: { rate: 1/s, queue: 500 } }'];
    const sheet = sheetOf(loaded(traffic, rules, own));
    expect(sheet.tactics[0].joint.needed).toBeNull();
    expect(sheet.tactics[0].why).toContain('added_delay.max < 10ms');
    expect(sheet.recommendation?.tactic).toBe('none');
    expect(sheet.recommendation?.sentences[0]).toContain('no quota suffices');
  });

  test('a price that is not known stays unknown', () => {
    const sheet = sheetOf(loaded(traffic, ['limited.count == 0'], ['target: dashscope-cn']));
    expect(sheet.tactics[0].monthly[0]).toMatchObject({ usd: null, perThousandAnswersUsd: null });
    expect(sheet.notes).toContain('Unknown prices stay unknown.');
  });
});

describe('the run folder', () => {
  const scenario = loaded('{ hold: { rate: 2/s, for: 3s } }', ['limited.count == 0']);
  let base: string;
  beforeAll(() => {
    base = mkdtempSync(join(tmpdir(), 'quotascope-size-'));
  });
  afterAll(() => rmSync(base, { recursive: true, force: true }));
  const sized = (name: string, measured: string | null) =>
    size({ loaded: scenario, folder: join(base, name), marginShare: 0.3, measured, now: NOW });

  test('holds the sheet as JSON and as Markdown', () => {
    const result = sized('plain', null);
    if (!result.ok) throw new Error('not sized');
    const stored = JSON.parse(readFileSync(join(base, 'plain', 'size.json'), 'utf8')) as SizeSheet;
    expect(stored).toEqual(JSON.parse(JSON.stringify(result.sheet)));
    expect(readFileSync(join(base, 'plain', 'size.md'), 'utf8')).toBe(sizeMarkdown(result.sheet));
  });

  test('shows the limits that an earlier run measured, and says when they are only simulated', () => {
    const quota = { limit: 'rpm', variant: 'default', documented: 600, result: 'lower', why: 'admitted 480' };
    const estimate = { value: 480, low: 479, high: 481, unit: 'requests/min' };
    const variant = { targetName: 'simulator', model: 'qwen3-max', isSimulator: true };
    const manifest = { runId: 'earlier', kind: 'run', createdAt: '2026-11-20T08:00:00.000Z', variants: [variant] };
    const findings = { schemaVersion: ANALYSIS_SCHEMA_VERSION, manifest, quota: [{ ...quota, estimate }] };
    writeFileSync(join(base, 'findings.json'), JSON.stringify(findings));
    const result = sized('measured', base);
    if (!result.ok) throw new Error('not sized');
    expect(result.sheet.measured?.limits).toMatchObject([{ limit: 'rpm', result: 'lower', estimate: { value: 480 } }]);
    expect(sizeMarkdown(result.sheet)).toContain('no evidence about a provider');
  });

  test('is not made when the earlier run cannot be read', () => {
    writeFileSync(join(base, 'findings.json'), '{"schemaVersion":99}');
    expect(sized('never', base)).toMatchObject({ ok: false, exitCode: 2, problems: [{ code: 'measured-unreadable' }] });
    expect(sized('neither', join(base, 'nothing'))).toMatchObject({ ok: false, exitCode: 2 });
    expect(sized('never', null).ok).toBe(true);
  });
});

describe('the sheet on paper', () => {
  const scenario = loaded('{ hold: { rate: 2/s, for: 3s } }', ['limited.count == 0']);
  const named = { ...scenario.scenario, name: '<b>launch</b> | *day*' };
  const sheet = sheetOf({ ...scenario, scenario: named });

  test('opens no markup from what the scenario says', () => {
    const text = sizeMarkdown(sheet);
    expect(text).toContain('# Quota request: \\<b\\>launch\\</b\\> \\| \\*day\\*');
    expect(text.endsWith('\n')).toBe(true);
  });

  test('names the dated ways to ask, and which limit they cannot raise', () => {
    expect(sizeMarkdown(sheet)).toMatch(/raises TPM only, never RPM[\s\S]*30 days[\s\S]*seen 2026-11-21/);
    expect(sizeMarkdown(sheet)).toContain('1 to 3 working days');
  });

  test.each([60, 80, 120])('never wider than the terminal: %d columns', (columns) => {
    const lines = terminalSize(sheet, { color: false, columns }).split('\n');
    expect(Math.max(...lines.map(displayWidth))).toBeLessThanOrEqual(columns);
  });

  test('a region without the temporary raise does not name it', () => {
    const virginia = loaded('{ burst: 2 }', ['limited.count == 0'], ['account: { region: us-east-1 }']);
    expect(sheetOf(virginia).paths.map(({ regions }) => regions)).toEqual([null]);
  });
});

test('several variants: the sheet says whose it is, and that claims decide no need', () => {
  const more = ['variants: { a: {}, b: {}, c: {} }', 'claims: [{ b: availability >= 99% }]'];
  const notes = sheetOf(loaded('{ burst: 2 }', ['limited.count == 0'], more)).notes.join('\n');
  expect(notes).toContain('Sized for the first variant, a, alone: each of the others (b, c) would need a sheet');
  expect(notes).toContain('Claims compare variants and are not sized for');
  const alone = sheetOf(loaded('{ burst: 2 }', ['limited.count == 0'])).notes.join('\n');
  expect(alone).not.toMatch(/first variant|Claims/);
});

describe('what is not run again', () => {
  const bursty = loaded('{ hold: { rate: 7/s, for: 40s, arrivals: { gamma: { cv: 2.2 } } } }', ['limited.share < 1%']);
  const [variant] = bursty.scenario.variants;
  const seeds = [1, 2];
  const trials = () => sizeTrials({ loaded: bursty, variant, seeds });
  const limits = limitSet({ rpm: 900, tpm: 90_000 }, 'second');
  const backoff = { kind: 'backoff', baseMs: 1000, factor: 2, jitter: 'none', maxMs: 8000, attempts: 4 } as const;

  test.each([
    ['no tactic', []],
    ['a tactic that reacts', [{ ...backoff, honourRetryAfter: true }]],
  ])('members that decide alike share a run and its result: %s', (_, tactics) => {
    const shared = trials();
    const cases = shared.cases(limits);
    for (const item of cases) {
      const asked = { ...item, limits, tactics, guard: false };
      expect([item, shared.run(asked)]).toEqual([item, trials().run(asked)]);
    }
    expect(shared.count()).toBeLessThan(cases.length);
  });

  test('a plan that was walked before gives the same run as one that was not', () => {
    const plan = preparedPlan(bursty.scenario);
    const recordsOf = (prepared: typeof plan) => {
      const records: unknown[] = [];
      const write = (record: unknown) => void records.push(JSON.parse(JSON.stringify(record)));
      runVirtually({ scenario: bursty.scenario, sink: { write, failed: () => null }, t0WallMs: 0, prepared });
      return records;
    };
    const fresh = recordsOf(null);
    expect(fresh.length).toBeGreaterThan(400);
    expect(recordsOf(plan)).toEqual(fresh);
    // and again, with every length and pace drawn already
    expect(recordsOf(plan)).toEqual(fresh);
  });

  test('conversations, closed phases and several variants are walked anew: they follow the answers', () => {
    const turns = 'workload: { promptTokens: 100, maxTokens: 8, turns: { count: 2, think: 1s } }';
    expect(
      preparedPlan(loaded('{ hold: { rate: 2/s, for: 3s } }', ['limited.count == 0'], [turns]).scenario),
    ).toBeNull();
    expect(preparedPlan(loaded('{ closed: { concurrency: 2, for: 3s } }', ['limited.count == 0']).scenario)).toBeNull();
    const variants = ['variants: { a: {}, b: {} }'];
    expect(preparedPlan(loaded('{ burst: 2 }', ['limited.count == 0'], variants).scenario)).toBeNull();
  });
});
