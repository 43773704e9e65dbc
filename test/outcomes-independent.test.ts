/**
 * Measures the rules on exchanges collected without sight of them: limit-errors-independent.jsonl was labelled from
 * public bodies and pages alone, so agreement with it is a test and not a fit. The floors are the figures of the first
 * run, labels untouched; a better rule raises them, a label is changed only where its row can be shown to be wrong.
 */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { explain } from '../src/outcomes/explain.ts';

interface Row {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly baseUrl: string;
  readonly model: string;
  readonly expected: { readonly kind: string; readonly origin: string };
}

interface Verdict {
  readonly row: Row;
  readonly kind: string;
  readonly names: readonly (string | null)[];
}

const FIRST_RUN = { kindRight: 270, originRight: 240, samePartyRight: 280, falseAlarms: 8, limitsMissed: 6 } as const;

/** The labels name some parties otherwise than the rules do. */
const SAME_PARTY: Readonly<Record<string, string>> = {
  gemini: 'google',
  vertex: 'google',
  volcengine: 'volcengine-ark',
  github: 'github-models',
  meta: 'llama',
  tencent: 'hunyuan',
  baichuan: 'baichuan-ai',
};

const file = new URL('./fixtures/limit-errors-independent.jsonl', import.meta.url);
const rows: readonly Row[] = readFileSync(file, 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Row);

const verdicts: readonly Verdict[] = rows.map((row) => {
  const { status, headers, body, baseUrl, model } = row;
  const got = explain({ status, headers, body, baseUrl, model });
  const kind = got.kind === 'limited' ? (got.limit ?? 'unknown') : 'not_a_limit';
  return { row, kind, names: [got.originName, got.rewrittenBy] };
});

const isLimit = ({ row }: Verdict): boolean => row.expected.kind !== 'not_a_limit';
const count = (matches: (verdict: Verdict) => boolean): number => verdicts.filter(matches).length;

/** The first lines of what disagrees, for the message of a failed floor. */
function listing(matches: (verdict: Verdict) => boolean): string {
  return verdicts
    .filter(matches)
    .map(({ row, kind, names }) => {
      const expected = `${row.expected.kind}/${row.expected.origin}`;
      return `${row.status} expected ${expected} got ${kind}/${names.join('+')}: ${row.body.slice(0, 90)}`;
    })
    .join('\n');
}

test('the set is large enough to mean something, and near misses are a good part of it', () => {
  expect(rows.length).toBeGreaterThanOrEqual(150);
  expect(count((verdict) => !isLimit(verdict))).toBeGreaterThanOrEqual(40);
});

test('names the kind at least as often as on the first run', () => {
  const right = ({ row, kind }: Verdict): boolean => kind === row.expected.kind;
  expect(
    count(right),
    listing((verdict) => !right(verdict)),
  ).toBeGreaterThanOrEqual(FIRST_RUN.kindRight);
});

test('names the origin at least as often as on the first run', () => {
  const right = ({ row, names }: Verdict): boolean => names.includes(row.expected.origin);
  expect(
    count(right),
    listing((verdict) => !right(verdict)),
  ).toBeGreaterThanOrEqual(FIRST_RUN.originRight);
});

test('names the right party at least as often as on the first run, under either of its names', () => {
  const right = ({ row, names }: Verdict): boolean => {
    const { origin } = row.expected;
    return names.includes(origin) || names.includes(SAME_PARTY[origin] ?? origin);
  };
  expect(
    count(right),
    listing((verdict) => !right(verdict)),
  ).toBeGreaterThanOrEqual(FIRST_RUN.samePartyRight);
});

test('calls no more near misses a limit than on the first run', () => {
  const falseAlarm = (verdict: Verdict): boolean => !isLimit(verdict) && verdict.kind !== 'not_a_limit';
  expect(count(falseAlarm), listing(falseAlarm)).toBeLessThanOrEqual(FIRST_RUN.falseAlarms);
});

test('overlooks no more limits than on the first run', () => {
  const missed = (verdict: Verdict): boolean => isLimit(verdict) && verdict.kind === 'not_a_limit';
  expect(count(missed), listing(missed)).toBeLessThanOrEqual(FIRST_RUN.limitsMissed);
});
