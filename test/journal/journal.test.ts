import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { virtualClock } from '../../src/drivers/virtual-clock.ts';
import { readJournal } from '../../src/journal/reader.ts';
import { journalWriter } from '../../src/journal/writer.ts';
import type { EndRecord, JournalRecord } from '../../src/model/journal.ts';
import { ADMITTED, anyRecord } from './records.ts';

let folder: string;
let files = 0;
const nextPath = () => join(folder, `journal-${files++}.ndjson`);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'quotascope-journal-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function end(exchange: Partial<EndRecord['exchange']> = {}): EndRecord {
  return {
    type: 'end',
    requestId: 'r1',
    attemptNo: 1,
    exchange: { ...ADMITTED, ...exchange },
    outcome: { kind: 'ok' },
    final: true,
  };
}

function clockRecord(atMs: number): JournalRecord {
  return { type: 'clock', atMs, wallMs: 1_800_000_000_000 + atMs };
}

function write(records: readonly JournalRecord[], secrets: readonly string[] = []): string {
  const path = nextPath();
  const writer = journalWriter({ path, secrets, maxBytes: null, clock: null });
  for (const record of records) writer.write(record);
  writer.close();
  expect(writer.failed()).toBeNull();
  return path;
}

function read(path: string) {
  const records: JournalRecord[] = [];
  const result = readJournal(path, (record) => records.push(record));
  return { ...result, records };
}

describe('what is written reads back', () => {
  test('any sequence of records comes back equal and in order', () => {
    fc.assert(
      fc.property(fc.array(anyRecord, { maxLength: 30 }), (records) => {
        const back = read(write(records));
        expect(back.records).toEqual(records);
        expect(back.unreadableLines).toBe(0);
        expect(back.tornTail).toBe(false);
      }),
      { numRuns: 300, seed: 7 },
    );
  });

  test('times are rounded to microseconds, not cut', () => {
    const [record] = read(write([clockRecord(1.0006)])).records;
    expect(record).toMatchObject({ atMs: 1.001 });
  });

  test('an admitted attempt takes less than 500 bytes', () => {
    const records = Array.from({ length: 50 }, (_, index) => ({ ...end(), requestId: `r${index}` }));
    expect(statSync(write(records)).size / 50).toBeLessThan(500);
  });
});

describe('interning', () => {
  const refusal = (id: string) =>
    `{"error":{"code":"limit_requests","message":"You exceeded your current quota"},"request_id":"${id}"}`;
  const uuid = (index: number) => `70acdc21-0000-4000-8000-${String(index).padStart(12, '0')}`;

  test('refusal bodies that differ in ids share one definition and come back whole', () => {
    const records = Array.from({ length: 20 }, (_, index) =>
      end({ status: 429, body: { head: refusal(uuid(index)), tail: '', bytes: 120 } }),
    );
    const path = write(records);
    expect(readFileSync(path, 'utf8').match(/You exceeded/g)).toHaveLength(1);
    expect(read(path).records).toEqual(records);
  });

  test('a flood of different bodies is counted, not stored', () => {
    const letters = (index: number) =>
      String.fromCharCode(103 + (index % 20), 103 + ((index / 20) % 20), 103 + index / 400);
    const records = Array.from({ length: 1000 }, (_, index) =>
      end({ status: 500, body: { head: `boom ${letters(index)} ${'x'.repeat(500)}`, tail: '', bytes: 510 } }),
    );
    const path = write(records);
    expect(readFileSync(path, 'utf8').match(/boom/g)).toHaveLength(256);
    const back = read(path).records as EndRecord[];
    expect(back).toHaveLength(1000);
    expect(back[255]?.exchange.body.head).toBe(records[255]?.exchange.body.head);
    expect(back[256]?.exchange.body).toEqual({ head: '', tail: '', bytes: 510 });
  });

  test('a header that repeats is written twice and then named by number', () => {
    const path = write(Array.from({ length: 10 }, () => end({ headers: { server: 'istio-envoy' } })));
    expect(readFileSync(path, 'utf8').match(/istio-envoy/g)).toHaveLength(2);
  });
});

