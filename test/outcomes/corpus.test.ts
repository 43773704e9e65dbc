import { expect, test } from 'vitest';
import { holds, type Rule } from '../../src/outcomes/rule.ts';
import { RULES } from '../../src/outcomes/rules/all.ts';
import { classOf, corpus, kindOf, more, namesOf, type Row, read } from './reading.ts';

/** Labels of the corpus that we do not follow, with the reason. */
const DISAGREEMENTS: readonly {
  readonly source: string;
  readonly label: string;
  readonly ours: string;
  readonly why: string;
}[] = [
  {
    source: 'github issue WEIFENG2333/VideoCaptioner#1120',
    label: 'unknown',
    ours: 'not_a_limit',
    why: 'param "404" is the status the upstream gave: a mapped missing model must not count as a limit',
  },
];

const share = (rows: readonly Row[], right: (row: Row) => boolean) => rows.filter(right).length / rows.length;
const rightKind = (row: Row) => kindOf(row) === row.expected.kind;
const rightOrigin = (row: Row) => namesOf(row).includes(row.expected.origin);

test('tells the kind of every body of the corpus, but for the listed disagreements', () => {
  const wrong = corpus.filter((row) => !rightKind(row));
  expect(wrong.map((row) => ({ source: row.source, label: row.expected.kind, ours: kindOf(row) }))).toEqual(
    DISAGREEMENTS.map(({ source, label, ours }) => ({ source, label, ours })),
  );
  expect(share(corpus, rightKind)).toBeGreaterThanOrEqual(0.99);
});

test('tells the origin of every body of the corpus', () => {
  expect(corpus.filter((row) => !rightOrigin(row)).map((row) => row.body)).toEqual([]);
});

test('names the producer itself, without help from the relay, in at least nine of ten bodies', () => {
  const strict = (row: Row) =>
    row.expected.side === 'relay-rewritten'
      ? namesOf(row)[1] === row.expected.origin
      : namesOf(row)[0] === row.expected.origin;
  expect(share(corpus, strict)).toBeGreaterThanOrEqual(0.9);
});

test('tells kind and origin of the further documented bodies', () => {
  const wrong = more.filter((row) => !rightKind(row) || !rightOrigin(row));
  expect(wrong.map((row) => ({ body: row.body, kind: kindOf(row), names: namesOf(row) }))).toEqual([]);
});

const fixtures = [...corpus, ...more].map((row) => ({ row, class: classOf(row), rule: read(row).rule }));
/** Only rows that one of `touched` decided can change when those rules go or move. */
const changes = (rules: readonly Rule[], touched: readonly Rule[]) =>
  fixtures.some((entry) => entry.rule && touched.includes(entry.rule) && classOf(entry.row, rules) !== entry.class);

test('every rule is needed: without it the class of some fixture changes', () => {
  const idle = RULES.filter(
    (rule) =>
      !changes(
        RULES.filter((other) => other !== rule),
        [rule],
      ),
  );
  expect(idle.map((rule) => rule.id)).toEqual([]);
});

const applies = (rule: Rule, row: Row) => {
  const { evidence, speaker } = read(row);
  return [rule.when, ...(rule.or ?? [])].some((condition) => holds(condition, evidence, speaker));
};

test('swapping neighbours that overlap changes the class of some fixture', () => {
  const caught: string[] = [];
  const missed: string[] = [];
  for (const [index, first] of RULES.slice(0, -1).entries()) {
    const second = RULES[index + 1] as Rule;
    const both = fixtures.filter((entry) => entry.rule === first && applies(second, entry.row));
    if (both.length === 0 || first.verdict === second.verdict) continue;
    const swapped = [...RULES.slice(0, index), second, first, ...RULES.slice(index + 2)];
    (changes(swapped, [first, second]) ? caught : missed).push(`${first.id} before ${second.id}`);
  }
  expect(missed).toEqual([]);
  expect(caught.length).toBeGreaterThanOrEqual(5);
});

test('rule ids are unique, and every rule carries a reason and a source, most of them the day it was read', () => {
  expect(new Set(RULES.map((rule) => rule.id)).size).toBe(RULES.length);
  for (const rule of RULES) {
    expect(rule.reason, rule.id).not.toBe('');
    expect(rule.source, rule.id).not.toBe('');
    if (rule.seenOn !== null) expect(rule.seenOn, rule.id).toMatch(/^\d{4}-\d{2}-\d{2}$/);
  }
});

/** Which rules were written with an origin's rows in view. */
const FAMILY: Readonly<Record<string, RegExp>> = {
  'volcengine-ark': /^ark\./,
  'cloudflare-ai-gateway': /^cloudflare-ai-gateway\./,
  relay: /^relay\./,
  'new-api': /^(?:new-api|one-api|relay)\./,
  'one-api': /^(?:new-api|one-api|relay)\./,
  openai: /^(?:openai|insufficient-quota)\./,
};

/** Kind accuracy per origin with the origin's own rules taken out of the table. */
function leaveOneOriginOut(
  rows: readonly Row[],
): ReadonlyMap<string, { readonly rows: number; readonly right: number }> {
  const result = new Map<string, { rows: number; right: number }>();
  for (const row of rows) {
    const family = FAMILY[row.expected.origin] ?? new RegExp(`^${row.expected.origin}\\.`);
    const rest = RULES.filter((rule) => !family.test(rule.id));
    const entry = result.get(row.expected.origin) ?? { rows: 0, right: 0 };
    result.set(row.expected.origin, {
      rows: entry.rows + 1,
      right: entry.right + (kindOf(row, rest) === row.expected.kind ? 1 : 0),
    });
  }
  return result;
}

test("generalises: without an origin's own rules most of its bodies keep their kind", () => {
  const byOrigin = [...leaveOneOriginOut(corpus)];
  const right = byOrigin.reduce((sum, [, entry]) => sum + entry.right, 0);
  expect(right / corpus.length).toBeGreaterThanOrEqual(0.6);
  const words = byOrigin.filter(([origin]) =>
    ['volcengine-ark', 'siliconflow', 'azure', 'sensenova', 'anthropic', 'bifrost', 'modelscope'].includes(origin),
  );
  for (const [origin, entry] of words) expect(entry.right, origin).toBe(entry.rows);
});
