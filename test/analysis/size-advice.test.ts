import { describe, expect, test } from 'vitest';
import { recommendation } from '../../src/analysis/size-advice.ts';
import { QUOTA_PATHS } from '../../src/catalog/quota-increase.ts';
import type { QuotaSet } from '../../src/model/quota.ts';
import type { JointNeed, MinuteQuota, TacticNeed } from '../../src/model/size.ts';

const joint = (needed: MinuteQuota | null): JointNeed => ({
  enforced: 'second',
  needed,
  step: { rpm: 60, tpm: 6000 },
  requests: null,
  tokens: null,
  limiters: 24,
});

const tactic = (name: string, needed: MinuteQuota | null, answered = 1): TacticNeed => ({
  name,
  text: name,
  specs: [],
  joint: joint(needed),
  why: needed === null ? 'with no limit at all it already breaks ttft.p95 < 1s' : null,
  effect: { availability: answered, attemptsPerRequest: 1, addedDelayP95Ms: 1500, guardBreaks: null },
  monthly: [],
});

const CURRENT: QuotaSet = {
  rps: 10,
  rpm: 600,
  tps: 16_666,
  tpm: 1_000_000,
  concurrency: null,
  freeTokens: null,
  source: 'scenario',
  seenOn: null,
};

function advice(
  tactics: readonly [TacticNeed, ...TacticNeed[]],
  more: { readonly marginShare?: number; readonly current?: QuotaSet; readonly minute?: MinuteQuota } = {},
) {
  const { marginShare = 0, current = CURRENT, minute } = more;
  const minuteOnly = joint(minute ?? tactics[0].joint.needed);
  return recommendation({ tactics, minuteOnly, current, marginShare, paths: QUOTA_PATHS });
}

describe('what to apply for', () => {
  test('growth is added before rounding up', () => {
    const given = advice([tactic('none', { rpm: 1000, tpm: 1_788_000 })], { marginShare: 0.3 });
    expect(given?.quota).toEqual({ rpm: 1300, tpm: 2_400_000 });
    expect(given?.raise).toEqual(['rpm', 'tpm']);
  });

  test('a need of exactly the current quota asks for nothing', () => {
    const given = advice([tactic('none', { rpm: 600, tpm: 1_000_000 })]);
    expect(given?.raise).toEqual([]);
    expect(given?.sentences[0]).toMatch(/^The current quota is enough/);
  });

  test('one request more asks for RPM alone, which no temporary raise covers', () => {
    const given = advice([tactic('none', { rpm: 601, tpm: 1_000_000 })]);
    expect(given?.raise).toEqual(['rpm']);
    expect(given?.sentences[0]).toContain('600 is too little');
    expect(given?.sentences.at(-1)).toContain('needs an application');
  });

  test('enough today and too little with growth is said as such', () => {
    const given = advice([tactic('none', { rpm: 540, tpm: 100_000 })], { marginShare: 0.3 });
    expect(given?.sentences[0]).toContain('710 RPM (600 is enough today)');
  });

  test('tokens alone can be raised at once', () => {
    const given = advice([tactic('none', { rpm: 60, tpm: 2_000_000 })]);
    expect(given?.sentences.at(-1)).toContain('at once, for 30 days');
  });

  test('an unknown quota is not taken for enough', () => {
    const given = advice([tactic('none', { rpm: 60, tpm: 1000 })], { current: { ...CURRENT, rpm: null, tpm: null } });
    expect(given?.raise).toEqual(['rpm', 'tpm']);
    expect(given?.sentences[0]).toContain('the current value is not known');
  });
});

describe('what else the numbers say', () => {
  const none = tactic('none', { rpm: 1680, tpm: 1_788_000 });

  test('a tactic that needs less is named with the delay it adds', () => {
    const said = advice([none, tactic('smooth', { rpm: 780, tpm: 1_356_000 })])?.sentences.join(' ');
    expect(said).toContain('With smooth (smooth) 780 RPM and 1,356,000 TPM suffice, at an added delay of up to 1.5 s');
  });

  test('one that needs more of either is not', () => {
    const said = advice([none, tactic('backoff', { rpm: 780, tpm: 1_812_000 })])?.sentences.join(' ');
    expect(said).not.toContain('With backoff');
  });

  test('a second that decides is told from a minute', () => {
    const said = advice([none], { minute: { rpm: 593, tpm: 620_000 } })?.sentences.join(' ');
    expect(said).toContain('593 RPM and 620,000 TPM would do');
  });

  test('rules that let most requests fail are called out', () => {
    expect(advice([tactic('none', { rpm: 60, tpm: 1000 }, 0.949)])?.sentences.join(' ')).toContain('only 94.9 %');
    expect(advice([tactic('none', { rpm: 60, tpm: 1000 }, 0.95)])?.sentences.join(' ')).not.toContain('Careful');
  });

  test('where the own tactic fails whatever the quota, the next that works is sized', () => {
    const given = advice([tactic('as stated', null), none]);
    expect(given?.tactic).toBe('none');
    expect(given?.sentences[0]).toContain('ttft.p95 < 1s');
  });

  test('nothing works: no advice', () => {
    expect(advice([tactic('none', null)])).toBeNull();
  });
});
