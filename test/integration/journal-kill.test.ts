import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readJournal } from '../../src/journal/reader.ts';
import type { JournalRecord } from '../../src/model/journal.ts';

const SCRIPT = join(import.meta.dirname, '..', 'journal', 'writing-process.ts');
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'quotascope-kill-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Lets the writer run until it has said `lines` sends, kills it, and gives what it had said by then. */
function killAfter(path: string, lines: number): Promise<{ seq: number; atMs: number }[]> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [SCRIPT, path], { stdio: ['ignore', 'pipe', 'inherit'] });
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (text.split('\n').length > lines) child.kill('SIGKILL');
    });
    child.on('error', reject);
    child.on('close', () =>
      resolve(
        text
          .split('\n')
          .slice(0, -1)
          .map((line) => line.split(' ').map(Number))
          .map(([seq = Number.NaN, atMs = Number.NaN]) => ({ seq, atMs })),
      ),
    );
  });
}

test.each([30, 333, 720, 1111])('a run killed after %i sends misses no send older than a second', async (lines) => {
  const path = join(folder, `journal-${lines}.ndjson`);
  const said = await killAfter(path, lines);
  const records: JournalRecord[] = [];
  const read = readJournal(path, (record) => records.push(record));
  expect(read.unreadableLines).toBe(0);
  const kept = new Set(records.map((record) => record.type === 'sent' && record.arrival.seq));
  const endMs = said.at(-1)?.atMs ?? Number.NaN;
  const missing = said.filter(({ seq }) => !kept.has(seq));
  expect(said.length).toBeGreaterThanOrEqual(lines);
  for (const { atMs } of missing) expect(endMs - atMs).toBeLessThanOrEqual(1000);
  if (endMs > 1000) expect(kept.size).toBeGreaterThan(0);
});
