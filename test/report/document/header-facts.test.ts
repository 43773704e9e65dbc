import { expect, test } from 'vitest';
import type { Analysis } from '../../../src/model/analysis.ts';
import type { Block } from '../../../src/report/document/blocks.ts';
import { reportDocument } from '../../../src/report/document/document.ts';
import { headerFactsSection } from '../../../src/report/document/header-facts.ts';
import { plainSpaces } from '../../../src/report/format.ts';
import { htmlReporter } from '../../../src/report/html/page.ts';
import { markdownReporter } from '../../../src/report/markdown.ts';
import { fileOf, SMALL_OPTIONS } from '../options.ts';
import { emptyAnalysis, sampleAnalysis } from '../sample.ts';
import { comparisonAnalysis } from '../sample-variants.ts';

const TITLE = 'What the headers said';
const titles = (analysis: Analysis) => reportDocument(analysis, SMALL_OPTIONS).sections.map(({ title }) => title);
const tables = (blocks: readonly Block[]) =>
  blocks.filter((block): block is Extract<Block, { kind: 'table' }> => block.kind === 'table');

/** The sample with headers that said only this. */
function saying(over: Partial<Analysis['headerFacts'][number]>): Analysis {
  const silent = {
    variant: 'default',
    serverTime: null,
    networkTime: null,
    statedTooLong: 0,
    relayTime: null,
    rateLimitHints: [],
    rateLimitHintsFurther: 0,
    relayHeaders: [],
    relayHeadersFurther: 0,
  };
  return { ...sampleAnalysis(), headerFacts: [{ ...silent, ...over }] };
}

test('the section is left out where no header said anything', () => {
  expect(titles(sampleAnalysis())).toContain(TITLE);
  expect(titles(saying({}))).not.toContain(TITLE);
  expect(titles(emptyAnalysis())).not.toContain(TITLE);
});

test('HTML and Markdown call hints the words of the other side', () => {
  const sentence = 'None of them was ever used as a measured limit.';
  expect(fileOf(markdownReporter(sampleAnalysis(), SMALL_OPTIONS).files, 'report.md')).toContain(sentence);
  expect(fileOf(htmlReporter(sampleAnalysis(), SMALL_OPTIONS).files, 'report.html')).toContain(sentence);
});

test('hints are printed with what they left open', () => {
  const markdown = plainSpaces(fileOf(markdownReporter(sampleAnalysis(), SMALL_OPTIONS).files, 'report.md'));
  expect(markdown).toContain('| `x-ratelimit-requests` | 600 | – | 0 | 58.2 s | 1,905 |');
  expect(markdown).toContain('| `ratelimit:burst` | 10 | 1 s | – | – | 16 |');
  expect(markdown).toContain('| `x-portkey-provider: dashscope` | 1,905 |');
  expect(markdown).toContain('Less frequent ones, not listed: 7 mentions.');
});

test('what was not said has no table of its own', () => {
  const said = saying({ relayHeaders: [{ text: 'x-portkey-provider: openai', count: 3 }] });
  expect(tables(headerFactsSection(said).blocks).map(({ rows }) => rows)).toEqual([
    [[{ kind: 'code', text: 'x-portkey-provider: openai' }, '3']],
  ]);
});

test('several variants are told apart', () => {
  const found = tables(headerFactsSection(comparisonAnalysis()).blocks);
  expect(found.map(({ columns }) => columns[1]?.title)).toEqual(['Variant', 'Variant', 'Variant']);
  expect(found[0]?.rows.map(([time, variant]) => [time, variant])).toEqual([
    ['Inside the service, as stated', 'direct'],
    ['Network: our time to headers − theirs', 'direct'],
  ]);
  expect(found[2]?.rows.map(([, variant]) => variant)).toEqual(['direct', 'relay']);
});
