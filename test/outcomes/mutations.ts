import type { Row } from './reading.ts';

/** Deterministic draws, so that a failing mutation can be repeated. */
export function drawing(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export interface Mutation {
  readonly name: string;
  /** Null where the mutation does not apply to the row or would change its meaning. */
  readonly apply: (row: Row, draw: () => number) => Row | null;
}

function parsed(row: Row): Json | null {
  try {
    const value = JSON.parse(row.body) as Json;
    return typeof value === 'object' ? value : null;
  } catch {
    return null;
  }
}

const withBody = (row: Row, body: string): Row => ({ ...row, body });
const hex = (draw: () => number, length: number) =>
  Array.from({ length }, () => Math.floor(draw() * 16).toString(16)).join('');
const uuid = (draw: () => number) => `${hex(draw, 8)}-${hex(draw, 4)}-${hex(draw, 4)}-${hex(draw, 4)}-${hex(draw, 12)}`;

function shuffled(value: Json, draw: () => number): Json {
  if (Array.isArray(value)) return value.map((item) => shuffled(item, draw));
  if (typeof value !== 'object' || value === null) return value;
  const keyed = Object.entries(value).map(([key, item]) => ({ key, item: shuffled(item, draw), order: draw() }));
  return Object.fromEntries(keyed.sort((a, b) => a.order - b.order).map(({ key, item }) => [key, item]));
}

/** Numbers that carry meaning: statuses, codes, versions inside names, used/limit pairs, the 1015 of Cloudflare. */
const FREE_NUMBER = /(?<=(?:Limit|Used|Requested|Current limit:|in|after|最多请求) )\d{1,6}(?=[\s.,]|次|$)/g;

export const MUTATIONS: readonly Mutation[] = [
  {
    name: 'other ids',
    apply: (row, draw) =>
      withBody(
        row,
        row.body
          .replace(/\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b/g, () => uuid(draw))
          .replace(/org-REDACTED/g, () => `org-${hex(draw, 20)}`)
          .replace(/ak-REDACTED|ak-xxxxx/g, () => `ak-${hex(draw, 16)}`),
      ),
  },
  {
    name: 'other numbers',
    apply: (row, draw) =>
      withBody(
        row,
        row.body.replace(FREE_NUMBER, () => String(1 + Math.floor(draw() * 99_999))),
      ),
  },
  {
    name: 'key order',
    apply: (row, draw) => {
      const value = parsed(row);
      return value === null ? null : withBody(row, JSON.stringify(shuffled(value, draw)));
    },
  },
  {
    name: 'white space',
    apply: (row) => {
      const value = parsed(row);
      return value === null
        ? withBody(row, row.status === 200 ? row.body : `\n${row.body}\n`)
        : withBody(row, JSON.stringify(value, null, 4));
    },
  },
  {
    name: 'fields added',
    apply: (row, draw) => {
      const value = parsed(row);
      if (value === null || Array.isArray(value) || typeof value !== 'object') return null;
      return withBody(
        row,
        JSON.stringify({
          ...value,
          timestamp: Math.floor(draw() * 1e12),
          trace_id: hex(draw, 24),
          path: '/v1/chat/completions',
        }),
      );
    },
  },
  {
    name: 'escaped unicode',
    apply: (row) =>
      parsed(row) === null
        ? null
        : withBody(
            row,
            row.body.replace(/[\u0080-\uffff]/g, (mark) => `\\u${mark.charCodeAt(0).toString(16).padStart(4, '0')}`),
          ),
  },
  {
    name: 'body as a JSON string',
    apply: (row) => (parsed(row) === null || row.status === 200 ? null : withBody(row, JSON.stringify(row.body))),
  },
  {
    name: 'nested in the message of another error',
    apply: (row) =>
      parsed(row) === null || row.status === 200
        ? null
        : withBody(row, JSON.stringify({ error: { message: row.body } })),
  },
  {
    name: 'frame of a stream under 200',
    apply: (row) => {
      const value = parsed(row);
      // A rule for one status alone (401, 402, 403) has nothing left to hold on to in a stream.
      if (value === null || row.status !== 429) return null;
      return {
        ...withBody(row, `id:1\nevent:error\n:HTTP_STATUS/429\ndata:${JSON.stringify(value)}\n\n`),
        status: 200,
        headers: { ...row.headers, 'content-type': 'text/event-stream' },
      };
    },
  },
  {
    name: 'SDK text',
    apply: (row) =>
      parsed(row) === null || row.status !== 429 ? null : withBody(row, `Error code: 429 - ${row.body}`),
  },
  {
    name: 'header names in capitals',
    apply: (row) => ({
      ...row,
      headers: Object.fromEntries(Object.entries(row.headers).map(([name, value]) => [name.toUpperCase(), value])),
    }),
  },
  {
    name: 'full-width punctuation',
    apply: (row) =>
      row.body.includes('分组') || row.body.includes('data:') || row.body.includes('{\\"')
        ? null
        : withBody(row, row.body.replace(/(?<=[a-z])\. (?=[A-Z])/g, '。').replace(/(?<=[a-z]), (?=[a-z])/g, '，')),
  },
  {
    name: 'capitals in codes',
    apply: (row) =>
      withBody(
        row,
        row.body.replace(/"(code|type)":"([A-Za-z_.]+)"/g, (_, key, code) => `"${key}":"${code.toUpperCase()}"`),
      ),
  },
];
