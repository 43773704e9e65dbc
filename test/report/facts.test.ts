import { expect, test } from 'vitest';
import type { Finding } from '../../src/model/finding.ts';
import {
  actualOf,
  conservationText,
  headroomOf,
  originText,
  statementOf,
  verdictSentence,
} from '../../src/report/facts.ts';
import { plainSpaces } from '../../src/report/format.ts';
import { emptyAnalysis, sampleAnalysis } from './sample.ts';
import { comparisonAnalysis } from './sample-variants.ts';

const analysis = sampleAnalysis();
const rule = (id: string): Finding => {
  const found = analysis.findings.find((finding) => finding.id === id);
  if (found === undefined) throw new Error(`no finding ${id}`);
  return found;
};

test('prints the measured value in the unit of the rule', () => {
  expect(plainSpaces(actualOf(analysis, rule('threshold-2')))).toBe('7.3 % (6.1–8.7 %)');
  expect(plainSpaces(actualOf(analysis, { ...rule('threshold-1'), estimate: null }))).toBe('1.28 s');
  expect(actualOf(analysis, rule('threshold-3'))).toBe('541.2/min');
  expect(
    actualOf(analysis, { ...rule('threshold-3'), estimate: { value: 9.02, low: 9, high: 9.1, unit: 'perSecond' } }),
  ).toBe('541.2/min (540–546/min)');
});

test('prints words of a verdict rule as words, and a dash where nothing was measured', () => {
  expect(actualOf(analysis, { ...rule('threshold-1'), estimate: null, result: 'as_documented' })).toBe('as documented');
  expect(actualOf(analysis, rule('threshold-4'))).toBe('–');
});

test('says in one sentence what decided the run', () => {
  expect(verdictSentence(analysis)).toBe(
    '1 of 5 thresholds and claims violated; 1 of 5 thresholds and claims could not be decided; TPM enforced lower than documented.',
  );
  const passed = {
    ...analysis,
    quota: [],
    findings: analysis.findings.filter((finding) => finding.verdict === 'holds'),
  };
  expect(verdictSentence(passed)).toBe('All 3 thresholds and claims hold.');
  expect(verdictSentence(emptyAnalysis())).toContain('did not end by itself');
  expect(
    verdictSentence({ ...passed, stop: { kind: 'safety', rule: 'stopOn billing', detail: 'the account is overdue' } }),
  ).toBe('All 3 thresholds and claims hold. Stopped by the safety limit stopOn billing: the account is overdue.');
});

test('headroom is the measured limit over the most planned in its window', () => {
  const byLimit = new Map(analysis.quota.map((verdict) => [verdict.limit, headroomOf(analysis, verdict)]));
  expect(byLimit.get('rps')).toBeCloseTo(10 / 14, 9);
  expect(byLimit.get('tpm')).toBeCloseTo(801_500 / 1_110_000, 9);
  expect(byLimit.get('rpm')).toBeNull();
  expect(byLimit.get('burst')).toBeNull();
});

test('names who refused as far as the answer told', () => {
  expect(originText({ origin: 'provider', originName: 'dashscope' })).toBe('dashscope');
  expect(originText({ origin: 'relay', originName: 'one-api' })).toBe('relay one-api');
  expect(originText({ origin: 'edge', originName: null })).toBe('edge');
});

test('writes the two equations of conservation, and says when they break', () => {
  expect(conservationText(analysis)).toBe(
    '1,938 planned = 1,921 sent + 17 not sent (in flight cap 5, late 12); 1,921 sent = 1,919 finished + 2 cancelled + 0 lost',
  );
  const broken = { ...analysis, conservation: { ...analysis.conservation, holds: false } };
  expect(conservationText(broken)).toMatch(/do not add up$/);
});

test('names the variant of a claim or an observation where there are several, once', () => {
  const both = comparisonAnalysis();
  const claim = { ...rule('claim-1'), variant: 'relay' };
  expect(statementOf(both, { ...claim, subject: 'availability >= 90%' })).toBe('relay: availability >= 90%');
  expect(statementOf(both, { ...claim, subject: 'relay: availability >= 90%' })).toBe('relay: availability >= 90%');
  expect(statementOf(analysis, { ...claim, subject: 'availability >= 90%' })).toBe('availability >= 90%');
  expect(statementOf(both, rule('threshold-1'))).toBe('ttft.p95 < 2s');
});
