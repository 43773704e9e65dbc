import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Exchange } from '../../src/model/exchange.ts';
import { classify } from '../../src/outcomes/classify.ts';
import { explain } from '../../src/outcomes/explain.ts';
import { readRateLimitHints } from '../../src/outcomes/hints.ts';
import { messageOf, normaliseMessage } from '../../src/outcomes/message.ts';
import { redact } from '../../src/outcomes/redact.ts';
import { providerRequestId } from '../../src/outcomes/request-id.ts';
import { type Chance, mutated } from './chance.ts';
import { type Finding, type FuzzTarget, withoutThrow } from './target.ts';

interface Row {
  readonly status: number | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly baseUrl: string | null;
  readonly model: string;
}

const FIXTURES = ['limit-errors', 'limit-errors-more', 'limit-errors-third', 'limit-errors-independent'];
/** CPU time of one answer, on a slow machine. */
const CPU_MS_MAX = 500;
const STATUSES = [null, 200, 200, 302, 400, 401, 403, 429, 429, 429, 500, 503, 529, 999];
const HEADERS = ['retry-after', 'content-type', 'server', 'via', 'x-ratelimit-reset-requests', 'x-request-id', 'date'];

function corpus(): readonly Row[] {
  return FIXTURES.flatMap((name) => {
    const text = readFileSync(join(import.meta.dirname, '..', '..', 'test', 'fixtures', `${name}.jsonl`), 'utf8');
    return text
      .trim()
      .split('\n')
      .map((line): Row => JSON.parse(line));
  });
}

const text = (bytes: Buffer) => bytes.toString('utf8');

function someHeaders(row: Row, chance: Chance): Record<string, string> {
  const headers = { ...row.headers };
  for (const name of Object.keys(headers)) {
    if (chance.oneIn(3)) headers[name] = text(mutated(Buffer.from(headers[name] ?? ''), chance));
  }
  if (chance.oneIn(3)) headers[chance.pick(HEADERS)] = text(mutated(Buffer.from('1, text/html; 2026 GMT'), chance));
  return headers;
}

function exchangeOf(body: string, change: Partial<Exchange>): Exchange {
  return {
    status: 200,
    headers: {},
    body: { head: body.slice(0, 4096), tail: body.length > 4096 ? body.slice(-1024) : '', bytes: body.length },
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
    ...change,
  };
}

function oneCase(rows: readonly Row[], chance: Chance): Finding | null {
  const row = chance.pick(rows);
  const other = Buffer.from(chance.pick(rows).body);
  const spliced = Buffer.concat([Buffer.from(row.body), other.subarray(chance.below(other.length + 1))]);
  const body = text(mutated(chance.oneIn(4) ? spliced : Buffer.from(row.body), chance));
  const status = chance.oneIn(2) ? row.status : chance.pick(STATUSES);
  const headers = someHeaders(row, chance);
  return withoutThrow(JSON.stringify({ status, headers, body }), () => {
    const exchange = exchangeOf(body, { status, headers, errorFrames: chance.oneIn(5) ? [body] : [] });
    const before = process.cpuUsage();
    const context = { dialect: 'openai' as const, baseUrl: row.baseUrl, model: row.model, nowWallMs: 1.76e12 };
    const { kind } = classify(exchange, context);
    const used = process.cpuUsage(before);
    if ((used.user + used.system) / 1000 > CPU_MS_MAX) return `it took ${(used.user + used.system) / 1000} ms of CPU`;
    if (kind === 'not_sent' || kind === 'lost' || kind === 'cancelled') return `an answer cannot be ${kind}`;
    explain({ status, headers, body });
    readRateLimitHints(headers, body, 0);
    providerRequestId(exchange);
    const hidden = redact(body);
    if (redact(hidden) !== hidden) return 'redacting twice changes what was redacted';
    return normaliseMessage(messageOf(exchange)).length > 300 ? 'a message longer than 300 characters' : null;
  });
}

export function errorsTarget(): FuzzTarget {
  const rows = corpus();
  return {
    name: 'errors',
    about: 'bodies and headers of refusals: one outcome, in bounded time, and redaction that stands',
    async round(chance) {
      const findings: Finding[] = [];
      for (let left = 200; left > 0; left--) {
        const finding = oneCase(rows, chance);
        if (finding !== null) findings.push(finding);
      }
      return { cases: 200, findings };
    },
    async close() {},
  };
}
