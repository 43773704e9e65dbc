import { expect, test } from 'vitest';
import type { Analysis } from '../../src/model/analysis.ts';
import { analysisJson } from '../../src/report/json.ts';
import { sampleAnalysis } from './sample.ts';

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, item]) => [key, reversed(item)]),
  );
}

test('reads back as the very analysis it was written from', () => {
  expect(JSON.parse(analysisJson(sampleAnalysis()))).toEqual(sampleAnalysis());
});

test('is the same whatever order the keys were set in', () => {
  expect(analysisJson(reversed(sampleAnalysis()) as Analysis)).toBe(analysisJson(sampleAnalysis()));
});

test('opens with the version and the verdict', () => {
  expect(analysisJson(sampleAnalysis())).toMatch(
    /^\{\n {2}"schemaVersion": 2,\n {2}"verdict": "violated",\n {2}"exitCode": 1,/,
  );
});

test('keeps a series on one line', () => {
  expect(analysisJson(sampleAnalysis())).toMatch(/"startMs": \[0, 1000, 2000, .*179000\]/);
});

test('throws on a document of another version', () => {
  const other = { ...sampleAnalysis(), schemaVersion: 1 } as unknown as Analysis;
  expect(() => analysisJson(other)).toThrow('schema 2, not 1');
});
