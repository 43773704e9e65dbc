import { describe, expect, test } from 'vitest';
import { parseRegressions, type Regression, regressionFinding } from '../../src/commands/regression.ts';
import type { Finding } from '../../src/model/finding.ts';

function rule(text: string): Regression {
  const parsed = parseRegressions([text]);
  if (!parsed.ok || parsed.regressions[0] === undefined) throw new Error(`not a rule: ${text}`);
  return parsed.regressions[0];
}

const measured = (value: number | null): Finding => ({
  id: 'threshold-1',
  kind: 'threshold',
  claim: '',
  verdict: value === null ? 'inconclusive' : 'holds',
  result: value === null ? null : String(value),
  estimate: null,
  evidence: [],
  why: 'too few samples',
  subject: null,
  variant: null,
});

const decide = (text: string, baseline: number | null, candidate: number | null) =>
  regressionFinding(rule(text), { number: 1, baseline: measured(baseline), candidate: measured(candidate) });

describe('a regression threshold', () => {
  test.each([
    ['ttft.p95 <= 110%', 1000, 1100, 'holds'],
    ['ttft.p95 <= 110%', 1000, 1100.1, 'violated'],
    ['ttft.p95 < 110%', 1000, 1100, 'violated'],
    ['goodput.rate >= 95%', 10, 9.5, 'holds'],
    ['goodput.rate >= 95%', 10, 9.49, 'violated'],
    ['limited.count == 100%', 3, 3, 'holds'],
  ])('%s: %d then %d %s', (text, before, after, verdict) => {
    expect(decide(text, before, after).verdict).toBe(verdict);
  });

  test('stays open where one run could not measure the metric, and says which', () => {
    expect(decide('ttft.p95 <= 110%', null, 5)).toMatchObject({
      verdict: 'inconclusive',
      why: 'baseline: too few samples',
    });
    expect(decide('ttft.p95 <= 110%', 5, null)).toMatchObject({
      verdict: 'inconclusive',
      why: 'candidate: too few samples',
    });
  });

  test('has no ratio to a baseline of 0, unless both are 0', () => {
    expect(decide('limited.count <= 120%', 0, 4).verdict).toBe('inconclusive');
    expect(decide('limited.count <= 120%', 0, 0).verdict).toBe('holds');
  });
});

test('all rules that cannot be read are reported at once, each with its text', () => {
  const parsed = parseRegressions(['tftt.p95 <= 110%', 'ttft.p95 <= 110%', 'ttft.p95 <= soon']);
  expect(parsed.ok).toBe(false);
  if (parsed.ok) return;
  expect(parsed.exitCode).toBe(2);
  expect(parsed.problems.map(({ message }) => message.split(':')[0])).toEqual(['tftt.p95 <= 110%', 'ttft.p95 <= soon']);
});
