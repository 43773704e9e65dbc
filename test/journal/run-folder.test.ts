import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readManifest, writeFileAtomic, writeManifest } from '../../src/journal/manifest-file.ts';
import { createRunFolder, freeBytes } from '../../src/journal/run-folder.ts';
import { type Manifest, SCHEMA_VERSION } from '../../src/model/manifest.ts';

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'quotascope-folder-'));
});
afterEach(() => {
  chmodSync(root, 0o700);
  rmSync(root, { recursive: true, force: true });
});

describe('a run folder', () => {
  test('is created with the folders above it, for its owner only', () => {
    const path = join(root, 'reports', 'run');
    expect(createRunFolder({ path })).toEqual({ ok: true, value: path, warnings: [] });
    expect(statSync(path).mode & 0o777).toBe(0o700);
  });

  test('that exists is a problem, and is left alone', () => {
    const path = join(root, 'run');
    mkdirSync(path);
    writeFileSync(join(path, 'journal.ndjson'), 'old');
    expect(createRunFolder({ path })).toMatchObject({ ok: false, problems: [{ code: 'run-folder-exists' }] });
    expect(readFileSync(join(path, 'journal.ndjson'), 'utf8')).toBe('old');
  });

  test('gets a number where two runs start in the same second', () => {
    const path = join(root, 'run');
    const names = [1, 2, 3].map(() => createRunFolder({ path, numbered: true }));
    expect(names.map((made) => made.ok && made.value)).toEqual([path, `${path}-2`, `${path}-3`]);
  });

  test('below a file is a problem', () => {
    writeFileSync(join(root, 'file'), '');
    const made = createRunFolder({ path: join(root, 'file', 'run') });
    expect(made).toMatchObject({ ok: false, problems: [{ code: 'run-folder-unwritable' }] });
  });

  test('on a disk without room is a problem with both figures', () => {
    const free = freeBytes(root) as number;
    expect(free).toBeGreaterThan(0);
    const made = createRunFolder({ path: join(root, 'big'), needBytes: free * 2 });
    expect(made).toMatchObject({ ok: false, problems: [{ code: 'disk-full' }] });
    expect(createRunFolder({ path: join(root, 'small'), needBytes: 1 }).ok).toBe(true);
  });

  test('is not begun with a byte too little, and with just enough it is', () => {
    const path = join(root, 'tight');
    const made = createRunFolder({ path, needBytes: 12_000_000, freeBytes: () => 11_999_999 });
    expect(made).toMatchObject({ ok: false, problems: [{ code: 'disk-full', severity: 'error' }] });
    expect(made.ok ? null : made.problems[0]?.message).toBe(`${path} has 12 MB free; the journal may need 12 MB.`);
    expect(existsSync(path)).toBe(false);
    expect(createRunFolder({ path, needBytes: 12_000_000, freeBytes: () => 12_000_000 }).ok).toBe(true);
  });

  test('a platform that does not tell its free space refuses nothing', () => {
    const made = createRunFolder({ path: join(root, 'silent'), needBytes: 1e15, freeBytes: () => null });
    expect(made.ok).toBe(true);
  });

  test('where nothing can be written is a problem', () => {
    const made = createRunFolder({ path: '/proc/quotascope/run' });
    expect(made).toMatchObject({ ok: false, problems: [{ code: 'run-folder-unwritable', severity: 'error' }] });
  });
});

describe('the manifest', () => {
  const manifest = {
    schemaVersion: SCHEMA_VERSION,
    runId: 'r',
    scenario: { headers: { 'X-Key': 'sk-canary-123456' } },
  };

  test('reads back as it was written, without secrets', () => {
    writeManifest(root, manifest as unknown as Manifest, ['sk-canary-123456']);
    expect(readFileSync(join(root, 'manifest.json'), 'utf8')).not.toContain('canary');
    expect(readManifest(root)).toMatchObject({
      ok: true,
      value: { runId: 'r', scenario: { headers: { 'X-Key': '[redacted]' } } },
    });
    expect(statSync(join(root, 'manifest.json')).mode & 0o777).toBe(0o600);
  });

  test.each([
    ['missing', null, 'manifest-unreadable'],
    ['no JSON', '{"schemaVer', 'manifest-unreadable'],
    ['of another version', '{"schemaVersion":99}', 'manifest-version'],
    ['no object', '7', 'manifest-version'],
  ])('%s is a problem', (_, text, code) => {
    if (text !== null) writeFileSync(join(root, 'manifest.json'), text);
    expect(readManifest(root)).toMatchObject({ ok: false, problems: [{ code, severity: 'error' }] });
  });

  test('a file is replaced as a whole or not at all', () => {
    const path = join(root, 'file');
    writeFileAtomic(path, 'one');
    writeFileAtomic(path, new TextEncoder().encode('two'));
    expect(readFileSync(path, 'utf8')).toBe('two');
    expect(() => writeFileAtomic(join(root, 'none', 'file'), 'x')).toThrow(/ENOENT/);
    expect(readdirSync(root)).toEqual(['file']);
    expect(existsSync(join(root, 'none'))).toBe(false);
  });
});
