import { describe, expect, test } from 'vitest';
import { analysis } from '../../src/analysis/analysis.ts';
import { demandFold, peakDemand } from '../../src/analysis/size-demand.ts';
import { trialFold } from '../../src/analysis/size-fold.ts';
import type { JournalRecord } from '../../src/model/journal.ts';
import { threshold } from './fixture.ts';
import { manifest, phase } from './manifest.ts';
import { journal, limited, notSent, OK, type Shot } from './records.ts';

const RULES = [
  'limited.share < 20%',
  'availability >= 90%',
  'ttft.p50 < 2s',
  'goodput.rate over 10s >= 1/s',
  'not_sent.count == 0',
  'service.p99 < 10s',
  'attempts_per_request.max <= 2',
];

const shots: readonly Shot[] = Array.from({ length: 60 }, (_, index): Shot => {
  const seq = index;
  const sentMs = index * 400;
  if (index % 4 === 3) return { seq, sentMs, outcome: limited('requests') };
  return { seq, sentMs, outcome: OK, exchange: { firstTokenMs: sentMs + 60, headersMs: sentMs + 50 } };
});
const described = manifest({
  thresholds: RULES.map(threshold),
  phases: [phase({ index: 0, endMs: 24_000 })],
});
const records: readonly JournalRecord[] = [
  ...journal(shots, null),
  notSent({ seq: 60, dueMs: 23_900, decidedMs: 23_900, reason: 'tactic' }),
];

describe('the short fold', () => {
  const full = analysis({ manifest: described });
  const short = trialFold({ manifest: described });
  for (const record of records) {
    full.add(record);
    short.add(record);
  }
  const document = full.finish();
  const trial = short.finish();

  test('judges the thresholds as the whole analysis does', () => {
    const whole = document.findings.filter(({ kind }) => kind === 'threshold');
    expect(trial.rules).toEqual(whole);
    expect(new Set(whole.map(({ verdict }) => verdict))).toEqual(new Set(['holds', 'violated', 'inconclusive']));
  });

  test('counts tokens as the bill does, and prompts of refusals apart', () => {
    const [cost] = document.cost;
    expect([trial.promptTokens, trial.completionTokens]).toEqual([cost?.promptTokens, cost?.completionTokens]);
    expect(trial.refusedPromptTokens).toBeGreaterThan(0);
  });

  test('counts what was never sent among the requests', () => {
    expect(trial).toMatchObject({ requests: 61, attempts: 60, answered: 45, otherModel: false });
  });

  test('a p95 of the delay needs a hundred answers', () => {
    expect(trial.addedDelayP95Ms).toBeNull();
  });
});

test('demand is the most in any window, median and maximum over draws', () => {
  const draws = [4, 10, 12].map((perSecond) => {
    const demand = demandFold();
    const fold = trialFold({ manifest: described, onAttempt: demand.add });
    const even = Array.from(
      { length: perSecond },
      (_, index): Shot => ({ seq: index, sentMs: index * 50, outcome: OK }),
    );
    for (const record of journal(even)) fold.add(record);
    fold.finish();
    return demand.finish();
  });
  expect(peakDemand(draws).map(({ windowMs, requests }) => [windowMs, requests])).toEqual([
    [1000, { p50: 10, max: 12 }],
    [10_000, { p50: 10, max: 12 }],
    [60_000, { p50: 10, max: 12 }],
  ]);
});
