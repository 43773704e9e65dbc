import { expect, test } from 'vitest';
import { junitReporter } from '../../src/report/junit.ts';
import { fileOf, SMALL_OPTIONS } from './options.ts';
import { emptyAnalysis, sampleAnalysis } from './sample.ts';
import { judgedComparison } from './sample-comparison.ts';
import { comparisonAnalysis, HOSTILE, hostileAnalysis } from './sample-variants.ts';
import { parseXml } from './xml.ts';

const suiteOf = (analysis = sampleAnalysis()) => {
  const root = parseXml(fileOf(junitReporter(analysis, SMALL_OPTIONS).files, 'junit.xml'));
  expect(root.name).toBe('testsuites');
  const [suite] = root.children;
  if (suite === undefined) throw new Error('no suite');
  return suite;
};

test('is one suite named after the scenario, with counts that match its cases', () => {
  const suite = suiteOf();
  const with_ = (name: string) => suite.children.filter((test) => test.children[0]?.name === name).length;
  expect(suite.attributes.name).toBe('qwen3-max launch');
  expect(Number(suite.attributes.tests)).toBe(suite.children.length);
  expect(suite.children).toHaveLength(5 + 5);
  expect(Number(suite.attributes.failures)).toBe(with_('failure'));
  expect(Number(suite.attributes.skipped)).toBe(with_('skipped'));
  expect(suite.attributes).toMatchObject({
    failures: '2',
    skipped: '4',
    time: '181.240',
    timestamp: '2026-07-01T12:00:00',
  });
});

test('reports a violated rule as failure and an undecided one as skipped, each with its reason', () => {
  const cases = new Map(suiteOf().children.map((test) => [test.attributes.name, test.children[0]]));
  expect(cases.get('limited.share < 1%')).toMatchObject({
    name: 'failure',
    attributes: { message: '141 of 1,921 sent attempts were refused.' },
  });
  expect(cases.get('ttft.p999 < 5s')).toMatchObject({
    name: 'skipped',
    attributes: { message: 'p99.9 needs 5,000 samples, there are 1,764.' },
  });
  expect(cases.get('ttft.p95 < 2s')).toMatchObject({ name: 'system-out' });
});

test('fails a limit that is lower than published and never passes one that was masked or not reached', () => {
  const cases = new Map(suiteOf().children.map((test) => [test.attributes.name, test.children[0]?.name]));
  expect(cases.get('tokens per minute')).toBe('failure');
  expect(cases.get('requests per second')).toBe('system-out');
  expect(cases.get('requests per minute')).toBe('skipped');
  expect(cases.get('tokens per second')).toBe('skipped');
});

test('names the variant of a limit where there are several', () => {
  const names = suiteOf(comparisonAnalysis()).children.map((test) => test.attributes.name);
  expect(names).toContain('tokens per minute (relay)');
});

test('is well-formed when nothing was declared and when every text is hostile', () => {
  expect(suiteOf(emptyAnalysis()).children).toEqual([]);
  const hostile = suiteOf(hostileAnalysis());
  expect(hostile.attributes.name).toContain('</script><script>alert(1)</script>');
  expect(hostile.attributes.name).toHaveLength(HOSTILE.length);
});

test('claims of a comparison are cases, each once, with the evidence', () => {
  const claims = suiteOf(judgedComparison()).children.filter((test) => test.attributes.classname?.endsWith('.claim'));
  expect(claims.map((test) => [test.attributes.name, test.children[0]?.name])).toEqual([
    ['relay: availability >= 99%', 'skipped'],
    ['relay: cost <= 90% of direct', 'system-out'],
    ['relay: ttft.p50 <= 105% of direct', 'failure'],
  ]);
});
