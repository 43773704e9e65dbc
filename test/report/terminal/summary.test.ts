import fc from 'fast-check';
import { expect, test } from 'vitest';
import { terminalSummary } from '../../../src/report/terminal/summary.ts';
import { displayWidth } from '../../../src/report/text-width.ts';
import { emptyAnalysis, sampleAnalysis } from '../sample.ts';
import { comparisonAnalysis, forecastAnalysis, hostileAnalysis } from '../sample-variants.ts';

const ANALYSES = [sampleAnalysis(), emptyAnalysis(), comparisonAnalysis(), forecastAnalysis(), hostileAnalysis()];

test('starts with the thresholds, the measured value beside each rule, and ends with the verdict and the paths', () => {
  const lines = terminalSummary(sampleAnalysis(), {
    color: false,
    columns: 100,
    paths: ['report  x/report.html'],
  }).split('\n');
  expect(lines[0]).toBe('THRESHOLDS AND CLAIMS');
  expect(lines[1]).toMatch(/^ {2}✗ {2}limited\.share < 1% +7\.3 % \(6\.1–8\.7 %\)$/);
  expect(lines.find((line) => line.includes('goodput.rate'))).toMatch(/541\.2\/min$/);
  expect(lines.at(-2)).toBe('  report  x/report.html');
  expect(lines.find((line) => line.startsWith('FAIL'))).toBe('FAIL  exit code 1 (a threshold or claim is violated)');
});

test('says why a threshold failed or could not be decided', () => {
  const text = terminalSummary(sampleAnalysis(), { color: false, columns: 100 });
  expect(text).toContain('\n     141 of 1,921 sent attempts were refused.\n');
  expect(text).toContain('\n     p99.9 needs 5,000 samples, there are 1,764.\n');
});

test('no line is wider than the screen, whatever the texts hold', () => {
  fc.assert(
    fc.property(fc.integer({ min: 40, max: 220 }), fc.constantFrom(...ANALYSES), (columns, analysis) => {
      for (const line of terminalSummary(analysis, { color: false, columns }).split('\n')) {
        expect(displayWidth(line), line).toBeLessThanOrEqual(columns);
      }
    }),
    { seed: 7, numRuns: 60 },
  );
});

test('has no colour codes without colour, and the same text with it', () => {
  for (const analysis of ANALYSES) {
    const bare = terminalSummary(analysis, { color: false, columns: 90 });
    const coloured = terminalSummary(analysis, { color: true, columns: 90 });
    expect(bare).not.toContain('\u001b');
    expect(coloured).toContain('\u001b[');
    const stripped = coloured.replaceAll(new RegExp(`${String.fromCharCode(27)}\\[\\d+m`, 'g'), '');
    expect(stripped).toBe(bare);
  }
});

test('leads a forecast with the words that nothing was sent', () => {
  expect(terminalSummary(forecastAnalysis(), { color: false, columns: 80 })).toMatch(/^FORECAST: nothing was sent\n/);
  expect(terminalSummary(sampleAnalysis(), { color: false, columns: 80 })).not.toContain('FORECAST');
});

test('names the refusals whose kind a relay has hidden', () => {
  const text = terminalSummary(sampleAnalysis(), { color: false, columns: 100 });
  expect(text).toContain('kind lost by relay: 4 refusals reworded by one-api');
});