describe('redaction', () => {
  const KEY = 'sk-canary-0123456789abcdef';

  test.each([
    ['a header', end({ headers: { 'x-echo': `key ${KEY}` } })],
    ['a body', end({ status: 401, body: { head: `{"message":"bad key ${KEY}"}`, tail: KEY, bytes: 60 } })],
    ['a recorded answer', end({ body: { head: `you said ${KEY}`, tail: '', bytes: 60 } })],
    ['an error frame', end({ errorFrames: [`data:{"message":"${KEY}"}`] })],
    ['a finish reason', end({ finishReason: KEY })],
    ['a reported model', end({ reportedModel: KEY })],
    [
      'a transport error',
      end({ transportError: { kind: 'connection', phase: 'connect', code: KEY, message: `no ${KEY}` } }),
    ],
    [
      'a stop reason',
      { type: 'finish', atMs: 1, reason: { kind: 'safety', rule: 'auth', detail: KEY } } satisfies JournalRecord,
    ],
  ])('takes the key out of %s', (_, record) => {
    const text = readFileSync(write([record, record, record], [KEY]), 'utf8');
    expect(text).toContain('[redacted]');
    expect(text).not.toContain(KEY);
    expect(text).not.toContain('0123456789abcdef');
  });

  test('takes out what others may own: bearer tokens, shortened keys, ids, mail addresses', () => {
    const head = 'Bearer abc.def; sk-abcd****wxyz; org-A1b2C3d4E5; someone@example.com; user-provided text';
    const text = readFileSync(write([end({ status: 401, body: { head, tail: '', bytes: 90 } })]), 'utf8');
    for (const word of ['abc.def', 'wxyz', 'A1b2C3d4E5', 'example.com']) expect(text).not.toContain(word);
    expect(text).toContain('user-provided text');
  });
});

describe('durability', () => {
  test('a record is in the file within a second of its writing, without a close', () => {
    const path = nextPath();
    const clock = virtualClock({ t0WallMs: 0 });
    const writer = journalWriter({ path, secrets: [], maxBytes: null, clock });
    writer.write(clockRecord(1));
    expect(statSync(path).size).toBe(0);
    clock.runUntil(1000);
    expect(read(path).records).toEqual([clockRecord(1)]);
    writer.write(clockRecord(2));
    clock.runUntil(2000);
    expect(read(path).records).toHaveLength(2);
    writer.close();
  });

  test('64 KB are written at once', () => {
    const path = nextPath();
    const writer = journalWriter({ path, secrets: [], maxBytes: null, clock: null });
    while (statSync(path).size === 0) writer.write(clockRecord(1));
    expect(statSync(path).size).toBeGreaterThan(64 * 1024 - 200);
    expect(statSync(path).size).toBeLessThan(64 * 1024 + 200);
    writer.close();
  });

  test('the file is readable by its owner only', () => {
    expect(statSync(write([clockRecord(1)])).mode & 0o777).toBe(0o600);
  });

  test('an existing journal is never overwritten', () => {
    const path = write([clockRecord(1)]);
    expect(() => journalWriter({ path, secrets: [], maxBytes: null, clock: null })).toThrow(/EEXIST/);
  });
});

