/**
 * Measures the rules on exchanges whose labels were fixed before any rule saw them.
 *
 * What generalises is what the first run said, labels and rules untouched; later figures also hold what was learnt from
 * these sets and are kept only as floors.
 * - limit-errors-independent.jsonl: 309 exchanges collected without sight of the rules. First run: kind 270 (87.4 %), origin
 *   240 by the same name and 280 under either name (284 when an unlisted host's own name counts as unknown, as it does
 *   below), 8 of 82 near misses called a limit, 6 of 227 limits overlooked.
 * - limit-errors-third.jsonl: 71 exchanges of providers, relays and proxies that neither corpus has, labelled with
 *   the rules known. First run: kind 54 (76.1 %; 49 with the rules as they were before the set above was learnt from),
 *   origin 48 by the same name and 55 under either name, 2 of 12 near misses called a limit, 6 of 59 limits overlooked.
 *
 * A better rule raises the floors; a label is changed only where its row can be shown to be wrong. What still disagrees:
 * the main corpus, limit-errors.jsonl, decides otherwise on the pages of nginx, the empty 429 of new-api, its "no channel",
 * a mapped 404, OpenRouter's shared pool, LiteLLM's cooldown and Portkey's timeout; HAProxy's pages follow nginx.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
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
  readonly origin: string;
  readonly names: readonly (string | null)[];
}

/** `kindRight`, `originRight` and `samePartyRight` at least, the others at most. */
interface Floors {
  readonly rows: number;
  readonly kindRight: number;
  readonly originRight: number;
  readonly samePartyRight: number;
  readonly falseAlarms: number;
  readonly limitsMissed: number;
}

const SETS: readonly (readonly [file: string, floors: Floors])[] = [
  [
    'limit-errors-independent.jsonl',
    { rows: 309, kindRight: 297, originRight: 260, samePartyRight: 306, falseAlarms: 5, limitsMissed: 1 },
  ],
  [
    'limit-errors-third.jsonl',
    { rows: 71, kindRight: 71, originRight: 61, samePartyRight: 69, falseAlarms: 0, limitsMissed: 0 },
  ],
];

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

function rowsOf(name: string): readonly Row[] {
  const text = readFileSync(new URL(`./fixtures/${name}`, import.meta.url), 'utf8');
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Row);
}

function verdictOf(row: Row): Verdict {
  const { status, headers, body, baseUrl, model } = row;
  const got = explain({ status, headers, body, baseUrl, model });
  const kind = got.kind === 'limited' ? (got.limit ?? 'unknown') : 'not_a_limit';
  return { row, kind, origin: got.origin, names: [got.originName, got.rewrittenBy] };
}

const isLimit = ({ row }: Verdict): boolean => row.expected.kind !== 'not_a_limit';
const rightKind = ({ row, kind }: Verdict): boolean => kind === row.expected.kind;
const rightOrigin = ({ row, names }: Verdict): boolean => names.includes(row.expected.origin);
/** An unlisted host lends its name to an origin that stays unknown. */
const sameParty = (verdict: Verdict): boolean =>
  rightOrigin(verdict) ||
  verdict.names.includes(SAME_PARTY[verdict.row.expected.origin] ?? null) ||
  (verdict.row.expected.origin === 'unknown' && verdict.origin === 'unknown');
const falseAlarm = (verdict: Verdict): boolean => !isLimit(verdict) && verdict.kind !== 'not_a_limit';
const missed = (verdict: Verdict): boolean => isLimit(verdict) && verdict.kind === 'not_a_limit';

/** The first lines of what disagrees, for the message of a failed floor. */
function listing(verdicts: readonly Verdict[]): string {
  return verdicts
    .map(({ row, kind, names }) => {
      const expected = `${row.expected.kind}/${row.expected.origin}`;
      return `${row.status} expected ${expected} got ${kind}/${names.join('+')}: ${row.body.slice(0, 90)}`;
    })
    .join('\n');
}

describe.each(SETS)('%s', (file, floors) => {
  const verdicts = rowsOf(file).map(verdictOf);
  const atLeast = (right: (verdict: Verdict) => boolean, floor: number): void => {
    const message = listing(verdicts.filter((verdict) => !right(verdict)));
    expect(verdicts.filter(right).length, message).toBeGreaterThanOrEqual(floor);
  };
  const atMost = (wrong: (verdict: Verdict) => boolean, ceiling: number): void => {
    const found = verdicts.filter(wrong);
    expect(found.length, listing(found)).toBeLessThanOrEqual(ceiling);
  };

  test('is as large as the figures say, and near misses are a good part of it', () => {
    expect(verdicts.length).toBe(floors.rows);
    expect(verdicts.filter((verdict) => !isLimit(verdict)).length).toBeGreaterThanOrEqual(floors.rows / 8);
  });
  test('names the kind', () => atLeast(rightKind, floors.kindRight));
  test('names the origin', () => atLeast(rightOrigin, floors.originRight));
  test('names the right party, under either of its names', () => atLeast(sameParty, floors.samePartyRight));
  test('calls few near misses a limit', () => atMost(falseAlarm, floors.falseAlarms));
  test('overlooks few limits', () => atMost(missed, floors.limitsMissed));
});
