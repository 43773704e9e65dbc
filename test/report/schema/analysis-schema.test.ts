import { expect, test } from 'vitest';
import { z } from 'zod';
import type { Analysis } from '../../../src/model/analysis.ts';
import { analysisJson } from '../../../src/report/json.ts';
import { analysisJsonSchema } from '../../../src/report/schema/analysis-schema.ts';
import { emptyAnalysis, sampleAnalysis, unsampledAnalysis } from '../sample.ts';
import { judgedComparison, tacticsComparison } from '../sample-comparison.ts';
import { forecastAnalysis, hostileAnalysis } from '../sample-variants.ts';

/** Read back from the published document, not from what generated it. */
const published = z.fromJSONSchema(JSON.parse(JSON.stringify(analysisJsonSchema())));
const valid = (value: unknown) => published.safeParse(value).success;

test.each([
  ['sample', sampleAnalysis],
  ['empty', emptyAnalysis],
  ['unsampled', unsampledAnalysis],
  ['comparison', judgedComparison],
  ['tactics', tacticsComparison],
  ['forecast', forecastAnalysis],
  ['hostile', () => hostileAnalysis()],
])('findings.json of the %s analysis fits the published schema', (_, analysis: () => Analysis) => {
  const result = published.safeParse(JSON.parse(analysisJson(analysis())));
  expect(result.error?.issues ?? []).toEqual([]);
});

test('refuses a missing field, an unknown one, a word outside the vocabulary and a number as text', () => {
  const sample = JSON.parse(analysisJson(sampleAnalysis()));
  const { caveats: _, ...without } = sample;
  expect(valid(sample)).toBe(true);
  expect(valid(without)).toBe(false);
  expect(valid({ ...sample, extra: 1 })).toBe(false);
  expect(valid({ ...sample, verdict: 'passed' })).toBe(false);
  expect(valid({ ...sample, durationMs: '181240' })).toBe(false);
  expect(valid({ ...sample, schemaVersion: 1 })).toBe(false);
});

test('is a draft 2020-12 document with a title', () => {
  const schema = analysisJsonSchema();
  expect(schema.$schema).toBe('https://json-schema.org/draft/2020-12/schema');
  expect(schema.title).toBe('quotascope findings.json, version 2');
});