describe('a journal that cannot grow', () => {
  test('reports a full disk and does not throw', () => {
    const writer = journalWriter({ path: '/dev/full', secrets: [], maxBytes: null, clock: null, mustBeNew: false });
    writer.write(clockRecord(1));
    expect(writer.failed()).toBeNull();
    writer.flush();
    expect(writer.failed()).toMatchObject({ code: 'ENOSPC' });
    writer.write(clockRecord(2));
    writer.close();
  });

  describe('beyond its own limit', () => {
    const lineBytes = () => statSync(write([clockRecord(1)])).size;
    const limited = (path: string, maxBytes: number) => journalWriter({ path, secrets: [], maxBytes, clock: null });

    test('is not full one byte below it', () => {
      const writer = limited(nextPath(), 2 * lineBytes() + 1);
      writer.write(clockRecord(1));
      writer.write(clockRecord(2));
      expect(writer.full()).toBeNull();
      writer.close();
      expect(writer.full()).toBeNull();
    });

    test('is full when it is reached, written or held back, and that is no failure', () => {
      const maxBytes = 2 * lineBytes();
      const writer = limited(nextPath(), maxBytes);
      writer.write(clockRecord(1));
      expect(writer.full()).toBeNull();
      writer.write(clockRecord(2));
      expect(writer.full()).toBe(`the journal has reached its limit of ${maxBytes} bytes`);
      writer.flush();
      expect(writer.full()).not.toBeNull();
      expect(writer.failed()).toBeNull();
      writer.close();
    });

    test('still takes the ends of what is in flight', () => {
      const path = nextPath();
      const writer = limited(path, 100);
      const records = [end(), end({ status: 429, body: { head: 'refused', tail: '', bytes: 7 } }), clockRecord(1)];
      for (const record of records) writer.write(record);
      writer.close();
      expect(read(path).records).toEqual(records);
    });

    test('far beyond, ends lose their bodies and nothing else, and figures of our own health stop', () => {
      const path = nextPath();
      const writer = limited(path, 100);
      const huge = end({ body: { head: 'a'.repeat(4 << 20), tail: 'z', bytes: 5_000_000 }, errorFrames: ['data: {}'] });
      const stripped = end({ body: { head: '', tail: '', bytes: 5_000_000 } });
      const finish: JournalRecord = { type: 'finish', atMs: 9, reason: { kind: 'interrupted' } };
      for (const record of [clockRecord(1), huge, huge, clockRecord(2), finish]) writer.write(record);
      writer.close();
      expect(read(path).records).toEqual([clockRecord(1), huge, stripped, finish]);
    });
  });
});

describe('damage', () => {
  test('a torn last line is noticed and costs only itself', () => {
    const path = write([clockRecord(1), clockRecord(2)]);
    const whole = readFileSync(path);
    for (let cut = whole.length - 1; cut > whole.length - 20; cut--) {
      writeFileSync(path, whole.subarray(0, cut));
      expect(read(path)).toMatchObject({ records: [clockRecord(1)], tornTail: true, unreadableLines: 0 });
    }
  });

  test('lines that are no record are counted', () => {
    const path = write([clockRecord(1)]);
    appendFileSync(path, 'not json\n{"t":"unheard-of"}\n{"t":"sent","id":"r1"}\n42\nnull\n\n');
    appendFileSync(path, readFileSync(write([clockRecord(2)])));
    expect(read(path)).toMatchObject({ records: [clockRecord(1), clockRecord(2)], unreadableLines: 5 });
  });

  test('a record whose definition was lost is unreadable, the others are not', () => {
    const path = write([end(), clockRecord(1)]);
    const lines = readFileSync(path, 'utf8').split('\n');
    writeFileSync(path, lines.filter((line) => !line.includes('"t":"text"')).join('\n'));
    expect(read(path)).toMatchObject({ records: [clockRecord(1)], unreadableLines: 1 });
  });

  test('any bytes at all are read without throwing', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.array(anyRecord, { maxLength: 4 }), (noise, records) => {
        const path = write(records);
        const bytes = Buffer.from(readFileSync(path));
        for (let index = 0; index + 1 < noise.length; index += 2) {
          if (bytes.length > 0) bytes[((noise[index] as number) * 37) % bytes.length] = noise[index + 1] as number;
        }
        writeFileSync(path, Buffer.concat([bytes, noise]));
        expect(() => read(path)).not.toThrow();
      }),
      { numRuns: 100, seed: 11 },
    );
  });

  test('lines longer than a read are whole', () => {
    const record = end({ body: { head: '好'.repeat(900_000), tail: '', bytes: 2_700_000 } });
    const back = read(write([clockRecord(1), record, clockRecord(2)]));
    expect(back.records.length === 3 && JSON.stringify(back.records[1]) === JSON.stringify(record)).toBe(true);
    expect(back.records[2]).toEqual(clockRecord(2));
  });
});
