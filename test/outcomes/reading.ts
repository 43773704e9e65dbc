import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Exchange } from '../../src/model/exchange.ts';
import { readWith } from '../../src/outcomes/classify.ts';
import type { ClassifyContext } from '../../src/outcomes/evidence.ts';
import type { Rule } from '../../src/outcomes/rule.ts';
import { RULES } from '../../src/outcomes/rules/all.ts';

export interface Row {
  readonly status: number | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly baseUrl: string | null;
  readonly model: string;
  readonly expected: { readonly kind: string; readonly origin: string; readonly side?: string };
  readonly evidence: string;
  readonly source: string;
  readonly note: string;
}

export function rowsOf(name: string): readonly Row[] {
  const text = readFileSync(join(import.meta.dirname, '..', 'fixtures', name), 'utf8');
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Row);
}

export const corpus = rowsOf('limit-errors.jsonl');
/** What the corpus has no body for: codes and wordings of the named sources in assumed envelopes, none of them captured. */
export const more = rowsOf('limit-errors-more.jsonl');

export function exchangeOf(answer: Partial<Exchange> & { readonly text?: string }): Exchange {
  const text = answer.text ?? '';
  return {
    status: 200,
    headers: {},
    body: { head: text, tail: '', bytes: text.length },
    errorFrames: [],
    transportError: null,
    protocol: 'h1',
    connection: null,
    queuedMs: 0,
    sentMs: 0,
    headersMs: 1,
    firstByteMs: 1,
    firstTokenMs: null,
    firstAnswerTokenMs: null,
    finishedMs: 2,
    gaps: null,
    finishReason: null,
    reportedModel: null,
    sawDone: false,
    usage: null,
    answer: null,
    ...answer,
  };
}

export const contextOf = (row: Pick<Row, 'baseUrl' | 'model'>): ClassifyContext => ({
  dialect: 'openai',
  baseUrl: row.baseUrl,
  model: row.model,
});

export function read(row: Row, rules: readonly Rule[] = RULES) {
  return readWith(rules, exchangeOf({ status: row.status, headers: row.headers, text: row.body }), contextOf(row));
}

/** Everything an outcome claims: two answers of equal class are treated alike by every reader. */
export function classOf(row: Row, rules: readonly Rule[] = RULES): string {
  const { outcome } = read(row, rules);
  if (outcome.kind !== 'limited') return outcome.kind;
  const { limit, origin, originName, rewrittenBy, heals, candidates } = outcome;
  return [limit, origin, originName, rewrittenBy, heals, candidates].join('|');
}

export function kindOf(row: Row, rules: readonly Rule[] = RULES): string {
  const { outcome } = read(row, rules);
  return outcome.kind === 'limited' ? outcome.limit : 'not_a_limit';
}

/** Names under which an answer may be booked: who produced it, or the relay that put it into its own words. */
export function namesOf(row: Row): readonly (string | null)[] {
  const { outcome, speaker } = read(row);
  return outcome.kind === 'limited'
    ? [outcome.originName, outcome.rewrittenBy]
    : [speaker.originName, speaker.rewrittenBy];
}
