import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { forecast } from '../../src/commands/forecast.ts';
import { journalNeedBytes } from '../../src/commands/journal-need.ts';
import { runScenario } from '../../src/commands/run.ts';
import { loaded } from './size-scenarios.ts';

const HOLD = '{ hold: { rate: 10/s, for: 100s } }';
const WORKLOAD = 'workload: { promptTokens: 100, maxTokens: 50 }';
const need = (traffic: string, more: readonly string[] = []) => journalNeedBytes(loaded(traffic, [], more).scenario);

let space: string;
beforeAll(() => {
  space = mkdtempSync(join(tmpdir(), 'quotascope-need-'));
});
afterAll(() => rmSync(space, { recursive: true, force: true }));

describe('what a journal may need', () => {
  test('500 bytes an attempt and 112 a second', () => {
    expect(need(HOLD)).toBe(1000 * 500 + 100 * 112);
  });

  test('every turn and every variant is an attempt', () => {
    const turns = 'workload: { promptTokens: 100, maxTokens: 8, turns: { count: 3 } }';
    expect(need(HOLD, [turns, 'variants: { a: {}, b: {} }'])).toBe(6000 * 500 + 100 * 112);
  });

  test('recorded answers count by the token, plain ones less than streamed ones, and no more than is kept', () => {
    const plain = need(HOLD, [WORKLOAD.replace('50', '50, stream: false'), 'record: bodies']);
    const streamed = need(HOLD, [WORKLOAD, 'record: bodies']);
    expect(plain).toBe(1000 * (500 + 50 * 14) + 11_200);
    expect(streamed).toBe(1000 * (500 + 50 * 140) + 11_200);
    const long = need(HOLD, [WORKLOAD.replace('50', '1M'), 'record: bodies']);
    expect(long).toBe(1000 * (500 + 256 * 1024) + 11_200);
  });

  test('caps bound it', () => {
    expect(need(HOLD, ['safety: { maxRequests: 10 }'])).toBe(10 * 500 + 11_200);
    expect(need(HOLD, ['safety: { maxDuration: 10s }'])).toBe(1000 * 500 + 1120);
    expect(need(HOLD, ['safety: { maxJournalBytes: 64KB }'])).toBe(64_000);
  });

  test('a closed phase counts for nothing: how often it asks follows from the answers', () => {
    expect(need('{ closed: { concurrency: 5, for: 10s } }')).toBe(1120);
  });

  test('it is not far from what a journal takes', () => {
    const scenario = loaded(HOLD, []);
    const folder = join(space, 'measured');
    expect(forecast({ loaded: scenario, folder, limiter: 'sliding_log', journal: true, now: new Date(0) }).ok).toBe(
      true,
    );
    const taken = statSync(join(folder, 'journal.ndjson')).size;
    expect(need(HOLD)).toBeGreaterThan(taken);
    expect(need(HOLD)).toBeLessThan(3 * taken);
  });
});

describe('a cap on the journal in a forecast', () => {
  const scenario = loaded(HOLD, [], ['safety: { maxJournalBytes: 20KB }']);
  const foretell = (name: string, journal: boolean) => {
    const folder = join(space, name);
    const result = forecast({ loaded: scenario, folder, limiter: 'sliding_log', journal, now: new Date(0) });
    if (!result.ok) throw new Error(result.problems.map(({ message }) => message).join('; '));
    return { ...result, path: join(folder, 'journal.ndjson') };
  };

  test('ends it where a journal is kept, and what was sent has its end', () => {
    const { analysis, path } = foretell('capped', true);
    expect(analysis.stop).toMatchObject({ kind: 'safety', rule: 'maxJournalBytes' });
    expect(analysis.exitCode).toBe(4);
    expect(analysis.conservation).toMatchObject({ lost: 0, cancelled: 0, holds: true });
    expect(analysis.conservation.finished).toBe(analysis.conservation.sent);
    expect(analysis.conservation.sent).toBeLessThan(200);
    expect(statSync(path).size).toBeGreaterThanOrEqual(20_000);
    expect(statSync(path).size).toBeLessThan(40_000);
  });

  test('changes nothing where none is kept', () => {
    const { analysis, path } = foretell('uncapped', false);
    expect(existsSync(path)).toBe(false);
    expect(analysis.stop).toEqual({ kind: 'completed' });
    expect(analysis.conservation.sent).toBe(1000);
  });
});

describe('a disk with too little room', () => {
  const scenario = loaded(HOLD, []);
  const needed = journalNeedBytes(scenario.scenario);

  test('a run is refused before anything is sent or written', async () => {
    const folder = join(space, 'refused');
    let started = false;
    const result = await runScenario({
      loaded: scenario,
      folder,
      env: {},
      freeBytes: () => needed - 1,
      onStart: () => {
        started = true;
      },
    });
    expect(result).toMatchObject({ ok: false, exitCode: 5, problems: [{ code: 'disk-full' }] });
    expect(result.ok ? null : result.problems[0]?.hint).toContain('safety.maxJournalBytes');
    expect(started).toBe(false);
    expect(existsSync(folder)).toBe(false);
  });

  test('a forecast asks for room only where it keeps a journal', () => {
    const options = { loaded: scenario, limiter: 'sliding_log', now: new Date(0), freeBytes: () => needed - 1 };
    const kept = forecast({ ...options, folder: join(space, 'kept'), journal: true });
    expect(kept).toMatchObject({ ok: false, exitCode: 5, problems: [{ code: 'disk-full' }] });
    expect(forecast({ ...options, folder: join(space, 'dropped'), journal: false }).ok).toBe(true);
  });

  test('exactly enough room is enough', () => {
    const options = { loaded: scenario, limiter: 'sliding_log', now: new Date(0), freeBytes: () => needed };
    expect(forecast({ ...options, folder: join(space, 'enough'), journal: true }).ok).toBe(true);
  });
});
